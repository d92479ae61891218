"""Questions about behaviour at size, each beside the scan of what it reads, in one process; see docs/behaviour.md.

`python -m benchmarks.bench_behaviour EVENTS.parquet [ORDERS.parquet] [--rounds 3] [--peer]` reads a copy of
`event_fact` and `order_fact` into a warehouse in memory.  The base of every ratio is the scan of person, moment and
type with the step code of the funnel; processor time, because machines are shared.  `--peer` times chdb's
`windowFunnel` over the same columns as Parquet, where chdb is installed; it is never a dependency.
"""

import argparse
import datetime as dt
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from quanyu.analytics import behaviour as b
from quanyu.analytics.behaviour.periods import Grain
from quanyu.analytics.behaviour.words import Acts
from quanyu.engine import DuckDBEngine
from quanyu.tables import CONTRACTS

BUDGETS = {"funnel of 7 steps": 8, "retention by day": 12, "paths": 30, "attribution": 30}
WINDOW_DAYS = 30


def open_events(events: Path, orders: Path | None) -> b.Log:
    """Return the log of the two files, every column of the contracts there or null."""
    engine = DuckDBEngine(None, CONTRACTS, memory_limit="6GB")
    for name, path in (("event_fact", events), ("order_fact", orders)):
        if path is None:
            continue
        known = {row[0] for row in engine.connection.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall()}
        columns = ", ".join(one if one in known else f"NULL AS {one}" for one in CONTRACTS[name].column_names)
        engine.connection.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM '{path}'")
        engine.catalog[name] = f"main.{name}"
    as_of = engine.connection.sql("SELECT max(local_date) FROM event_fact").fetchall()[0][0]
    return b.Log(engine, as_of)


def types_of(log: b.Log) -> list[str]:
    """Return the seven most frequent types of events."""
    rows = log.engine.connection.sql("SELECT type FROM event_fact GROUP BY type ORDER BY count(*) DESC, type LIMIT 7")
    return [row[0] for row in rows.fetchall()]


def questions(log: b.Log, types: list[str], has_orders: bool) -> dict[str, Callable[[], Any]]:
    """Return what is timed, by name."""
    steps = tuple(Acts((one,)) for one in types)
    every = Acts(tuple(types))
    funnel = b.FunnelQuery(steps, WINDOW_DAYS * 86_400, valid_orders=False, visitors=False)
    year = log.as_of - dt.timedelta(days=365)
    found: dict[str, Callable[[], Any]] = {
        "funnel of 7 steps": lambda: b.funnel(log, funnel, 30),
        "funnel, visitors too": lambda: b.funnel(
            log, b.FunnelQuery(steps, WINDOW_DAYS * 86_400, valid_orders=False), 30
        ),
        "retention by day": lambda: b.retention(log, b.RetentionQuery(every, every)),
        "states by month": lambda: b.states(log, b.StatesQuery(every)),
        "paths": lambda: b.paths(log, b.PathQuery(every, visitors=False)),
        "trend by month": lambda: b.trend(log, b.TrendQuery(Acts((types[0],)), Grain.MONTH, visitors=False)),
    }
    if has_orders:
        windows = b.Windows()
        found["attribution"] = lambda: b.attribution(log, b.AttributionQuery("channel", start=year), windows)
        found["attribution, 90 days"] = lambda: b.attribution(log, b.AttributionQuery("channel"), windows)
    return found


def scan(log: b.Log, types: list[str]) -> Callable[[], Any]:
    """Return the base: person, moment and step code of every event, read and summed."""
    steps = " ".join(f"WHEN '{one}' THEN {number}" for number, one in enumerate(types, 1))
    sql = (
        f"SELECT max(person_id), max(occurred_at), sum(CASE type {steps} ELSE 0 END), sum(length(type)) FROM event_fact"
    )
    return lambda: log.engine.connection.sql(sql).fetchall()


def peer(log: b.Log, types: list[str]) -> Callable[[], Any] | None:
    """Return chdb's exact funnel over the same columns as Parquet; None where chdb is not installed."""
    try:
        import chdb
    except ImportError:
        return None
    path = Path(tempfile.mkdtemp()) / "events.parquet"
    log.engine.connection.execute(
        f"COPY (SELECT person_id, occurred_at, type FROM event_fact WHERE person_id IS NOT NULL) TO '{path}'"
    )
    steps = ", ".join(f"type = '{one}'" for one in types)
    # Microseconds as whole numbers: the window is then the same to the last one.
    sql = (
        "SELECT level, count() FROM (SELECT person_id, windowFunnel("
        f"{WINDOW_DAYS * 86_400 * 1_000_000}, 'strict_increase')(toUInt64(toUnixTimestamp64Micro(occurred_at)), "
        f"{steps}) AS level FROM file('{path}', Parquet) GROUP BY person_id) GROUP BY level ORDER BY level"
    )
    return lambda: chdb.query(sql, "CSV")


def processor_s(work: Callable[[], Any]) -> tuple[float, float]:
    """Return processor and clock seconds of one call."""
    before, clock = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - clock


def main() -> None:
    """Time every question and print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", type=Path)
    parser.add_argument("orders", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    log = open_events(options.events, options.orders)
    types = types_of(log)
    work = questions(log, types, options.orders is not None)
    rival = peer(log, types) if options.peer else None
    if rival is not None:
        work["chdb windowFunnel"] = rival
    if options.only:
        work = {name: one for name, one in work.items() if name in options.only}
    base = scan(log, types)
    for one in (base, *work.values()):
        one()
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ("scan with step code", *work)}
    for _ in range(options.rounds):
        times["scan with step code"].append(processor_s(base))
        for name, one in work.items():
            times[name].append(processor_s(one))
    told = {}
    whole = statistics.median(one for one, _ in times["scan with step code"])
    for name, listed in times.items():
        processor, clock = (statistics.median(column) for column in zip(*listed, strict=True))
        budget = BUDGETS.get(name)
        told[name] = {"processor_s": processor, "clock_s": clock, "scans": processor / whole, "budget": budget}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if options.json:
        print(json.dumps({"questions": told, "peak_mb": peak}, indent=2))
        return
    for name, one in told.items():
        allowed = f"  (allowed {one['budget']})" if one["budget"] else ""
        print(f"{name:24} {one['processor_s']:8.2f} s  {one['clock_s']:8.2f} s  {one['scans']:6.1f} scans{allowed}")
    print(f"peak {peak:,.0f} MB")


if __name__ == "__main__":
    main()
