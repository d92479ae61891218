"""Why are these one person?  Chains of evidence from the elder to each identifier, and what was refused."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem, UserError
from quanyu.identity.decision import Decision, DecisionKind, in_force

SHOWN_OF_HASH = 4
_ENDS: Final = ("identifier_a", "identifier_b")
_KNOWN: Final = ("identifier_id", "id_type", "namespace", "value_hash", "first_seen_at")
_PROVEN: Final = (
    *_ENDS, "source", "method", "first_batch_seq", "evidence", "first_occurred_at", "last_occurred_at",
)  # fmt: skip
_REFUSED: Final = (*_ENDS, "reason", "id_type", "namespace", "evidence")


@dataclass(frozen=True, slots=True)
class Known:
    """One identifier as it may be shown: type, namespace and the last characters of its keyed hash, never its value."""

    identifier_id: int
    id_type: str
    namespace: str
    hash_end: str
    rule: str
    inert_reason: str | None
    first_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence: which two identifiers stood together, in what source, how, since which batch, how often.

    A manual merge is a proof too: `decision` is its id, and source and times are those of the decision.
    """

    identifier_a: int
    identifier_b: int
    source: str
    method: str
    first_batch_seq: int | None
    rows: int
    first_occurred_at: datetime | None
    last_occurred_at: datetime | None
    decision: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Evidence that was refused: `limit` (of `id_type` in `namespace`) or `cut` (people keep the two apart)."""

    identifier_a: int
    identifier_b: int
    reason: str
    id_type: str | None
    namespace: str | None
    rows: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """A person explained: identifiers from the elder on, the shortest chain of proofs from the elder to each of them.

    `person_id` is None when what was asked for is inert, so belongs to nobody; then `identifiers` holds it alone.
    `near` are the inert identifiers it was seen with, which prove nothing.
    """

    person_id: int | None
    identifiers: tuple[Known, ...]
    chains: dict[int, tuple[Proof, ...]]
    refused: tuple[Refusal, ...]
    near: tuple[int, ...]
    decisions: tuple[Decision, ...]


def explain(
    engine: DuckDBEngine, wanted: int, decisions: Sequence[Decision] = (), *, watermark: int = 2**62
) -> Explanation:
    """Return why the person of an identifier, or a person by id (also one merged away), is one person.

    Reads the identity tables of the engine's catalogue and evidence known at the watermark; give the same one as the
    resolution had.  Raises UserError `identity.unknown` when there is no such identifier or person.
    """
    person_id, rows = _identifiers(engine, wanted)
    if not rows:
        message = f"No person and no identifier {wanted}."
        raise UserError(Problem("identity.unknown", message, "Take an id from a table or from a search."))
    own = {row["identifier_id"] for row in rows}
    found = _touching(engine, "identifier_pair", _PROVEN, own)
    touching = [row for row in found if row["first_batch_seq"] <= watermark]
    holding = [one for one in in_force(decisions) if own & set(one.identifiers)]
    # A row that names one identifier twice, or two persons, joins nothing here.
    proofs = [_proof(row) for row in touching if {row["identifier_a"], row["identifier_b"]} <= own]
    refused = [] if person_id is None else _touching(engine, "identity_conflict", _REFUSED, own)
    apart = {(row["identifier_a"], row["identifier_b"]) for row in refused}
    proofs = [one for one in proofs if (one.identifier_a, one.identifier_b) not in apart]
    elder = person_id if person_id is not None else wanted
    near = {row[end] for row in touching for end in _ENDS} - own
    return Explanation(
        person_id=person_id,
        identifiers=tuple(sorted(map(_known, rows), key=lambda one: (one.identifier_id != elder, one.identifier_id))),
        chains=_chains(elder, [*proofs, *_by_hand(holding, own)]),
        refused=tuple(_refusal(row) for row in refused),
        near=tuple(sorted(near)),
        decisions=tuple(holding),
    )


def _identifiers(engine: DuckDBEngine, wanted: int) -> tuple[int | None, list[dict[str, Any]]]:
    """Return the person of an identifier, and its identifiers; the identifier alone when it belongs to nobody."""
    columns = ("identifier_id", "person_id", "rule", "inert_reason")
    asked = engine.look_up("identifier_person", columns, {"identifier_id": [wanted]})
    person_id = asked[0]["person_id"] if asked else None
    own = asked if person_id is None else engine.look_up("identifier_person", columns, {"person_id": [person_id]})
    placed = {row["identifier_id"]: row for row in own}
    known = engine.look_up("identifier", _KNOWN, {"identifier_id": sorted(placed)})
    return person_id, [placed[row["identifier_id"]] | row for row in known]


def _touching(engine: DuckDBEngine, table: str, columns: Sequence[str], own: set[int]) -> list[dict[str, Any]]:
    """Return the rows of a table of pairs that have one of our identifiers at either end."""
    left, right = (engine.look_up(table, columns, {end: sorted(own)}) for end in _ENDS)
    return left + [row for row in right if row["identifier_a"] not in own]


def _chains(elder: int, proofs: Iterable[Proof]) -> dict[int, tuple[Proof, ...]]:
    """Return the shortest chain to each identifier; of equal ones that over earlier, then smaller neighbours."""
    beside: dict[int, list[tuple[int, Proof]]] = {}
    for proof in sorted(proofs, key=_age):
        beside.setdefault(proof.identifier_a, []).append((proof.identifier_b, proof))
        beside.setdefault(proof.identifier_b, []).append((proof.identifier_a, proof))
    chains: dict[int, tuple[Proof, ...]] = {elder: ()}
    waiting = deque([elder])
    while waiting:
        here = waiting.popleft()
        for other, proof in beside.get(here, []):
            if other not in chains:
                chains[other] = (*chains[here], proof)
                waiting.append(other)
    return chains


def _age(proof: Proof) -> tuple[int, int, int, str]:
    return proof.first_batch_seq or 0, proof.identifier_a, proof.identifier_b, proof.source


def _by_hand(holding: Iterable[Decision], own: set[int]) -> list[Proof]:
    return [
        Proof(one.identifiers[0], other, one.actor, "manual", None, 1, one.decided_at, one.decided_at, one.decision_id)
        for one in holding
        if one.kind is DecisionKind.MERGE
        for other in one.identifiers[1:]
        if {one.identifiers[0], other} <= own
    ]


def _known(row: dict[str, Any]) -> Known:
    return Known(
        row["identifier_id"], row["id_type"], row["namespace"], row["value_hash"][-SHOWN_OF_HASH:], row["rule"],
        row["inert_reason"], row["first_seen_at"],
    )  # fmt: skip


def _proof(row: dict[str, Any]) -> Proof:
    return Proof(
        row["identifier_a"], row["identifier_b"], row["source"], row["method"], row["first_batch_seq"], row["evidence"],
        row["first_occurred_at"], row["last_occurred_at"],
    )  # fmt: skip


def _refusal(row: dict[str, Any]) -> Refusal:
    return Refusal(
        row["identifier_a"], row["identifier_b"], row["reason"], row["id_type"], row["namespace"], row["evidence"]
    )
