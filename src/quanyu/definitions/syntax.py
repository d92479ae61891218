"""Turns bytes into text, and a parser's refusal into a problem a retailer's analyst can act on."""

import re
from collections.abc import Sequence

from ruamel.yaml.error import MarkedYAMLError

from quanyu.errors import Problem, Where

_MARKS = ((b"\xef\xbb\xbf", "a byte-order mark"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
_FULL_WIDTH_COLON = re.compile(r"""\s*(?:-\s+)*[^\s"'#：:\[{]+：""")
_SMART_QUOTE = re.compile(r"""[^"'#]*(?::\s+|-\s+|[\[{,]\s*)[“”‘’]""")
_NO_SPACE = re.compile(r"""\s*(?:-\s+)*[A-Za-z_][\w.-]*:(?!//)[^\s:]""")
_NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# YAML counts these as line ends; editors do not, so line numbers would drift apart.
_ODD_LINE_ENDS = re.compile("\x85|\u2028|\u2029|\r(?!\n)")


def decode(content: bytes, file: str) -> tuple[str, Problem | None]:
    """Return the text of UTF-8 bytes, or the problem: another encoding, a byte-order mark, control characters."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            message = f"The file starts with {name}."
            return "", Problem("yaml.encoding", message, "Save as UTF-8 without byte-order mark.", Where(file, 1))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"Line {line} is not UTF-8 text."
        return "", Problem("yaml.encoding", message, "Save as UTF-8.", Where(file, line))
    for pattern, what in ((_NOT_TEXT, "a control character"), (_ODD_LINE_ENDS, "an unusual line end")):
        found = pattern.search(text)
        if found is not None:
            line = text.count("\n", 0, found.start()) + 1
            message = f"Line {line} holds {what} (U+{ord(found[0]):04X})."
            return "", Problem("yaml.encoding", message, "Remove it and save as UTF-8.", Where(file, line))
    return text, None


def find_directive(lines: Sequence[str], file: str) -> Problem | None:
    """Return the problem of a `%YAML` or `%TAG` line before the content; the parser would let it change the rules."""
    for number, line in enumerate(lines):
        if line.startswith("%"):
            message = "Directives (%…) are not supported."
            return Problem("yaml.syntax", message, "Remove the line.", Where(file, number + 1))
        if line.strip() and not line.lstrip().startswith("#"):
            return None
    return None


def looks_like_missing_space(lines: Sequence[str], first: int, last: int, file: str) -> Problem | None:
    """Return the problem of the first line (from 0, both ends in) with full-width marks or `key:value`."""
    for number in range(max(first, 0), min(last, len(lines) - 1) + 1):
        line, where = lines[number], Where(file, number + 1)
        if _FULL_WIDTH_COLON.match(line):
            return Problem("yaml.fullwidth", 'Full-width "：" found.', 'Use ":" and a space.', where)
        if _SMART_QUOTE.match(line):
            return Problem("yaml.fullwidth", "Curved quotes found.", "Use straight quotes.", where)
        if _NO_SPACE.match(line):
            return Problem("yaml.syntax", "No space after a colon.", 'Put a space after ":".', where)
    return None


def explain_syntax(error: Exception, file: str, lines: Sequence[str]) -> Problem:
    """Return the problem of a parser's error: its most likely cause, its line and column, and the remedy."""
    if not isinstance(error, MarkedYAMLError):
        return Problem("yaml.syntax", "This is not valid YAML.", "Check escapes and quotes.", Where(file))
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    start = error.context_mark.line if error.context_mark is not None else line
    if "quoted scalar" in str(error.context) and "unexpected" in str(error.problem):
        opened = Where(file, error.context_mark.line + 1, error.context_mark.column + 1)
        return Problem("yaml.syntax", "A quote opened here is not closed.", "Close the quote.", opened)
    if _has_leading_tab(lines, line) or "'\\t'" in str(error.problem):
        return Problem("yaml.tab", "A tab stands where spaces must.", "Use spaces, not tabs.", Where(file, line + 1))
    hint = looks_like_missing_space(lines, max(start, line - 3), line, file)
    if hint is not None:
        return hint
    message, remedy = _in_words(str(error.problem))
    return Problem("yaml.syntax", message, remedy, Where(file, line + 1, column + 1))


def _has_leading_tab(lines: Sequence[str], number: int) -> bool:
    line = lines[number] if number < len(lines) else ""
    return "\t" in line[: len(line) - len(line.lstrip())]


_WORDS = (
    ("mapping values are not allowed", 'A ":" is not expected here.', "Check the indentation, or quote the text."),
    ("sequence entries are not allowed", 'A "-" is not expected here.', "Start lists on a new line."),
    ("cannot start any token", "A value may not start with this character.", "Put the value in quotes."),
    ("could not find expected ':'", "A key without a value.", 'Write "key: value".'),
    ("unknown escape", "An unknown escape in a quoted text.", r"Write \\ for a backslash, or use single quotes."),
    ("<block end>", "The structure breaks here.", "Check the indentation of this line."),
    ("expected ',' or", "A bracket is not closed, or a comma is missing.", "Close the bracket."),
    ("undefined alias", "Anchors and aliases are not allowed.", "Write the value out."),
)


def _in_words(problem: str) -> tuple[str, str]:
    for fragment, message, remedy in _WORDS:
        if fragment in problem:
            return message, remedy
    return "This is not valid YAML.", "Check indentation, quotes and brackets near here."
