"""What a merge does to consent, experiment arms and new registrations (reliability I5, I6, I7)."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from identity.world import RULES, World, persons, together
from quanyu.identity.decision import Decision, DecisionKind
from quanyu.identity.merged import ConsentStatement, arm_after_merge, next_generation, strictest_consent
from quanyu.identity.resolve import resolve_full

DAY = datetime(2026, 1, 1)
STATEMENTS = st.lists(
    st.builds(
        ConsentStatement,
        st.integers(1, 3), st.just("marketing_sms"), st.just("sms"), st.booleans(), st.just(False),
        st.integers(0, 5).map(lambda day: DAY + timedelta(day)),
    ),
    max_size=8,
)  # fmt: skip


@given(STATEMENTS)
def test_a_merged_person_has_consent_only_where_no_part_refused(statements):
    parts = {one.person_id: [two for two in statements if two.person_id == one.person_id] for one in statements}
    alone = [strictest_consent(part)["marketing_sms", "sms"].granted for part in parts.values()]

    merged = strictest_consent(statements)

    assert not merged if not statements else merged["marketing_sms", "sms"].granted == all(alone)


@given(STATEMENTS)
def test_the_order_of_statements_changes_nothing(statements):
    assert strictest_consent(statements) == strictest_consent(reversed(statements))


def test_a_withdrawn_consent_comes_back_only_by_a_new_yes_after_the_merge():
    withdrawn = ConsentStatement(1, "marketing_sms", "sms", False, False, DAY)
    granted = ConsentStatement(2, "marketing_sms", "sms", True, True, DAY + timedelta(1))
    again = ConsentStatement(1, "marketing_sms", "sms", True, True, DAY + timedelta(3))

    assert not strictest_consent([withdrawn, granted])["marketing_sms", "sms"].granted
    merged_at = DAY + timedelta(2)
    assert not strictest_consent([withdrawn, granted], merged_at)["marketing_sms", "sms"].granted
    assert strictest_consent([withdrawn, granted, again], merged_at)["marketing_sms", "sms"].granted


@given(st.lists(st.sampled_from(["control", "a", "b"]), min_size=1, max_size=4))
def test_control_wins_and_differing_arms_are_excluded(arms):
    expected = "control" if "control" in arms else arms[0] if len(set(arms)) == 1 else None
    assert arm_after_merge(arms) == expected


def test_who_registers_again_after_deletion_is_a_new_person():
    world = World().see("M1", "p1").see("p1", "b1")
    forgotten = Decision(1, DecisionKind.FORGET, tuple(world.ids.values()), "ann", "deletion request 7", DAY)
    old = set(world.ids.values())
    world.ids.clear()
    world.next_batch().see("M2")
    # The phone comes back; ingest gives it its next generation.
    phone = world.identifiers[1]
    world.ids["p1"] = next_generation(phone["identifier_id"], 1)
    world.identifiers.append({**phone, "identifier_id": world.ids["p1"], "first_batch_seq": 2})
    world.see("M2", "p1")
    engine = world.engine()

    resolve_full(engine, RULES, [forgotten], watermark=2)

    assert persons(engine, world) == together("M2 p1")
    rows = {row["identifier_id"]: row for row in engine.rows_of("identifier_person").to_pylist()}
    assert all(rows[one]["person_id"] is None and rows[one]["inert_reason"] == "deleted" for one in old)


def test_the_next_generation_is_what_house_sql_gives():
    engine = World().engine()
    told = engine.answer("SELECT CAST('0x' || substr(md5('77|2'), 1, 15) AS BIGINT) AS n").to_pylist()
    assert next_generation(77, 2) == told[0]["n"]
    assert next_generation(77, 0) == 77
