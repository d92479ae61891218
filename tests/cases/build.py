"""Builds the tables that a case asks for: inputs given, calendar and persons made, every step before them run."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from cases.rows import Row, spread, table_of
from quanyu.engine import DuckDBEngine, Engine, Step, Value, load_steps, order_steps
from quanyu.engine import tree as t
from quanyu.facts.calendar import report_periods, snapshots_on
from quanyu.tables import CONTRACTS

PACKAGE = Path(__file__).parents[2] / "src" / "quanyu"
FOLDERS = ("facts", "models", "stages", "analytics")
PARAMETERS: dict[str, Value] = {
    "as_of": dt.date(2024, 6, 30),
    "watermark": 1_000_000,
    "zone": "Asia/Shanghai",
    "param_version": "test",
    "rfm_mode": "standard",
    "rfm_window_days": 365,
    "rfm_scores": 5,
    "rfm_recency_cut": 60,
    "rfm_frequency_cut": 2,
    "rfm_monetary_cut_fen": 100_000,
    "life_gap_days": 730,
    "life_min_gaps": 500,
    "life_dormant_pct": 80,
    "life_lost_pct": 95,
    "life_mature_days": 4,
    "life_dormant_fallback_days": 60,
    "life_lost_fallback_days": 120,
    "tier_key_pct": 5,
    "tier_main_pct": 20,
    "tier_ordinary_pct": 70,
    "head_pct": 20,
    "affinity_categories": 30,
}


@cache
def steps() -> dict[str, Step]:
    """Return every step of facts, models, stages and analytics by the table it writes."""
    return {step.name: step for folder in FOLDERS for step in load_steps(PACKAGE / folder, CONTRACTS)}


def needed(targets: Iterable[str], given: Iterable[str]) -> list[Step]:
    """Return the steps that make the targets out of the given tables; what is given is not made."""
    have, wanted, todo = set(given), {}, list(targets)
    while todo:
        name = todo.pop()
        if name in have or name in wanted or name not in steps():
            continue
        wanted[name] = steps()[name]
        todo += wanted[name].reads
    inputs = {read for step in wanted.values() for read in step.reads} - set(wanted)
    return order_steps(list(wanted.values()), frozenset(inputs))


def build(
    given: Mapping[str, Sequence[Row]],
    targets: Iterable[str],
    parameters: Mapping[str, Value] | None = None,
    *,
    engine: Engine | None = None,
    snapshots: Sequence[dt.date] = (),
) -> Engine:
    """Return the engine in which the targets stand, made from the given rows.

    Not given, `identifier_person` makes every identifier its own person, `person` lists the persons, `snapshot_date`
    is the build date alone (or `snapshots`), `report_period` runs from the first order; the rest is empty.
    """
    engine = engine or DuckDBEngine(None, CONTRACTS, threads=1)
    values = {**PARAMETERS, **(parameters or {})}
    as_of = values["as_of"]
    assert isinstance(as_of, dt.date)
    rows = {name: spread(listed) for name, listed in given.items()}
    todo = needed(targets, rows)
    inputs = {read for step in todo for read in step.reads} - {step.name for step in todo}
    rows.setdefault("identifier_person", _own_persons(rows))
    rows.setdefault("person", _persons(rows["identifier_person"]))
    for name in sorted(inputs):
        engine.register(name, _input(name, rows, as_of, snapshots))
    for step in todo:
        engine.make(step, values)
    return engine


def rows_of(engine: Engine, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries."""
    columns = {name: t.col(name) for name in CONTRACTS[table].column_names}
    return engine.query(t.select(columns, table), {}).to_pylist()


def _input(name: str, rows: Mapping[str, Sequence[Row]], as_of: dt.date, snapshots: Sequence[dt.date]) -> pa.Table:
    if name in rows:
        return table_of(name, rows[name])
    if name == "snapshot_date":
        return snapshots_on(list(snapshots) or [as_of])
    if name == "report_period":
        dates = [row["local_date"] for row in rows.get("order", []) if row.get("local_date")]
        return report_periods(min(dates, default=as_of), as_of)
    return table_of(name, [])


def _own_persons(rows: Mapping[str, Sequence[Row]]) -> list[Row]:
    found = {int(row["identifier_id"]) for table in rows.values() for row in table if row.get("identifier_id")}
    return [{"identifier_id": number, "person_id": number, "cluster_id": number} for number in sorted(found)]


def _persons(links: Sequence[Row]) -> list[Row]:
    found = {int(row["person_id"]) for row in links if row.get("person_id")}
    return [{"person_id": number, "state": "member"} for number in sorted(found)]
