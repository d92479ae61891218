"""E-38 (domain M-38): coverage of identity, touchpoints and behaviour."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import quanyu.identity
from identity.world import RULES, World, table_of
from quanyu.engine import read_steps
from quanyu.identity.resolve import resolve_full

AS_OF = date(2026, 1, 31)
STEPS = {step.name: step for step in read_steps(Path(quanyu.identity.__file__).parent)}
LANDED = {"batch_seq": 1, "source": "shop", "source_row": 1, "fingerprint": 1, "recorded_at": datetime(2026, 1, 31)}


def event(number: int, identifier_id: int | None, touchpoint: int | None, day: date) -> dict:
    row = {"event_id": str(number), "occurred_at": datetime(2026, 1, 1), "local_date": day, "type": "view"}
    place = None if touchpoint is None else f"t{touchpoint}"
    row |= {"source_row": number, "source_id": str(number)}
    return {**LANDED, **row, "identifier_id": identifier_id, "touchpoint_id": place}


def order(number: int, person_id: int) -> dict:
    money = {"gross_fen": 100, "refunded_fen": 0, "net_fen": 100, "line_count": 1}
    named = {"order_id": str(number), "source": "shop", "batch_seq": 1, "source_row": number, "status": "paid"}
    return {**named, **money, "person_id": person_id, "local_date": AS_OF, "is_valid": True, "is_first_order": True}


@pytest.fixture
def summary() -> dict[str, tuple[int, int, float]]:
    world = World()
    for number in range(300):
        world.see(f"M{number}")
    world.see("dx")
    member = [world.ids[f"M{number}"] for number in range(300)]
    # 720 events of 210 members, 200 of an anonymous device, 80 of nobody; 40 of 60 touchpoints lately, 5 long ago.
    old = AS_OF - timedelta(7)
    events = [event(n, member[n % 210], n % 40, AS_OF) for n in range(720)]
    events += [event(n, world.ids["dx"], 40 + n % 5, old) for n in range(720, 920)]
    events += [event(n, None, None, AS_OF) for n in range(920, 1000)]
    engine = world.engine()
    engine.register("event", table_of("event", events))
    touchpoints = [{**LANDED, "touchpoint_id": f"t{n}", "source_id": f"t{n}", "source_row": n} for n in range(60)]
    engine.register("touchpoint", table_of("touchpoint", touchpoints))
    engine.register("order_fact", table_of("order_fact", [order(n, one) for n, one in enumerate(member)]))
    resolve_full(engine, RULES, [], watermark=1)
    engine.make(STEPS["identity_summary"], {"as_of": AS_OF, "alarm_identifiers": 50})
    rows = engine.rows_of("identity_summary").to_pylist()
    return {row["figure"]: (row["part"], row["whole"], row["ratio"]) for row in rows}


def test_e38_identified_events(summary):
    assert summary["identified_event_rate"] == (720, 1000, 0.72)


def test_e38_touchpoints_with_data_in_the_last_seven_days(summary):
    assert summary["touchpoint_coverage"] == (40, 60, pytest.approx(0.667, abs=0.0005))


def test_e38_buyers_with_behaviour(summary):
    assert summary["buyer_behaviour_rate"] == (210, 300, 0.70)


def test_match_rate_is_directed():
    world = World().see("M1", "p1").see("M2").see("p3")
    world.see("p1", "u1")
    engine = world.engine()
    resolve_full(engine, RULES, [], watermark=1)

    engine.make(STEPS["identity_match"], {"as_of": AS_OF})

    rows = engine.rows_of("identity_match").to_pylist()
    rate = {(row["id_type_a"], row["id_type_b"]): (row["persons_both"], row["persons_a"]) for row in rows}
    assert rate["member_id", "mobile"] == (1, 2)
    assert rate["unionid", "mobile"] == (1, 1)
    assert rate["mobile", "unionid"] == (1, 2)


def test_nothing_known_gives_no_ratio_rather_than_zero():
    world = World()
    engine = world.engine()
    for name in ("event", "touchpoint", "order_fact"):
        engine.register(name, table_of(name, []))
    resolve_full(engine, RULES, [], watermark=1)

    engine.make(STEPS["identity_summary"], {"as_of": AS_OF, "alarm_identifiers": 50})

    assert {row["ratio"] for row in engine.rows_of("identity_summary").to_pylist()} == {None}


def test_members_on_one_phone_are_suspected_duplicates_and_big_persons_alarm():
    world = World().see("M1", "p1").see("M2", "p1").see("M3")
    world.see("M3", *(f"b{n}" for n in range(5)))
    engine = world.engine()
    for name in ("event", "touchpoint", "order_fact"):
        engine.register(name, table_of(name, []))
    resolve_full(engine, RULES, [], watermark=1)

    engine.make(STEPS["identity_summary"], {"as_of": AS_OF, "alarm_identifiers": 5})

    figures = {row["figure"]: (row["part"], row["whole"]) for row in engine.rows_of("identity_summary").to_pylist()}
    assert figures["suspected_duplicate_rate"] == (2, 3)
    assert figures["over_merge"] == (1, 3)
