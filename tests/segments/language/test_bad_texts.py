"""The answers to bad and doubtful texts, row by row (reliability.md 7.3)."""

import time

import pytest

from quanyu.errors import Severity
from quanyu.segments.language import read_rule
from segments.language.rows import ERRORS, VALID, WARNINGS
from segments.language.words import VOCABULARY


@pytest.mark.parametrize(("row", "text", "code", "message"), ERRORS, ids=lambda value: str(value)[:30])
def test_bad_text_is_refused_with_its_code_and_words(row: str, text: str, code: str, message: str) -> None:
    rule, problems = read_rule(text, VOCABULARY)
    assert rule is None
    first = problems[0]
    assert (first.code, first.severity) == (code, Severity.ERROR), (row, problems)
    assert message in (first.message, first.remedy, f"{first.message} {first.remedy}"), (row, first)


@pytest.mark.parametrize(("row", "text", "code", "message"), WARNINGS, ids=lambda value: str(value)[:30])
def test_doubtful_text_is_taken_with_a_warning(row: str, text: str, code: str, message: str) -> None:
    rule, problems = read_rule(text, VOCABULARY)
    assert rule is not None, (row, problems)
    assert [(one.code, one.severity, one.message) for one in problems] == [(code, Severity.WARNING, message)], row


@pytest.mark.parametrize(("row", "text"), VALID)
def test_strange_but_valid_text_is_taken_without_a_word(row: str, text: str) -> None:
    rule, problems = read_rule(text, VOCABULARY)
    assert rule is not None, row
    assert problems == (), row


def test_all_problems_are_told_at_once_in_the_order_of_the_text() -> None:
    _, problems = read_rule('citi = "a" and age > "18" or tier = "Glod" and orders.count(90)', VOCABULARY)
    assert [problem.code for problem in problems] == ["seg.unknown_name", "seg.type", "seg.enum", "seg.unit"]
    assert [problem.where.column for problem in problems] == [1, 22, 37, 61]


def test_a_place_in_a_text_of_several_lines_has_line_and_column() -> None:
    _, (problem,) = read_rule("age > 18\nand city =", VOCABULARY)
    assert problem.message == 'Line 2, column 11: a value is missing after "=".'
    assert (problem.where.line, problem.where.column) == (2, 11)


@pytest.mark.parametrize("text", ["(" * 1000 + "age > 1" + ")" * 1000, "age[" * 1000, "f(" * 1000, "not (" * 900])
def test_deep_nesting_is_refused_and_never_a_recursion_error(text: str) -> None:
    _, problems = read_rule(text, VOCABULARY)
    assert problems[0].code == "seg.depth"


def test_twelve_levels_are_taken() -> None:
    rule, problems = read_rule("(" * 12 + "age > 1" + ")" * 12, VOCABULARY)
    assert rule is not None and not problems


def _seconds(text: str) -> float:
    begun = time.process_time()
    read_rule(text, VOCABULARY)
    return time.process_time() - begun


@pytest.mark.parametrize("piece", ["age > 1 and ", "(", '"', "age ", "1,", "orders.sum(a, 9d) / ", "，", "not ", "= "])
def test_reading_takes_linear_time(piece: str) -> None:
    """Ten times the text takes about ten times the time, with much room for a noisy machine."""

    def spent(repeats: int) -> float:
        text = (piece * repeats)[:20_000]
        # The least of some: in a process that holds much, a collection of garbage takes longer than any text.
        return min(_seconds(text) for _ in range(5))

    small = 2_000 // len(piece)
    spent(small)
    assert spent(10 * small) < 40 * max(spent(small), 0.002)
