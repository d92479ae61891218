"""What people decided about identity: merges, unmerges, unlinks, deletions, rejected proposals.

Grain: one decision.  The warehouse can be thrown away and built again; these records tell identity what to keep.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from quanyu.clock import now
from quanyu.errors import InternalError, Problem, UserError
from quanyu.store.rows import columns_of, next_number
from quanyu.store.schema import identity_decision


class DecisionKind(StrEnum):
    """What was decided about identifiers.

    `MERGE`: they are one person.  `UNMERGE`: they are not, whatever ties them.  `UNLINK`: they belong to nobody.
    `FORGET`: as unlink, because the person was deleted.  `REJECT`: a proposed link is refused and not proposed again.
    """

    MERGE = "merge"
    UNMERGE = "unmerge"
    UNLINK = "unlink"
    FORGET = "forget"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; it holds while `undone_at` is None.  Times are UTC.

    `known_seq` is the newest batch of the partition it speaks of: the persons that a merge joins, or the persons before
    a wrong merge that an unmerge restores; else None.
    """

    decision_id: int
    kind: DecisionKind
    identifiers: tuple[int, ...]
    actor: str
    reason: str
    decided_at: datetime
    undone_at: datetime | None
    undone_by: str | None
    known_seq: int | None = None


_COLUMNS = columns_of(Decision, identity_decision)
_ID = identity_decision.c.decision_id


class Decisions:
    """The decisions about identity, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        kind: DecisionKind,
        identifiers: Sequence[int],
        actor: str,
        reason: str,
        *,
        known_seq: int | None = None,
    ) -> int:
        """Keep a decision and return its number; UNLINK and FORGET name one identifier, the others at least two."""
        if len(set(identifiers)) < (1 if kind in (DecisionKind.UNLINK, DecisionKind.FORGET) else 2):
            raise InternalError(f"{kind.value} of {len(set(identifiers))} identifiers decides nothing")
        decision_id = next_number(self._connection, _ID)
        row = {
            "decision_id": decision_id,
            "kind": kind.value,
            "identifiers": list(identifiers),
            "actor": actor,
            "reason": reason,
            "decided_at": now(),
            "known_seq": known_seq,
        }
        self._connection.execute(insert(identity_decision), row)
        return decision_id

    def undo(self, decision_id: int, actor: str) -> None:
        """Say that a decision no longer holds; unknown or undone before raises UserError `identity.not_undoable`."""
        statement = update(identity_decision).where(_ID == decision_id, identity_decision.c.undone_at.is_(None))
        if self._connection.execute(statement, {"undone_at": now(), "undone_by": actor}).rowcount != 1:
            raise UserError(
                Problem(
                    "identity.not_undoable",
                    f"Decision {decision_id} does not exist or was undone before.",
                    "List the decisions: quanyu identity list-decisions.",
                )
            )

    def cut_persons(self, identifier_ids: Collection[int], actor: str) -> int:
        """Take identifiers of deleted persons out of every decision, and undo those of which too little is left.

        Only while a deletion is under way; returns how many decisions named one.
        """
        touched = [one for one in self.history() if set(one.identifiers) & set(identifier_ids)]
        for one in touched:
            left = [each for each in one.identifiers if each not in identifier_ids]
            values: dict[str, Any] = {"identifiers": left, "reason": ""}
            if one.undone_at is None and len(left) < len(one.identifiers):
                values |= {"undone_at": now(), "undone_by": actor}
            self._connection.execute(update(identity_decision).where(_ID == one.decision_id), values)
        return len(touched)

    def standing(self) -> list[Decision]:
        """Return the decisions that hold, in the order they were made; what a rebuild must apply."""
        return self._select(identity_decision.c.undone_at.is_(None))

    def history(self) -> list[Decision]:
        """Return every decision, undone ones too, in the order they were made."""
        return self._select()

    def _select(self, *conditions: Any) -> list[Decision]:
        query = select(*_COLUMNS).where(*conditions).order_by(_ID)
        return [_decision(row) for row in self._connection.execute(query)]


def _decision(row: Any) -> Decision:
    values = row._asdict()
    return Decision(**{**values, "kind": DecisionKind(values["kind"]), "identifiers": tuple(values["identifiers"])})
