"""Both languages say the same things."""

import re

import pytest

from quanyu.config import Language
from quanyu.errors import InternalError
from quanyu.report.definitions import DEFINITIONS
from quanyu.report.messages import fill, load_messages
from report.shop import shop

ZH, EN = load_messages(Language.ZH), load_messages(Language.EN)


def test_both_languages_have_the_same_keys():
    assert ZH.keys() ^ EN.keys() == set()


def test_both_languages_fill_the_same_places():
    def places(text):
        return set(re.findall(r"\{(\w+)\}", text))

    assert [key for key in ZH if places(ZH[key]) != places(EN[key])] == []


@pytest.mark.parametrize("messages", [ZH, EN])
def test_every_definition_has_a_name_and_a_formula(messages):
    assert [name for name in DEFINITIONS if f"terms.{name}" not in messages] == []
    assert [name for name in DEFINITIONS if f"definitions.{name}.formula" not in messages] == []
    described = {key.split(".")[1] for key in messages if key.startswith("definitions.")}
    assert described == DEFINITIONS.keys()


@pytest.mark.parametrize("messages", [ZH, EN])
def test_every_check_of_the_data_has_a_name(messages):
    codes = set(shop().rows_of("data_quality")["check_code"].to_pylist())
    assert codes
    assert {code for code in codes if f"checks.{code}" not in messages} == set()


def test_chinese_sentences_use_full_width_punctuation():
    faults = [key for key, text in ZH.items() if re.search(r"[一-鿿][,;:?!()]|[,;:?!(][一-鿿]", text)]
    assert [key for key in faults if "P(" not in ZH[key]] == []


def test_english_uses_straight_quotes_and_no_chinese():
    """A curly quote is drawn full-width from a Chinese font."""
    assert [key for key, text in EN.items() if re.search(r"[“”‘’]", text)] == []
    assert [key for key, text in EN.items() if re.search(r"[一-鿿]", text) and key != "other_language"] == []


def test_a_missing_place_is_a_bug_and_text_is_escaped():
    assert fill("a {x} b", {"x": "<i>"}) == "a &lt;i&gt; b"
    with pytest.raises(InternalError, match="lacks"):
        fill("{gone}", {})
