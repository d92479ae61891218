"""Counts the records of a text file with another parser than the engine's, and rewrites files that are not plain UTF-8.

The count is the independent half of "received = stored + quarantined + duplicate": a reader that drops a record is
found out.  It runs only when lines and records of a file differ, for it is slower than the engine.
"""

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from quanyu.ingest.scan import Run
from quanyu.ingest.sniff import TextLayout

_CHUNK: Final = 1024 * 1024
_BLANKS: Final = re.compile(r"[ \t\u3000]+")


def count_records(path: Path, layout: TextLayout, width: int) -> tuple[int, list[Run]]:
    """Return how many records follow the header of a UTF-8 file, and the runs that tell their lines.

    Blank lines are no records, unless the file has one column (`width` 1), where an empty cell looks the same.
    """
    csv.field_size_limit(sys.maxsize)
    runs: list[Run] = []
    count, inside, before = 0, 0, 0
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        for _ in range(layout.header_line - 1):
            stream.readline()
        offset = max(layout.header_line - 1, 0)
        reader = csv.reader(stream, delimiter=layout.delimiter)
        has_header = layout.header_line > 0
        for cells in reader:
            line = offset + before + 1
            extra = reader.line_num - before - 1
            before = reader.line_num
            if has_header:
                has_header, inside = False, inside + extra
                continue
            if cells or width == 1:
                count += 1
                _extend(runs, count, line - inside, line)
            inside += extra
    return count, runs


def _extend(runs: list[Run], row: int, slot: int, line: int) -> None:
    last = runs[-1] if runs else None
    if last and (slot - last.first_slot, line - last.first_line) == (row - last.first_row,) * 2:
        return
    runs.append(Run(row, slot, line))


def rewrite_as_utf8(source: Path, layout: TextLayout, target: Path) -> tuple[TextLayout, int | None]:
    """Write a text file as UTF-8 with one-character separators; return its new layout and a bad byte's place.

    Lines stay lines.  The place is the offset of the first byte that the encoding does not know; such bytes become
    U+FFFD in the copy.
    """
    bad: int | None = None
    with (
        source.open(encoding=layout.encoding, errors="strict", newline="") as stream,
        target.open("w", encoding="utf-8", newline="") as copy,
    ):
        try:
            for text in _pieces(stream, layout.delimiter == "whitespace"):
                copy.write(text)
        except UnicodeDecodeError as error:
            bad = error.start
    delimiter = "\t" if layout.delimiter == "whitespace" else layout.delimiter
    return TextLayout("utf-8", delimiter, layout.header_line, layout.headings), bad


def _pieces(stream: TextIO, blanks_separate: bool) -> Iterator[str]:
    if blanks_separate:
        for line in stream:
            ending = line[len(line.rstrip("\r\n")) :]
            yield _BLANKS.sub("\t", line.strip()) + ending
        return
    while text := stream.read(_CHUNK):
        yield text
