"""How long the page of one person takes, beside a scan of the events, on a build of `python -m benchmarks build`.

`python -m benchmarks.bench_person M [--persons 200]` opens the warehouse as the server does, with a store of its own,
and asks for pages of persons chosen by a hash, half of them with orders: milliseconds by the clock and of processor
time, median and 95th percentile, and where they go by table.  See docs/person.md.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.build import AS_OF, BATCH, BUILD, LANDING, engine_of, workspace_of
from benchmarks.calendar import ZONE
from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.services.exports import Place
from quanyu.services.identity import Asked
from quanyu.services.person_page import Shown, person_page
from quanyu.services.project import open_project
from quanyu.store import NewBuild, open_store


@contextmanager
def place_of(folder: Path) -> Iterator[Place]:
    """Give the warehouse of a synthetic workspace with its build attached, and a store that is thrown away."""
    engine = engine_of(workspace_of(folder))
    for schema in (LANDING, BUILD):
        engine.attach_schema(schema)
    with tempfile.TemporaryDirectory() as scratch:
        store = open_store(Path(scratch))
        new = NewBuild(engine.name, AS_OF, BATCH, ZONE, "CNY", "", {})
        with store.transaction() as work:
            build = work.builds.begin(new)
        try:
            yield Place(open_project(folder), store, engine, build, "benchmark")
        finally:
            store.close()
            engine.close()


def persons_of(engine: DuckDBEngine, count: int) -> list[int]:
    """Return so many persons, the same each time: half with orders, half without."""
    orders = t.col("orders")
    found: list[int] = []
    for held in (orders > t.lit(0), orders.copy().eq(t.lit(0))):
        order = [t.call("hash60", t.cast(t.col("person_id"), "VARCHAR"))]
        query = t.select({"person_id": t.col("person_id")}, "person_fact", where=held, order=order, limit=count // 2)
        found += [row["person_id"] for row in engine.query(query).to_pylist()]
    return found


def by_table(engine: DuckDBEngine) -> dict[str, list[float]]:
    """Note the seconds of every look-up of an engine from now on, by table."""
    spent: dict[str, list[float]] = {}
    look_up = engine.look_up

    def timed(table: str, columns: Any, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        started = time.perf_counter()
        try:
            return look_up(table, columns, wanted)
        finally:
            spent.setdefault(table, []).append(time.perf_counter() - started)

    engine.look_up = timed  # type: ignore[method-assign]
    return spent


def processor_and_clock(work: Callable[[], Any]) -> tuple[float, float]:
    """Return seconds of processor time and by the clock of one call."""
    processor, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - clock


def scan(engine: DuckDBEngine) -> Callable[[], Any]:
    """Return the base: identifier, moment, type and channel of all events, read and summed."""
    longest = t.text_length(t.col("type")) + t.text_length(t.coalesce(t.col("channel_id"), t.lit("")))
    columns = {name: t.greatest_of(t.col(name)) for name in ("identifier_id", "occurred_at")}
    query = t.select(columns | {"length": t.total(longest)}, "event")
    return lambda: engine.query(query.copy())


def main() -> None:
    """Ask for pages and print what they took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_person", description=__doc__)
    parser.add_argument("size")
    parser.add_argument("--folder", default=str(Path(tempfile.gettempdir()) / "quanyu-bench"))
    parser.add_argument("--persons", type=int, default=200)
    asked = parser.parse_args()
    with place_of(Path(asked.folder) / asked.size) as place:
        persons = persons_of(place.engine, asked.persons)
        person_page(place, Asked(persons[0], "benchmark"), Shown())
        base = [processor_and_clock(scan(place.engine)) for _ in range(5)]
        spent = by_table(place.engine)
        took = [
            processor_and_clock(lambda one=one: person_page(place, Asked(one, "benchmark"), Shown()))  # type: ignore[misc]
            for one in persons
        ]
    print(f"{len(took)} pages, milliseconds")
    for at, name in enumerate(("processor", "clock")):
        scans, pages = [one[at] for one in base], [one[at] for one in took]
        cut = statistics.quantiles(pages, n=20)
        whole = statistics.median(scans)
        print(
            f"{name:10} median {cut[9] * 1000:7.1f}  95 % {cut[18] * 1000:7.1f}"
            f"  scan {whole * 1000:7.1f}, median page {cut[9] / whole:.2f} of it"
        )
    for table, seconds in sorted(spent.items(), key=lambda one: -sum(one[1])):
        print(f"{table:20} {len(seconds) / len(took):5.1f} a page {sum(seconds) / len(took) * 1000:8.2f} ms")


if __name__ == "__main__":
    main()
