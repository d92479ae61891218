"""The text form of segment rules, both ways, and the sentences that say them in Chinese and English.

read_rule(text, vocabulary) -> rule, problems
write_rule(rule, vocabulary) -> Written
say_rule(rule, vocabulary, language) -> str
"""

from quanyu.config import Language
from quanyu.definitions.segment_rule import RuleShape
from quanyu.segments.language.chinese import say_chinese
from quanyu.segments.language.compile import read_rule
from quanyu.segments.language.english import say_english
from quanyu.segments.language.vocabulary import Vocabulary, vocabulary_of
from quanyu.segments.language.write import Written, write_rule

__all__ = ["Vocabulary", "Written", "read_rule", "say_rule", "vocabulary_of", "write_rule"]


def say_rule(rule: RuleShape, vocabulary: Vocabulary, language: Language) -> str:
    """Return the sentence that says a rule; what no definition names any more goes by its code."""
    return say_chinese(rule, vocabulary) if language is Language.ZH else say_english(rule, vocabulary)
