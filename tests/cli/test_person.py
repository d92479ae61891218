from pathlib import Path

import pytest

from quanyu.store import open_store
from services.shop import problems, quanyu, told


@pytest.mark.parametrize("written", ["13912345678", "+86 139 1234 5678", "0086-139-1234-5678", "139 1234 5678"])
def test_a_person_is_found_by_a_mobile_however_it_is_written(asked: Path, written: str):
    page = told("person", "--identifier", f"mobile:{written}", "-w", asked)
    assert {one["id_type"] for one in page["identity"]} == {"member_id", "mobile"}
    assert (page["value"]["orders"], page["value"]["net_fen"]) == (3, 25_000)


def test_every_field_stands_in_one_block_and_what_is_personal_is_masked(asked: Path):
    page = told("person", "--identifier", "member_id:m1", "-w", asked)
    names = [one["name"] for block in ("attributes", "features", "tags", "stages") for one in page[block]]
    assert len(names) == len(set(names)) > 100
    city = next(one for one in page["attributes"] if one["name"] == "city")
    assert (city["value"], city["masked"]) == ("*", True)
    seen = told("person", "--identifier", "member_id:m1", "--may-see", "personal", "-w", asked)
    city = next(one for one in seen["attributes"] if one["name"] == "city")
    assert (city["value"], city["masked"]) == ('=HYPERLINK("http://x")', False)
    assert page["completeness"] == seen["completeness"] == 0.25


def test_consents_say_yes_no_or_never_asked(asked: Path):
    page = told("person", "--identifier", "member_id:m2", "-w", asked)
    said = {one["purpose"]: (one["granted"], one["since"]) for one in page["consents"]}
    assert said["ads_matching"] == (False, "2026-01-05")
    assert said["marketing_sms"] == (True, "2025-12-05")
    assert said["marketing_push"] == (None, None)


def test_the_timeline_is_paged_by_days_newest_first(asked: Path):
    page = told("person", "--identifier", "member_id:m1", "--days", "30", "-w", asked)["timeline"]
    orders = [(one["day"], one["record"], one["amount_fen"]) for one in page["happened"] if one["kind"] == "order"]
    assert orders == [
        ("2026-02-03", "till:o4", 10_000),
        ("2026-01-09", "till:o2", 5_000),
        ("2026-01-05", "till:o1", 10_000),
    ]
    assert page["has_earlier"]
    before = told("person", "--identifier", "member_id:m1", "--until", "2026-01-08", "--days", "60", "-w", asked)[
        "timeline"
    ]
    assert (before["first"], before["last"]) == ("2025-11-10", "2026-01-08")
    assert [(one["kind"], one["day"]) for one in before["happened"]] == [
        ("order", "2026-01-05"),
        ("relation", "2025-12-01"),
    ]
    assert not before["has_earlier"]


def test_the_id_of_a_person_merged_away_shows_the_living_one_and_says_so(asked: Path):
    old = [told("person", "--identifier", f"member_id:{one}", "-w", asked)["person_id"] for one in ("m1", "m2")]
    told("identity", "merge", *old, "--reason", "same card", "-w", asked)
    told("run", "--only", "build", "-w", asked)
    pages = [told("person", one, "-w", asked) for one in old]
    assert pages[0]["person_id"] == pages[1]["person_id"]
    (gone,) = [one for one in old if one != pages[0]["person_id"]]
    assert {page["merged_from"] for page in pages} == {None, gone}
    assert pages[0]["value"]["orders"] == 4
    assert f"{gone} was merged" in quanyu("person", gone, "-w", asked).output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "cli.arguments"),
        (("P0000014SC0PJ",), "identity.unknown"),
        (("13912345678",), "id.not_a_person"),
        (("--identifier", "mobile:1391"), "phone.length"),
        (("--identifier", "mobile:13700000009"), "identity.unknown"),
        (("--identifier", "member_id:m1", "--may-see", "all"), "export.may_see"),
    ],
)
def test_who_cannot_be_shown_is_told(asked: Path, arguments: tuple[str, ...], code: str):
    assert problems("person", *arguments, "-w", asked) == [code]


def test_without_a_build_there_is_no_page(asked: Path):
    (asked / ".quanyu" / "warehouse.duckdb").unlink()
    assert problems("person", "P0000014SC0PJ", "-w", asked) == ["warehouse.missing"]


def test_a_look_is_audited_with_what_was_shown_and_no_value(asked: Path):
    told("person", "--identifier", "mobile:13912345678", "--may-see", "personal", "--actor", "li", "-w", asked)
    with open_store(asked / ".quanyu") as store, store.reading() as work:
        records = work.audit.find()
    (look,) = [one for one in records if one.action == "person.page"]
    assert (look.actor, look.detail["may_see"]) == ("li", ["personal"])
    assert "13912345678" not in str(records)


def test_the_page_for_people_shows_all_parts_and_no_mobile(asked: Path):
    said = quanyu("person", "--identifier", "mobile:13912345678", "-w", asked).output
    for part in ("value", "attributes", "features", "tags", "stages", "models", "consents", "reach", "identity"):
        assert part in said
    assert "13912345678" not in said
