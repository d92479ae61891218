"""Takes deleted persons out of the raw log and the landing tables, and keeps them from coming in again.

Two methods, by what a table is for (docs/decisions/0140).  Tables of trade keep their rows, which the books need and
totals are made of, without whatever points at the person: `cut`.  All others lose the person's rows: `removed`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.engine.embedded import parquet
from quanyu.engine.erase import (
    among,
    change_rows,
    columns_of_file,
    delete_rows,
    holds,
    nothing,
    one_of,
    query_of_file,
    rows_where,
    when,
)
from quanyu.ingest.landing import SCHEMA, TABLES
from quanyu.ingest.segment import rows_of, sha256_of, table_of, write_file
from quanyu.store import SegmentFile, Vault
from quanyu.tables import Privacy, Table, Type

CUT: Final = frozenset({"order", "refund", "coupon", "stored_value_account"})
"""Tables whose rows stay, because bookkeeping must keep them and totals are made of them."""

_OWN: Final = ("identifier_id", "identifier_a", "identifier_b")
_NOTES: Final = "entity_note"


@dataclass(frozen=True, slots=True)
class Gone:
    """Who is to be taken out: ids of identifiers, their values in clear, and words that are theirs alone.

    `words` may stand anywhere in a text; shorter values are looked for as whole cells only.
    """

    identifier_ids: frozenset[int]
    values: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


def mark_of(vault: Vault, identifier_id: int) -> str:
    """Return the mark of an identifier that must not come back: a keyed hash (hex)."""
    return vault.matching_hash(f"suppression|{identifier_id}".encode()).hex()


def suppressed_among(vault: Vault, marks: Collection[str], identifier_ids: Collection[int]) -> frozenset[int]:
    """Return those of the identifiers that must not come back."""
    return frozenset(one for one in identifier_ids if mark_of(vault, one) in marks) if marks else frozenset()


def erase_file(
    engine: DuckDBEngine, state: Path, file: SegmentFile, gone: Gone, label: str
) -> tuple[SegmentFile | None, int]:
    """Return what stands in the place of a file of the raw log without the persons, and how many rows were theirs.

    The file itself when none was; a new one beside it otherwise, on the disk before this returns; None when nothing is
    left.  The old file stays until the caller has the new one on record.
    """
    table = table_of(file)
    path = state / file.path
    theirs = _theirs(table, gone)
    rows = rows_where(engine, parquet(str(path)), t.any_of([theirs, *_mentions(table, gone).values()]))
    if not rows:
        return file, 0
    names = [column.name for column in columns_of_file(engine, path)]
    keep = None if table.name in CUT else t.coalesce(theirs, t.lit(False)).not_()
    if keep is not None and rows_where(engine, parquet(str(path)), keep) == 0:
        return None, rows
    values = {name: value for name, value in _changes(table, gone).items() if name in names}
    draft = path.with_name(f"{table.name}.{label}.parquet")
    write_file(engine, query_of_file(path, names, keep, values), draft)
    made = replace(
        file,
        path=draft.relative_to(state).as_posix(),
        sha256=sha256_of(draft),
        bytes=draft.stat().st_size,
        rows=rows_of(engine, draft),
    )
    return made, rows


def erase_landing(engine: DuckDBEngine, gone: Gone) -> Iterator[tuple[str, str, int]]:
    """Take persons out of the landing tables; gives table, method, rows.  Inside a transaction of the caller."""
    present = engine.tables_in(SCHEMA)
    for table in (table for table in TABLES if table.name in present):
        theirs = _theirs(table, gone)
        if table.name in CUT:
            rows = change_rows(engine, SCHEMA, table.name, _changes(table, gone), theirs)
        else:
            rows = delete_rows(engine, SCHEMA, table.name, theirs)
        for name, mentioned in _mentions(table, gone).items():
            rows += change_rows(engine, SCHEMA, table.name, {name: nothing()}, mentioned)
        yield table.name, "cut" if table.name in CUT else "removed", rows
    if _NOTES in present:
        # Notes count rows, of which there are fewer now: they are found anew.
        delete_rows(engine, SCHEMA, _NOTES, t.lit(1).eq(t.lit(1)))


def _theirs(table: Table, gone: Gone) -> t.Tree:
    """Return the condition that a row is of one of the persons: by identifier, or by the number of their membership."""
    found = [among(name, gone.identifier_ids) for name in _OWN if table.column(name) is not None]
    if table.column("member_id") is not None:
        found.append(one_of("member_id", gone.values))
    return t.coalesce(t.any_of(found), t.lit(False)) if found else t.lit(1).eq(t.lit(2))


def _mentions(table: Table, gone: Gone) -> Mapping[str, t.Tree]:
    """Return, by column, the condition that a row of somebody else names one of the persons, as their inviter, say."""
    if not table.entity:
        return {}
    return {
        column.name: one_of(column.name, gone.values)
        for column in table.columns
        if column.type is Type.TEXT
        and column.null
        and column.privacy is not Privacy.NONE
        and column.name not in {"member_id", "source_id"}
    }


def _changes(table: Table, gone: Gone) -> dict[str, t.Tree]:
    """Return what the columns of a file's rows become: nothing where they point at the persons."""
    changes = {name: when(mentioned, nothing(), name) for name, mentioned in _mentions(table, gone).items()}
    if table.name not in CUT:
        return changes
    theirs = _theirs(table, gone)
    for column in table.columns:
        if column.null and column.privacy is not Privacy.NONE:
            changes[column.name] = when(theirs, nothing(), column.name)
    changes["fingerprint"] = when(theirs, t.lit(0), "fingerprint")
    told = t.all_of([theirs.copy(), holds("source_id", gone.words)])
    hidden = t.joined_text(t.lit("deleted:"), t.cast(t.col("source_row"), "VARCHAR"))
    changes["source_id"] = when(told, hidden, "source_id")
    return changes
