from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.errors import UserError
from quanyu.exports.lists import read_list
from quanyu.exports.written_ids import read_ids, written_ids
from quanyu.ids import PERSON_BITS, PersonId, format_person_id, parse_person_id


@given(st.lists(st.integers(1, (1 << PERSON_BITS) - 1), min_size=1))
def test_columns_of_ids_are_written_and_read_as_single_ones(numbers: list[int]):
    texts = written_ids(pa.array(numbers, pa.int64()))
    assert texts.to_pylist() == [format_person_id(PersonId(number)) for number in numbers]
    assert read_ids(texts).to_pylist() == numbers


@pytest.mark.parametrize("text", ["p0000014sc0pj", "P0000-014S-C0PJ", " POOOOO14SCOPJ ", "P00000I4SC0PJ"])
def test_ids_copied_by_hand_are_read(text: str):
    assert read_ids(pa.array([text])).to_pylist() == [parse_person_id(text)] == [1234567890]


def test_what_is_no_id_is_told_by_its_row_and_not_repeated():
    with pytest.raises(UserError) as caught:
        read_ids(pa.array(["P0000014SC0PJ", "13912345678", None, "", "x", "y", "z"]))
    assert caught.value.problems[0].message == "No person id stands in row 2, 3, 4, 5, 6 and 1 more."
    assert "1391" not in str(caught.value)


def test_a_list_is_read_from_csv_and_parquet(tmp_path: Path):
    (tmp_path / "a.csv").write_text("﻿name,person_id\nx,P0000014SC0PJ\n", encoding="utf-8")
    pq.write_table(pa.table({"person_id": [1234567890]}), tmp_path / "a.parquet")
    assert read_list(tmp_path / "a.csv").to_pydict() == read_list(tmp_path / "a.parquet").to_pydict()


@pytest.mark.parametrize("text", ["name\nx\n", "", "\x00\x01"])
def test_a_file_without_ids_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "a.csv"
    path.write_text(text)
    for place in (path, tmp_path / "none.csv"):
        with pytest.raises(UserError) as caught:
            read_list(place)
        assert caught.value.code == "export.list"
