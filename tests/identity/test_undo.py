"""Merges and unmerges are records, and can be undone (reliability I2, I3, I8)."""

from datetime import datetime

import pytest

from identity.world import RULES, World, id_of, persons, together
from quanyu.errors import InternalError
from quanyu.identity.decision import Decision, DecisionKind
from quanyu.identity.resolve import resolve_full, update

AT = [datetime(2026, 2, day) for day in range(1, 20)]


def decision(kind: DecisionKind, world: World, *names: str, day: int = 1, **more) -> Decision:
    return Decision(day, kind, tuple(world.ids[name] for name in names), "ann", "seen in shop", AT[day], **more)


def open_merges(engine) -> list[tuple[int, int]]:
    rows = engine.rows_of("person_merge").to_pylist()
    return [(row["loser_id"], row["survivor_id"]) for row in rows if row["undone_at"] is None]


def test_an_unmerge_restores_the_earlier_partition_and_new_evidence_follows_its_identity():
    # Batch 1: two persons.  Batch 2: b1 and p2 wrongly in one row, often.  Batch 3: more of both.
    world = World().see("p1", "b1").see("p2", "b2")
    engine = world.engine()
    update(engine, RULES, [], watermark=1, at=AT[1])
    world.next_batch()
    for _ in range(5):
        world.see("p2", "b1")
    world.land(engine)
    update(engine, RULES, [], watermark=2, at=AT[2])
    assert persons(engine, world) == together("p1 b1 p2 b2")

    unmerge = decision(DecisionKind.UNMERGE, world, "p1", "p2", day=3, known_seq=1)
    world.next_batch().see("u1", "b1").see("u2", "p2")
    world.land(engine)
    report = update(engine, RULES, [unmerge], watermark=3, at=AT[3])

    assert persons(engine, world) == together("p1 b1 u1", "p2 b2 u2")
    assert (report.splits, open_merges(engine)) == (1, [])
    refused = engine.rows_of("identity_conflict").to_pylist()
    assert [(row["reason"], row["evidence"]) for row in refused] == [("cut", 5)]


def test_without_the_earlier_partition_the_stronger_evidence_decides():
    world = World().see("p1", "b1").see("p2", "b2")
    for _ in range(5):
        world.next_batch().see("p2", "b1")
    engine = world.engine()

    resolve_full(engine, RULES, [decision(DecisionKind.UNMERGE, world, "p1", "p2")], watermark=world.batch)

    assert persons(engine, world) == together("p1", "b1 p2 b2")


def test_a_merge_by_hand_breaks_limits_and_is_a_record_that_can_be_undone():
    world = World().see("M1").see("M2", "p2")
    engine = world.engine()
    update(engine, RULES, [], watermark=1, at=AT[1])

    merge = decision(DecisionKind.MERGE, world, "M1", "M2", day=7)
    update(engine, RULES, [merge], watermark=1, at=AT[2])
    assert persons(engine, world) == together("M1 M2 p2")
    assert [row["rule"] for row in engine.rows_of("person_merge").to_pylist()] == ["decision 7"]

    update(engine, RULES, [], watermark=1, at=AT[3])
    assert persons(engine, world) == together("M1", "M2 p2")
    assert [row["undone_at"] for row in engine.rows_of("person_merge").to_pylist()] == [AT[3]]


# Names whose ids make the member's number the elder, or the mobile.
LI = [("Mtulip", "pdaisy"), ("Mdaisy", "ptulip")]
WANG = [("Master", "plotus"), ("Mlotus", "paster")]


@pytest.mark.parametrize("li", LI)
@pytest.mark.parametrize("wang", WANG)
def test_a_merge_joins_two_whole_persons_whichever_identifier_is_their_elder(
    li: tuple[str, str], wang: tuple[str, str]
):
    world = World().see(*li).see(*li).see(*wang).see("M9")
    engine = world.engine()
    update(engine, RULES, [], watermark=1, at=AT[1])
    before = persons(engine, world)
    merge = decision(DecisionKind.MERGE, world, *(min(names, key=id_of) for names in (li, wang)), known_seq=1)

    update(engine, RULES, [merge], watermark=1, at=AT[2])
    both = " ".join([*li, *wang])
    assert persons(engine, world) == together(both, "M9")
    assert engine.rows_of("identity_conflict").to_pylist() == []

    # The limit of one member a person holds against what is seen later: M9 does not join.
    world.next_batch().see("M9", li[1]).see(li[0], "b1")
    world.land(engine)
    update(engine, RULES, [merge], watermark=2, at=AT[3])
    assert persons(engine, world) == together(both + " b1", "M9")

    update(engine, RULES, [], watermark=2, at=AT[4])
    assert {group - {"b1"} for group in persons(engine, world)} == before


def test_the_merges_above_meet_every_order_of_elders():
    for one in (LI, WANG):
        assert {min(names, key=id_of)[0] for names in one} == {"M", "p"}


