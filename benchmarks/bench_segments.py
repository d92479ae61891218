"""Segments at size: conditions asked of the engine, then of their bits; see docs/segments.md.

`python -m benchmarks.bench_segments [--persons 1000000] [--events 20000000] [--rounds 3]` makes persons, tags, orders
and events in memory.  Every figure stands beside a scan of person, day and type of the events in the same run.
"""

import argparse
import datetime as dt
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

from quanyu.definitions.segment_rule import RuleShape
from quanyu.engine import DuckDBEngine
from quanyu.segments import Ground, condition_of, persons_tree
from quanyu.segments.bits import bits_of, count_of
from quanyu.tables import CONTRACTS

AS_OF = dt.date(2024, 6, 30)
TAGS = 20
TYPES = ("product_view", "cart_added", "follow", "search", "share")

PERSONS = "SELECT range AS person_id FROM range(1, $persons + 1)"
TAG_ROWS = """
SELECT p.range AS person_id, 'tag_' || g.range AS tag_code, CAST(hash(p.range * 31 + g.range) % 5 AS VARCHAR) AS value,
  CAST(hash(p.range * 31 + g.range) % 5 AS DECIMAL(18, 6)) AS number, DATE '2024-01-01' AS from_date,
  DATE '9999-12-31' AS to_date
FROM range(1, $persons + 1) AS p, range($tags) AS g WHERE hash(p.range * 17 + g.range) % 3 > 0
"""
EVENT_ROWS = """
SELECT 'e' || range AS event_id, 1 + hash(range) % $persons AS person_id,
  DATE '2024-06-30' - CAST(hash(range + 7) % 365 AS INTEGER) AS local_date,
  CAST(DATE '2024-06-30' - CAST(hash(range + 7) % 365 AS INTEGER) AS TIMESTAMP) AS occurred_at,
  list_extract($types, CAST(1 + hash(range + 3) % 5 AS INTEGER)) AS type
FROM range($events) ORDER BY local_date
"""
ORDER_ROWS = """
SELECT 'o' || range AS order_id, 1 + hash(range) % $persons AS person_id, true AS is_valid,
  DATE '2024-06-30' - CAST(hash(range + 5) % 730 AS INTEGER) AS local_date,
  CAST(hash(range) % 90000 AS BIGINT) AS net_fen
FROM range($orders)
"""
FACT_ROWS = """
SELECT range AS person_id, DATE '2024-06-30' AS as_of, CAST(hash(range) % 400 AS BIGINT) AS recency_days,
  CAST(hash(range + 1) % 9 AS BIGINT) AS purchase_days, CAST(hash(range + 2) % 4 AS BIGINT) AS purchase_days_365,
  CAST(hash(range + 3) % 5 AS BIGINT) AS orders_365, CAST(hash(range + 4) % 90000 AS BIGINT) AS net_fen,
  CAST(hash(range + 5) % 50000 AS BIGINT) AS net_365_fen
FROM range(1, $persons + 1)
"""
NUMBERS = ("days_since_last", "purchase_days", "purchase_days_365", "orders_365", "net_fen", "net_365_fen")


def make(engine: DuckDBEngine, persons: int, events: int) -> None:
    """Make the tables that the rules read, columns that do not matter null."""
    values: dict[str, Any] = {"persons": persons, "events": events, "tags": TAGS, "types": list(TYPES)}
    values["orders"] = events // 10
    made = {"person": PERSONS, "person_tag": TAG_ROWS, "event_fact": EVENT_ROWS, "order_fact": ORDER_ROWS}
    made["person_fact"] = FACT_ROWS
    for table, rows in made.items():
        used = {name: value for name, value in values.items() if f"${name}" in rows}
        engine.connection.execute(f"CREATE TABLE given AS {rows}", used)
        given = {row[0] for row in engine.connection.execute("DESCRIBE given").fetchall()}
        columns = ", ".join(one if one in given else f"NULL AS {one}" for one in CONTRACTS[table].column_names)
        engine.connection.execute(f"CREATE TABLE {table} AS SELECT {columns} FROM given")
        engine.connection.execute("DROP TABLE given")
        engine.catalog[table] = f"main.{table}"


