"""Reads one sheet of an Excel workbook as text: dates as ISO, whole numbers without a point, nothing guessed.

A number that needs more digits than a double has (16 and more) is written in scientific notation, so that the checks
of ids refuse it: Excel had lost its digits before we saw it.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import islice
from typing import Any, Final

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from quanyu.definitions.source import Source
from quanyu.engine import DuckDBEngine
from quanyu.engine.embedded import everything, insert_temp
from quanyu.errors import Problem, Where, did_you_mean
from quanyu.ingest.files import DataFile
from quanyu.ingest.scan import Scan, put_table
from quanyu.ingest.scan_table import no_rows, settle_scan

_CHUNK: Final = 20_000
_EXACT: Final = 10**15


def excel_headings(file: DataFile, source: Source) -> tuple[tuple[str, ...] | None, list[Problem]]:
    """Return the cells of the header row of the source's sheet, or None with the reason."""
    rows, problems = _rows(file, source)
    if rows is None:
        return None, problems
    header = next(rows, None)
    if header is None:
        return None, [Problem("csv.empty", "The sheet is empty; expected a header row.", "", Where(file=file.shown))]
    return tuple(cell_text(cell) or "" for cell in _trimmed(header)), []


def scan_excel(
    engine: DuckDBEngine, file: DataFile, source: Source, names: Sequence[str]
) -> tuple[Scan | None, list[Problem]]:
    """Read the rows below the header into the scan tables; rows without any value at the end are none."""
    rows, problems = _rows(file, source)
    if rows is None:
        return None, problems
    next(rows, None)
    schema = pa.schema([(name, pa.string()) for name in names])
    put_table(engine, "scan_text", schema.empty_table())
    blank = 0
    while chunk := list(islice(rows, _CHUNK)):
        texts = [[cell_text(cell) for cell in row[: len(names)]] for row in chunk]
        filled = max((number for number, row in enumerate(texts, start=1) if any(row)), default=0)
        # Blank rows at the end of a sheet are only formatting; those in between are rows.
        between: list[list[str | None]] = [[None] * len(names)] * blank
        _append(engine, schema, [*between, *texts[:filled]] if filled else [])
        blank = len(texts) - filled if filled else blank + len(texts)
    scan = settle_scan(engine, names, source.excel.header_row + 1)
    return (scan, []) if scan.received else (None, [no_rows(Where(file=file.shown))])


def cell_text(cell: Any) -> str | None:
    """Return the text of a cell's value; None for an empty one."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if cell.is_integer():
            return str(int(cell)) if abs(cell) < _EXACT else f"{cell:E}"
        return repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


def _append(engine: DuckDBEngine, schema: pa.Schema, rows: Sequence[Sequence[str | None]]) -> None:
    if not rows:
        return
    cells = zip(*(_padded(row, len(schema)) for row in rows), strict=True)
    columns = [pa.array(list(values), pa.string()) for values in cells]
    put_table(engine, "excel_chunk", pa.Table.from_arrays(columns, schema=schema))
    engine.run(insert_temp("scan_text", everything("excel_chunk")))


def _padded(row: Sequence[str | None], width: int) -> list[str | None]:
    return [*row, *([None] * (width - len(row)))]


def _trimmed(header: Sequence[Any]) -> Sequence[Any]:
    """Return the header without empty cells at its end."""
    last = max((number for number, cell in enumerate(header, start=1) if cell_text(cell)), default=0)
    return header[:last]


def _rows(file: DataFile, source: Source) -> tuple[Iterator[list[Any]] | None, list[Problem]]:
    where = Where(file=file.shown)
    try:
        workbook = CalamineWorkbook.from_path(str(file.path))
    except (CalamineError, OSError):
        message = "This is not an Excel workbook, or it has a password."
        return None, [Problem("excel.unreadable", message, "Save it as .xlsx without a password.", where)]
    names = workbook.sheet_names
    sheet = source.excel.sheet or (names[0] if names else "")
    if sheet not in names:
        remedy = did_you_mean(sheet, names) or f"Sheets: {', '.join(names)}."
        return None, [Problem("excel.sheet_missing", f'No sheet "{sheet}".', remedy, where)]
    rows = iter(workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False))
    return islice(rows, source.excel.header_row - 1, None), []
