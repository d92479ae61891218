"""Explain: chains from the elder, refusals, decisions; never a value in clear."""

from datetime import datetime

import pytest

from identity.world import RULES, World
from quanyu.errors import UserError
from quanyu.identity.decision import Decision, DecisionKind
from quanyu.identity.explain import explain
from quanyu.identity.resolve import resolve_full


def resolved(world: World, decisions=()):
    engine = world.engine()
    resolve_full(engine, RULES, decisions, watermark=world.batch)
    return engine


def test_each_identifier_has_the_shortest_chain_from_the_elder():
    world = World().see("M1", "p1")
    world.next_batch().see("p1", "b1").see("b1", "u1").see("u1", "o1").see("M1", "u1")
    found = explain(resolved(world), world.ids["o1"])

    names = {world.name_of(one): [_names(world, proof) for proof in chain] for one, chain in found.chains.items()}
    assert found.person_id in (world.ids["M1"], world.ids["p1"])
    assert names["o1"][-1] == {"u1", "o1"}
    assert [len(names[name]) for name in ("M1", "p1", "b1", "u1", "o1")] in ([0, 1, 2, 1, 2], [1, 0, 1, 2, 3])
    assert {one.hash_end for one in found.identifiers} == {f"f-{name}" for name in ("M1", "p1", "b1", "u1", "o1")}


def test_refused_evidence_and_its_limit_are_told():
    world = World().see("M1", "p1").see("M1", "p1").see("M2", "p1")
    found = explain(resolved(world), world.ids["M1"])

    assert [(one.reason, one.id_type, one.rows) for one in found.refused] == [("limit", "member_id", 1)]
    assert found.near == (world.ids["M2"],)


def test_a_merge_by_hand_is_a_link_of_the_chain():
    world = World().see("M1").see("M2")
    merge = Decision(5, DecisionKind.MERGE, tuple(world.ids.values()), "ann", "same face", datetime(2026, 1, 2))
    found = explain(resolved(world, [merge]), world.ids["M1"], [merge])

    chain = next(chain for chain in found.chains.values() if chain)
    assert [(one.decision, one.source) for one in chain] == [(5, "ann")]
    assert found.decisions == (merge,)


def test_an_inert_identifier_belongs_to_nobody_and_says_why():
    world = World()
    for number in range(6):
        world.see(f"M{number}", "p0")
    found = explain(resolved(world), world.ids["p0"])

    assert found.person_id is None
    assert [one.inert_reason for one in found.identifiers] == ["shared"]


def test_an_unknown_id_is_a_clear_error():
    with pytest.raises(UserError) as caught:
        explain(resolved(World().see("M1")), 12345)
    assert caught.value.code == "identity.unknown"


def _names(world: World, proof) -> set[str]:
    return {world.name_of(proof.identifier_a), world.name_of(proof.identifier_b)}
