"""The raw log of one batch: what is stored of it, one Parquet file per table, sealed with its SHA-256.

A file is written under another name, brought to the disk and only then given its own; it never changes afterwards
(invariant E14).  It holds exactly the columns of the table's contract, so that loading it again gives the same rows.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from quanyu.engine import DuckDBEngine
from quanyu.engine.column_types import data_type
from quanyu.engine.embedded import cast_to, temp_view
from quanyu.engine.tree import Query, Tree, col, lit, select
from quanyu.errors import ExternalError
from quanyu.ingest.scan import sql
from quanyu.store import SegmentFile
from quanyu.tables import CONTRACTS, Table


@dataclass(frozen=True, slots=True)
class Batch:
    """What the provenance of a batch's rows says: number, source, and when it was recorded (UTC)."""

    seq: int
    source: str
    recorded_at: datetime


def landed_rows(table: Table, rows: str, batch: Batch, *, is_grouped: bool) -> Query:
    """Return the rows of a view of kept rows as the landing table holds them.

    Rows of a grouped feed are sorted as the file is; others stand so already, but for blocks that two threads took in
    turn, which is not worth a sort.
    """
    provenance: dict[str, Tree] = {
        "batch_seq": lit(batch.seq),
        "source": lit(batch.source),
        "source_row": col("#row"),
        "source_id": col("#source_id"),
        "version": col("#version"),
        "fingerprint": col("fingerprint"),
        "recorded_at": lit(batch.recorded_at),
    }
    columns: dict[str, Tree] = {
        column.name: cast_to(provenance.get(column.name, col(column.name)), data_type(column.type, "duckdb"))
        for column in table.columns
    }
    return select(columns, rows, order=[col("#row")] if is_grouped else ())


def write_segment(
    engine: DuckDBEngine, state: Path, batch: Batch, table: str, query: Query, part: int = 0
) -> SegmentFile:
    """Write the rows of one table of a batch and return the sealed file; nothing half-written ever has its name."""
    name = f"{table}.parquet" if part == 0 else f"{table}.{part}.parquet"
    path = state / "raw" / batch.source / f"{batch.seq:09d}" / name
    write_file(engine, query, path)
    return SegmentFile(path.relative_to(state).as_posix(), sha256_of(path), path.stat().st_size, rows_of(engine, path))


def write_file(engine: DuckDBEngine, query: Query, path: Path) -> None:
    """Write the rows of a query to a Parquet file that has its name once it is whole and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".writing")
    engine.run(temp_view("segment_row", query))
    engine.run_text(sql("segment"), {"path": str(draft)}, path.stem)
    engine.run_text("DROP VIEW segment_row")
    _to_disk(draft)
    draft.rename(path)
    _to_disk(path.parent)


def verify_segments(state: Path, files: Sequence[SegmentFile]) -> None:
    """Raise ExternalError `segment.damaged` when a sealed file is gone or has other bytes than at its seal."""
    for file in files:
        path = state / file.path
        if not path.exists() or path.stat().st_size != file.bytes or sha256_of(path) != file.sha256:
            message = f"The raw log is damaged: {file.path} is not what was sealed. Put back a copy of it."
            raise ExternalError(message, code="segment.damaged")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def table_of(file: SegmentFile) -> Table:
    """Return the contract of the table a segment file belongs to."""
    return CONTRACTS[Path(file.path).name.split(".", 1)[0]]


def rows_of(engine: DuckDBEngine, path: Path) -> int:
    """Return the number of rows of a Parquet file, from its own end."""
    query = "SELECT CAST(sum(num_rows) AS BIGINT) FROM parquet_file_metadata($path)"
    return int(engine.run_text(query, {"path": str(path)}).fetchall()[0][0])


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
