"""Reads csv and tsv files: all text, explicit options, no record lost (`reliability.md` §0 decision 16)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from quanyu.config import Limits
from quanyu.definitions.source import Source
from quanyu.engine import DuckDBEngine
from quanyu.errors import ExternalError, Problem, Where
from quanyu.ingest.fates import count_rows
from quanyu.ingest.files import ByteFacts, DataFile, read_facts
from quanyu.ingest.records import count_records, rewrite_as_utf8
from quanyu.ingest.scan import Run, Scan, number_rows, put_rejected, sql
from quanyu.ingest.sniff import TextLayout

_CODES: Final = {
    "MISSING COLUMNS": "csv.columns_missing",
    "TOO MANY COLUMNS": "csv.columns_extra",
    "UNQUOTED VALUE": "csv.stray_quote",
    "LINE SIZE OVER MAXIMUM": "csv.cell_too_long",
    "INVALID ENCODING": "csv.bad_utf8",
    "INVALID STATE": "csv.stray_quote",
}
# One record; the longest cell allowed is checked later, this only bounds the reader's memory.
_LONGEST_LINE: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file ready to be read: what it is, how it is written, its column names, and what its source says."""

    file: DataFile
    facts: ByteFacts
    layout: TextLayout
    names: tuple[str, ...]
    source: Source

    @property
    def where(self) -> Where:
        """Return the file as problems name it."""
        return Where(file=self.file.shown)


@dataclass(frozen=True, slots=True)
class _Unread:
    """A record the reader could not cut: its line (those inside cells not counted), the reader's reason, its text."""

    slot: int
    kind: str
    text: str

    @property
    def never_closes(self) -> bool:
        return self.kind == "UNQUOTED VALUE" and "\n" in self.text.lstrip("\r\n")


def scan_text(engine: DuckDBEngine, text: TextFile, limits: Limits, scratch: Path) -> tuple[Scan | None, list[Problem]]:
    """Read a file into `scan_text`, `scan_row` and `scan_reject`; None with the reason when it is refused whole."""
    path = text.file.path
    if text.layout.encoding not in ("utf-8", "utf-8-sig") or text.layout.delimiter == "whitespace":
        path = scratch / "transcoded.csv"
        layout, bad = rewrite_as_utf8(text.file.path, text.layout, path)
        if bad is not None:
            message = f"Byte {bad + 1} is not part of the encoding {text.layout.encoding}."
            return None, [Problem("csv.encoding", message, "Choose another encoding.", text.where)]
        state = path.stat()
        copy = DataFile(path, text.file.shown, state.st_size, state.st_mtime_ns)
        text = replace(text, layout=layout, facts=read_facts(copy))
    try:
        _read(engine, path, text)
        return _settle(engine, path, text, limits)
    except ExternalError as error:
        if "state machine" not in str(error) and "new line" not in str(error).lower():
            raise
        return None, [mixed_line_endings(text.where)]
    finally:
        if path != text.file.path:
            path.unlink(missing_ok=True)


def mixed_line_endings(where: Where) -> Problem:
    """Return the problem of a file whose lines end in a bare CR or in different ways."""
    message = "Lines end in a bare CR or in different ways, or quotes do not pair."
    return Problem("csv.line_endings", message, "Save it with CRLF or LF throughout.", where)


def _read(engine: DuckDBEngine, path: Path, text: TextFile) -> None:
    engine.run_text(sql("scan_csv_reset"))
    options: dict[str, Any] = {
        "path": str(path),
        "columns": dict.fromkeys(text.names, "VARCHAR"),
        "delimiter": text.layout.delimiter,
        "quote": text.source.csv.quote,
        "has_header": text.layout.header_line > 0,
        "skip": max(text.layout.header_line - 1, 0),
        "longest_line": _LONGEST_LINE,
    }
    engine.run_text(sql("scan_csv"), options)


def _settle(engine: DuckDBEngine, path: Path, text: TextFile, limits: Limits) -> tuple[Scan | None, list[Problem]]:
    """Account for every record of the file, then number the readable ones and keep the others."""
    rejected = engine.run_text(sql("scan_csv_unread")).fetchall()
    unread = [_Unread(int(line), str(kind), str(given)) for line, kind, given in rejected]
    found = count_rows(engine, "scan_text") + len(unread)
    first = text.layout.header_line + 1
    received, runs = found, [Run(1, first, first)]
    never_closed = next((record for record in unread if record.never_closes), None)
    if never_closed or text.facts.lines - text.layout.header_line != found:
        received, runs = count_records(path, text.layout, len(text.names))
    if never_closed:
        line = _place(never_closed, runs)[1]
        message = f"The quote opened on line {line} is never closed."
        return None, [Problem("csv.unclosed_quote", message, "Close the quote.", replace(text.where, line=line))]
    problem = _uncounted(received, found, limits, text.where)
    if problem:
        return None, [problem]
    kept = received - text.source.csv.skip_footer
    placed = [(*_place(record, runs), _CODES[record.kind], record.text.lstrip("\r\n")) for record in unread]
    footers = [row for row in placed if row[0] > kept]
    put_rejected(engine, placed[: len(placed) - len(footers)])
    number_rows(engine, runs or [Run(1, first, first)], [row[0] for row in placed])
    if text.source.csv.skip_footer:
        readable = kept - len(placed) + len(footers)
        engine.run_text("DELETE FROM scan_text WHERE rowid >= $readable", {"readable": readable})
    return Scan(text.names, max(kept, 0), len(placed) - len(footers), text.layout.delimiter), []


def _uncounted(received: int, found: int, limits: Limits, where: Where) -> Problem | None:
    if received != found:
        message = f"The file has {received:,} records, {found:,} could be told apart."
        return Problem("csv.rows_unaccounted", message, "Check quotes and line ends.", where)
    if not received:
        return Problem("csv.no_rows", "The file has a header but no rows.", "Check the export.", where)
    if received > limits.file_rows:
        message = f"{received:,} rows; limit {limits.file_rows:,}."
        return Problem("csv.too_many_rows", message, "Split the file, or raise limits.file_rows.", where)
    return None


def _place(record: _Unread, runs: Sequence[Run]) -> tuple[int, int]:
    """Return record number and physical line of an unread record."""
    before = [run for run in runs if run.first_slot <= record.slot]
    run = max(before, key=lambda run: run.first_slot) if before else Run(1, record.slot, record.slot)
    return run.first_row + record.slot - run.first_slot, run.first_line + record.slot - run.first_slot
