"""Every failure quanyu reports: exceptions with a stable code, and `Problem`, an error as a value.

Three owners of a failure decide the class: the user's (`UserError`, carries problems to repair), ours
(`InternalError`, a bug) and the world's (`ExternalError`, says whether to retry).  Functions that check many things
return a list of `Problem` so that all of them are shown at once; they never raise for bad input.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad a problem is: `ERROR` refuses the object it names, `WARNING` accepts it and says what was done."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a problem; parts that do not apply are None.

    `file` is relative to the workspace, `line` and `column` count from 1, `row` is the record number inside a data
    file (1 = first data row), `field` is a column or key path.
    """

    file: str | None = None
    line: int | None = None
    column: int | None = None
    row: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        place = self.file or ""
        if self.line is not None:
            place += f":{self.line}" if place else f"line {self.line}"
            if self.column is not None:
                place += f":{self.column}"
        if self.row is not None and self.line is None:
            place += f" row {self.row}"
        if self.field:
            place += f' "{self.field}"'
        return place.strip()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what a user gave us, as a value.

    `code` is stable and dotted (`csv.empty`, `config.unknown_key`); `message` says what is wrong in one sentence;
    `remedy` says what to do.  Values of personal fields never appear in either.
    """

    code: str
    message: str
    remedy: str = ""
    where: Where = field(default_factory=Where)
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.where}: " if str(self.where) else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{place}{self.message}{remedy} [{self.code}]"

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as JSON-ready keys: code, severity, message, remedy, file, line, column, row, field."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "remedy": self.remedy,
            "file": self.where.file,
            "line": self.where.line,
            "column": self.where.column,
            "row": self.where.row,
            "field": self.where.field,
        }


class QuanyuError(Exception):
    """Base of everything quanyu raises on purpose; `exit_code` is what the command line returns for it."""

    exit_code = 1


class UserError(QuanyuError):
    """Something the user gave us is wrong; carries every problem found, never only the first."""

    exit_code = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @property
    def code(self) -> str:
        """Return the code of the first problem."""
        return self.problems[0].code if self.problems else "user.error"


class InternalError(QuanyuError):
    """A bug of ours: a promise between two parts of quanyu was broken."""

    exit_code = 70


class ExternalError(QuanyuError):
    """A database, a disk or another system failed; `retry` says whether trying again can help."""

    exit_code = 75

    def __init__(self, message: str, *, code: str = "external.failed", retry: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retry = retry


def raise_if_errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Raise `UserError` with all problems if one of them is an error; otherwise return the warnings."""
    found = tuple(problems)
    if any(problem.severity is Severity.ERROR for problem in found):
        raise UserError(found)
    return found


def nearest(name: str, known: Sequence[str]) -> str | None:
    """Return the known name most like `name`, or None when none is near; for "did you mean" remedies."""
    lowered = {candidate.casefold(): candidate for candidate in known}
    hits = difflib.get_close_matches(name.casefold(), list(lowered), n=1, cutoff=0.6)
    return lowered[hits[0]] if hits else None


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Return `Did you mean "x"?` for the nearest known name, or the empty text."""
    hit = nearest(name, known)
    return f'Did you mean "{hit}"?' if hit else ""
