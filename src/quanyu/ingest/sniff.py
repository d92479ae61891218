"""What a text file is, decided from its bytes: kind, encoding, separator, header line.  Nothing is guessed silently.

Binary files, web pages and compressed files are named for what they are (`reliability.md` C01–C08, C22, C23).
"""

import codecs
import csv
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quanyu.definitions.source import Source
from quanyu.errors import Problem, Severity, Where
from quanyu.ingest.files import DataFile
from quanyu.ingest.headings import comparable, wanted

_SAMPLE: Final = 256 * 1024
_PROBES: Final = 8
_DELIMITERS: Final = (",", "\t", ";", "|")
_SIGNATURES: Final = (
    (b"PK\x03\x04", "csv.is_xlsx", "This is an Excel workbook.", "Save it as CSV UTF-8, or write `format: excel`."),
    (b"\xd0\xcf\x11\xe0", "csv.is_xlsx", "This is an old Excel workbook.", "Save it as CSV UTF-8, or `format: excel`."),
    (b"%PDF", "csv.binary", "This is not a text file (found PDF).", "Export it as CSV."),
    (b"\x89PNG", "csv.binary", "This is not a text file (found PNG).", "Export it as CSV."),
    (b"\xff\xd8\xff", "csv.binary", "This is not a text file (found JPEG).", "Export it as CSV."),
    (b"PAR1", "csv.binary", "This is not a text file (found Parquet).", "Write `format: parquet`."),
    (b"\x1f\x8b", "csv.compressed", "Compressed file (gzip).", "Unpack it first."),
    (b"Rar!", "csv.compressed", "Compressed file (rar).", "Unpack it first."),
    (b"7z\xbc\xaf", "csv.compressed", "Compressed file (7z).", "Unpack it first."),
)


@dataclass(frozen=True, slots=True)
class TextLayout:
    """How a text file is written: Python name of the encoding, separator, line of the header (0: none), its cells."""

    encoding: str
    delimiter: str
    header_line: int
    headings: tuple[str, ...]


def sniff_text(file: DataFile, source: Source) -> tuple[TextLayout | None, list[Problem]]:
    """Return the layout of a csv or tsv file, or None with the reason; the rest are warnings."""
    where = Where(file=file.shown)
    with file.path.open("rb") as stream:
        head = stream.read(_SAMPLE)
    problem = _what_it_is(head, where)
    if problem:
        return None, [problem]
    encoding, problems = _encoding(file, head, source, where)
    if encoding is None:
        return None, problems
    # A character cut by the end of the sample is no error.
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    lines = text.splitlines(keepends=True)
    if len(head) == _SAMPLE and len(lines) > 1:
        lines = lines[:-1]
    layout, found = _layout(lines, encoding, source, where)
    return layout, problems + found


def signature(path: Path) -> str:
    """Return `xlsx`, `xls`, `parquet` or the empty text, by the first bytes of the file."""
    with path.open("rb") as stream:
        head = stream.read(8)
    known = {b"PK\x03\x04": "xlsx", b"\xd0\xcf\x11\xe0": "xls", b"PAR1": "parquet"}
    return known.get(head[:4], "")


def _what_it_is(head: bytes, where: Where) -> Problem | None:
    if not head.strip():
        return Problem("csv.empty", "The file is empty; expected a header row.", "Export it again.", where)
    for magic, code, message, remedy in _SIGNATURES:
        if head.startswith(magic):
            return Problem(code, message, remedy, where)
    start = head[:512].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<script")):
        message = "This is a web page, not a table."
        return Problem("csv.is_html", message, "Download the file again after logging in.", where)
    return None


def _encoding(file: DataFile, head: bytes, source: Source, where: Where) -> tuple[str | None, list[Problem]]:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        problem = Problem("csv.encoding_utf16", "UTF-16 file.", "Read as UTF-16.", where, Severity.WARNING)
        return "utf-16", [problem]
    if head.startswith(codecs.BOM_UTF8):
        problem = Problem("csv.bom_removed", "Byte-order mark removed.", "", where, Severity.WARNING)
        return "utf-8-sig", [problem]
    if source.csv.encoding == "gb18030":
        return "gb18030", []
    position = _first_bad_utf8(file.path)
    if position is None:
        return "utf-8", []
    if source.csv.encoding == "auto" and _looks_chinese(file.path, position):
        message = f"Not UTF-8 from byte {position + 1}; read as GB18030."
        return "gb18030", [Problem("csv.encoding", message, "", where, Severity.WARNING)]
    if _looks_chinese(file.path, position):
        message = f"Not UTF-8 from byte {position + 1}; looks like GB18030."
        return None, [Problem("csv.encoding", message, "Choose `encoding: gb18030`, or leave it out.", where)]
    return "utf-8", []


