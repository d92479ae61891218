"""The landing tables: filled from sealed segments, each batch in one transaction with its progress.

`landing.load_progress` says which batches are loaded; it is written with the rows, so a crash leaves both or neither,
and a COMMIT that failed is never repeated: the next run asks the table (`reliability.md` §0 decision 6).
"""

from collections.abc import Sequence
from typing import Final

from quanyu.clock import now
from quanyu.config import Workspace
from quanyu.engine import DuckDBEngine
from quanyu.engine.column_types import data_type
from quanyu.engine.embedded import empty_table, insert, parquet, physical, select_from
from quanyu.engine.tree import Tree, col
from quanyu.ingest.scan import sql
from quanyu.ingest.segment import table_of, verify_segments
from quanyu.store import RawSegment, SegmentFile, SegmentStatus, Store
from quanyu.tables import CONTRACTS, Table

SCHEMA: Final = "landing"
TABLES: Final = tuple(
    table for table in CONTRACTS if table.stage == "ingest" and (table.entity or table.name.startswith("identifier"))
)
"""Every table that ingest fills from segments."""


def prepare_landing(engine: DuckDBEngine) -> None:
    """Make the landing schema and its tables where they are missing, and put them in the catalogue."""
    engine.run_text(sql("landing"))
    present = engine.tables_in(SCHEMA)
    for table in (table for table in TABLES if table.name not in present):
        columns = [(column.name, data_type(column.type, "duckdb")) for column in table.columns]
        engine.run(empty_table(table.name, SCHEMA, columns))
    engine.attach_schema(SCHEMA)


def load_pending(engine: DuckDBEngine, store: Store, workspace: Workspace) -> list[RawSegment]:
    """Load every sealed batch that the warehouse does not have yet, oldest first; return them.

    When a loaded batch was withdrawn since, everything is loaded anew.
    """
    with store.reading() as work:
        sealed = work.segments.find(status=SegmentStatus.SEALED)
    loaded = loaded_batches(engine)
    if loaded - {segment.batch_seq for segment in sealed}:
        engine.drop_schema(SCHEMA)
        prepare_landing(engine)
        loaded = frozenset()
    pending = [segment for segment in sealed if segment.batch_seq not in loaded]
    for segment in pending:
        load_batch(engine, segment, workspace)
    keep_seniority(engine, store, workspace)
    return pending


def keep_seniority(engine: DuckDBEngine, store: Store, workspace: Workspace) -> None:
    """Give identifiers back the batch they were first known from, where that batch was withdrawn and read again.

    A person's id is the elder identifier's: reading a file again must not make it the younger one.  Idempotent.
    """
    with store.reading() as work:
        withdrawn = work.segments.find(status=SegmentStatus.WITHDRAWN)
        current = {
            old.batch_seq: work.segments.find_file(old.source, old.file_sha256)
            for old in withdrawn
            if old.file_sha256 is not None
        }
    for old in withdrawn:
        paths = [_identifier_file(workspace, batch) for batch in (old, current.get(old.batch_seq))]
        if all(paths):
            values = {"old_path": paths[0], "new_path": paths[1], "earlier": old.batch_seq}
            engine.run_text(sql("seniority"), values, "identifier")


def _identifier_file(workspace: Workspace, batch: RawSegment | None) -> str | None:
    """Return the path of the sealed file of a batch's identifiers, or None when it has none."""
    files = [file.path for file in batch.segment_files if table_of(file).name == "identifier"] if batch else []
    return str(workspace.state / files[0]) if files else None


def load_batch(engine: DuckDBEngine, segment: RawSegment, workspace: Workspace) -> None:
    """Append the rows of one sealed batch and note it, in one transaction; its files are verified first."""
    with engine.transaction():
        append_batch(engine, segment.batch_seq, segment.segment_files, workspace)


def append_batch(engine: DuckDBEngine, batch_seq: int, files: Sequence[SegmentFile], workspace: Workspace) -> None:
    """Append the rows of a batch's files and note it, inside the caller's transaction; the files are verified first."""
    verify_segments(workspace.state, files)
    for file in files:
        table = table_of(file)
        columns = [col(name) for name in table.column_names]
        rows = select_from(parquet(str(workspace.state / file.path)), columns, _is_new(table))
        engine.run(insert(table.name, SCHEMA, table.column_names, rows), table.name)
    engine.run_text(
        "INSERT INTO landing.load_progress VALUES ($batch_seq, $loaded_at, $rows)",
        {
            "batch_seq": batch_seq,
            "loaded_at": now().replace(tzinfo=None),
            "rows": sum(file.rows for file in files),
        },
    )


def _is_new(table: Table) -> Tree | None:
    """Return the condition for rows the warehouse lacks: batches name all their identifiers, the first counts."""
    if table.name != "identifier":
        return None
    known = select_from(physical(table.name, SCHEMA), [col("identifier_id")])
    return col("identifier_id").isin(query=known).not_()


def rebuild_landing(engine: DuckDBEngine, store: Store, workspace: Workspace) -> list[RawSegment]:
    """Make the landing tables anew from the raw log alone (invariant E8); return the batches loaded."""
    engine.drop_schema(SCHEMA)
    prepare_landing(engine)
    return load_pending(engine, store, workspace)


def loaded_batches(engine: DuckDBEngine) -> frozenset[int]:
    """Return the numbers of the batches the warehouse has."""
    rows = engine.run_text("SELECT batch_seq FROM landing.load_progress").fetchall()
    return frozenset(int(row[0]) for row in rows)