def rule(*parts: dict[str, Any]) -> RuleShape:
    """Return the rule of all parts."""
    return RuleShape.model_validate({"all": parts})


def tag(number: int) -> dict[str, Any]:
    """Return a condition on a tag: held, or of a value."""
    code = {"code": f"tag_{number % TAGS}"}
    return {"tag": {**code, "is": (str(number % 5),)} if number % 2 else {**code, "at_least": number % 4}}


def attribute(number: int) -> dict[str, Any]:
    """Return a condition on a number of the person."""
    bound = {"at_most" if number % 2 else "at_least": number * 7}
    return {"attribute": {"name": NUMBERS[number % len(NUMBERS)], **bound}}


def did(number: int) -> dict[str, Any]:
    """Return a condition on what was done, in a window."""
    if number % 3 == 0:
        return {"not": {"did": {"what": "order", "days": 30 + number}}}
    days = {"days": 60 + 10 * number}
    return {"did": {"what": "event", "type": TYPES[number % 5], "at_least": 1 + number % 3, **days}}


def timed(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Return the median of seconds of some rounds and the last answer."""
    took, answer = [], None
    for _ in range(rounds):
        started = time.perf_counter()
        answer = work()
        took.append(time.perf_counter() - started)
    return statistics.median(took), answer


def _together(ground: Ground, rules: list[RuleShape]) -> int:
    """Return the sum of the persons of rules, the conditions of all asked together."""
    bits = bits_of(ground)
    bits.learn(rules)
    return sum(count_of(bits.of(one)) for one in rules)


def main() -> None:
    """Make the tables, ask, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_segments", description=__doc__)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    engine = DuckDBEngine(None, CONTRACTS, memory_limit="6GB")
    make(engine, asked.persons, asked.events)
    ground = Ground(engine, AS_OF, "Asia/Shanghai")
    scan = "SELECT count(*), max(hash(person_id, local_date, type)) FROM event_fact"
    base, _ = timed(lambda: engine.connection.execute(scan).fetchall(), asked.rounds)
    halves = ({"any": tuple(tag(number) for number in half)} for half in (range(5), range(5, 10)))
    ten_tags = rule(*halves)
    ten_numbers = rule({"any": tuple(attribute(number) for number in range(10))})
    mixed = rule(*(tag(number) for number in range(5)), *(did(number) for number in range(5)))
    many = [rule(*(tag(one + k) for k in range(3)), *(did((one + k) % 13) for k in range(2))) for one in range(100)]

    def say(what: str, seconds: float, answer: Any) -> None:
        print(f"{what:48} {seconds * 1e3:12,.2f} ms {seconds / base:8.2f} scans   {answer}", flush=True)

    say("scan of person, day and type", base, f"{asked.events:,} events")
    for name, one in (("10 numbers", ten_numbers), ("10 tags", ten_tags), ("5 tags and 5 things done", mixed)):
        query = persons_tree([condition_of(ground, one)])
        say(f"{name}, as one query", *timed(lambda query=query: ground.count(query.copy()), asked.rounds))
        fresh, count = timed(lambda one=one: count_of(bits_of(ground).of(one)), asked.rounds)
        say(f"{name}, bits asked for one by one", fresh, count)
        fresh, count = timed(lambda one=one: _together(ground, [one]), asked.rounds)
        say(f"{name}, bits asked for together", fresh, count)
        bits = bits_of(ground)
        bits.of(one)
        say(f"{name}, bits known", *timed(lambda bits=bits, one=one: count_of(bits.of(one)), asked.rounds))
    say("100 segments of 5 conditions, none known", *timed(lambda: _together(ground, many), 1))
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