def _samples(path: Path) -> list[tuple[int, bytes]]:
    """Return pieces from all over the file, each beginning after a line end, so that no character is cut in front."""
    size = path.stat().st_size
    pieces: list[tuple[int, bytes]] = []
    with path.open("rb") as stream:
        for number in range(_PROBES if size > _SAMPLE else 1):
            stream.seek(size * number // _PROBES)
            if number:
                stream.readline()
            pieces.append((stream.tell(), stream.read(_SAMPLE)))
    return pieces


def _first_bad_utf8(path: Path) -> int | None:
    for offset, piece in _samples(path):
        try:
            codecs.getincrementaldecoder("utf-8")().decode(piece)
        except UnicodeDecodeError as error:
            return offset + error.start
    return None


def _looks_chinese(path: Path, position: int) -> bool:
    """Return whether the bytes around a place read as Chinese text: a stray byte decodes too, to rare characters."""
    with path.open("rb") as stream:
        stream.seek(max(0, position - 2048))
        stream.readline()
        piece = stream.read(_SAMPLE) if position > 2048 else b""
        if not piece:
            stream.seek(0)
            piece = stream.read(_SAMPLE)
    try:
        text = codecs.getincrementaldecoder("gb18030")().decode(piece)
    except UnicodeDecodeError:
        return False
    foreign = [character for character in text if ord(character) > 127]
    chinese = sum(1 for character in foreign if _is_chinese(character))
    return len(foreign) >= 2 and chinese * 10 >= len(foreign) * 9


def _is_chinese(character: str) -> bool:
    return (
        "\u4e00" <= character <= "\u9fff"
        or unicodedata.east_asian_width(character) in ("F", "W")
        or character in "“”‘’—…·×¥"
    )


def _layout(
    lines: Sequence[str], encoding: str, source: Source, where: Where
) -> tuple[TextLayout | None, list[Problem]]:
    row = source.csv.header_row
    if len(lines) < row:
        return None, [Problem("csv.empty", f"The file has no line {row}; expected the header there.", "", where)]
    delimiter, problem = _delimiter(lines, source, where)
    if problem:
        return None, [problem]
    if row == 0:
        return TextLayout(encoding, delimiter, 0, source.csv.names), []
    cells = _cells(lines[row - 1 :], delimiter)
    known = [comparable(name) for group in wanted(source) for name in group]
    hits = _hits(cells, known)
    if hits * 2 < min(len(cells), 4) or not hits:
        better = _better_line(lines, delimiter, known, hits)
        if better and better != row:
            message = f"Line {row} is not a header ({hits} of {len(cells)} known columns); it may be on line {better}."
            remedy = f"Write `csv: {{header_row: {better}}}`."
            return None, [Problem("csv.header_not_found", message, remedy, where)]
    return TextLayout(encoding, delimiter, row, cells), []


def _delimiter(lines: Sequence[str], source: Source, where: Where) -> tuple[str, Problem | None]:
    chosen = "\t" if source.format == "tsv" and source.csv.delimiter == "auto" else source.csv.delimiter
    if chosen == "whitespace":
        return chosen, None
    known = [comparable(name) for group in wanted(source) for name in group]
    line = lines[max(source.csv.header_row - 1, 0) :]
    scores = {delimiter: _hits(_cells(line, delimiter), known) for delimiter in _DELIMITERS}
    widths = {delimiter: len(_cells(line, delimiter)) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: (scores[delimiter], widths[delimiter]))
    if chosen == "auto":
        return (best if widths[best] > 1 else ","), None
    if len(_cells(line, chosen)) == 1 and scores[best] > 1:
        message = f'Cells seem separated by "{_shown(best)}".'
        remedy = f'Choose it as the separator: `csv: {{delimiter: "{_shown(best)}"}}`.'
        return chosen, Problem("csv.delimiter", message, remedy, where)
    return chosen, None


def _cells(lines: Sequence[str], delimiter: str) -> tuple[str, ...]:
    if delimiter == "whitespace":
        return tuple(lines[0].split())
    try:
        return tuple(next(csv.reader(io.StringIO("".join(lines[:50])), delimiter=delimiter), []))
    except csv.Error:
        return ()


def _hits(cells: Sequence[str], known: Sequence[str]) -> int:
    return len({comparable(cell) for cell in cells} & set(known))


def _better_line(lines: Sequence[str], delimiter: str, known: Sequence[str], hits: int) -> int | None:
    scored = [(_hits(_cells(lines[number:], delimiter), known), -number) for number in range(min(len(lines), 30))]
    best, number = max(scored)
    return 1 - number if best > hits else None


def _shown(delimiter: str) -> str:
    return "\\t" if delimiter == "\t" else delimiter
