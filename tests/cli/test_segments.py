"""`quanyu segments`: listed, previewed before saving, members, reasons, who came and went."""

from pathlib import Path

from typer.testing import CliRunner

from quanyu.cli import main
from services.shop import problems, quanyu, told


def test_segments_are_made_listed_and_explained(shop: Path) -> None:
    rows = {row["segment"]: row for row in told("segments", "list", "-w", shop)}
    buyers = rows["buyers"]["persons"]
    assert buyers > 0
    assert rows["reachable_wecom"]["persons"] is None
    assert "consent" in rows["reachable_wecom"]["why_unknown"]
    shown = told("segments", "preview", "buyers", "-w", shop)
    assert shown["persons"] == buyers
    assert {part["alone"] for part in shown["parts"]} == {buyers}
    assert "buyers" not in {one["segment"] for one in shown["overlaps"]}
    [person, *_] = shown["sample"]
    [reason] = shown["sample"][person]
    assert reason["holds"] is True
    assert reason["rows"]
    members = told("segments", "members", "buyers", "-w", shop)
    assert len(members) == buyers
    assert {row["entered_by"] for row in members} == {"first"}
    why = told("segments", "explain", "buyers", person, "-w", shop)
    assert [span["entered_by"] for span in why["spans"]] == ["first"]
    assert [one["holds"] for one in why["conditions"]] == [True]


