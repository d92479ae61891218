"""Persons for a build, and what people ask and decide about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from quanyu.clock import now
from quanyu.engine import DuckDBEngine, Step, read_steps
from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.identity.decision import Decision, DecisionKind, known_at
from quanyu.identity.explain import Explanation, explain
from quanyu.identity.resolve import IdentityReport, resolve_full, update
from quanyu.identity.rules import IdentityRules
from quanyu.ids import PersonId, format_person_id, parse_person_id
from quanyu.ingest.lookup import identifier_id_of
from quanyu.progress import Listener, Progress, silent
from quanyu.services.project import Project
from quanyu.store import AuditEntry, Build, SegmentStatus, Store, open_vault
from quanyu.store import Decision as KeptDecision
from quanyu.store import DecisionKind as KeptKind
from quanyu.tables import CONTRACTS

OVER_MERGE: Final = 50
"""A person with more identifiers than this is suspected to be several (M-38)."""
_STEPS: Final = Path(__file__).parent.parent / "identity"
_NOBODY: Final = Problem(
    "identity.unknown",
    "No person and no identifier of that id is known.",
    "Look for one with `quanyu identity explain --identifier type:value`.",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom somebody asks about: the id of a person or identifier, and who asks.

    `looked_up` is the type and namespace of the identifier the id was found by, None when the id itself was given.
    """

    identifier_id: int
    actor: str
    looked_up: tuple[str, str] | None = None


def resolve_persons(
    project: Project, store: Store, engine: DuckDBEngine, build: Build, listen: Listener
) -> IdentityReport:
    """Resolve identifiers to persons for a build and point the catalogue at the result.

    A build that knows everything brings the ledger up to date; a build at an earlier watermark resolves what was known
    then, with the decisions of that moment, into its own schema and leaves the ledger alone.
    """
    with store.reading() as work:
        newest = work.segments.watermark()
        segment = work.segments.get(build.watermark)
    if build.watermark >= newest:
        return update_persons(project, store, engine, build.watermark, listen)
    decisions = standing_decisions(store)
    past = known_at(decisions, segment.recorded_at) if segment else decisions
    engine.attach_schema("landing")
    engine.use_schema(build.schema_name)
    return resolve_full(engine, _rules(project, store), past, watermark=build.watermark, progress=_told_to(listen))


def update_persons(
    project: Project, store: Store, engine: DuckDBEngine, watermark: int, listen: Listener = silent
) -> IdentityReport:
    """Bring the ledger of persons up to the newest watermark and point the catalogue at it."""
    engine.attach_schema("landing")
    report = update(
        engine,
        _rules(project, store),
        standing_decisions(store),
        watermark=watermark,
        at=now(),
        progress=_told_to(listen),
    )
    engine.attach_schema("identity")
    return report


def _rules(project: Project, store: Store) -> IdentityRules:
    with store.reading() as work:
        withdrawn = work.segments.find(status=SegmentStatus.WITHDRAWN)
    return IdentityRules(project.workspace.identity, withdrawn=tuple(batch.batch_seq for batch in withdrawn))


def _told_to(listen: Listener) -> Callable[[str], None]:
    def tell(message: str) -> None:
        listen(Progress("identity", message))

    return tell


def standing_decisions(store: Store) -> list[Decision]:
    """Return every decision ever taken about identities, as identity resolution reads them."""
    return [
        Decision(
            decision_id=one.decision_id,
            kind=DecisionKind(one.kind.value),
            identifiers=one.identifiers,
            actor=one.actor,
            reason=one.reason,
            decided_at=one.decided_at,
            undone_at=one.undone_at,
            known_seq=one.known_seq,
        )
        for one in list_decisions(store)
    ]


def list_decisions(store: Store) -> list[KeptDecision]:
    """Return every decision about identities, undone ones too, in the order they were made."""
    with store.reading() as work:
        return work.decisions.history()


def find_asked(project: Project, store: Store, text: str, actor: str) -> Asked:
    """Return whom a text names: a person id (`P…`), or an identifier as `type:value` or `type:value@namespace`.

    A value is hashed and forgotten; that somebody looked it up is audited.  Raises UserError `id.not_a_person`,
    `identity.unknown_type`, `identity.namespace`, and the faults of a value that ingest would refuse too.
    """
    if ":" not in text:
        person = parse_person_id(text)
        if isinstance(person, Problem):
            raise UserError(person)
        return Asked(person, actor)
    id_type, namespace, value = _identifier(project, text)
    vault = open_vault(project.workspace.key_file)
    found = identifier_id_of(vault, id_type, namespace, value)
    if isinstance(found, Problem):
        raise UserError(found)
    with store.transaction() as work:
        work.keys.bind(vault)
        detail = {"id_type": id_type, "namespace": namespace, "identifier": format_person_id(PersonId(found))}
        work.audit.add(AuditEntry(actor, "identity.lookup", "identifier", 1, "find a person", detail))
    return Asked(found, actor, (id_type, namespace))


def _identifier(project: Project, text: str) -> tuple[str, str, str]:
    id_type, _, value = text.partition(":")
    rule = project.workspace.identifier_rule(id_type)
    if rule is None:
        known = [one.id_type for one in project.workspace.identity]
        remedy = did_you_mean(id_type, known) or f"There are {', '.join(known)}."
        raise UserError(Problem("identity.unknown_type", f'No identifier type "{id_type[:40]}".', remedy))
    if not rule.namespaced:
        return id_type, "", value
    value, _, namespace = value.rpartition("@")
    if not value:
        remedy = f"Write {id_type}:value@namespace; the namespace is the system or account that gave the id."
        raise UserError(Problem("identity.namespace", f"An identifier of type {id_type} needs its namespace.", remedy))
    return id_type, namespace, value


