from pathlib import Path

import pytest

from quanyu.ids import PersonId, format_person_id
from quanyu.store import open_store
from services.shop import problems, quanyu, told

LI = "mobile:13912345678"
WANG = "member_id:m2"


def _person(shop: Path, identifier: str) -> str:
    person: str = told("identity", "explain", "--identifier", identifier, "-w", shop)["person_id"]
    return person


def test_a_person_is_explained_by_the_value_of_an_identifier(shop: Path):
    said = told("identity", "explain", "--identifier", "mobile:+86 139-1234-5678", "-w", shop)
    assert sorted(one["id_type"] for one in said["identifiers"]) == ["member_id", "mobile"]
    (proof,) = [proof for one in said["identifiers"] for proof in one["chain"]]
    assert (proof["source"], proof["method"], proof["rows"]) == ("members", "form", 1)
    output = quanyu("identity", "explain", said["person_id"], "-w", shop).output
    assert said["person_id"] in output
    assert "13912345678" not in output


def test_a_look_up_is_audited_and_the_value_kept_nowhere(shop: Path):
    told("identity", "explain", "--identifier", LI, "--actor", "li", "-w", shop)
    with open_store(shop / ".quanyu") as store, store.reading() as work:
        entries = [(entry.actor, entry.action) for entry in work.audit.find()]
        assert ("li", "identity.lookup") in entries
        assert ("li", "identity.explain") in entries
        assert all("13912345678" not in str(entry) for entry in work.audit.find())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "cli.arguments"),
        (("P0000014SC0PJ",), "identity.unknown"),
        (("13912345678",), "id.not_a_person"),
        (("--identifier", "mobil:13912345678"), "identity.unknown_type"),
        (("--identifier", "mobile:1391"), "phone.length"),
        (("--identifier", "unionid:u1"), "identity.namespace"),
        (("--identifier", "mobile:13700000009"), "identity.unknown"),
    ],
)
def test_who_cannot_be_found_is_told(shop: Path, arguments: tuple[str, ...], code: str):
    assert problems("identity", "explain", *arguments, "-w", shop) == [code]


def test_a_merge_makes_one_person_and_undoing_it_gives_both_back(shop: Path):
    li, wang = _person(shop, LI), _person(shop, WANG)
    decision = told("identity", "merge", li, WANG, "--reason", "same card", "-w", shop)["decision_id"]
    told("run", "--only", "build", "-w", shop)
    assert _person(shop, LI) == _person(shop, WANG)
    told("identity", "undo", decision, "-w", shop)
    told("run", "--only", "build", "-w", shop)
    assert (_person(shop, LI), _person(shop, WANG)) == (li, wang)
    (kept,) = told("identity", "list-decisions", "-w", shop)
    assert (kept["kind"], kept["reason"], kept["undone_at"] is None) == ("merge", "same card", False)


def test_an_unmerge_parts_two_identifiers_of_one_person(shop: Path):
    assert _person(shop, LI) == _person(shop, "member_id:m1")
    told("identity", "unmerge", LI, "member_id:m1", "--reason", "her mother's mobile", "-w", shop)
    told("run", "--only", "build", "-w", shop)
    assert _person(shop, LI) != _person(shop, "member_id:m1")
    assert problems("identity", "unmerge", LI, "member_id:m1", "--reason", "x", "-w", shop) == ["identity.two_persons"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("merge", LI, "member_id:m1", "--reason", "x"), "identity.same_person"),
        (("merge", LI, WANG, "--reason", " "), "identity.no_reason"),
        (("unmerge", LI, LI, "--reason", "x"), "identity.two_persons"),
        (("undo", 9), "identity.not_undoable"),
    ],
)
def test_a_decision_that_decides_nothing_is_refused(shop: Path, arguments: tuple[object, ...], code: str):
    assert problems("identity", *arguments, "-w", shop) == [code]
    assert told("identity", "list-decisions", "-w", shop) == []


def test_coverage_says_how_many_are_known(shop: Path):
    match = told("identity", "coverage", "-w", shop)["identity_match"]
    assert [(row["id_type_a"], row["id_type_b"], row["persons_a"], row["persons_both"]) for row in match] == [
        ("member_id", "mobile", 3, 2),
        ("mobile", "member_id", 2, 2),
    ]
    assert "66.67%" in quanyu("identity", "coverage", "-w", shop).output


def test_the_id_of_an_identifier_merged_away_still_finds_its_person(shop: Path):
    said = told("identity", "explain", "--identifier", LI, "-w", shop)
    for one in said["identifiers"]:
        assert told("identity", "explain", one["identifier_id"], "-w", shop)["person_id"] == said["person_id"]
    assert problems("identity", "explain", format_person_id(PersonId(5)), "-w", shop) == ["identity.unknown"]
