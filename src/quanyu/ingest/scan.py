"""What every reader of files leaves behind: records as text with number and line, and records that could not be cut.

Tables (temporary): `scan_text` (one row per readable record), `scan_row` (the same with `#row`, counted from 1 among
all records of the file, and `#line`, the physical line), `scan_reject` (one row per unreadable record).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from quanyu.engine import DuckDBEngine
from quanyu.engine.embedded import everything, temp_table

REJECTED: Final = pa.schema([("#row", pa.int64()), ("#line", pa.int64()), ("code", pa.string()), ("text", pa.string())])


@dataclass(frozen=True, slots=True)
class Run:
    """Records that follow each other line by line: record number, line without those inside cells, physical line."""

    first_row: int
    first_slot: int
    first_line: int


@dataclass(frozen=True, slots=True)
class Scan:
    """A file read as text: its column names and how many records it holds, refused ones among them.

    `delimiter` separates the cells of records that could not be cut.
    """

    names: tuple[str, ...]
    received: int
    rejected: int
    delimiter: str = ","


@cache
def sql(name: str) -> str:
    """Return the text of one of this folder's `.duckdb.sql` files."""
    return (Path(__file__).parent / f"{name}.duckdb.sql").read_text(encoding="utf-8")


def number_rows(engine: DuckDBEngine, runs: Sequence[Run], rejected_rows: Sequence[int]) -> None:
    """Make `scan_row`: numbers of records and lines from the file's runs and the record numbers of the refused."""
    _put(
        engine,
        "scan_run",
        {"first_row": [run.first_row for run in runs], "first_line": [run.first_line for run in runs]},
    )
    if len(runs) == 1 and not rejected_rows:
        engine.run_text(sql("scan_row_plain"))
        return
    # A readable record comes after as many refused ones as stand before it in the file.
    shifts = {0: 0}
    for position, row in enumerate(rejected_rows):
        shifts[row - 1 - position] = position + 1
    _put(engine, "scan_shift", {"from_rowid": list(shifts), "shift": list(shifts.values())})
    engine.run_text(sql("scan_row"))


def put_rejected(engine: DuckDBEngine, rows: Sequence[tuple[int, int, str, str]]) -> None:
    """Make `scan_reject` from (record number, line, code, text of the record)."""
    records = [dict(zip(REJECTED.names, row, strict=True)) for row in rows]
    put_table(engine, "scan_reject", pa.Table.from_pylist(records, REJECTED))


def put_table(engine: DuckDBEngine, name: str, rows: pa.Table) -> None:
    """Make a temporary table from Arrow rows."""
    engine.connection.register("incoming_rows", rows)
    try:
        engine.run(temp_table(name, everything("incoming_rows")))
    finally:
        engine.connection.unregister("incoming_rows")


def _put(engine: DuckDBEngine, name: str, columns: dict[str, list[Any]]) -> None:
    put_table(engine, name, pa.table({key: pa.array(values, pa.int64()) for key, values in columns.items()}))