def test_a_rule_of_a_file_is_previewed_before_it_is_saved(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text("all:\n  - did: {what: order}\n  - not: {segment: buyers}\n", encoding="utf-8")
    shown = told("segments", "preview", file, "-w", shop)
    assert shown["persons"] == 0
    assert [part["together"] for part in shown["parts"]][1] == 0
    output = quanyu("segments", "preview", file, "-w", shop).output
    assert "0 of" in output


def test_small_groups_are_hidden_from_whom_persons_are(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text("did: {what: order}\n", encoding="utf-8")
    few = told("segments", "preview", file, "-w", shop)["persons"]
    assert 0 < few < 20
    assert told("segments", "preview", file, "--no-persons", "-w", shop) == {"persons": None, "hidden": True}


def test_no_count_of_a_small_group_is_shown_within_a_large_one(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text("not: {did: {what: order, at_least: 1000}}\n", encoding="utf-8")
    seen = told("segments", "preview", file, "-w", shop)
    often = {one["segment"]: one["persons"] for one in seen["overlaps"]}["repeat_buyers_365"]
    assert 0 < often < seen["persons"] == seen["everybody"]
    settings = shop / "quanyu.yaml"
    least = f"parameters: {{P.small_group: {often + 1}}}\n"
    settings.write_text(f"{settings.read_text(encoding='utf-8')}{least}", encoding="utf-8")
    hidden = told("segments", "preview", file, "--no-persons", "-w", shop)
    assert (hidden["persons"], hidden["sample"]) == (seen["persons"], {})
    assert "repeat_buyers_365" not in {one["segment"] for one in hidden["overlaps"]}


def test_faults_are_told_with_the_nearest_name(shop: Path, tmp_path: Path) -> None:
    assert problems("segments", "show", "buyrs", "-w", shop) == ["segment.unknown"]
    file = tmp_path / "rule.yaml"
    file.write_text("all:\n  - did: {what: order, days: 0}\n  - tagg: {code: x}\n", encoding="utf-8")
    assert set(problems("segments", "preview", file, "-w", shop)) == {"config.range", "config.unknown_key"}


LIST = "﻿mobile,note\n139 1234 5678,Li\n13912345678,again\n13700000000,nobody\n1391234567,short\n,empty\n"


def listed(shop: Path, rows: str) -> Path:
    """A rule that takes the persons of a file of the shop."""
    file = shop / "lists" / "own.csv"
    file.parent.mkdir(exist_ok=True)
    file.write_text(rows, encoding="utf-8")
    rule = shop / "rule.yaml"
    rule.write_text("list: {file: lists/own.csv, identifier: mobile}\n", encoding="utf-8")
    return rule


def test_a_list_of_a_file_is_matched_without_its_identifiers_being_shown(shop: Path) -> None:
    rule = listed(shop, LIST)
    shown = told("segments", "preview", rule, "-w", shop)
    assert shown["persons"] == 1
    counts = {"entries": 5, "matched": 1, "unmatched": 1, "repeated": 1, "malformed": 2, "persons": 1}
    assert shown["lists"] == [{"key": "lists/own.csv (mobile)", **counts}]
    output = quanyu("segments", "preview", rule, "-w", shop).output
    assert "5 rows, 1 matched (1 persons), 1 of nobody, 1 repeated, 2 malformed" in " ".join(output.split())
    assert "139" not in output
    [person] = shown["sample"]
    (shop / "lists" / "own.csv").write_text(f"person_id\n{person}\nP1\n", encoding="utf-8")
    rule.write_text("not: {list: {file: lists/own.csv}}\n", encoding="utf-8")
    again = told("segments", "preview", rule, "-w", shop)
    assert again["persons"] == again["everybody"] - 1
    assert (again["lists"][0]["matched"], again["lists"][0]["malformed"]) == (1, 1)


def test_a_list_that_cannot_be_read_is_told_and_none_is_read_through_a_link(shop: Path, tmp_path: Path) -> None:
    rule = listed(shop, "13912345678\n")
    said = quanyu("segments", "preview", rule, "-w", shop).output
    assert "list.column" in said and "139" not in said
    file = shop / "lists" / "own.csv"
    file.write_bytes("mobile\n手机\n".encode("gb18030"))
    assert problems("segments", "preview", rule, "-w", shop) == ["list.encoding"]
    file.unlink()
    assert problems("segments", "preview", rule, "-w", shop) == ["list.missing"]
    (tmp_path / "other.csv").write_text("mobile\n13912345678\n", encoding="utf-8")
    file.symlink_to(tmp_path / "other.csv")
    assert problems("segments", "preview", rule, "-w", shop) == ["list.link"]


SAVED = """# For the dinner.
dinner:
  label: {zh: 晚宴, en: Dinner}
  rule: {all: [{segment: buyers}, {did: {what: order, at_least: 2}}]}
"""


def test_segments_are_counted_without_a_build(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text("not: {segment: buyers}\n", encoding="utf-8")
    buyers, others, unknown = told("segments", "count", "buyers", file, "reachable_wecom", "-w", shop)
    assert buyers["persons"] > 0
    assert buyers["persons"] + others["persons"] == buyers["everybody"]
    assert unknown["persons"] is None and "consent" in unknown["unknown"]
    hidden = told("segments", "count", "buyers", "--no-persons", "-w", shop)
    assert [(one["persons"], one["is_hidden"]) for one in hidden] == [(None, True)]
    assert "consent" in quanyu("segments", "count", "reachable_wecom", "-w", shop).output


def test_segments_are_saved_once_and_replaced_when_asked(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(SAVED, encoding="utf-8")
    [saved] = told("segments", "save", file, "-w", shop)
    assert (saved["is_new"], saved["before"], saved["dependents"]) == (True, None, [])
    own = shop / "library" / "segments" / "own.yaml"
    assert own.read_text(encoding="utf-8") == SAVED
    assert told("segments", "count", "dinner", "-w", shop) == [saved["counted"]]
    assert problems("segments", "save", file, "-w", shop) == ["segment.exists"]
    file.write_text("buyers: {label: {zh: 甲, en: a}, rule: {did: {what: order, days: 30}}}\n", encoding="utf-8")
    refused = quanyu("segments", "save", file, "-w", shop).output
    assert "dinner, members_asleep" in refused and "will change with it" in refused
    assert own.read_text(encoding="utf-8") == SAVED
    [saved] = told("segments", "save", file, "--replace", "-w", shop)
    assert saved["before"] > 0
    assert saved["is_new"] is False and "dinner" in saved["dependents"]
    assert own.read_text(encoding="utf-8").startswith(SAVED)


def test_what_is_wrong_is_told_at_once_and_nothing_is_written(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    ring = SAVED.replace("segment: buyers", "segment: dinner")
    file.write_text(f"{ring}other:\n  label: {{zh: 乙, en: b}}\n  rule: {{segment: dinnr}}\n", encoding="utf-8")
    assert set(problems("segments", "save", file, "-w", shop)) == {"seg.cycle", "config.reference"}
    assert not (shop / "library" / "segments" / "own.yaml").exists()
    other = shop / "library" / "segments" / "team.yaml"
    other.parent.mkdir(parents=True, exist_ok=True)
    other.write_text(SAVED, encoding="utf-8")
    file.write_text(SAVED, encoding="utf-8")
    assert problems("segments", "save", file, "--replace", "-w", shop) == ["segment.elsewhere"]


def test_a_shell_is_offered_the_names_of_segments(shop: Path) -> None:
    words = {"COMP_WORDS": f"quanyu segments show -w {shop} repeat", "COMP_CWORD": "5"}
    asked = {"_QUANYU_COMPLETE": "complete_bash", **words}
    offered = CliRunner().invoke(main.app, [], env=asked, prog_name="quanyu").stdout.split()
    assert offered == ["repeat_buyers_365"]
