from hypothesis import given
from hypothesis import strategies as st

from quanyu.definitions import parse_yaml
from quanyu.definitions.written import yaml_text

LETTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"))
# The loader trims outer blanks.
TEXTS = st.text(LETTERS, min_size=1, max_size=20).map(str.strip).filter(bool)
VALUES = st.one_of(
    TEXTS, st.lists(TEXTS, min_size=1, max_size=3), st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=3)
)


@given(st.dictionaries(st.from_regex("[a-z]{1,5}", fullmatch=True), VALUES, min_size=1, max_size=4))
def test_what_is_written_is_read_back(value: dict[str, object]):
    document, problems = parse_yaml(yaml_text(value).encode(), "x.yaml")
    assert document is not None, problems
    assert {key: _plain(part) for key, part in document.data.items()} == value


def test_texts_that_look_like_something_else_stay_texts():
    value = {"a": ["22:00", "NO", "0x1", "1_000", "=1", "null", "1.5", "true", "2026-01-01", "~", ""]}
    document, problems = parse_yaml(yaml_text(value).encode(), "x.yaml")
    assert document is not None, problems
    assert list(document.data["a"]) == value["a"]


def _plain(part: object) -> object:
    if isinstance(part, tuple):
        return list(part)
    return dict(part) if hasattr(part, "items") else part
