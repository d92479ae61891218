"""The identity ledger in schema `identity` of the embedded warehouse: state that is replaced, history that only grows.

All of it is written inside the caller's transaction.  Landing tables stand in schema `landing`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from quanyu.engine import DuckDBEngine, Step
from quanyu.engine import tree as t
from quanyu.engine.column_types import data_type
from quanyu.engine.embedded import empty_table
from quanyu.identity import outcome
from quanyu.identity.decision import Decision, DecisionKind
from quanyu.identity.evidence import Evidence
from quanyu.identity.partition import Partition
from quanyu.identity.persons import persons_of
from quanyu.identity.rules import IdentityRules

SCHEMA = "identity"
PART = "identity_part"
TABLES = ("identifier_person", "person", "identity_conflict", "identity_link", "person_merge", "identity_run")


@dataclass(frozen=True, slots=True)
class Span:
    """One update: up to which batch, at which moment, and whether everything is computed."""

    watermark: int
    at: datetime
    is_full: bool


@dataclass(frozen=True, slots=True)
class Run:
    """The last update of the ledger; `decisions` are the texts of those that were in force."""

    run_number: int
    watermark: int
    rules_version: str
    decisions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Computed:
    """A partition of some evidence, and the rules and decisions it was computed under."""

    rules: IdentityRules
    evidence: Evidence
    found: Partition
    holding: Sequence[Decision]


@dataclass(frozen=True, slots=True)
class Change:
    """How many identifiers changed, how many published persons became one, how many came apart."""

    identifiers: int
    merges: int
    splits: int


def open_ledger(engine: DuckDBEngine) -> None:
    """Make the empty ledger tables that are missing, and put all of them into the engine's catalogue."""
    home = engine.schema
    engine.use_schema(SCHEMA)
    for name in sorted(set(TABLES) - engine.tables_in(SCHEMA)):
        # Not from an empty answer: DuckDB 2.0 hides what one transaction inserts into a table it made that way.
        columns = [(column.name, data_type(column.type, engine.name)) for column in engine.contracts[name].columns]
        engine.run(empty_table(name, SCHEMA, columns), name)
    engine.attach_schema(SCHEMA)
    engine.use_schema(home)


def last_run(engine: DuckDBEngine) -> Run | None:
    """Return the last update, or None when the ledger is empty."""
    open_ledger(engine)
    columns = {name: t.col(name) for name in engine.contracts["identity_run"].column_names}
    rows = engine.query(t.select(columns, "identity_run")).to_pylist()
    if not rows:
        return None
    row = max(rows, key=lambda one: one["run_number"])
    return Run(row["run_number"], row["watermark"], row["rules_version"], frozenset(json.loads(row["decisions"])))


def find_scope(
    engine: DuckDBEngine, rules: IdentityRules, last: Run, holding: Sequence[Decision], watermark: int
) -> None:
    """Make the temporary table of the identifiers that can change since the last update."""
    changed = last.decisions ^ {_told(decision) for decision in holding}
    decided = sorted({one for text in changed for one in json.loads(text)["identifiers"]})
    merging = [rule.id_type for rule in rules.rules if rule.merging]
    _lend(engine, "identity_decided", pa.table({"identifier_id": pa.array(decided, pa.int64())}))
    _lend(engine, "identity_merging_type", pa.table({"id_type": pa.array(merging, pa.string())}))
    _lend(engine, "identity_span", _span(last.watermark, watermark, None))
    _run(engine, "scope")


def scoped(engine: DuckDBEngine) -> tuple[pa.Table, pa.Table]:
    """Return the identifiers of the scope, and the pairs inside it, as the queries of evidence do."""
    return engine.answer(_text("scope_identifiers")), engine.answer(_text("scope_pairs"))


