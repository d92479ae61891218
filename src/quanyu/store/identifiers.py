"""The originals of identifiers (mobile, e-mail, card …), encrypted; the warehouse knows only their ids and hashes."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from quanyu.store.rows import chunks, records
from quanyu.store.schema import identifier_vault


class VaultIdentifier(NamedTuple):
    """One identifier, its value encrypted by the key `key_id`; `first_batch_seq` is the batch it first stood in.

    A tuple, because a delivery brings them by the hundred thousand and drivers take tuples as they are.
    """

    identifier_id: int
    id_type: str
    namespace: str
    value_enc: bytes
    key_id: str
    first_batch_seq: int


_NAMES: Final = VaultIdentifier._fields
_COLUMNS = [identifier_vault.c[name] for name in _NAMES]
_ID = identifier_vault.c.identifier_id


class Identifiers:
    """The identifier vault, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, identifiers: Iterable[VaultIdentifier]) -> int:
        """Keep identifiers that are new, leave known ones as they are; returns how many were new."""
        dialect = self._connection.dialect
        maker = sqlite if dialect.name == "sqlite" else postgresql
        statement = maker.insert(identifier_vault).on_conflict_do_nothing()
        compiled = statement.compile(dialect=dialect, column_keys=list(_NAMES))
        new = 0
        for rows in chunks(identifiers):
            given: Any = rows if compiled.positional else [row._asdict() for row in rows]
            new += self._connection.exec_driver_sql(str(compiled), given).rowcount
        return new

    def missing(self, identifier_ids: Sequence[int]) -> list[int]:
        """Return those of the ids that the vault does not know, in the order given."""
        known: set[int] = set()
        for part in chunks(identifier_ids):
            known.update(self._connection.execute(select(_ID).where(_ID.in_(part))).scalars())
        return [identifier_id for identifier_id in identifier_ids if identifier_id not in known]

    def get(self, identifier_ids: Sequence[int]) -> list[VaultIdentifier]:
        """Return the known ones of the ids, by id; whoever decrypts them owes the audit log a line."""
        found: list[VaultIdentifier] = []
        for part in chunks(identifier_ids):
            query = select(*_COLUMNS).where(_ID.in_(part))
            found += records(VaultIdentifier, self._connection.execute(query))
        return sorted(found, key=lambda identifier: identifier.identifier_id)

    def remove(self, identifier_ids: Sequence[int]) -> int:
        """Remove the originals of deleted persons and return how many there were."""
        return sum(
            self._connection.execute(delete(identifier_vault).where(_ID.in_(part))).rowcount
            for part in chunks(identifier_ids)
        )

    def count(self) -> int:
        """Return how many identifiers the vault holds."""
        return int(self._connection.execute(select(func.count()).select_from(identifier_vault)).scalar_one())
