"""What a file looks like before anything is declared about it: format, layout and headings."""

import codecs
import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from quanyu.ingest.headings import clean_heading
from quanyu.ingest.scan_excel import cell_text

_SAMPLE: Final = 256 * 1024
_DELIMITERS: Final = (",", "\t", ";", "|")
_HEADER_WITHIN: Final = 10
SUFFIXES: Final = {
    ".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".xlsx": "excel", ".xls": "excel", ".jsonl": "jsonl",
    ".ndjson": "jsonl", ".parquet": "parquet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Peek:
    """A file as it looks: format, headings, the line of the header (from 1) and one row below it, by heading."""

    path: Path
    format: str
    headings: tuple[str, ...]
    header_line: int
    sample: dict[str, str]


def peek_file(path: Path) -> Peek | str:
    """Return what a file looks like, or a sentence that says why nobody can tell."""
    kind = SUFFIXES.get(path.suffix.lower(), "")
    if path.stat().st_size == 0:
        return "it is empty"
    if kind in ("csv", "tsv"):
        return _peek_text(path, kind)
    if kind == "excel":
        return _peek_excel(path)
    if kind == "jsonl":
        return _peek_json(path)
    if kind == "parquet":
        return _peek_parquet(path)
    return "its format is not known"


def _peek_text(path: Path, kind: str) -> Peek | str:
    with path.open("rb") as stream:
        head = stream.read(_SAMPLE)
    if b"\0" in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "it is not a text file"
    text = _decoded(head)
    if text.lstrip("\ufeff \r\n\t")[:1] == "<":
        return "it is a web page"
    found = max((_table(text, delimiter) for delimiter in _DELIMITERS), key=lambda table: table[0])
    width, line, rows = found
    if width < 2 or not rows:
        return "no line of it looks like a header"
    headings = tuple(clean_heading(cell) for cell in rows[0])
    sample = dict(zip(headings, rows[1], strict=False)) if len(rows) > 1 else {}
    return Peek(path, kind, headings, line, sample)


def _decoded(head: bytes) -> str:
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            return codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
    return head.decode("utf-8", "replace")


def _table(text: str, delimiter: str) -> tuple[int, int, list[list[str]]]:
    """Return width, line of the header and its rows: the first line that is as wide as the one below it."""
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=delimiter))[: _HEADER_WITHIN + 20]
    except csv.Error:
        return 0, 0, []
    for number, row in enumerate(lines[:_HEADER_WITHIN]):
        below = lines[number + 1] if number + 1 < len(lines) else row
        if len(row) > 1 and len(row) == len(below) and all(cell.strip() for cell in row):
            return len(row), number + 1, lines[number : number + 2]
    return 0, 0, []


def _peek_excel(path: Path) -> Peek | str:
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        rows = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError, IndexError):
        return "it is not an Excel workbook, or it has a password"
    for number, row in enumerate(rows[:_HEADER_WITHIN]):
        cells = [cell_text(cell) or "" for cell in row]
        headings = tuple(clean_heading(cell) for cell in cells if cell)
        if len(headings) > 1 and all(cells[: len(headings)]):
            below = [cell_text(cell) or "" for cell in rows[number + 1]] if number + 1 < len(rows) else []
            return Peek(path, "excel", headings, number + 1, dict(zip(headings, below, strict=False)))
    return "no row of its first sheet looks like a header"


def _peek_json(path: Path) -> Peek | str:
    headings: dict[str, str] = {}
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        for _, line in zip(range(50), stream, strict=False):
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                headings |= {str(key): str(value) for key, value in record.items() if key not in headings}
    return Peek(path, "jsonl", tuple(headings), 1, headings) if headings else "no line of it is a JSON object"


def _peek_parquet(path: Path) -> Peek | str:
    try:
        names = tuple(pq.read_schema(path).names)
    except (OSError, ValueError):
        return "it is not a Parquet file"
    return Peek(path, "parquet", names, 1, {})
