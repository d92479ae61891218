"""The current version of every landing table at a watermark: what the build reads instead of the versions."""

from quanyu.engine import DuckDBEngine, Made
from quanyu.engine import tree as t
from quanyu.tables import CONTRACTS, Table


def landing_tables() -> tuple[Table, ...]:
    """Return the contracts of the landing tables that have versions: those with an entity."""
    return tuple(table for table in CONTRACTS if table.entity)


def current_version_tree(table: Table, watermark: int) -> t.Query:
    """Return the newest version of each entity among rows known at the watermark, in the contract's columns.

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
    known = t.select({**columns, "version_place": place}, table.name, where=_known(watermark))
    return t.select(columns, known, where=t.col("version_place").eq(t.lit(1)))


def make_current(engine: DuckDBEngine, landing: str, watermark: int) -> list[Made]:
    """Point the catalogue at the current version of every landing table known at the watermark.

    A table whose rows are all known and all of different entities is used where it stands, in schema `landing`;
    otherwise its current version is made in the build's schema.  Returns what was made.
    """
    made = []
    present = engine.tables_in(landing)
    for table in landing_tables():
        if table.name not in present:
            continue
        engine.catalog[table.name] = f"{landing}.{table.name}"
        if _has_versions(engine, table, watermark):
            made.append(engine.make_query(current_version_tree(table, watermark), table.name, {}))
    return made


def _known(watermark: int) -> t.Tree:
    return t.col("batch_seq") <= t.lit(watermark)


def _has_versions(engine: DuckDBEngine, table: Table, watermark: int) -> bool:
    beyond = t.col("batch_seq") > t.lit(watermark)
    later = t.select({"batch_seq": t.col("batch_seq")}, table.name, where=beyond, limit=1)
    if engine.query(later).num_rows:
        return True
    keys = [t.col(name) for name in table.entity]
    grouped = t.select({"entity": keys[0], "rows": t.count()}, table.name, group=keys)
    repeated = t.select({"rows": t.col("rows")}, grouped, where=t.col("rows") > t.lit(1), limit=1)
    return bool(engine.query(repeated).num_rows)
