import csv
import hashlib
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from quanyu.store import open_store
from services.shop import problems, quanyu, told

MOBILES = ("13912345678", "13800138111", "13700137003", "91234567", "13600136004")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _person(shop: Path, identifier: str) -> str:
    person: str = told("identity", "explain", "--identifier", identifier, "-w", shop)["person_id"]
    return person


def test_persons_without_consent_are_left_out_and_counted(asked: Path, tmp_path: Path):
    file = tmp_path / "a.csv"
    done = told("export", "persons", file, "--everyone", "--purpose", "marketing_sms", "-w", asked)
    assert (done["persons"], done["left_out"]) == (3, {"never_asked": 3})
    wanted = {_person(asked, f"member_id:{one}") for one in ("m1", "m2", "m5")}
    assert {row["person_id"] for row in _rows(file)} == wanted


def test_withdrawn_consent_is_told_apart(asked: Path, tmp_path: Path):
    done = told("export", "persons", tmp_path / "a.csv", "--everyone", "--purpose", "ads_matching", "-w", asked)
    assert (done["persons"], done["left_out"]) == (4, {"never_asked": 1, "withdrawn": 1})


def test_what_is_personal_is_masked_unless_allowed(asked: Path, tmp_path: Path):
    columns = ("--columns", "city,orders,mobile", "--purpose", "service", "--everyone")
    done = told("export", "persons", tmp_path / "a.csv", *columns, "-w", asked)
    assert done["masked"] == ["city", "mobile"]
    assert {(row["city"], row["mobile"]) for row in _rows(tmp_path / "a.csv")} == {("*", "*")}
    told("export", "persons", tmp_path / "b.csv", *columns, "--may-see", "direct", "-w", asked)
    rows = {row["person_id"]: row for row in _rows(tmp_path / "b.csv")}
    seen = rows[_person(asked, "member_id:m1")]
    assert (seen["city"], seen["mobile"], seen["orders"]) == ("*", "13912345678", "3")
    assert rows[_person(asked, "member_id:m3")]["mobile"] == ""


def test_hostile_values_are_harmless_in_csv_and_excel_and_whole_in_parquet(asked: Path, tmp_path: Path):
    for name in ("a.csv", "a.xlsx", "a.parquet"):
        arguments = ("--everyone", "--purpose", "analysis", "--columns", "city", "--may-see", "personal")
        told("export", "persons", tmp_path / name, *arguments, "-w", asked)
    cities = {row["city"] for row in _rows(tmp_path / "a.csv")}
    assert cities == {'\'=HYPERLINK("http://x")', "上海", "-12", "香港"}
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    assert all(cell.data_type == "s" for row in sheet.iter_rows() for cell in row)
    assert '=HYPERLINK("http://x")' in pq.read_table(tmp_path / "a.parquet")["city"].to_pylist()


def test_every_export_has_a_record_with_the_hash_of_its_file(asked: Path, tmp_path: Path):
    file = tmp_path / "a.csv"
    arguments = ("--everyone", "--purpose", "analysis", "--columns", "city", "--may-see", "personal", "--actor", "li")
    told("export", "persons", file, *arguments, "-w", asked)
    (record,) = told("export", "log", "-w", asked)
    assert (record["actor"], record["purpose"], record["persons"], record["columns"]) == (
        "li",
        "analysis",
        6,
        ["person_id", "city"],
    )
    assert record["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert record["may_see"] == ["personal"]
    assert "analysis" in quanyu("export", "log", "-w", asked).output


def test_a_refused_export_leaves_no_file_and_no_record(asked: Path, tmp_path: Path):
    file = tmp_path / "a.csv"
    file.write_text("mine")
    assert problems("export", "persons", file, "--everyone", "--purpose", "analysis", "-w", asked) == ["export.exists"]
    assert file.read_text() == "mine"
    assert told("export", "log", "-w", asked) == []
    told("export", "persons", file, "--everyone", "--purpose", "analysis", "--overwrite", "-w", asked)
    assert file.read_text(encoding="utf-8-sig").startswith('"person_id"')


def test_all_problems_of_a_request_are_told_at_once(asked: Path, tmp_path: Path):
    arguments = ("--everyone", "--purpose", "marketing_sm", "--columns", "citty,orders,orders")
    found = problems("export", "persons", tmp_path / "a.doc", *arguments, "-w", asked)
    assert found == ["export.column", "export.column", "export.purpose", "export.format"]
    said = quanyu(
        "export", "persons", tmp_path / "a.csv", "--everyone", "--purpose", "x", "--columns", "citty", "-w", asked
    )
    assert "city" in said.output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--purpose", "analysis"), "cli.arguments"),
        (("--purpose", "analysis", "--everyone", "--columns", "mobile"), "export.contact"),
        (("--purpose", "analysis", "--everyone", "--may-see", "persnal"), "export.may_see"),
        (("--purpose", "marketing_push", "--everyone"), "export.nobody"),
        (("--purpose", "analysis", "--people", "none.csv"), "export.list"),
    ],
)
def test_a_request_that_cannot_be_served_is_refused(asked: Path, tmp_path: Path, arguments: tuple[str, ...], code: str):
    assert problems("export", "persons", tmp_path / "a.csv", *arguments, "-w", asked) == [code]
    assert [one.name for one in tmp_path.iterdir()] == ["shop"]


