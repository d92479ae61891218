"""The private domain against its definition, read day by day in plain Python: who is in Capital, what adds up to it."""

import datetime as dt
import itertools
from collections import Counter, defaultdict
from random import Random
from typing import Any

import pytest

from cases.build import build, rows_of
from quanyu.engine import Engine
from quanyu.tables.relations import RELATION_TYPES

Row = dict[str, Any]
World = dict[str, list[Row]]

FIRST, AS_OF = dt.date(2024, 1, 1), dt.date(2024, 4, 15)
DAYS = [FIRST + dt.timedelta(days=n) for n in range((AS_OF - FIRST).days + 1)]
HARD_BOUNCE = 2
PLATFORMS = {"oa": "wechat", "text": "sms", "app": "own", "somewhere": None}
PURPOSES = {"wechat": "marketing_wecom", "sms": "marketing_sms", "own": "marketing_push"}
CONTACTS = ("dedicated_service", "group_member")
CLOSING_FAILURES = ("hard_bounce", "invalid_identifier", "blocked")


def _moment(chance: Random, *, until: int = 120) -> dt.datetime:
    # Before 16:00 UTC, so that the date in Shanghai is the date written; some lie after the build date.
    return dt.datetime.combine(FIRST, dt.time(chance.randrange(16))) + dt.timedelta(days=chance.randrange(until))


def _world(seed: int) -> World:
    chance = Random(seed)

    def somebody() -> int:
        return chance.randrange(1, 41)

    def relation(number: int) -> Row:
        ended = _moment(chance) if chance.random() < 0.5 else None
        channel = chance.choice([*PLATFORMS, None])
        return {
            "relation_id": f"r{number:03}",
            "identifier_id": somebody(),
            "type": chance.choice(RELATION_TYPES),
            "channel_id": channel,
            "started_at": _moment(chance, until=90),
            "ended_at": ended,
            "end_reason": chance.choice(["blocked", "unsubscribed", None]),
        }

    def consent(number: int) -> Row:
        return {
            "consent_id": f"c{number:03}",
            "identifier_id": somebody(),
            "purpose": chance.choice([*PURPOSES.values(), "service"]),
            "channel": chance.choice([None, None, "oa", "sms"]),
            "granted": chance.random() < 0.4,
            "occurred_at": _moment(chance),
        }

    def message(number: int) -> Row:
        sent = _moment(chance)
        return {
            "message_id": f"m{number:03}",
            "identifier_id": somebody(),
            "channel_id": chance.choice(["oa", "text"]),
            "sent_at": sent,
            "fail_reason": chance.choice([None, "hard_bounce", "hard_bounce", "blocked", "fatigue"]),
            "unsub_at": sent if chance.random() < 0.1 else None,
        }

    def goodbye(number: int) -> Row:
        at = _moment(chance)
        channel = chance.choice(["oa", "app", None])
        person = somebody()
        return {
            "event_id": f"e{number}",
            "identifier_id": person,
            "type": "unsubscribe",
            "channel_id": channel,
            "occurred_at": at,
            "local_date": at.date(),
        }

    def order(number: int) -> Row:
        at, person = _moment(chance), somebody()
        return {
            "order_id": f"o{number}",
            "identifier_id": person,
            "member_id": f"member{person}",
            "paid_at": at,
            "local_date": at.date(),
            "paid_fen": 100,
        }

    joined = {number: _moment(chance) for number in range(1, 41, 3)}
    return {
        # Identifiers 31 to 40 are the persons 1 to 10 again.
        "identifier_person": [
            {"identifier_id": n, "person_id": (n - 1) % 30 + 1, "cluster_id": 1} for n in range(1, 41)
        ],
        "channel": [{"channel_id": name, "platform": platform} for name, platform in PLATFORMS.items()],
        "relation": [relation(number) for number in range(90)],
        "membership": [
            {"member_id": f"member{n}", "identifier_id": n, "status": "active", "joined_at": at}
            for n, at in joined.items()
        ],
        "consent": [consent(number) for number in range(40)],
        "message": [message(number) for number in range(60)],
        "event": [goodbye(number) for number in range(15)],
        "order": [{**order(0), "local_date": FIRST, "paid_at": dt.datetime(2024, 1, 1)}, *map(order, range(1, 120))],
    }


@pytest.fixture(scope="module", params=[1, 2, 3], ids=lambda seed: f"seed {seed}")
def made(request: pytest.FixtureRequest) -> tuple[World, Engine]:
    """Give a world and the engine in which its Capital and layers stand."""
    world = _world(request.param)
    parameters = {"as_of": AS_OF, "hard_bounce": HARD_BOUNCE}
    return world, build(world, ["fp_capital", "fp_layer_period", "fp_deepening"], parameters)


