"""Segments put into a file as text: the data are those of both, every comment and everything else stays."""

from hypothesis import given
from hypothesis import strategies as st

from quanyu.definitions.segment_saved import merged_text
from quanyu.definitions.strict_yaml import parse_yaml
from quanyu.errors import Problem

OWN = """# Ours.

# Anna asked for it.
a:
  label: {zh: 甲, en: a}  # short
  rule: {did: {what: order}}

# The one after.
b:
  label:
    zh: 乙
    # inside
    en: b
  rule:
    all:
    - did: {what: order}
# The end.
"""
NEW = """# Not of b.

# Why b changed.
b: {label: {zh: 丙, en: c}, rule: {did: {what: event}}}
# Why c is new.
c:
  label: {zh: 丁, en: c}
  rule: {segment: b}
"""


def merged(current: str, new: str) -> str | Problem:
    document, problems = parse_yaml(new.encode(), "new.yaml")
    assert document is not None and problems == []
    return merged_text(current, document, new, "own.yaml")


def test_what_is_not_replaced_stays_with_its_comments() -> None:
    assert merged(OWN, NEW) == OWN.split("b:\n")[0] + (
        "b: {label: {zh: 丙, en: c}, rule: {did: {what: event}}}\n"
        "# The end.\n"
        "# Why c is new.\n"
        "c:\n  label: {zh: 丁, en: c}\n  rule: {segment: b}\n"
    )
    assert merged("", NEW) == NEW.removeprefix("# Not of b.\n\n")


def test_json_is_written_as_yaml_and_a_file_in_braces_is_not_changed() -> None:
    text = merged(OWN, '{"c": {"label": {"zh": "丁", "en": "c: d"}, "rule": {"persons": [1, 2]}}}')
    assert isinstance(text, str)
    assert text.startswith(OWN)
    data, _ = parse_yaml(text.encode(), "own.yaml")
    assert data is not None
    assert data.data["c"]["rule"] == {"persons": (1, 2)}
    found = merged("{a: {x: 1}, b: {x: 2}}\n", NEW)
    assert isinstance(found, Problem)
    assert found.code == "segment.layout"


NAMES = st.lists(st.sampled_from("abcdef"), unique=True, max_size=5)
PIECES = st.sampled_from(["", "\n", "# note\n", "\n\n# two\n# lines\n"])

BODIES = st.sampled_from([" {x: [1]}", "\n  x:\n  - 1\n  # inside", '\n  x: "# no comment"', " |\n  # text\n\n  b"])


@st.composite
def files(draw: st.DrawFn, word: str) -> str:
    """Definitions by name with comments and blank lines anywhere between them."""
    text = draw(PIECES)
    for name in draw(NAMES):
        text += f"{name}:{draw(BODIES).replace('x', word)}\n{draw(PIECES)}"
    return text


@given(files("old"), files("new"))
def test_the_data_are_those_of_both_and_no_comment_of_the_file_between_names_is_lost(old: str, new: str) -> None:
    given_, _ = parse_yaml(new.encode(), "new.yaml")
    before, _ = parse_yaml(old.encode(), "own.yaml")
    if given_ is None or (before is None and old.strip()):
        return
    text = merged_text(old, given_, new, "own.yaml")
    assert isinstance(text, str), (old, new)
    found, problems = parse_yaml(text.encode(), "own.yaml")
    assert problems == []
    assert found is not None
    assert found.data == {**(before.data if before is not None else {}), **given_.data}
    kept = [line for line in text.splitlines() if line.startswith("#")]
    for line in {line for line in old.splitlines() if line.startswith("#")}:
        assert kept.count(line) >= old.splitlines().count(line)
