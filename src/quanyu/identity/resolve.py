"""Resolution: from what was seen together to who is one person, in full or by what has changed.

`resolve_full` computes everything anew on any engine; `update` keeps the ledger of the embedded warehouse and touches
only what new evidence or decisions can change.  Both give the same persons; why they must is in
`docs/decisions/0040-identity-order-free.md`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from quanyu import clock
from quanyu.engine import DuckDBEngine, Engine, read_step
from quanyu.errors import InternalError
from quanyu.identity import ledger, outcome
from quanyu.identity.decision import Decision, in_force
from quanyu.identity.evidence import Evidence, evidence_of
from quanyu.identity.partition import Partition, partition
from quanyu.identity.persons import persons_of
from quanyu.identity.queries import query
from quanyu.identity.rules import IdentityRules

Progress = Callable[[str], None]
_PERSON = Path(__file__).with_name("person.sql")


@dataclass(frozen=True, slots=True)
class IdentityReport:
    """What a resolution did.

    `is_full` says that everything was computed; `watermark` is the newest batch known.  `identifiers`, `pairs`,
    `persons` and `inert` count what was computed (all of it when full), `conflicts` the refused pairs among it,
    `largest_person` the identifiers of its largest person.  `changed` counts identifiers whose row is new or another,
    `merges` and `splits` published persons that became one or came apart (0 for `resolve_full`, which keeps no ledger).
    """

    is_full: bool
    watermark: int
    identifiers: int
    pairs: int
    persons: int
    inert: int
    conflicts: int
    largest_person: int
    changed: int
    merges: int
    splits: int
    seconds: float


def resolve_full(
    engine: Engine,
    rules: IdentityRules,
    decisions: Sequence[Decision],
    *,
    watermark: int,
    progress: Progress | None = None,
) -> IdentityReport:
    """Make `identifier_person`, `identity_conflict` and `person` from all evidence known at the watermark.

    Reads `identifier` and `identifier_pair` (one row per identifier; per pair, source, method and batch) and takes rows
    whose first_batch_seq is not beyond `watermark`, so a past state of knowledge can be made again: pass the decisions
    of that moment (`decision.known_at`).  Writes into the engine's current schema, no ledger.  Works on every engine;
    the partition itself is computed in this process over Arrow columns.
    """
    started, tell = time.perf_counter(), progress or _silent
    tell("identity: reading evidence")
    evidence = _known(engine, rules, watermark)
    tell("identity: joining")
    found = partition(evidence, rules, decisions)
    tell("identity: writing persons")
    engine.register("identifier_person", outcome.identifier_person_of(evidence, found))
    engine.register("identity_conflict", outcome.conflicts_of(evidence, rules, found))
    engine.register("person", persons_of(evidence, rules, found))
    return _report(evidence, found, True, watermark, ledger.Change(evidence.size, 0, 0), started)


def update(
    engine: DuckDBEngine,
    rules: IdentityRules,
    decisions: Sequence[Decision],
    *,
    watermark: int,
    at: datetime | None = None,
    progress: Progress | None = None,
) -> IdentityReport:
    """Bring the ledger in schema `identity` up to the watermark and the decisions, in one transaction.

    Only clusters that new evidence or changed decisions touch are computed, from all their evidence; the tables then
    equal a full resolution, row for row.  The first time, and when the rules changed, everything is computed.  `at` is
    the moment written to links and merges, now when not given.  Writes `identifier_person`, `person` and
    `identity_conflict` (state), `identity_link` and `person_merge` (history: closed or undone, never deleted) and
    `identity_run`.
    Raises InternalError when the watermark lies before that of the last update: the past is made by `resolve_full`.
    """
    started, tell = time.perf_counter(), progress or _silent
    with engine.transaction():
        last = ledger.last_run(engine)
        if last and watermark < last.watermark:
            raise InternalError(f"identity stands at batch {last.watermark}, which is after {watermark}")
        is_full = last is None or last.rules_version != rules.version
        tell("identity: reading evidence")
        if last is None or is_full:
            evidence = _known(engine, rules, watermark)
        else:
            ledger.find_scope(engine, rules, last, in_force(decisions), watermark)
            evidence = evidence_of(*ledger.scoped(engine), rules)
        tell("identity: joining")
        found = partition(evidence, rules, decisions)
        tell("identity: writing persons")
        span = ledger.Span(watermark, at or clock.now(), is_full)
        computed = ledger.Computed(rules, evidence, found, in_force(decisions))
        change = ledger.apply(engine, computed, span, read_step(_PERSON))
        ledger.record_run(engine, last, rules, in_force(decisions), span)
    ledger.close_ledger(engine)
    return _report(evidence, found, is_full, watermark, change, started)


def _known(engine: Engine, rules: IdentityRules, watermark: int) -> Evidence:
    bound = {"watermark": watermark}
    return evidence_of(engine.query(query("identifier_known"), bound), engine.query(query("pair_known"), bound), rules)


def _report(
    evidence: Evidence, found: Partition, is_full: bool, watermark: int, change: ledger.Change, started: float
) -> IdentityReport:
    return IdentityReport(
        is_full=is_full,
        watermark=watermark,
        identifiers=evidence.size,
        pairs=len(evidence.a),
        persons=outcome.person_count(found),
        inert=int((found.inert != 0).sum()),
        conflicts=len(found.conflicts.a),
        largest_person=outcome.largest_person(found),
        changed=change.identifiers,
        merges=change.merges,
        splits=change.splits,
        seconds=time.perf_counter() - started,
    )


def _silent(message: str) -> None:
    """Take a progress message and show it to nobody."""