def test_a_small_group_needs_a_right_to_persons(asked: Path, tmp_path: Path):
    people = tmp_path / "people.csv"
    people.write_text(f"person_id\n{_person(asked, 'member_id:m1')}\n")
    arguments = (tmp_path / "a.csv", "--people", people, "--purpose", "analysis", "-w", asked)
    assert problems("export", "persons", *arguments) == ["export.small_group"]
    assert told("export", "persons", *arguments, "--may-see", "personal")["persons"] == 1


def test_a_list_may_name_persons_merged_away_and_unknown_ones(asked: Path, tmp_path: Path):
    explained = told("identity", "explain", "--identifier", "member_id:m1", "-w", asked)
    ids = [one["identifier_id"] for one in explained["identifiers"]]
    people = tmp_path / "people.csv"
    people.write_text("\n".join(["person_id", *ids, _person(asked, "member_id:m2"), "P0000014SC0PJ"]))
    file = tmp_path / "a.csv"
    done = told("export", "persons", file, "--people", people, "--purpose", "analysis", "-w", asked)
    assert (done["persons"], done["left_out"]) == (2, {"same_person": 1, "unknown": 1})
    assert {row["person_id"] for row in _rows(file)} == {explained["person_id"], _person(asked, "member_id:m2")}


def test_persons_by_a_rule(asked: Path, tmp_path: Path):
    rule = tmp_path / "rule.yaml"
    rule.write_text("all:\n  - order: {days: 90, at_least: 2}\n  - not: {consent: marketing_push}\n")
    arguments = (tmp_path / "a.csv", "--segment", rule, "--purpose", "analysis", "--may-see", "personal", "-w", asked)
    assert told("export", "persons", *arguments)["persons"] == 1
    by_name = (tmp_path / "b.csv", "--segment", "buyers", "--purpose", "analysis", "--may-see", "personal", "-w", asked)
    assert told("export", "persons", *by_name)["persons"] > 0
    assert problems("export", "persons", *by_name[:2], "buyrs", *by_name[3:], "--overwrite") == ["segment.unknown"]
    rule.write_text("reach: wecom\n")
    assert problems("export", "persons", *arguments, "--overwrite") == ["export.unknown"]
    rule.write_text("attribute: {name: lifecycl, is: [dormant]}\n")
    assert problems("export", "persons", *arguments, "--overwrite") == ["config.reference"]


@pytest.mark.parametrize(
    ("platform", "forms", "left_out"),
    [
        (
            "tencent_ads",
            ["13912345678", "13700137003"],
            {"never_asked": 1, "withdrawn": 1, "no_mobile": 1, "number_of_another_form": 1},
        ),
        (
            "meta",
            ["8613912345678", "8613700137003", "85291234567"],
            {"never_asked": 1, "withdrawn": 1, "no_mobile": 1},
        ),
    ],
)
def test_hashed_lists_hold_consenting_persons_only(
    asked: Path, tmp_path: Path, platform: str, forms: list[str], left_out: dict[str, int]
):
    file = tmp_path / "ads.txt"
    done = told("export", "ads", file, "--platform", platform, "--hash", "sha256", "--everyone", "-w", asked)
    assert done["left_out"] == left_out
    lines = [line for line in file.read_text().splitlines() if line != "phone"]
    assert set(lines) == {hashlib.sha256(form.encode()).hexdigest() for form in forms}
    assert (done["persons"], done["rows"]) == (3, len(forms))
    (record,) = told("export", "log", "-w", asked)
    assert (record["purpose"], record["persons"]) == ("ads_matching", 3)


def test_a_small_hashed_list_is_refused_whoever_asks(asked: Path, tmp_path: Path):
    people = tmp_path / "people.csv"
    people.write_text(f"person_id\n{_person(asked, 'member_id:m1')}\n")
    arguments = (tmp_path / "ads.txt", "--people", people, "--platform", "meta", "-w", asked)
    assert problems("export", "ads", *arguments) == ["export.small_group"]


def test_no_mobile_stands_in_clear_where_it_was_not_asked_for(asked: Path, tmp_path: Path):
    told(
        "export",
        "persons",
        tmp_path / "a.csv",
        "--everyone",
        "--purpose",
        "service",
        "--columns",
        "mobile",
        "-w",
        asked,
    )
    told("export", "ads", tmp_path / "b.txt", "--platform", "google", "--everyone", "-w", asked)
    written = (tmp_path / "a.csv").read_text() + (tmp_path / "b.txt").read_text()
    with open_store(asked / ".quanyu") as store, store.reading() as work:
        written += str(work.audit.find())
    assert not [mobile for mobile in MOBILES if mobile in written]


def test_headings_in_words_say_that_money_is_in_fen(asked: Path, tmp_path: Path):
    arguments = ("--everyone", "--purpose", "analysis", "--columns", "net_fen", "--headings")
    told("export", "persons", tmp_path / "zh.csv", *arguments, "zh", "-w", asked)
    told("export", "persons", tmp_path / "en.csv", *arguments, "en", "-w", asked)
    assert list(_rows(tmp_path / "zh.csv")[0]) == ["用户", "累计净消费(分)"]
    assert list(_rows(tmp_path / "en.csv")[0]) == ["Person", "Net sales, lifetime (fen)"]


def test_every_field_stands_in_one_block_and_contacts_are_direct(asked: Path):
    fields = told("export", "columns", "-w", asked)
    names = [one["name"] for one in fields]
    assert len(names) == len(set(names))
    assert {one["block"] for one in fields} == {"attributes", "features", "tags", "stages", "contact"}
    assert {one["privacy"] for one in fields if one["block"] == "contact"} == {"direct"}
