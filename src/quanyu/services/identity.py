"""Persons for a build, and what people ask and decide about them."""

from quanyu.clock import now
from quanyu.engine import DuckDBEngine
from quanyu.identity.decision import Decision, DecisionKind, known_at
from quanyu.identity.resolve import IdentityReport, resolve_full, update
from quanyu.identity.rules import IdentityRules
from quanyu.progress import Listener, Progress
from quanyu.services.project import Project
from quanyu.store import Build, Store


def resolve_persons(
    project: Project, store: Store, engine: DuckDBEngine, build: Build, listen: Listener
) -> IdentityReport:
    """Resolve identifiers to persons for a build and point the catalogue at the result.

    A build that knows everything brings the ledger up to date; a build at an earlier watermark resolves what was known
    then, with the decisions of that moment, into its own schema and leaves the ledger alone.
    """
    rules = IdentityRules(project.workspace.identity)
    decisions = standing_decisions(store)
    with store.reading() as work:
        newest = work.segments.watermark()
        segment = work.segments.get(build.watermark)
    engine.attach_schema("landing")

    def tell(message: str) -> None:
        listen(Progress("identity", message))

    if build.watermark >= newest:
        report = update(engine, rules, decisions, watermark=build.watermark, at=now(), progress=tell)
        engine.attach_schema("identity")
        return report
    past = known_at(decisions, segment.recorded_at) if segment else decisions
    engine.use_schema(build.schema_name)
    return resolve_full(engine, rules, past, watermark=build.watermark, progress=tell)


def standing_decisions(store: Store) -> list[Decision]:
    """Return every decision ever taken about identities, as identity resolution reads them."""
    with store.reading() as work:
        kept = work.decisions.history()
    return [
        Decision(
            decision_id=one.decision_id,
            kind=DecisionKind(one.kind.value),
            identifiers=one.identifiers,
            actor=one.actor,
            reason=one.reason,
            decided_at=one.decided_at,
            undone_at=one.undone_at,
        )
        for one in kept
    ]
