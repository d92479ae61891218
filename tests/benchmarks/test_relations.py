"""What ties the synthetic persons to the brand: known people only, inside the two years, the same for ever."""

import hashlib

import pyarrow.compute as pc
import pytest
from benchmarks.landing import with_order_identifier, with_person_identifiers
from benchmarks.maker import SIZES, World
from benchmarks.relations import RELATIONS, consents, memberships, relations, reviews, shares

from benchmarks import calendar as cal

# Changes only on purpose, as the maker's own checksum.
GOLDEN = "c6a5e900239aef3e576c80b99c0710ea23aa395f09538102ac0adf4dfe88e29b"


@pytest.fixture(scope="module")
def made():
    world = World(SIZES["XS"])
    people = [with_person_identifiers(piece) for piece in world.persons()]
    orders = [with_order_identifier(piece[0]) for piece in world.orders()]
    tables = {rows.__name__: rows(people[0]) for rows in (memberships, relations, consents)}
    return tables | {rows.__name__: rows(orders[0]) for rows in (shares, reviews)}


def test_the_tiny_ties_never_change(made):
    digest = hashlib.sha256()
    for table in made.values():
        for name in table.column_names:
            digest.update("\x1f".join(map(str, table[name].to_pylist())).encode())
    assert digest.hexdigest() == GOLDEN


def test_every_kind_is_there_and_every_row_has_a_number_of_its_own(made):
    assert set(made["relations"]["type"].to_pylist()) == {kind for kind, *_ in RELATIONS}
    for name, key in (("memberships", "person"), *((one, "number") for one in made if one != "memberships")):
        assert made[name].num_rows > 0
        assert len(set(made[name][key].to_pylist())) == made[name].num_rows


def test_ties_belong_to_somebody_known_and_end_after_they_began(made):
    for table in made.values():
        assert table["identifier_id"].null_count == 0
    ended = made["relations"].filter(pc.is_valid(made["relations"]["ended_at"]))
    assert ended.num_rows and pc.all(pc.greater(ended["ended_at"], ended["started_at"])).as_py()


def test_nothing_happens_after_the_last_day(made):
    end = cal.utc(cal.business_time()[:1] * 0 + cal.DAYS * cal.DAY_SECONDS)[0]
    for name, column in (("relations", "started_at"), ("consents", "occurred_at"), ("shares", "occurred_at")):
        assert (made[name][column].to_numpy() < end).all()


def test_who_withdraws_consent_gave_it_before(made):
    rows = sorted(made["consents"].to_pylist(), key=lambda row: row["number"])
    given = {row["number"] for row in rows if row["granted"]}
    assert all(row["number"] % 2 == 0 or row["number"] - 1 in given for row in rows)