def apply(engine: DuckDBEngine, computed: Computed, span: Span, person: Step) -> Change:
    """Write what was computed where it differs from the ledger; persons touched are counted again by the step."""
    evidence, found = computed.evidence, computed.found
    rows = outcome.identifier_person_of(evidence, found)
    for name, column in (
        ("method", outcome.methods_of(evidence, found)),
        ("merging", pa.array(outcome.is_merging(found))),
        ("decision_id", _decision_ids(evidence, computed.holding)),
    ):
        rows = rows.append_column(name, column)
    _lend(engine, "identity_computed", rows)
    _lend(engine, "identity_refused", outcome.conflicts_of(evidence, computed.rules, found))
    _lend(engine, "identity_span", _span(0, span.watermark, span.at))
    if span.is_full:
        _run(engine, "gone")
    for name in ("changed", "write", "merges"):
        _run(engine, name)
    if span.is_full:
        _replace_persons(engine, persons_of(evidence, computed.rules, found))
    else:
        _count_persons(engine, person)
    change = engine.answer(_text("count_changes")).to_pylist()[0]
    return Change(change["identifiers"], change["merges"], change["splits"])


def moved_persons(engine: DuckDBEngine) -> pa.Table:
    """Return the persons (`person_id`, distinct) to or from whom the last update here moved anything."""
    return engine.answer(_text("moved_persons"))


def close_ledger(engine: DuckDBEngine) -> None:
    """Drop what an update leaves behind; after its transaction, because DuckDB cannot drop what the same one made."""
    engine.drop_schema(PART)


def record_run(
    engine: DuckDBEngine, last: Run | None, rules: IdentityRules, holding: Sequence[Decision], span: Span
) -> None:
    """Append one row to `identity_run`."""
    values = {
        "run_number": last.run_number + 1 if last else 1,
        "watermark": span.watermark,
        "rules_version": rules.version,
        "decisions": json.dumps(sorted(_told(decision) for decision in holding)),
        "at": _naive(span.at),
    }
    engine.run_text(_text("record_run"), values, "identity_run")


def _replace_persons(engine: DuckDBEngine, persons: pa.Table) -> None:
    home = engine.schema
    engine.use_schema(SCHEMA)
    engine.register("person", persons)
    engine.use_schema(home)


def _count_persons(engine: DuckDBEngine, person: Step) -> None:
    home, everyone = engine.schema, dict(engine.catalog)
    engine.use_schema(PART)
    _run(engine, "affected")
    engine.catalog["identifier_person"] = f"{PART}.identifier_person"
    engine.make(person, {})
    _run(engine, "persons")
    engine.catalog.update(everyone)
    engine.use_schema(home)


def _told(decision: Decision) -> str:
    """Return what of a decision decides the partition, as JSON; equal texts change nothing."""
    return json.dumps(
        {
            "id": decision.decision_id,
            "kind": decision.kind.value,
            "identifiers": decision.identifiers,
            "decided_at": decision.decided_at.isoformat(),
            "known_seq": decision.known_seq,
        },
        sort_keys=True,
    )


def _decision_ids(evidence: Evidence, holding: Sequence[Decision]) -> pa.Array:
    """Return for each identifier that a merge names the id of the latest such decision, else null."""
    places = evidence.place_of(one for decision in holding for one in decision.identifiers)
    decision_id = np.full(evidence.size, -1, dtype=np.int64)
    for decision in holding:
        if decision.kind is DecisionKind.MERGE:
            decision_id[[places[one] for one in decision.identifiers if one in places]] = decision.decision_id
    return pa.array(decision_id, mask=decision_id < 0)


def _span(after: int, until: int, at: datetime | None) -> pa.Table:
    moment = pa.array([_naive(at) if at else None], pa.timestamp("us"))
    return pa.table({"after_seq": pa.array([after]), "until_seq": pa.array([until]), "at": moment})


def _naive(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _lend(engine: DuckDBEngine, name: str, rows: pa.Table) -> None:
    """Show Arrow rows to statements under a name; they are read in place, not copied."""
    engine.connection.register(name, rows)


def _run(engine: DuckDBEngine, name: str) -> None:
    """Run the statements of a file one by one, so that an error names the one that failed."""
    for statement in _text(name).split(";\n"):
        engine.run_text(statement, table=name)


def _text(name: str) -> str:
    return (Path(__file__).parent / "statements" / f"{name}.duckdb.sql").read_text(encoding="utf-8")
