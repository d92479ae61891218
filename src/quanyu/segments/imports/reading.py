"""What the importers share: a rule is built of what can be said here, everything else is listed with place and reason.

A part that cannot be said is left out of the group around it, and the list says whether the group then holds for more
or for fewer persons.  A group of which nothing is left goes the same way.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from quanyu.definitions.segment_rule import RuleShape
from quanyu.errors import Problem, Severity, Where, did_you_mean
from quanyu.segments.language.parser import MAX_DEPTH, MAX_PARTS
from quanyu.segments.language.shapes import rule as node
from quanyu.segments.language.trouble import shown
from quanyu.segments.language.vocabulary import Vocabulary

Path = tuple[str | int, ...]
"""Keys and numbers that lead from the document to a part of it."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A segment of another product: its name, the rule (None: nothing of it can be said), and what was not taken over.

    Of `problems`, errors are parts that the rule goes without; warnings are parts taken over with a difference.
    """

    name: str | None
    rule: RuleShape | None
    problems: tuple[Problem, ...]

    @property
    def is_whole(self) -> bool:
        """Return whether the rule says everything that the other product's does."""
        return self.rule is not None and all(problem.severity is Severity.WARNING for problem in self.problems)


@dataclass(slots=True)
class Reading:
    """One reading of a document: the names known here, theirs → ours where they differ, and what was found wrong."""

    vocabulary: Vocabulary
    names: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    parts: int = 0
    depth: int = 0

    @contextmanager
    def part(self, path: Path) -> Iterator[bool]:
        """Count one part of the document while it is read; say whether it may be, within the limits of a rule."""
        self.parts += 1
        self.depth += 1
        is_allowed = self.depth <= MAX_DEPTH + 1 and self.parts <= MAX_PARTS
        if self.parts == MAX_PARTS + 1:
            self.lose(path, "size", f"More than {MAX_PARTS} parts.", "Make several segments of it.")
        elif self.parts <= MAX_PARTS and not is_allowed:
            self.lose(path, "depth", f"Deeper than {MAX_DEPTH} levels.", "Make segments of its parts.")
        yield is_allowed
        self.depth -= 1

    def lose(self, path: Path, code: str, message: str, remedy: str = "") -> None:
        """List a part that the rule goes without."""
        self.problems.append(Problem(f"import.{code}", message, remedy, Where(field=pointer(path))))

    def differ(self, path: Path, message: str, remedy: str = "") -> None:
        """List a part that was taken over with a difference."""
        where = Where(field=pointer(path))
        self.problems.append(Problem("import.differs", message, remedy, where, Severity.WARNING))

    def group(
        self, word: str, parts: Sequence[tuple[Path, Any]], read: Callable[[Any, Path], RuleShape | None]
    ) -> RuleShape | None:
        """Return the group `all` or `any` of the parts that can be said; None when none of them can."""
        found = [(path, read(part, path)) for path, part in parts]
        kept = tuple(rule for _, rule in found if rule is not None)
        if kept:
            what = "more" if word == "all" else "fewer"
            for path, rule in found:
                if rule is None:
                    message = f"Left out of its group ({word}), which now holds for {what} persons."
                    self.lose(path, "left_out", message, "Say this part by hand.")
        if len(kept) < 2:
            return kept[0] if kept else None
        return node(word, kept)

    def ours(self, theirs: str, known: Sequence[str], what: str, path: Path) -> str | None:
        """Return our name for theirs: as mapped, the same, or the same in snake_case; list it when there is none."""
        wanted = self.names.get(theirs, theirs)
        for name in (wanted, _snake(wanted)):
            if name in known:
                return name
        remedy = did_you_mean(_snake(wanted), known) or "Connect it, or name ours with --name THEIRS=OURS."
        self.lose(path, "unknown_name", f'{what} "{shown(wanted)}" does not exist here.', remedy)
        return None


def negated(rule: RuleShape | None) -> RuleShape | None:
    """Return the rule turned round; None of None."""
    return None if rule is None else node("not", rule)


def pointer(path: Path) -> str:
    """Return a place in a document as a JSON pointer."""
    return "/" + "/".join(str(key).replace("~", "~0").replace("/", "~1") for key in path)


def _snake(name: str) -> str:
    return re.sub(r"[\W_]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)).strip("_").lower()
