"""Person ids survive being written, read aloud and carried by JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.errors import InternalError, Problem
from quanyu.ids import PersonId, format_person_id, parse_person_id

LARGEST = (1 << 60) - 1


@given(st.integers(min_value=1, max_value=LARGEST))
def test_what_is_written_is_read_back(number: int):
    assert parse_person_id(format_person_id(PersonId(number))) == number


@given(st.lists(st.integers(min_value=1, max_value=LARGEST), min_size=2, max_size=9))
def test_texts_sort_as_their_numbers(numbers: list[int]):
    texts = [format_person_id(PersonId(number)) for number in sorted(numbers)]
    assert texts == sorted(texts)


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "P000000000001"), (32, "P000000000010"), (1234567890, "P0000014SC0PJ"), (LARGEST, "P" + "Z" * 12)],
)
def test_the_written_form_is_crockfords_base_32(number: int, text: str):
    assert format_person_id(PersonId(number)) == text


@pytest.mark.parametrize("text", ["p0000014sc0pj", " P0000-014S-C0PJ ", "POOOOOI4SCOPJ", "P00000L4SC0PJ"])
def test_ids_copied_by_hand_are_understood(text: str):
    assert parse_person_id(text) == 1234567890


@pytest.mark.parametrize(
    "text", ["", "P", "0000014SC0PJ", "P0000014SC0P", "P0000014SC0PJ0", "P0000014SC0PU", "P000000000000"]
)
def test_anything_else_is_a_problem(text: str):
    problem = parse_person_id(text)
    assert isinstance(problem, Problem)
    assert problem.code == "id.not_a_person"


def test_the_problem_does_not_repeat_a_mobile_number():
    assert "13800138000" not in str(parse_person_id("13800138000"))


@pytest.mark.parametrize("number", [0, -1, LARGEST + 1])
def test_a_number_that_is_no_person_id_is_our_bug(number: int):
    with pytest.raises(InternalError, match="60-bit"):
        format_person_id(PersonId(number))
