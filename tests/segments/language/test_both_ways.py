"""Rule → text → rule is the same rule; text → rule → text is stable; every rule has a sentence in both languages."""

from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.config import Language
from quanyu.definitions.segment_rule import RuleShape
from quanyu.errors import Severity
from quanyu.segments.language import read_rule, say_rule, write_rule
from segments.language.words import LEAVES, RULES, VOCABULARY


@given(RULES)
@settings(max_examples=100)
def test_a_rule_written_as_text_reads_back_to_the_same_rule(rule: RuleShape) -> None:
    written = write_rule(rule, VOCABULARY)
    assert written.text is not None, written.missing
    read, problems = read_rule(written.text, VOCABULARY)
    assert [problem for problem in problems if problem.severity is Severity.ERROR] == []
    assert read == rule, written.text


@given(RULES)
def test_the_text_of_a_text_is_the_same_text(rule: RuleShape) -> None:
    text = write_rule(rule, VOCABULARY).text or ""
    again, _ = read_rule(f"((  {text}))", VOCABULARY)
    assert again is not None
    assert write_rule(again, VOCABULARY).text == text


def test_a_group_of_one_is_written_as_its_part() -> None:
    leaf = {"attribute": {"name": "age", "at_least": 18}}
    rule = RuleShape.model_validate({"any": ({"all": (leaf,)},)})
    assert write_rule(rule, VOCABULARY).text == "age >= 18"


def test_what_has_no_text_is_said_by_name() -> None:
    rule = RuleShape.model_validate(
        {"all": ({"order": {"days": 2000}}, {"attribute": {"name": "gone", "known": True}})}
    )
    written = write_rule(rule, VOCABULARY)
    assert written.text is None
    assert written.missing == (
        "a window of 2000 days, which is longer than 1095",
        'attribute "gone", which is not known',
    )


def test_without_stands_between_two_steps() -> None:
    for text in (
        "sequence(without: events, orders, lines, within: 9d)",
        "sequence(orders, without: events, without: lines, lines, within: 9d)",
        "sequence(orders, lines, without: events, within: 9d)",
    ):
        _, problems = read_rule(text, VOCABULARY)
        assert [(one.code, one.message) for one in problems] == [
            ("seg.syntax", "`without` stands once between two steps.")
        ], text


def test_a_window_is_said_once() -> None:
    for window in ("months: 3, weeks: 2", "months: 3, 9d", "ago: 3", "this: month, this: week", "9d, ago: 2"):
        _, problems = read_rule(f"orders.count({window})", VOCABULARY)
        assert [one.code for one in problems] == ["seg.syntax"], window
    wrong = {"months: 0": "range", "months: 121": "range", "this: moth": "enum", "years: 1d": "range"}
    for window, code in wrong.items():
        _, problems = read_rule(f"orders.count({window})", VOCABULARY)
        assert [one.code for one in problems] == [f"seg.{code}"], window


@given(RULES)
def test_every_rule_has_a_sentence_in_both_languages(rule: RuleShape) -> None:
    chinese = say_rule(rule, VOCABULARY, Language.ZH)
    english = say_rule(rule, VOCABULARY, Language.EN)
    assert chinese.endswith("。") and english.startswith("Persons ") and english.endswith(".")
    assert "None" not in chinese + english


@given(LEAVES, LEAVES)
@settings(max_examples=100)
def test_different_leaves_have_different_sentences(one: RuleShape, other: RuleShape) -> None:
    for language in Language:
        same = say_rule(one, VOCABULARY, language) == say_rule(other, VOCABULARY, language)
        assert same == (one == other), (one, other)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
@settings(max_examples=100)
def test_any_characters_give_a_rule_or_problems(text: str) -> None:
    rule, problems = read_rule(text, VOCABULARY)
    assert (rule is None) == any(problem.severity is Severity.ERROR for problem in problems)
    assert all(problem.code.startswith("seg.") and problem.message for problem in problems)


PIECES = (
    "and or not ( ) [ ] , . .. : = != > >= < <= - + / * in is set empty contains starts_with null between orders event "
    'activity relation consent reach count sum ever line age city tier spend birthday joined member "Gold" "02-29" "x" '
    "lines events first last sequence tag stage changed segment sample sum avg distinct net qty channel day "
    'within : gap without months this month ago "pay_success" "5r" "r1" "heavy" "plain" from until 2026-02-01 '
    "“y” 90d 4w 3m 5000d 18 12.34 1e3 2026-01-31 2026-02-30 且 或 非 （ ， ＞ ; ` \u200b"
).split(" ")


@given(st.lists(st.sampled_from(PIECES), max_size=25))
@settings(max_examples=100)
def test_any_words_of_the_language_give_a_rule_or_problems(words: list[str]) -> None:
    for text in (" ".join(words), "".join(words)):
        rule, problems = read_rule(text, VOCABULARY)
        assert (rule is None) == any(problem.severity is Severity.ERROR for problem in problems), text
        if rule is not None:
            written = write_rule(rule, VOCABULARY).text
            assert written is not None
            assert read_rule(written, VOCABULARY)[0] == rule, text
