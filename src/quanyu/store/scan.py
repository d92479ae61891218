"""Looks through every table of the store, declared or not, for what points at a person."""

from collections.abc import Callable, Collection
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    cast,
    func,
    inspect,
    or_,
    select,
)
from sqlalchemy import Text as SqlText

_IDS_OF: Final = frozenset({("identifier_vault", "value_enc"), ("deletion", "plan_enc")})
"""Encrypted columns that need not be opened: the row's id tells whose it is; the plan is cleared with the deletion."""

_PART: Final = 200


def rows_of_person(
    connection: Connection, ids: Collection[int], texts: Collection[str], is_theirs: Callable[[bytes], bool]
) -> dict[str, int]:
    """Return, for every table of the database, how many rows hold one of the ids or texts.

    Whole-number columns are compared, text columns searched, and of binary columns each value is given to `is_theirs`.
    """
    reflected = MetaData()
    reflected.reflect(connection)
    found = {}
    for name in sorted(inspect(connection).get_table_names()):
        found[name] = _rows(connection, reflected.tables[_key(reflected, name)], ids, texts, is_theirs)
    return found


def _key(reflected: MetaData, name: str) -> str:
    return next(key for key, table in reflected.tables.items() if table.name == name)


def _rows(
    connection: Connection,
    table: Table,
    ids: Collection[int],
    texts: Collection[str],
    is_theirs: Callable[[bytes], bool],
) -> int:
    tests: list[Any] = []
    binary: list[Column[Any]] = []
    for column in table.columns:
        if isinstance(column.type, Integer | BigInteger):
            tests += [column.in_(part) for part in _parts(sorted(ids))]
        elif isinstance(column.type, LargeBinary):
            binary += [] if (table.name, column.name) in _IDS_OF else [column]
        else:
            tests += [cast(column, SqlText).contains(text, autoescape=True) for text in sorted(texts)]
    rows = 0
    for part in _parts(tests):
        rows = max(rows, connection.execute(select(func.count()).select_from(table).where(or_(*part))).scalar_one())
    for column in binary:
        values = connection.execute(select(column).where(column.is_not(None))).scalars()
        rows = max(rows, sum(is_theirs(bytes(value)) for value in values))
    return rows


def _parts(items: list[Any]) -> list[list[Any]]:
    """A statement takes a bounded number of terms."""
    return [items[start : start + _PART] for start in range(0, len(items), _PART)]
