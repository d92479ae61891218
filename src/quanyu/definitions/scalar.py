"""What an unquoted scalar means: text, whole number, decimal, true, false, nothing, or a trap that must be quoted.

YAML readers disagree about `NO`, `22:00`, `0123`, `1e3` and their like.  Here they are problems with a remedy, so no
reader can take them for something else (`docs/decisions/0010-strict-yaml.md`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from quanyu.errors import Problem, Where

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")
_KEY_WITH_FULL_WIDTH_COLON = re.compile(r"[a-z_][a-z0-9_]*：")
_FULL_WIDTH_NUMBER = re.compile(r"[０-９][０-９．，]*")
_LONGEST_HINT = 40

SMART_QUOTES = "“”‘’＂＇"
_FULL_WIDTH_BRACKETS = "［｛"
BLANKS = "\u3000\u00a0\u2002\u2003\u2009\u200b\ufeff"
"""Blanks that are not spaces: full-width, no-break, thin, zero-width."""


def _ask_for_quotes(text: str) -> str:
    return f'Put it in quotes if it is text: "{text}".'


def _quote_id(text: str) -> str:
    return f'Quote this id: "{text}".'


def _write_number(text: str) -> str:
    try:
        number = Decimal(text.replace("_", "").replace(",", "").rstrip("%"))
    except InvalidOperation:
        return _ask_for_quotes(text)
    if text.endswith("%"):
        number /= 100
    if not -20 <= number.adjusted() <= 20:
        return "Write the number out, or put it in quotes if it is text."
    plain = f"{number.normalize():f}"
    return f'Write {plain}, or put it in quotes if it is text: "{text}".'


@dataclass(frozen=True, slots=True)
class _Trap:
    """A form of unquoted scalar that is refused: its pattern, the code, what is wrong, and how the remedy is made."""

    pattern: re.Pattern[str]
    code: str
    message: str
    remedy: Callable[[str], str]


def _trap(pattern: str, message: str, remedy: Callable[[str], str], code: str = "config.type") -> _Trap:
    return _Trap(re.compile(pattern), code, message, remedy)


_TRAPS = (
    _trap(
        r"(?i:yes|on|true)",
        "{} is read as true by some programs and as text by others.",
        lambda text: f'Write true, or put it in quotes if it is text: "{text}".',
    ),
    _trap(
        r"(?i:no|off|false)",
        "{} is read as false by some programs and as text by others; false is not text.",
        lambda text: f'Write false, or put it in quotes if it is text: "{text}".',
    ),
    _trap(r"(?i:null)", "{} is not the word for nothing.", lambda text: f'Write null, or quote it: "{text}".'),
    _trap(
        r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?",
        "{} without quotes is read as a number of minutes or seconds by some programs.",
        lambda text: f'Write times in quotes: "{text}".',
        "config.time",
    ),
    _trap(r"[0-9]+(:[0-9]{1,2})+(\.[0-9]*)?", "{} is read as a number by some programs.", _ask_for_quotes),
    _trap(r"[-+]?0[0-9_]+", "{} starts with 0; numbers do not.", lambda text: f'Quote codes: "{text}".'),
    _trap(r"[-+]?0[oOxXbB][0-9A-Fa-f_]+", "{} is read as a number by some programs.", _quote_id),
    _trap(r"[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?", "{} holds underscores.", _write_number),
    _trap(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+", "{} is written with an exponent.", _write_number),
    _trap(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)%", "{} is neither a number nor text.", _write_number),
    _trap(r"[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", "{} holds thousands separators.", _write_number),
    _trap(
        r"[-+]?\.(?i:inf|nan)",
        "{} is not a finite number.",
        lambda _: "Must be a finite number.",
        "config.number",
    ),
    _trap(r"-?[0-9]{19,}", "{} has more than 18 digits.", lambda text: "Put ids and codes in quotes."),
    _trap(r"\+[0-9]+(\.[0-9]+)?|[-+]?(\.[0-9]+|[0-9]+\.)", "{} is an unusual way to write a number.", _write_number),
    _trap(r"[-+]?[0-9]+\.[0-9]+", "{} is an unusual way to write a number.", _ask_for_quotes),
)


def read_plain(text: str, where: Where, in_flow: bool) -> tuple[str | int | float | bool | None, Problem | None]:
    """Return what an unquoted scalar means and the problem with it, if any; a refused scalar is returned as text.

    `in_flow` says that it stands inside `[…]` or `{…}`.
    """
    if text in ("", "~", "null"):
        return None, None
    if text in ("true", "false"):
        return text == "true", None
    if _WHOLE.fullmatch(text):
        return int(text), None
    if _DECIMAL.fullmatch(text):
        return float(text), None
    return text, _full_width(text, where, in_flow) or _bad_date(text, where) or _trapped(text, where)


def _trapped(text: str, where: Where) -> Problem | None:
    for trap in _TRAPS:
        if trap.pattern.fullmatch(text):
            shown = text if len(text) <= _LONGEST_HINT else text[:_LONGEST_HINT] + "…"
            return Problem(trap.code, trap.message.format(shown), trap.remedy(shown), where)
    return None


def _bad_date(text: str, where: Where) -> Problem | None:
    found = _DATE.match(text)
    if found is None:
        return None
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return Problem("config.date", f"{found[0]}: no such day.", "Write an existing day, or quote it as text.", where)
    return None


def _full_width(text: str, where: Where, in_flow: bool) -> Problem | None:
    if text[0] in SMART_QUOTES:
        return Problem("yaml.fullwidth", f"Curved quote {text[0]} found.", "Use straight quotes.", where)
    if text[0] in _FULL_WIDTH_BRACKETS:
        return Problem("yaml.fullwidth", f'Full-width "{text[0]}" found.', "Use [ ] and { }.", where)
    if text[0] in BLANKS:
        return Problem("yaml.fullwidth", "A full-width or invisible blank found.", "Use ordinary spaces.", where)
    if _KEY_WITH_FULL_WIDTH_COLON.match(text):
        return Problem(
            "yaml.fullwidth",
            'Full-width "：" found.',
            'Use ":" and a space; if this is text, put it in quotes.',
            where,
        )
    if in_flow and "，" in text:
        return Problem(
            "yaml.fullwidth", 'Full-width "，" found in a list.', 'Use ","; if this is text, put it in quotes.', where
        )
    if _FULL_WIDTH_NUMBER.fullmatch(text):
        return Problem("yaml.fullwidth", "Full-width digits found.", "Use the digits 0-9.", where)
    return None
