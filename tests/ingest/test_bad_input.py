"""Every bad input of reliability.md §7.1 that concerns files has its answer: one row of the table, one case."""

from pathlib import Path

import pytest

from ingest.workplace import Workplace, codes_of, workplace
from quanyu.config import Limits

SOURCE = """
source: orders
system: own
format: csv
path: data/a.csv
feeds:
  - table: order
    key: order_id
    columns:
      order_id: order_id
      paid_at: time
      status: status
      paid_fen: amount
      campaign_id: note
    identifiers: [{type: mobile, from: phone}]
"""
HEAD = "order_id,time,status,amount,note,phone"
GOOD = "A1,2026-05-01 10:00:00,paid,12.30,n,13812345678"


@pytest.fixture
def orders(place: Workplace) -> Workplace:
    place.source(SOURCE)
    return place


def text(*lines: str) -> bytes:
    return ("\n".join((HEAD, *lines)) + "\n").encode()


REFUSED = {
    "C01 empty": (b"", "csv.empty"),
    "C02 header only": (text(), "csv.no_rows"),
    "C03 workbook": (b"PK\x03\x04rest", "csv.is_xlsx"),
    "C04 web page": (b"<!DOCTYPE html><html><body>login</body></html>", "csv.is_html"),
    "C05 pdf": (b"%PDF-1.7 ...", "csv.binary"),
    "C06 gzip": (b"\x1f\x8b\x08rest", "csv.compressed"),
    "C12 bare returns": (text(GOOD).replace(b"\n", b"\r"), "csv.line_endings"),
    "C12 mixed line ends": (
        text(GOOD, GOOD).replace(b"\n", b"\r\n", 1) + b"A2,2026-05-01,paid,1,,\r",
        "csv.line_endings",
    ),
    "C13 open quote": (text(GOOD, 'A2,2026-05-01,paid,1,"open,', "A3,2026-05-01,paid,1,,"), "csv.unclosed_quote"),
    "C17 doubled header": (text(GOOD).replace(b"note", b"Phone"), "csv.header_duplicate"),
    "C18 blank header": (text(GOOD).replace(b"note", b""), "csv.header_blank"),
    "C19 unknown header": (text(GOOD).replace(b"note", b"nota"), "csv.header_unknown"),
    "C20 missing header": (text(GOOD).replace(b"order_id,", b"ordr,"), "csv.header_missing"),
    "C23 title above": (b"Report of May\n" + text(GOOD), "csv.header_not_found"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_table_is_refused_by_name_and_leaves_nothing(orders: Workplace, case: str) -> None:
    content, code = REFUSED[case]
    orders.file(content)
    (result,) = orders.ingest().files
    assert result.fate == "refused"
    assert code in codes_of(result.problems)
    assert all(problem.message for problem in result.problems)
    assert orders.rows("order", "order_id") == []
    with orders.store.reading() as work:
        assert work.segments.find() == []
        assert [file.file for file in work.refusals.find()] == ["data/a.csv"]


ROWS = {
    "C10 bad byte": (b"A2,2026-05-01,paid,1,\xff\xfe,", "", "csv.bad_utf8"),
    "C11 nul": (b"A2,2026-05-01,paid,1,a\x00b,", "", "csv.nul"),
    "C14 stray quote": (b'A2,2026-05-01,paid,1,"a"b,', "", "csv.stray_quote"),
    "C15 too few": (b"A2,2026-05-01,paid", "", "csv.columns_missing"),
    "C16 too many": (b"A2,2026-05-01,paid,1,,,x,y", "", "csv.columns_extra"),
    "C24 header again": (HEAD.encode(), "", "csv.header_repeated"),
    "C25 total": ("合计,,,1234,,".encode(), "", "csv.footer"),
    "C28 long cell": (b"A2,2026-05-01,paid,1,," + b"1" * 3_000_000, "", "csv.cell_too_long"),
    "C30 blank id": (b",2026-05-01,paid,1,,", "order_id", "row.required"),
    "C33 phone in scientific notation": (b"A2,2026-05-01,paid,1,,1.38E+10", "phone", "phone.scientific"),
    "C34 short phone": (b"A2,2026-05-01,paid,1,,1380013800", "phone", "phone.length"),
    "C35 letter in phone": (b"A2,2026-05-01,paid,1,,13800I38000", "phone", "phone.characters"),
    "C40 no such day": (b"A2,2026-02-30,paid,1,,", "time", "date.invalid"),
    "C41 day or month": (b"A2,01/02/2026,paid,1,,", "time", "date.ambiguous"),
    "C42 serial": (b"A2,45678,paid,1,,", "time", "date.serial"),
    "C43 tomorrow": (b"A2,2026-06-02 10:00:00,paid,1,,", "time", "order.in_future"),
    "C44 placeholder": (b"A2,1899-12-30,paid,1,,", "time", "date.too_old"),
    "C44 year one": (b"A2,0001-01-01,paid,1,,", "time", "date.too_old"),
    "C46 hour 24": (b"A2,2026-05-01 24:00:00,paid,1,,", "time", "time.invalid"),
    "C48 thousands": (b'A2,2026-05-01,paid,"1,234.50",,', "amount", "amount.thousands"),
    "C49 sign": ("A2,2026-05-01,paid,¥12.30,,".encode(), "amount", "amount.symbol"),
    "C50 three decimals": (b"A2,2026-05-01,paid,12.345,,", "amount", "amount.scale"),
    "C51 scientific": (b"A2,2026-05-01,paid,1e5,,", "amount", "amount.scientific"),
    "C52 not a number": (b"A2,2026-05-01,paid,NaN,,", "amount", "amount.not_number"),
    "C53 negative sale": (b"A2,2026-05-01,paid,-5.00,,", "amount", "amount.negative"),
    "C54 too much": (b"A2,2026-05-01,paid,1000000000000000,,", "amount", "amount.range"),
    "C55 unknown status": (b"A2,2026-05-01,payed,1,,", "status", "enum.unknown"),
    "ids Excel changed": (b"1.2E+17,2026-05-01,paid,1,,", "order_id", "id.scientific"),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_bad_row_is_refused_with_line_field_and_reason_and_its_neighbours_stay(orders: Workplace, case: str) -> None:
    row, field, code = ROWS[case]
    orders.file(text(GOOD) + row + b"\n" + GOOD.replace("A1", "A9").encode() + b"\n")
    report = orders.ingest()
    assert orders.codes() == [(3, field, code)]
    assert [row[0] for row in orders.rows("order", "order_id")] == ["A1", "A9"]
    assert (report.rows.received, report.rows.stored, report.rows.quarantined) == (3, 2, 1)


def test_all_faults_of_a_row_are_told_at_once(orders: Workplace) -> None:
    orders.file(text("A2,2026-02-30,payed,1e5,,138"))
    orders.ingest()
    with orders.store.reading() as work:
        (row,) = work.quarantine.find()
    assert [problem["code"] for problem in row.problems] == [
        "date.invalid", "enum.unknown", "amount.scientific", "phone.length",
    ]  # fmt: skip


def test_accepted_oddities_are_told_as_warnings(orders: Workplace) -> None:
    head = HEAD.replace("phone", "Ｐhone\u3000").replace("note", " note ")
    body = (
        f"{head}\nA1,2026-05-01 10:00:00,paid,12.30,=1+1,+86 138-1234-5678\nA2,2026-05-01,paid,1,NO,13812\u200b345678\n"
    )
    orders.file(b"\xef\xbb\xbf" + body.encode())
    (result,) = orders.ingest().files
    assert {"csv.bom_removed", "csv.header_normalised"} <= set(codes_of(result.problems))
    assert (
        (result.rows.stored, orders.one("SELECT count(*) FROM landing.identifier")) == (2, 1) if result.rows else False
    )


def test_gb18030_and_utf16_files_are_read_as_what_they_are(orders: Workplace) -> None:
    chinese = HEAD.replace("note", "备注")
    orders.source(SOURCE.replace("note", "备注"))
    row = "A1,2026-05-01 10:00:00,paid,12.30,老顾客，再次购买，请尽快发货,13812345678"
    for encoding, warning in (("gb18030", "csv.encoding"), ("utf-16", "csv.encoding_utf16")):
        orders.file(f"{chinese}\r\n{row}{encoding}\r\n".encode(encoding))
        (result,) = orders.ingest().files
        assert (result.fate, codes_of(result.problems)) == ("imported", [warning])


def test_limits_of_size_rows_and_columns_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANYU_NOW", "2026-06-01T00:00:00+00:00")
    for number, (limits, code) in enumerate(
        [
            (Limits(file_bytes=50), "upload.too_large"),
            (Limits(file_rows=1), "csv.too_many_rows"),
            (Limits(columns=5), "csv.too_many_columns"),
        ]
    ):
        root = tmp_path / str(number)
        root.mkdir()
        with workplace(root, limits=limits) as place:
            place.source(SOURCE)
            place.file(text(GOOD, GOOD.replace("A1", "A2")))
            report = place.ingest()
            found = [*report.problems, *(problem for result in report.files for problem in result.problems)]
            assert codes_of(found) == [code]


def test_a_file_still_being_written_is_left_alone(orders: Workplace) -> None:
    orders.source(SOURCE.replace("data/a.csv", "data/*"))
    orders.file(text(GOOD), "b.csv.part")
    report = orders.ingest()
    assert (codes_of(report.problems), report.files) == (["upload.incomplete"], ())


def test_lines_are_those_of_the_file_though_cells_hold_line_ends(orders: Workplace) -> None:
    orders.file(text('A1,2026-05-01,paid,1,"two\nlines",', "", "A2,2026-05-01,payed,1,,", "A3,x"))
    orders.ingest()
    assert orders.codes() == [(5, "status", "enum.unknown"), (6, "", "csv.columns_missing")]


def test_an_id_card_number_is_refused_in_text_and_never_stored(orders: Workplace) -> None:
    orders.source(SOURCE.replace("campaign_id: note", "fulfil_type: {value: pickup}\n      touch_id: note"))
    orders.file(text("A2,2026-05-01,paid,1,证件 11010519491231002X,", "A3,2026-05-01,paid,1,单号 110105194912310021,"))
    orders.ingest()
    assert orders.codes() == [(2, "note", "pii.sensitive_refused")]
