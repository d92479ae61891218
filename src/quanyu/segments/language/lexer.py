"""Cuts the text form of a segment rule into tokens, in one pass; full-width signs are forgiven with a warning.

tokens_of('orders.count(90d) >= 2', troubles) -> [Token(NAME, "orders"), Token(SIGN, "."), Token(NAME, "count"), …]
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from quanyu.segments.language.trouble import Troubles, shown


class Kind(StrEnum):
    """What a token is."""

    NAME = "name"
    WORD = "word"
    TEXT = "text"
    NUMBER = "number"
    SPAN = "span"
    DATE = "date"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as written: so many days, weeks or months."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


Value = str | int | Decimal | Span | date
"""What a literal holds: text, a whole number, a decimal number, a length of time, a day."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the language: its kind, what it holds, its text as read and where it begins and ends."""

    kind: Kind
    value: Value
    text: str
    at: int
    end: int

    def is_(self, *texts: str) -> bool:
        """Return whether this is one of the words or signs, not a text that looks like it."""
        return self.kind in (Kind.WORD, Kind.SIGN) and self.text in texts


WORDS: Final = frozenset({"and", "or", "not", "in", "is", "set", "empty", "contains", "starts_with", "null"})
"""Words with a meaning of their own; written in any case."""

_CHINESE: Final = {"并且": "and", "且": "and", "或者": "or", "或": "or", "非": "not"}
_INSTEAD: Final = {"==": "=", "<>": "!=", "&&": "and", "||": "or", "!": "not"}
_UNITS: Final = {"天": "d", "周": "w", "个月": "m"}
_MAX_DIGITS: Final = 18

