"""Every format gives the same rows: what a cell says does not depend on how the file was written."""

import datetime as dt
import json
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.workplace import Workplace

ROWS = [
    {
        "id": "00123",
        "time": "2026-05-01 10:00:00",
        "status": "paid",
        "paid": "12.30",
        "qty": "2",
        "phone": "13812345678",
    },
    {"id": "00124", "time": "2026-05-02 00:30:00", "status": "paid", "paid": "0.10", "qty": "1", "phone": ""},
]
SOURCE = """
source: orders
system: own
format: {format}
path: data/a.{suffix}
feeds:
  - table: order
    key: id
    columns:
      order_id: id
      paid_at: time
      status: status
      paid_fen: paid
    identifiers: [{{type: mobile, from: phone}}]
  - table: order_line
    key: id
    columns:
      order_id: id
      line_no: {{number_within: id}}
      qty: qty
      paid_fen: paid
"""
EXPECTED = [
    ("00123", dt.datetime(2026, 5, 1, 2, 0), dt.date(2026, 5, 1), 1230),
    ("00124", dt.datetime(2026, 5, 1, 16, 30), dt.date(2026, 5, 2), 10),
]


def csv_text(separator: str) -> str:
    return "\n".join(separator.join(row) for row in [list(ROWS[0]), *(list(row.values()) for row in ROWS)]) + "\n"


def write(place: Workplace, kind: str) -> None:
    suffix = {"csv": "csv", "tsv": "tsv", "excel": "xlsx", "jsonl": "jsonl", "parquet": "parquet"}[kind]
    place.source(SOURCE.format(format=kind, suffix=suffix))
    path = place.file(b"", f"a.{suffix}")
    if kind in ("csv", "tsv"):
        path.write_text(csv_text("," if kind == "csv" else "\t"))
    if kind == "jsonl":
        typed = [{**row, "paid": float(row["paid"]), "qty": int(row["qty"])} for row in ROWS]
        path.write_text("\n".join(json.dumps(row) for row in typed))
    if kind == "excel":
        write_workbook(path)
    if kind == "parquet":
        columns = {name: [row[name] for row in ROWS] for name in ROWS[0]}
        times = [dt.datetime.fromisoformat(text) for text in columns["time"]]
        paid = [float(text) for text in columns["paid"]]
        pq.write_table(pa.table({**columns, "time": times, "paid": paid, "qty": [2, 1]}), path)


def write_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(ROWS[0]))
    for row in ROWS:
        moment = dt.datetime.fromisoformat(row["time"])
        phone = int(row["phone"]) if row["phone"] else None
        sheet.append([row["id"], moment, row["status"], float(row["paid"]), int(row["qty"]), phone])
    sheet.append([None] * 6)
    book.save(path)


@pytest.mark.parametrize("kind", ["csv", "tsv", "excel", "jsonl", "parquet"])
def test_a_format_gives_the_rows_that_every_format_gives(place: Workplace, kind: str) -> None:
    write(place, kind)
    report = place.ingest()
    assert [(result.fate, list(map(str, result.problems))) for result in report.files] == [("imported", [])]
    assert place.rows("order", "order_id", "paid_at", "local_date", "paid_fen") == EXPECTED
    assert [row[0] for row in place.rows("order_line", "qty")] == [1, 2]
    assert place.one("SELECT count(*) FROM landing.identifier") == 1


def test_excel_numbers_beyond_fifteen_digits_are_refused_as_ids(place: Workplace) -> None:
    write(place, "excel")
    book = openpyxl.load_workbook(place.workspace.root / "data" / "a.xlsx")
    assert book.active is not None
    book.active["A2"] = 1234567890123456789
    book.save(place.workspace.root / "data" / "a.xlsx")
    place.ingest()
    assert place.codes() == [(2, "id", "id.scientific")]


def test_a_line_that_is_no_json_is_refused_with_its_line(place: Workplace) -> None:
    write(place, "jsonl")
    good = [json.dumps(row) for row in ROWS]
    place.file(f"{good[0]}\n\n{{broken\n{good[1]}\n", "a.jsonl")
    report = place.ingest()
    assert report.rows.received == 3
    assert place.codes() == [(3, "", "json.invalid")]
    assert place.rows("order", "source_row") == [(1,), (3,)]


def test_an_unreadable_workbook_or_parquet_file_is_named(place: Workplace) -> None:
    for kind, suffix, code in (("excel", "xlsx", "excel.unreadable"), ("parquet", "parquet", "parquet.unreadable")):
        place.source(SOURCE.format(format=kind, suffix=suffix))
        place.file(b"PK\x03\x04 cut off", f"a.{suffix}")
        (result,) = place.ingest().files
        assert [problem.code for problem in result.problems] == [code]
