"""`quanyu segments`: listed, previewed before saving, members, reasons, who came and went."""

from pathlib import Path

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
