"""Words on consent as they are said: the newest word of a person holds from the moment it is recorded.

Grain: one word of one identifier on one purpose.  What sources deliver becomes a fact with the next build; what is
recorded here stops the very next send, because every audience asks this table, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from quanyu.clock import now
from quanyu.store.rows import chunks, columns_of, next_number, records
from quanyu.store.schema import consent_word


@dataclass(frozen=True, slots=True)
class ConsentWord:
    """One word: `granted` 1 for yes, 0 for no, at `occurred_at`; `actor` recorded it, `evidence` says from where."""

    word_id: int
    identifier_id: int
    purpose: str
    granted: int
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    evidence: str


_COLUMNS = columns_of(ConsentWord, consent_word)
_ID = consent_word.c.word_id


class Consents:
    """The words on consent, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        identifier_id: int,
        purposes: Iterable[str],
        actor: str,
        evidence: str,
        *,
        granted: bool,
        occurred_at: datetime | None = None,
    ) -> list[ConsentWord]:
        """Record one word per purpose, said now unless another moment is given, and return them."""
        first, moment = next_number(self._connection, _ID), now()
        said = [
            ConsentWord(
                first + place, identifier_id, purpose, int(granted), occurred_at or moment, moment, actor, evidence
            )
            for place, purpose in enumerate(purposes)
        ]
        for word in said:
            row = {column.name: getattr(word, column.name) for column in _COLUMNS}
            self._connection.execute(insert(consent_word), row)
        return said

    def all(self) -> list[ConsentWord]:
        """Return every word, in the order of recording."""
        return records(ConsentWord, self._connection.execute(select(*_COLUMNS).order_by(_ID)))

    def of(self, identifier_ids: Sequence[int]) -> list[ConsentWord]:
        """Return the words of these identifiers, in the order of recording."""
        found: list[ConsentWord] = []
        for part in chunks(identifier_ids):
            query = select(*_COLUMNS).where(consent_word.c.identifier_id.in_(part))
            found += records(ConsentWord, self._connection.execute(query))
        return sorted(found, key=lambda word: word.word_id)

    def remove(self, identifier_ids: Sequence[int]) -> int:
        """Remove the words of deleted persons' identifiers and return how many there were."""
        return sum(
            self._connection.execute(delete(consent_word).where(consent_word.c.identifier_id.in_(part))).rowcount
            for part in chunks(identifier_ids)
        )
