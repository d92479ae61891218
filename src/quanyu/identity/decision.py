"""What people decided about identities: merges, unmerges, unlinks, and deletions; records, never edits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DecisionKind(StrEnum):
    """What a decision does.

    MERGE: the identifiers belong to one person, whatever the limits say.  UNMERGE: no two of them belong to one
    person.  UNLINK: the identifiers identify nobody (a shop's phone).  FORGET: as unlink, because the person was
    deleted.  REJECT: a proposed match was refused; nothing changes.
    """

    MERGE = "merge"
    UNMERGE = "unmerge"
    UNLINK = "unlink"
    FORGET = "forget"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about identifiers: who, why, when; `undone_at` says that it no longer holds.

    Persons are named by their elder identifier, whose id is the person's.  `known_seq` is the newest batch of the
    partition that the decision speaks of: for a merge the one whose two persons become one, for an unmerge the one
    before the wrong merge, which comes back.  None: of no partition; a merge then joins the named identifiers before
    any evidence does, and an unmerge restores nothing.
    """

    decision_id: int
    kind: DecisionKind
    identifiers: tuple[int, ...]
    actor: str
    reason: str
    decided_at: datetime
    undone_at: datetime | None = None
    known_seq: int | None = None


def in_force(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return the decisions that hold and change something, in the order they were taken (ties by id)."""
    holding = (one for one in decisions if one.undone_at is None and one.kind is not DecisionKind.REJECT)
    return tuple(sorted(holding, key=lambda one: (one.decided_at, one.decision_id)))


def known_at(decisions: Iterable[Decision], moment: datetime) -> tuple[Decision, ...]:
    """Return the decisions as they stood at a moment: later ones left out, later undoing not yet done."""
    return in_force(
        Decision(
            one.decision_id, one.kind, one.identifiers, one.actor, one.reason, one.decided_at,
            one.undone_at if one.undone_at and one.undone_at <= moment else None, one.known_seq,
        )
        for one in decisions
        if one.decided_at <= moment
    )  # fmt: skip