def test_evidence_that_a_limit_refused_is_no_conflict_once_people_merged_its_ends():
    world = World().see("M1", "p1").see("M1", "p1").see("M2", "p1")
    engine = world.engine()
    update(engine, RULES, [], watermark=1, at=AT[1])
    assert [row["reason"] for row in engine.rows_of("identity_conflict").to_pylist()] == ["limit"]

    merge = decision(DecisionKind.MERGE, world, "M1", "M2", known_seq=1)
    update(engine, RULES, [merge], watermark=1, at=AT[2])

    assert persons(engine, world) == together("M1 M2 p1")
    assert engine.rows_of("identity_conflict").to_pylist() == []


def test_an_unmerge_after_a_merge_gives_both_whole_persons_back():
    world = World().see("M1", "p1").see("M2", "p2")
    engine = world.engine()
    merge = decision(DecisionKind.MERGE, world, "M1", "p2", day=1, known_seq=1)
    unmerge = decision(DecisionKind.UNMERGE, world, "p1", "M2", day=2)

    resolve_full(engine, RULES, [merge, unmerge], watermark=1)

    assert persons(engine, world) == together("M1 p1", "M2 p2")


def test_what_is_seen_after_a_merge_does_not_undo_it():
    # p2 was M2's when somebody merged; later it is seen more often with M3.
    world = World().see("M1", "p1").see("M2", "p2").see("M3")
    engine = world.engine()
    merge = decision(DecisionKind.MERGE, world, "M1", "p2", known_seq=1)
    for _ in range(5):
        world.next_batch().see("M3", "p2")
    world.land(engine)

    resolve_full(engine, RULES, [merge], watermark=world.batch)

    assert persons(engine, world) == together("M1 p1 M2 p2", "M3")


def test_the_later_of_two_contrary_decisions_holds():
    world = World().see("M1").see("p2")
    engine = world.engine()
    merge = decision(DecisionKind.MERGE, world, "M1", "p2", day=1)
    unmerge = decision(DecisionKind.UNMERGE, world, "M1", "p2", day=2)
    again = decision(DecisionKind.MERGE, world, "M1", "p2", day=3)

    for decisions, count in (([merge], 1), ([merge, unmerge], 2), ([merge, unmerge, again], 1), ([unmerge, merge], 2)):
        assert resolve_full(engine, RULES, decisions, watermark=1).persons == count


def test_a_phone_shared_by_members_joins_nobody_even_when_it_is_seen_again():
    world = World()
    for number in range(4):
        world.see(f"M{number}", "p0")
    engine = world.engine()
    update(engine, RULES, [], watermark=1, at=AT[1])
    for number in range(4, 8):
        world.next_batch().see(f"M{number}", "p0")
    world.land(engine)
    update(engine, RULES, [], watermark=world.batch, at=AT[2])
    world.next_batch().see("M9", "p0")
    world.land(engine)
    update(engine, RULES, [], watermark=world.batch, at=AT[3])

    assert persons(engine, world) == together(*world.ids.keys() - {"p0"})
    hub = next(row for row in engine.rows_of("identifier_person").to_pylist() if row["inert"])
    assert (hub["identifier_id"], hub["person_id"], hub["inert_reason"]) == (world.ids["p0"], None, "shared")


def test_links_are_closed_and_never_deleted():
    world = World().see("d1", "M1")
    engine = world.engine()
    update(engine, RULES, [], watermark=1, at=AT[1])
    world.next_batch().see("d1", "M2")
    world.land(engine)
    update(engine, RULES, [], watermark=2, at=AT[2])

    links = [row for row in engine.rows_of("identity_link").to_pylist() if row["identifier_id"] == world.ids["d1"]]
    told = sorted((row["person_id"], row["linked_at"], row["unlinked_at"]) for row in links)
    assert told == sorted([(world.ids["M1"], AT[1], AT[2]), (world.ids["M2"], AT[2], None)])


def test_landing_tables_are_never_rewritten_by_a_merge():
    world = World().see("p1", "b1").see("p2", "b1")
    engine = world.engine()
    before = [engine.rows_of(name).to_pylist() for name in ("identifier", "identifier_pair")]

    update(engine, RULES, [], watermark=1, at=AT[1])

    assert [engine.rows_of(name).to_pylist() for name in ("identifier", "identifier_pair")] == before


def test_a_past_state_of_knowledge_can_be_made_again():
    world = World().see("p1", "b1").see("p2", "b2")
    world.next_batch().see("p2", "b1")
    engine = world.engine()

    assert resolve_full(engine, RULES, [], watermark=1).persons == 2
    assert resolve_full(engine, RULES, [], watermark=2).persons == 1


def test_the_ledger_refuses_to_go_back():
    world = World().see("p1").next_batch().see("p2")
    engine = world.engine()
    update(engine, RULES, [], watermark=2, at=AT[1])

    with pytest.raises(InternalError, match="after 1"):
        update(engine, RULES, [], watermark=1, at=AT[2])
