"""Files that are whole or not there: CSV, Excel and Parquet, written batch by batch beside their place, then moved."""

import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import xlsxwriter

from quanyu.errors import ExternalError, Problem, UserError, did_you_mean

EXCEL_ROWS: Final = 1_048_575
"""Rows of an Excel sheet below the line of headings."""

_HASH_CHUNK: Final = 1 << 20
# OWASP and ASVS 1.2.10: what a spreadsheet takes for a formula, also behind blanks and in full width.
_FORMULA: Final = r"^(?:[\t\r\n\x00]|[\s\x{feff}]*[=+\-@＝＋－＠])"
# A number with a sign is a number; +86 139 1234 5678 is a text to every spreadsheet.
_NUMBER: Final = r"^[+\-]?[0-9]+(?:[., ][0-9]+)*$"


class Format(StrEnum):
    """The form of a file."""

    CSV = "csv"
    EXCEL = "xlsx"
    PARQUET = "parquet"


class Writer(Protocol):
    """Writes batches of one schema."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows."""

    def close(self) -> None:
        """End the file; nothing may be written afterwards."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A file being written beside its place, under a name of its own."""

    path: Path
    place: Path
    overwrite: bool

    def sha256(self) -> str:
        """Return the SHA-256 of what was written, hex."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while chunk := file.read(_HASH_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def publish(self) -> None:
        """Move the whole file to its place; without `overwrite` a file that came there meanwhile stays."""
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        if self.overwrite:
            self.path.replace(self.place)
        else:
            try:
                # A link fails where a rename would overwrite.
                self.place.hardlink_to(self.path)
            except FileExistsError:
                raise UserError(_taken(self.place)) from None
        folder = os.open(self.place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def format_of(path: Path) -> Format:
    """Return the form that the end of a file's name says; raises UserError `export.format`."""
    ending = path.suffix.lower().lstrip(".")
    if ending not in set(Format):
        known = [one.value for one in Format]
        remedy = did_you_mean(ending, known) or "Name a file that ends in .csv, .xlsx or .parquet."
        raise UserError(Problem("export.format", f'"{path.name[:60]}" has no form we write.', remedy))
    return Format(ending)


@contextmanager
def draft_of(place: Path, *, overwrite: bool) -> Iterator[Draft]:
    """Give a draft that only its owner may read; whatever happens in the block, nothing half-done is left.

    Raises UserError `export.exists`, `export.folder`; ExternalError `export.disk` when the disk fails.
    """
    if place.is_dir() or not place.parent.is_dir():
        message = f"{place} is a folder." if place.is_dir() else f"There is no folder {place.parent}."
        raise UserError(Problem("export.folder", message, "Name a file in a folder that exists."))
    if place.exists() and not overwrite:
        raise UserError(_taken(place))
    path = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield Draft(path, place, overwrite)
    except OSError as error:
        retry = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO}
        message = f"The file could not be written: {error.strerror or error}."
        raise ExternalError(message, code="export.disk", retry=retry) from error
    finally:
        path.unlink(missing_ok=True)


def _taken(place: Path) -> Problem:
    return Problem("export.exists", f"{place} exists.", "Choose another name, or say --overwrite.")


def open_writer(form: Format, path: Path, headings: list[str], said: dict[str, str]) -> Writer:
    """Return a writer of a form; `headings` name the columns, `said` goes into the file's own properties."""
    makers: dict[Format, Callable[[Path, list[str], dict[str, str]], Writer]] = {
        Format.CSV: lambda path, headings, _: CsvWriter(path, headings),
        Format.EXCEL: ExcelWriter,
        Format.PARQUET: ParquetWriter,
    }
    return makers[form](path, headings, said)


def harmless(texts: pa.Array) -> pa.Array:
    """Return texts that no spreadsheet takes for a formula: an apostrophe before those it would; numbers stay."""
    is_formula = pc.and_(pc.match_substring_regex(texts, _FORMULA), pc.invert(pc.match_substring_regex(texts, _NUMBER)))
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", texts, ""), texts)


class CsvWriter:
    """RFC 4180 in UTF-8 with a byte order mark, which Excel needs to read Chinese; every text in quotes."""

    def __init__(self, path: Path, headings: list[str]) -> None:
        self._file = path.open("wb")
        self._file.write(b"\xef\xbb\xbf")
        head = pa.table({str(number): [name] for number, name in enumerate(headings)})
        self._options = pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")
        pa_csv.write_csv(_as_texts(head.to_batches()[0]), self._file, self._options)

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows."""
        pa_csv.write_csv(_as_texts(batch), self._file, self._options)

    def close(self) -> None:
        """End the file."""
        self._file.close()


class ParquetWriter:
    """Parquet with zstd; values keep their types, and nothing is made harmless: no spreadsheet opens it."""

    def __init__(self, path: Path, headings: list[str], said: dict[str, str]) -> None:
        self._path, self._headings, self._said = path, headings, said
        self._writer: pq.ParquetWriter | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows."""
        named = batch.rename_columns(self._headings)
        if self._writer is None:
            metadata = {f"quanyu.{key}": value for key, value in self._said.items()}
            self._writer = pq.ParquetWriter(self._path, named.schema.with_metadata(metadata), compression="zstd")
        self._writer.write_batch(named.cast(self._writer.schema))

    def close(self) -> None:
        """End the file."""
        if self._writer is not None:
            self._writer.close()


class ExcelWriter:
    """One sheet, written row by row in constant memory; every text is a text to Excel, whatever it begins with."""

    def __init__(self, path: Path, headings: list[str], said: dict[str, str]) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": str(path.parent),
            "default_date_format": "yyyy-mm-dd",
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties({"comments": "; ".join(f"{key}: {value}" for key, value in said.items())})
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._sheet.write_row(0, 0, headings, self._book.add_format({"bold": True}))
        self._row = 1

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows."""
        for row in zip(*(_cells(column) for column in batch.columns), strict=True):
            self._sheet.write_row(self._row, 0, row)
            self._row += 1

    def close(self) -> None:
        """End the file."""
        self._book.close()


def _cells(column: pa.Array) -> list[Any]:
    if pa.types.is_decimal(column.type):
        column = pc.cast(column, pa.float64())
    return list(column.to_pylist())


def _as_texts(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [
        harmless(column) if pa.types.is_string(column.type) else pc.cast(column, pa.string())
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
