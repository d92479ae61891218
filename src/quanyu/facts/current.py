"""The current version of every landing table at a watermark: what the build reads instead of the versions."""

from dataclasses import asdict, dataclass
from typing import Final

import pyarrow as pa

from quanyu.engine import DuckDBEngine, Made
from quanyu.engine import tree as t
from quanyu.engine.embedded import everything_in, physical
from quanyu.tables import CONTRACTS, Table

NOTES: Final = "entity_note"
"""Beside the landing tables: what was found of their entities, so that the next build looks at new rows only."""
_NOTES: Final = pa.schema(
    [("table_name", pa.string()), ("batch_seq", pa.int64()), ("rows", pa.int64()), ("repeats", pa.bool_())]
)


@dataclass(frozen=True, slots=True)
class EntityNote:
    """Whether an entity `repeats` among the `rows` of a landing table up to a batch; rows never leave it."""

    table_name: str
    batch_seq: int
    rows: int
    repeats: bool


def landing_tables() -> tuple[Table, ...]:
    """Return the contracts of the landing tables that have versions: those with an entity."""
    return tuple(table for table in CONTRACTS if table.entity)


def current_version_tree(table: Table, watermark: int | None) -> t.Query:
    """Return the newest version of each entity among rows known at the watermark (None: all), in contract columns.

    Newest is the greatest `version` of the source (text order, none first), then the latest in the raw log.
    """
    newest_first = [
        t.descending(t.coalesce(t.col("version"), t.lit(""))),
        t.descending(t.col("batch_seq")),
        t.descending(t.col("source_row")),
        t.col("source"),
    ]
    columns = {name: t.col(name) for name in table.column_names}
    place = t.row_number([t.col(name) for name in table.entity], newest_first)
    where = None if watermark is None else _known(watermark)
    known = t.select({**columns, "version_place": place}, table.name, where=where)
    return t.select(columns, known, where=t.col("version_place").eq(t.lit(1)))


def make_current(engine: DuckDBEngine, landing: str, watermark: int) -> list[Made]:
    """Put the current version of every landing table known at the watermark into the build's schema and the catalogue.

    A table whose rows are all known and all of different entities is not copied: a view of the rows up to the watermark
    stands for it, so that what lands later is not in the build.  Returns what was made.  What was found of entities is
    noted beside the tables and goes with them when they are made anew.
    """
    made = []
    present = engine.tables_in(landing)
    notes = _read_notes(engine) if NOTES in present else {}
    known = dict(notes)
    for table in landing_tables():
        if table.name not in present:
            continue
        engine.catalog[table.name] = f"{landing}.{table.name}"
        knows_all = not _has_later_rows(engine, table, watermark)
        if knows_all:
            known[table.name] = _note(engine, table, watermark, notes.get(table.name))
        if knows_all and not known[table.name].repeats:
            columns = {name: t.col(name) for name in table.column_names}
            engine.name_query(t.select(columns, table.name, where=_known(watermark)), table.name)
            engine.catalog[table.name] = f"{engine.schema}.{table.name}"
        else:
            made.append(engine.make_query(current_version_tree(table, watermark), table.name, {}))
    if known != notes:
        _write_notes(engine, known)
    return made


def repeating_tables(engine: DuckDBEngine, landing: str, watermark: int) -> frozenset[str]:
    """Return the landing tables with several rows of one entity, and point the catalogue at all of them as they stand.

    Only for the newest watermark: rows after it would be taken for known.  What was found is noted, so the next one
    looks at new rows only.
    """
    present = engine.tables_in(landing)
    notes = _read_notes(engine) if NOTES in present else {}
    known = dict(notes)
    for table in landing_tables():
        if table.name in present:
            engine.catalog[table.name] = f"{landing}.{table.name}"
            known[table.name] = _note(engine, table, watermark, notes.get(table.name))
    if known != notes:
        _write_notes(engine, known)
    return frozenset(name for name, note in known.items() if note.repeats)


def _known(watermark: int) -> t.Tree:
    return t.col("batch_seq") <= t.lit(watermark)


def _has_later_rows(engine: DuckDBEngine, table: Table, watermark: int) -> bool:
    beyond = t.col("batch_seq") > t.lit(watermark)
    later = t.select({"batch_seq": t.col("batch_seq")}, table.name, where=beyond, limit=1)
    return bool(engine.query(later).num_rows)


def _note(engine: DuckDBEngine, table: Table, watermark: int, earlier: EntityNote | None) -> EntityNote:
    """Return what holds of a table all of whose rows are known, from an earlier note and the rows that came since."""
    rows = _rows(engine, table)
    if earlier is None or _rows(engine, table, _known(earlier.batch_seq)) != earlier.rows:
        return EntityNote(table.name, watermark, rows, _repeats(engine, _per_entity(table)))
    if rows == earlier.rows or earlier.repeats:
        return EntityNote(table.name, watermark, rows, earlier.repeats)
    return EntityNote(table.name, watermark, rows, _repeats_since(engine, table, earlier.batch_seq))


def _rows(engine: DuckDBEngine, table: Table, where: t.Tree | None = None) -> int:
    return int(engine.query(t.select({"rows": t.count()}, table.name, where=where)).column("rows")[0].as_py())


def _per_entity(table: Table, where: t.Tree | None = None) -> t.Query:
    keys = {name: t.col(name) for name in table.entity}
    return t.select({**keys, "rows": t.count()}, table.name, where=where, group=list(keys.values()))


def _repeats(engine: DuckDBEngine, grouped: t.Query) -> bool:
    repeated = t.select({"rows": t.col("rows")}, grouped, where=t.col("rows") > t.lit(1), limit=1)
    return bool(engine.query(repeated).num_rows)


def _repeats_since(engine: DuckDBEngine, table: Table, batch_seq: int) -> bool:
    """Return whether an entity of the rows after a batch has several of them, or one before; those repeat nothing."""
    if any(column.null for column in table.columns if column.name in table.entity):
        # A join would not find what is null in both.
        return _repeats(engine, _per_entity(table))
    since = _per_entity(table, t.col("batch_seq") > t.lit(batch_seq))
    if _repeats(engine, since):
        return True
    is_before = t.col("batch_seq", "before") <= t.lit(batch_seq)
    before = t.select({"batch_seq": t.col("batch_seq", "before")}, table.name, where=is_before, alias="before")
    same = [t.col(name, "before").eq(t.col(name, "since")) for name in table.entity]
    met = before.join(since.subquery("since"), on=t.all_of(same)).limit(1)
    return bool(engine.query(met).num_rows)


def _read_notes(engine: DuckDBEngine) -> dict[str, EntityNote]:
    rows = engine.run(everything_in(physical(NOTES, "landing"))).fetchall()
    return {name: EntityNote(name, batch_seq, count, repeats) for name, batch_seq, count, repeats in rows}


def _write_notes(engine: DuckDBEngine, notes: dict[str, EntityNote]) -> None:
    rows = pa.Table.from_pylist([asdict(note) for note in notes.values()], _NOTES)
    engine.connection.register("incoming_rows", rows)
    try:
        engine.run_text("CREATE OR REPLACE TABLE landing.entity_note AS SELECT * FROM incoming_rows")
    finally:
        engine.connection.unregister("incoming_rows")
