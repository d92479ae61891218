"""What a table promises: grain, key and columns with type, unit, nullability, privacy class and labels.

Contracts are the agreement between the stages of the flow: a step is checked against the contracts of the tables it
reads when it is loaded, and its result is cast to the contract of the table it writes.  The data dictionary is
generated from them (`domain.md` §3).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """Logical column types; `engine/` knows how each engine stores them.

    KEY: 64-bit surrogate.  TEXT.  DATE: business date.  TIME: moment in UTC, microseconds.  FEN: money in the smallest
    unit of the currency, 64-bit.  INT: 64-bit count, points or number.  DECIMAL: DECIMAL(18,6), exact, for weights and
    quantities.  RATIO: double, for statistics only, never money.  BOOL.  JSON: text holding JSON.
    """

    KEY = "key"
    TEXT = "text"
    DATE = "date"
    TIME = "time"
    FEN = "fen"
    INT = "int"
    DECIMAL = "decimal"
    RATIO = "ratio"
    BOOL = "bool"
    JSON = "json"


class Privacy(StrEnum):
    """How near a column is to a human being; decides masking, export and retention.

    NONE: says nothing about a person.  PSEUDONYM: points at a person without naming them (ids, keyed hashes).
    PERSONAL: describes a person (gender, city).  SENSITIVE: needs separate consent (children, health, credit).
    DIRECT: names or reaches a person (mobile, e-mail, name, address): never in clear in the warehouse.
    """

    NONE = "none"
    PSEUDONYM = "pseudonym"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, type, labels, whether null is allowed and what it then means.

    `unit` is free text (`fen`, `days`, `ratio 0-1`); `values` lists the only allowed texts; `references` names
    `table.column`.
    """

    name: str
    type: Type
    zh: str
    en: str
    null: bool = True
    unit: str = ""
    privacy: Privacy = Privacy.NONE
    values: tuple[str, ...] = ()
    references: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One relation: what one row is (`grain`), its unique `key`, its columns, and which stage writes it.

    `stage` is the folder that writes the table (`ingest`, `identity`, `facts`, `models`, `stages`, …); `history` says
    that rows carry valid_from/valid_to.  `entity` is only for landing tables, whose key is the source row: it names
    the columns of the thing the row is about; of several rows of one entity the newest (batch_seq, source_row) holds.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    stage: str
    zh: str
    en: str
    history: bool = False
    entity: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Return the names of the columns in contract order."""
        return tuple(column.name for column in self.columns)


class Contracts:
    """All known tables by name; refuses two tables or columns of one name and keys that are not columns."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._tables: dict[str, Table] = {}
        for table in tables:
            if table.name in self._tables:
                raise ValueError(f"table {table.name} is declared twice")
            unknown = {*table.key, *table.entity} - set(table.column_names)
            if unknown:
                raise ValueError(f"key or entity of {table.name} names unknown columns {sorted(unknown)}")
            if len(set(table.column_names)) < len(table.columns):
                raise ValueError(f"{table.name} declares a column twice")
            self._tables[table.name] = table

    def __contains__(self, name: object) -> bool:
        return name in self._tables

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables.values())

    def __len__(self) -> int:
        return len(self._tables)

    @property
    def names(self) -> tuple[str, ...]:
        """Return all table names in the order of declaration."""
        return tuple(self._tables)