def explain_person(store: Store, engine: DuckDBEngine, asked: Asked, build: Build) -> Explanation:
    """Return why a person is one person; the engine sees the build.  Raises UserError `identity.unknown`."""
    current_person(engine, asked.identifier_id)
    with store.transaction() as work:
        detail = {"identifier": format_person_id(PersonId(asked.identifier_id))}
        work.audit.add(AuditEntry(asked.actor, "identity.explain", "person", 1, "why one person", detail))
    return explain(engine, asked.identifier_id, standing_decisions(store), watermark=build.watermark)


def merge(store: Store, engine: DuckDBEngine, build: Build, sides: tuple[Asked, Asked], reason: str) -> int:
    """Decide that two persons of a build are one and return the decision's number; it holds from the next build on.

    Raises UserError `identity.same_person`, `identity.nobody`, `identity.unknown`, `identity.no_reason`.
    """
    persons = [current_person(engine, side.identifier_id) for side in sides]
    if persons[0] == persons[1]:
        raise UserError(Problem("identity.same_person", "They are one person already.", "Nothing is to be done."))
    # Without the batch, each person's own evidence would come after the merge and could break its limits.
    return _decide(store, KeptKind.MERGE, persons, (sides[0].actor, reason), build.watermark)


def unmerge(store: Store, engine: DuckDBEngine, sides: tuple[Asked, Asked], reason: str) -> int:
    """Decide that two identifiers are never one person and return the decision's number.

    When they were merged after an earlier build, the partition of that moment comes back for what was known then; what
    happened since goes to the identity it happened under.  Raises UserError `identity.two_persons` and as `merge`.
    """
    ids = [side.identifier_id for side in sides]
    persons = [current_person(engine, one) for one in ids]
    if ids[0] == ids[1] or persons[0] != persons[1]:
        message = "They are two persons already." if ids[0] != ids[1] else "Both sides are the same."
        raise UserError(Problem("identity.two_persons", message, "Name two identifiers of one person."))
    return _decide(store, KeptKind.UNMERGE, ids, (sides[0].actor, reason), _known_before(engine, ids))


def undo(store: Store, decision_id: int, actor: str) -> None:
    """Undo a decision from the next build on; raises UserError `identity.not_undoable`."""
    with store.transaction() as work:
        work.decisions.undo(decision_id, actor)
        detail = {"decision_id": decision_id}
        work.audit.add(AuditEntry(actor, "identity.undo", "decision", 1, "undo a decision", detail))


def coverage(engine: DuckDBEngine, build: Build) -> dict[str, list[dict[str, Any]]]:
    """Return how well persons are known as of the build: rows of `identity_summary` and `identity_match`."""
    values = {"as_of": build.as_of, "alarm_identifiers": OVER_MERGE}
    steps = {step.name: step for step in read_steps(_STEPS)}
    return {name: _answer(engine, steps[name], values) for name in ("identity_summary", "identity_match")}


def _answer(engine: DuckDBEngine, step: Step, values: dict[str, Any]) -> list[dict[str, Any]]:
    wanted = {name: values[name] for name, _ in step.parameters}
    key = CONTRACTS[step.name].key
    return sorted(engine.query(step.tree, wanted).to_pylist(), key=lambda row: [str(row[name]) for name in key])


def current_person(engine: DuckDBEngine, identifier_id: int) -> int | None:
    """Return the person an identifier (or a person merged away) belongs to now, None when it identifies nobody.

    Raises UserError `identity.unknown`.
    """
    rows = engine.look_up("identifier_person", ("person_id",), {"identifier_id": [identifier_id]})
    if not rows:
        raise UserError(_NOBODY)
    found = rows[0]["person_id"]
    return None if found is None else int(found)


def _decide(
    store: Store, kind: KeptKind, identifiers: Sequence[int | None], who_why: tuple[str, str], known_seq: int | None
) -> int:
    actor, reason = who_why
    if not reason.strip():
        raise UserError(Problem("identity.no_reason", "A decision needs a reason.", "Say why with --reason."))
    named = [one for one in identifiers if one is not None]
    if len(named) < len(identifiers):
        message = "One of them identifies nobody: it is junk, shared by many, or was unlinked."
        raise UserError(Problem("identity.nobody", message, "Ask why with `quanyu identity explain`."))
    with store.transaction() as work:
        decision_id = work.decisions.add(kind, named, actor, reason, known_seq=known_seq)
        detail = {"decision_id": decision_id, "persons": [format_person_id(PersonId(one)) for one in named]}
        work.audit.add(AuditEntry(actor, f"identity.{kind.value}", "person", len(named), reason, detail))
    return decision_id


def _known_before(engine: DuckDBEngine, ids: Sequence[int]) -> int | None:
    """Return the newest batch known before the two were merged, None when they were never two published persons."""
    sides = [t.lit(one) for one in ids]
    both = t.all_of([t.col("loser_id").isin(*sides), t.col("survivor_id").isin(*sides), t.is_null(t.col("undone_at"))])
    merges = engine.query(t.select({"batch_seq": t.col("batch_seq")}, "person_merge", where=both)).to_pylist()
    if not merges:
        return None
    merged_at = min(int(row["batch_seq"]) for row in merges)
    earlier = t.select(
        {"watermark": t.greatest_of(t.col("watermark"))},
        "identity_run",
        where=t.col("watermark") < t.lit(merged_at),
    )
    known = engine.query(earlier).to_pylist()[0]["watermark"]
    return None if known is None else int(known)
