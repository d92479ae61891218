"""Problems of a text form, each at its line and column in the text."""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from quanyu.errors import Problem, Severity, Where

MAX_SHOWN: Final = 40


@dataclass(slots=True)
class Troubles:
    """Collects what is wrong with one text; `at` is the offset of a character, counted from 0."""

    text: str
    found: list[tuple[int, Problem]] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Remember where lines begin."""
        self._starts = [0, *(at + 1 for at, character in enumerate(self.text) if character == "\n")]

    def add(self, at: int, code: str, message: str, remedy: str = "") -> None:
        """Refuse the text for something at a place."""
        self.found.append((at, Problem(f"seg.{code}", message, remedy, self.where(at))))

    def warn(self, at: int, code: str, message: str, remedy: str = "") -> None:
        """Accept the text, and say how something at a place was understood."""
        self.found.append((at, Problem(f"seg.{code}", message, remedy, self.where(at), Severity.WARNING)))

    def where(self, at: int) -> Where:
        """Return line and column of a place, counted from 1."""
        line = bisect_right(self._starts, at)
        return Where(line=line, column=at - self._starts[line - 1] + 1)

    def place(self, at: int) -> str:
        """Return the place in words: `Column 5`, in a text of several lines `Line 2, column 5`."""
        where = self.where(at)
        return f"Line {where.line}, column {where.column}" if len(self._starts) > 1 else f"Column {where.column}"

    @property
    def refused(self) -> bool:
        """Return whether something is an error."""
        return any(problem.severity is Severity.ERROR for _, problem in self.found)

    def sorted(self) -> tuple[Problem, ...]:
        """Return every problem once, in the order of the text."""
        return tuple(dict.fromkeys(problem for _, problem in sorted(self.found, key=lambda pair: pair[0])))


def shown(text: str) -> str:
    """Return what a person wrote as a message may repeat it: on one line, cut to 40 characters."""
    plain = "".join(character if character.isprintable() else "�" for character in text)
    return plain if len(plain) <= MAX_SHOWN else plain[: MAX_SHOWN - 1] + "…"