# Full-width forms and Chinese punctuation with a plain twin of the same length.
_PLAIN: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if code != 0xFF02} | {
    ord("、"): ord(","),
    ord("【"): ord("["),
    ord("】"): ord("]"),
}
_FULL_WIDTH: Final = re.compile("[" + "".join(map(chr, _PLAIN)) + "]+")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\["\\])*"')
_SMART: Final = "“”„‟″＂"
_OTHER_QUOTES: Final = _SMART + "'‘’‚‛「」『』"

_TOKEN: Final = re.compile(
    r"""
    (?P<space>[ \t\r\n\u00a0\u3000]+)
  | (?P<comment>/\*.*?(?:\*/|$)|//[^\n]*|--[^\n]*|\#[^\n]*)
  | (?P<text>"(?:[^"\\]|\\["\\])*")
  | (?P<smart>“[^“”"]*[”"])
  | (?P<other>['‘][^'‘’\n]*['’]|「[^」]*」|『[^』]*』)
  | (?P<date>\d{4}-\d{2}-\d{2}(?!\w))
  | (?P<power>\d+(?:\.\d+)?[eE][+-]?\d+\b)
  | (?P<span>\d+(?:[dwm](?![A-Za-z0-9_])|天|周|个月))
  | (?P<number>\d+(?:\.(?!\.)\d*)?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<chinese>并且|且|或者|或|非)
  | (?P<near>[≥≤≠])
  | (?P<instead>==|<>|&&|\|\||!(?!=))
  | (?P<sign>>=|<=|!=|\.\.|[=<>()\[\],.:+\-*/])
  | (?P<bad>.)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_NEAR: Final = {"≥": ">=", "≤": "<=", "≠": "!="}


def tokens_of(text: str, troubles: Troubles) -> list[Token]:
    """Return the tokens of a text, an end last; what is no part of the language is left out and reported."""
    hidden = {at for at, character in enumerate(text) if _is_hidden(character)}
    for at in sorted(hidden):
        message = f"Hidden character at {troubles.place(at).lower()}."
        troubles.add(at, "character", message, "Delete it, or type the text again.")
    plain = _to_plain(text, troubles)
    tokens = list(_cut(plain, hidden, troubles))
    return [*tokens, Token(Kind.END, "", "", len(text), len(text))]


def is_writable(text: str) -> bool:
    """Return whether a text can stand in quotes: without characters that nobody sees."""
    return not any(_is_hidden(character) for character in text)


def _is_hidden(character: str) -> bool:
    return character not in "\t\r\n" and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _to_plain(text: str, troubles: Troubles) -> str:
    """Return the text, as long as it was, with full-width signs outside quotes made plain."""
    pieces = []
    last = 0
    for quoted in [*_QUOTED.finditer(text), None]:
        outside = text[last : quoted.start() if quoted else len(text)]
        for wide in _FULL_WIDTH.finditer(outside):
            read = wide[0].translate(_PLAIN)
            troubles.warn(last + wide.start(), "fullwidth", f'Read "{shown(wide[0])}" as "{shown(read)}".')
        pieces.append(outside.translate(_PLAIN))
        if quoted:
            pieces.append(quoted[0])
            last = quoted.end()
    return "".join(pieces)


def _cut(text: str, hidden: set[int], troubles: Troubles) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        kind, raw, at = match.lastgroup or "bad", match[0], match.start()
        if kind == "space" or (kind == "bad" and at in hidden):
            continue
        if kind == "comment":
            remedy = "Comments are no part of the language; put them into the label of the segment."
            troubles.add(at, "character", f'{troubles.place(at)}: unexpected "{raw[0]}".', remedy)
        elif kind == "bad":
            _refuse(raw, at, troubles)
        else:
            yield _token(kind, raw, at, troubles)


def _refuse(raw: str, at: int, troubles: Troubles) -> None:
    place = troubles.place(at)
    if raw == ";":
        troubles.add(at, "syntax", f'{place}: ";" is not part of the language.', "Join conditions with and, or.")
    elif raw == '"':
        troubles.add(at, "quotes", f"The text that begins at {place.lower()} is not closed.", 'End it with ".')
    elif raw in _OTHER_QUOTES:
        _refuse_quotes(raw, at, troubles)
    elif unicodedata.category(raw) == "Sc" and raw != "$":
        troubles.add(at, "character", f'Remove "{raw}".', "Write the amount alone, in the currency of the workspace.")
    else:
        remedy = 'Put text in straight quotes "…".' if raw.isalpha() else ""
        troubles.add(at, "character", f'{place}: unexpected "{shown(raw)}".', remedy)


def _refuse_quotes(raw: str, at: int, troubles: Troubles) -> None:
    message = f'Use straight quotes "…"; found {raw[0]} at {troubles.place(at).lower()}.'
    troubles.add(at, "quotes", message)


def _token(kind: str, raw: str, at: int, troubles: Troubles) -> Token:
    end = at + len(raw)
    if kind == "text":
        return Token(Kind.TEXT, re.sub(r"\\(.)", r"\1", raw[1:-1], flags=re.DOTALL), raw, at, end)
    if kind in ("smart", "other"):
        _refuse_quotes(raw, at, troubles)
        return Token(Kind.TEXT, raw[1:-1], raw, at, end)
    if kind == "date":
        return Token(Kind.DATE, _day(raw, at, troubles), raw, at, end)
    if kind in ("number", "power", "span"):
        return _number(kind, raw, at, troubles)
    if kind == "name":
        word = raw.lower()
        return Token(Kind.WORD, word, word, at, end) if word in WORDS else Token(Kind.NAME, raw, raw, at, end)
    if kind == "chinese":
        return Token(Kind.WORD, _CHINESE[raw], _CHINESE[raw], at, end)
    return _sign(kind, raw, at, troubles)


def _sign(kind: str, raw: str, at: int, troubles: Troubles) -> Token:
    sign = _NEAR.get(raw) or _INSTEAD.get(raw) or raw
    if kind == "near":
        troubles.warn(at, "fullwidth", f'Read "{raw}" as "{sign}".')
    elif kind == "instead":
        troubles.add(at, "syntax", f'{troubles.place(at)}: "{raw}" is not part of the language.', f'Write "{sign}".')
    return Token(Kind.WORD if sign in WORDS else Kind.SIGN, sign, sign, at, at + len(raw))


def _number(kind: str, raw: str, at: int, troubles: Troubles) -> Token:
    end = at + len(raw)
    digits = re.match(r"\d+", raw)
    whole = digits[0] if digits else ""
    if len(whole.lstrip("0")) > _MAX_DIGITS or len(raw) > 3 * _MAX_DIGITS:
        troubles.add(at, "number", "Number too large.", f"Numbers have at most {_MAX_DIGITS} digits.")
        return Token(Kind.NUMBER, 0, raw, at, end)
    if kind == "span":
        unit = raw[len(whole) :]
        return Token(Kind.SPAN, Span(int(whole), _UNITS.get(unit, unit)), raw, at, end)
    if kind == "power":
        if abs(int(re.split("[eE]", raw)[1])) >= _MAX_DIGITS:
            troubles.add(at, "number", "Number too large.", f"Numbers have at most {_MAX_DIGITS} digits.")
        else:
            troubles.add(at, "number", f"Write {Decimal(raw):f}.")
        return Token(Kind.NUMBER, 0, raw, at, end)
    return Token(Kind.NUMBER, Decimal(raw) if "." in raw else int(raw), raw, at, end)


def _day(raw: str, at: int, troubles: Troubles) -> date:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        troubles.add(at, "date", "No such day.", "Write year-month-day as 2026-03-31.")
        return date.min