def test_capital_is_what_its_definition_says_on_every_day(made: tuple[World, Engine]) -> None:
    world, engine = made
    found = {
        (row["person_id"], day)
        for row in rows_of(engine, "capital_span")
        for day in DAYS
        if row["from_date"] <= day < row["until_date"]
    }
    expected = {(person, day) for person, told in _by_person(world).items() for day in DAYS if _in_capital(told, day)}
    assert found == expected
    assert 0 < len(found) < 30 * len(DAYS)


def test_spans_of_a_person_never_touch(made: tuple[World, Engine]) -> None:
    spans = sorted((r["person_id"], r["from_date"], r["until_date"]) for r in rows_of(made[1], "capital_span"))
    pairs = [(one, two) for one, two in itertools.pairwise(spans) if one[0] == two[0]]
    assert pairs
    assert all(one[2] < two[1] for one, two in pairs)


def test_closing_layers_sum_to_capital_and_its_change_to_who_came_and_left(made: tuple[World, Engine]) -> None:
    engine = made[1]
    layers = Counter(row["date"] for row in rows_of(engine, "fp_layer_period") if row["closing_no"] > 0)
    total = {row["date"]: row for row in rows_of(engine, "fp_capital") if row["relation_type"] == "all"}
    deepening = {row["date"]: row for row in rows_of(engine, "fp_deepening")}
    assert len(total) == 4
    for date, row in total.items():
        assert layers[date] == row["capital"] == deepening[date]["closing_capital"]
        assert row["previous_capital"] == deepening[date]["previous_capital"]
        assert (
            row["new_persons"] - row["ended_persons"] == row["net_persons"] == row["capital"] - row["previous_capital"]
        )
        assert deepening[date]["deepened_cohort"] <= min(deepening[date]["deepened"], row["previous_capital"])


def _by_person(world: World) -> dict[int, dict[str, list[Row]]]:
    persons = {row["identifier_id"]: row["person_id"] for row in world["identifier_person"]}
    told: dict[int, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for table in ("relation", "membership", "consent", "message", "event"):
        for row in world[table]:
            if table == "membership":
                row = {**row, "type": "member", "channel_id": None, "started_at": row["joined_at"], "ended_at": None}
            told[persons[row["identifier_id"]]]["relation" if table == "membership" else table].append(row)
    return told


def _in_capital(told: dict[str, list[Row]], day: dt.date) -> bool:
    kept = [one for one in told["relation"] if one["ended_at"] is None or one["ended_at"] >= one["started_at"]]
    begun = [one for one in kept if one["started_at"].date() <= day]
    held = [one for one in begun if one["ended_at"] is None or one["ended_at"].date() > min(day, AS_OF)]
    return any(_reachable(told, begun, one, day) for one in held)


def _reachable(told: dict[str, list[Row]], begun: list[Row], relation: Row, day: dt.date) -> bool:
    place = _place(relation)
    platform = PLATFORMS.get(place)
    purpose = PURPOSES.get(platform or "") or ("marketing_wecom" if place[5:] in CONTACTS else None)
    latest = {}
    for one in sorted(told["consent"], key=lambda row: (row["occurred_at"], row["consent_id"])):
        if one["occurred_at"].date() <= day:
            latest[one["purpose"], one["channel"]] = one["granted"]
    for (asked, channel), granted in latest.items():
        covers = asked in PURPOSES.values() and purpose in (asked, None) and channel in (None, place, platform)
        if covers and not granted:
            return False
    goodbyes = [(one["channel_id"], one["occurred_at"]) for one in told["event"]]
    goodbyes += [(one["channel_id"], one["unsub_at"]) for one in told["message"] if one["unsub_at"]]
    for channel, at in goodbyes:
        again = any(_place(one) == place and one["started_at"] > at for one in begun)
        if channel in (None, place) and at.date() <= day and not again:
            return False
    sent = [one for one in told["message"] if one["channel_id"] == place and one["sent_at"].date() <= day]
    failures: list[str] = []
    for one in sorted(sent, key=lambda row: (row["sent_at"], row["message_id"])):
        failures = [*failures, one["fail_reason"]] if one["fail_reason"] in CLOSING_FAILURES else []
    return "blocked" not in failures and len(failures) < HARD_BOUNCE


def _place(relation: Row) -> str:
    return relation["channel_id"] or f"type:{relation['type']}"
