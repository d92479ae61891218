"""How sentences name things: labels in one language, values in quotes, money in the currency of the workspace."""

from collections.abc import Mapping
from dataclasses import dataclass

from quanyu.config import Language
from quanyu.money import currency_sign
from quanyu.segments.language.vocabulary import Noun, Sort, Vocabulary
from quanyu.segments.language.words import Label


def quoted(text: str) -> str:
    """Return a text in quotes; its own are doubled, so that no two lists of texts read the same."""
    return f"“{text.replace('”', '””')}”"


@dataclass(frozen=True, slots=True)
class Naming:
    """Names the things of a vocabulary in one language; what nobody defines any more goes by its code."""

    vocabulary: Vocabulary
    language: Language

    def of(self, label: Label) -> str:
        """Return a label in the language."""
        return label.zh if self.language is Language.ZH else label.en

    def called(self, labels: Mapping[str, Label], code: str) -> str:
        """Return the label of a code, with the code beside it where another thing has the same label."""
        label = labels.get(code)
        if label is None:
            return quoted(code)
        said = self.of(label)
        twins = sum(self.of(one) == said for one in labels.values())
        return said if twins == 1 else f"{said} ({code})"

    def noun(self, nouns: Mapping[str, Noun], code: str) -> tuple[str, Noun | None]:
        """Return what the noun with that code in rules is called, and the noun."""
        by_code = {noun.code: noun for noun in nouns.values()}
        return self.called({one: noun.label for one, noun in by_code.items()}, code), by_code.get(code)

    def value(self, noun: Noun | None, code: str) -> str:
        """Return a value by its label, else as it is, in quotes."""
        if noun is None or code not in noun.values:
            return quoted(code)
        return quoted(self.called(noun.values, code))

    def number(self, bound: int, noun: Noun | None) -> str:
        """Return a number with its thousands apart; money with its sign."""
        if noun is None or noun.sort is not Sort.MONEY:
            return f"{bound:,}"
        currency = self.vocabulary.currency
        whole, part = divmod(abs(bound), currency.minor_per_major)
        cents = f".{part:0{currency.minor_digits}d}" if part else ""
        return f"{'-' if bound < 0 else ''}{currency_sign(currency)}{whole:,}{cents}"
