"""Builds the tables that a case asks for: inputs given, calendar and persons made, every step before them run."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from cases.rows import Row, spread, table_of
from cases.rules import rule_tables
from quanyu.engine import DuckDBEngine, Engine, Step, Value, order_steps, read_steps
from quanyu.engine import tree as t
from quanyu.facts.calendar import report_periods, snapshots_on
from quanyu.tables import CONTRACTS

PACKAGE = Path(__file__).parents[2] / "src" / "quanyu"
FOLDERS = ("facts", "models", "stages", "analytics", "tags")
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
    "attr_ad_days": 15,
    "attr_message_days": 7,
    "attr_share_days": 30,
    "attr_touch_days": 7,
    "funnel_min_persons": 30,
    "core_action": "order_paid",
    "activation_days": 14,
    "revenue_days": 90,
    "fp_period": "month",
    "fp_periods": 13,
    "capital_subscription": "included",
    "capital_mini_program": "included",
    "review_positive": 4,
    "share_window_days": 30,
    "scope_days": 365,
    "hard_bounce": 3,
    "venue_pages": 2,
    "venue_seconds": 60,
    "venue_window_days": 7,
    "habit_days": 90,
    "consult_days": 7,
    "qr_join_days": 1,
    "link_days": 7,
    "sla_first_reply_min": 5,
    "sla_proposal_min": 1440,
    "sla_done_min": 10080,
    "risk_block": 70,
    "risk_review": 40,
    "risk_device_accounts": 40,
    "risk_registrations": 30,
    "risk_virtual_number": 20,
    "risk_fast_claim": 20,
    "risk_idle_claims": 20,
    "risk_referral_device": 40,
    "risk_known_good": -30,
}


@cache
def steps() -> dict[str, Step]:
    """Return every step of facts, models, stages and analytics by the table it writes."""
    return {step.name: step for folder in FOLDERS for step in read_steps(PACKAGE / folder)}


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
    is the build date alone (or `snapshots`), `report_period` runs from the first order, the stage rules are those of
    the library; the rest is empty.
    """
    engine = engine or DuckDBEngine(None, CONTRACTS, threads=1)
    values = values_of(parameters)
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


def complete(engine: Engine, targets: Iterable[str], as_of: dt.date) -> None:
    """Make every input of the targets that the engine lacks: rules from the library, the rest empty."""
    todo = needed(targets, engine.tables)
    missing = {read for step in todo for read in step.reads} - {step.name for step in todo} - engine.tables
    for name in sorted(missing):
        engine.register(name, _input(name, {}, as_of, ()))


def values_of(parameters: Mapping[str, Value] | None) -> dict[str, Value]:
    """Return the values of all parameters, those given in place of the usual ones."""
    return {**PARAMETERS, **(parameters or {})}


def make_again(other: Engine, made: DuckDBEngine, tables: Iterable[str], values: Mapping[str, Value]) -> None:
    """Make the tables on another engine by their own steps, from the inputs that stand in the first.

    What lies before these steps is not made again: that engines agree on every step is shown by `conformance`.
    """
    for step in order_steps([steps()[name] for name in tables if name in steps()], made.tables):
        for name in step.reads:
            if name not in other.tables:
                other.register(name, made.rows_of(name))
        other.make(step, values)


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
    return rule_tables().get(name) or table_of(name, [])


def _own_persons(rows: Mapping[str, Sequence[Row]]) -> list[Row]:
    found = {int(row["identifier_id"]) for table in rows.values() for row in table if row.get("identifier_id")}
    return [{"identifier_id": number, "person_id": number, "cluster_id": number} for number in sorted(found)]


def _persons(links: Sequence[Row]) -> list[Row]:
    found = {int(row["person_id"]) for row in links if row.get("person_id")}
    return [{"person_id": number, "state": "member"} for number in sorted(found)]
