import csv
import datetime as dt
import errno
import io
import stat
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.errors import ExternalError, UserError
from quanyu.exports.writers import Format, draft_of, format_of, harmless, open_writer

BATCH = pa.RecordBatch.from_pydict(
    {
        "name": pa.array(['=HYPERLINK("http://x","y")', '上海 "甲", 乙\n丙', None], pa.string()),
        "net_fen": pa.array([-1250, 0, None], pa.int64()),
        "score": pa.array([Decimal("-0.500000"), Decimal("2.000000"), None], pa.decimal128(38, 6)),
        "day": pa.array([dt.date(2026, 1, 2), None, None], pa.date32()),
        "is_member": pa.array([True, False, None], pa.bool_()),
    }
)
HEADINGS = ["=name", "net_fen", "score", "day", "is_member"]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")


def _write(place: Path, form: Format) -> Path:
    writer = open_writer(form, place, HEADINGS, {"purpose": "analysis"})
    writer.write(BATCH)
    writer.write(BATCH)
    writer.close()
    return place


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("＝1+1", "'＝1+1"),
        ("+86-139-1234-5678", "'+86-139-1234-5678"),
        ("+8613912345678", "+8613912345678"),
        ("+86 139 1234 5678", "+86 139 1234 5678"),
        ("-12.50", "-12.50"),
        ("a=1", "a=1"),
        ("王-小明", "王-小明"),
        ("", ""),
    ],
)
def test_formulas_are_made_harmless_and_numbers_and_phones_stay(text: str, written: str):
    assert harmless(pa.array([text, None])).to_pylist() == [written, None]


@given(st.lists(st.text(max_size=12)))
def test_no_text_begins_a_formula_but_a_number_and_none_loses_a_character(texts: list[str]):
    for text, written in zip(texts, harmless(pa.array(texts, pa.string())).to_pylist(), strict=True):
        assert written in {text, f"'{text}"}
        if written == text and text.lstrip().startswith(FORMULA_STARTS):
            assert text.lstrip()[1:].replace(" ", "").replace(".", "").replace(",", "").isdecimal()


def test_csv_opens_in_excel_with_its_chinese_and_no_formula(tmp_path: Path):
    raw = _write(tmp_path / "a.csv", Format.CSV).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["'=name", "net_fen", "score", "day", "is_member"]
    assert rows[1] == ['\'=HYPERLINK("http://x","y")', "-1250", "-0.500000", "2026-01-02", "true"]
    assert rows[2] == ['上海 "甲", 乙\n丙', "0", "2.000000", "", "false"]
    assert rows[3] == ["", "", "", "", ""]
    assert len(rows) == 7


def test_excel_holds_texts_as_texts_and_numbers_as_numbers(tmp_path: Path):
    sheet = openpyxl.load_workbook(_write(tmp_path / "a.xlsx", Format.EXCEL)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][:3] == ['=HYPERLINK("http://x","y")', -1250, -0.5]
    assert [cell.data_type for cell in sheet[2]] == ["s", "n", "n", "d", "b"]
    assert [cell.data_type for cell in sheet[1]] == ["s"] * 5
    assert [cell.value for cell in sheet[4]] == [None] * 5


def test_parquet_keeps_values_types_and_says_what_it_is_for(tmp_path: Path):
    table = pq.read_table(_write(tmp_path / "a.parquet", Format.PARQUET))
    assert table.column("=name").to_pylist()[0] == '=HYPERLINK("http://x","y")'
    assert table.schema.field("day").type == pa.date32()
    assert table.schema.metadata[b"quanyu.purpose"] == b"analysis"
    assert table.num_rows == 6


def test_a_failed_export_leaves_nothing(tmp_path: Path):
    with (
        pytest.raises(ExternalError) as caught,
        draft_of(tmp_path / "a.csv", overwrite=False) as draft,
    ):
        draft.path.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert (caught.value.code, caught.value.retry) == ("export.disk", True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_came_meanwhile_is_not_overwritten(tmp_path: Path):
    place = tmp_path / "a.csv"
    with pytest.raises(UserError) as caught, draft_of(place, overwrite=False) as draft:
        draft.path.write_text("mine")
        place.write_text("theirs")
        draft.publish()
    assert caught.value.code == "export.exists"
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("a.csv", "theirs")]


def test_an_overwritten_file_is_whole_and_only_its_owner_reads_it(tmp_path: Path):
    place = tmp_path / "a.csv"
    place.write_text("old")
    with draft_of(place, overwrite=True) as draft:
        draft.path.write_text("new")
        assert place.read_text() == "old"
        draft.publish()
    assert place.read_text() == "new"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["a.xls", "a", "a.csv.gz"])
def test_a_form_we_do_not_write_is_refused(name: str):
    with pytest.raises(UserError) as caught:
        format_of(Path(name))
    assert caught.value.code == "export.format"


def test_no_folder_no_file(tmp_path: Path):
    for place in (tmp_path, tmp_path / "none" / "a.csv"):
        with pytest.raises(UserError) as caught, draft_of(place, overwrite=True):
            raise AssertionError(place)
        assert caught.value.code == "export.folder"
