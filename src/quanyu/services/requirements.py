"""The requirements register: what quanyu is asked to do, in what state it is, and which tests prove it.

The register is `docs/requirements.yaml` of the repository.  Reading it checks its shape only; `check_requirements`
checks its promises: no id missing or twice, every proof there, every state defended.
"""

import ast
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from quanyu.definitions.check import check_shape
from quanyu.definitions.document import Document
from quanyu.definitions.shape import Names, Shape, Text
from quanyu.definitions.strict_yaml import read_yaml
from quanyu.errors import Problem, Where, did_you_mean

State = Literal["done", "partly", "planned", "not_ours"]
STATES: tuple[State, ...] = ("done", "partly", "planned", "not_ours")

_REFERENCE = re.compile(r"[ME]-\d{2}[a-z]?")


class Title(Shape):
    """A requirement in a few words of ours, in both languages."""

    zh: Text
    en: Text


class Requirement(Shape):
    """One requirement, named as in the domain reference.

    `issue` is the issue that finishes it, or `later`.  `metrics` names definitions (M-nn) and worked examples (E-nn).
    `proof` lists tests (`tests/x/test_y.py::test_z`) or files, relative to the repository; empty while nothing is
    proved.  `reason` says what is missing (partly) or why it is not ours; empty where neither applies.
    """

    id: Text
    group: Text
    title: Title
    state: State
    issue: int | Literal["later"]
    metrics: Names = ()
    proof: Names = ()
    reason: str = ""


class Register(Shape):
    """The register as written: all requirements in the order of the domain reference."""

    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class GroupScore:
    """How many requirements of a group stand in each state."""

    group: str
    done: int
    partly: int
    planned: int
    not_ours: int

    @property
    def total(self) -> int:
        """Return the number of requirements of the group."""
        return self.done + self.partly + self.planned + self.not_ours


def load_requirements(path: Path) -> tuple[list[Requirement], list[Problem]]:
    """Return the requirements of a register file, in its order, and every problem of its shape with file and line.

    The list is empty when the file cannot be read as a register.  Whether its promises hold is asked of
    `check_requirements`.
    """
    document, problems = read_yaml(path, path.name)
    if document is None:
        return [], problems
    register, more = check_shape(Register, document, problems)
    problems = [*problems, *more]
    if register is None:
        return [], problems
    found = list(register.requirements)
    return found, [*problems, *_check_entries(found, document)]


def check_requirements(requirements: Sequence[Requirement], expected: Sequence[str], root: Path) -> list[Problem]:
    """Return every promise of the register that does not hold.

    `expected` are the ids that must be there, each once; `root` is the repository, against which proofs are looked up:
    the file must exist and, for `file::name`, hold a function or class of that name (`file::Class::name` works too).
    """
    problems = _check_ids([requirement.id for requirement in requirements], expected)
    for requirement in requirements:
        problems += _check_state(requirement)
        problems += [
            Problem("requirement.proof_missing", f"{requirement.id}: {reason}", "Name a test that exists.", _at(proof))
            for proof in requirement.proof
            if (reason := _why_no_proof(proof, root))
        ]
    return problems


def score(requirements: Iterable[Requirement]) -> list[GroupScore]:
    """Return the counts per group, groups in the order of the register."""
    counts = Counter((requirement.group, requirement.state) for requirement in requirements)
    groups = dict.fromkeys(group for group, _ in counts)
    return [GroupScore(group, *(counts[group, state] for state in STATES)) for group in groups]


def score_table(scores: Sequence[GroupScore]) -> str:
    """Return the score as plain text for a terminal: one line per group, then the total."""
    total = GroupScore(
        "total",
        sum(score.done for score in scores),
        sum(score.partly for score in scores),
        sum(score.planned for score in scores),
        sum(score.not_ours for score in scores),
    )
    head = ("group", *STATES, "total")
    rows = [
        (line.group, *map(str, (line.done, line.partly, line.planned, line.not_ours, line.total)))
        for line in (*scores, total)
    ]
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    lines = [_line(cells, widths) for cells in (head, *rows)]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    return "  ".join([first, *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))])


def _check_entries(requirements: Sequence[Requirement], document: Document) -> list[Problem]:
    problems = []
    for position, requirement in enumerate(requirements):
        where = document.where("requirements", position)
        if requirement.id.rsplit("-", 1)[0] != requirement.group:
            message = f"{requirement.id} does not belong to the group {requirement.group}."
            problems.append(Problem("requirement.group", message, "The group is the part before the dash.", where))
        strange = [name for name in requirement.metrics if not _REFERENCE.fullmatch(name)]
        if strange:
            message = f"{requirement.id} refers to {', '.join(strange)}."
            problems.append(Problem("requirement.metric", message, "Write M-nn or E-nn.", where))
        if not any(unicodedata.category(letter) == "Lo" for letter in requirement.title.zh):
            message = f'The Chinese title of {requirement.id}, "{requirement.title.zh}", holds no Chinese.'
            problems.append(Problem("requirement.title", message, "Write it in Chinese.", where))
    return problems


def _check_ids(ids: Sequence[str], expected: Sequence[str]) -> list[Problem]:
    problems = []
    for name, times in Counter(ids).items():
        if name not in expected:
            message = f"{name} is not a requirement."
            problems.append(Problem("requirement.unknown", message, did_you_mean(name, expected), _at(name)))
        if times > 1:
            problems.append(Problem("requirement.twice", f"{name} stands {times} times.", "Keep one.", _at(name)))
    present = set(ids)
    problems += [
        Problem("requirement.missing", f"{name} is not in the register.", "Add it.", _at(name))
        for name in expected
        if name not in present
    ]
    return problems


def _check_state(requirement: Requirement) -> list[Problem]:
    problems = []
    name, state = requirement.id, requirement.state
    if state in ("done", "partly") and not requirement.proof:
        message = f"{name} is {state} without proof."
        problems.append(Problem("requirement.unproved", message, "Name the tests that show it.", _at(name)))
    if state in ("partly", "not_ours") and not requirement.reason.strip():
        message = f"{name} is {state} without a reason."
        remedy = "Say what is missing." if state == "partly" else "Say why."
        problems.append(Problem("requirement.no_reason", message, remedy, _at(name)))
    if state == "planned" and requirement.proof:
        message = f"{name} has proof but is planned."
        problems.append(Problem("requirement.state", message, "Make it partly or done.", _at(name)))
    return problems


def _at(name: str) -> Where:
    return Where(field=name)


def _why_no_proof(proof: str, root: Path) -> str:
    """Return why a proof does not hold, or the empty text."""
    name, *inner = proof.split("::")
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.exists():
        return f"{name} does not exist."
    if not inner:
        return ""
    if path.suffix != ".py" or not path.is_file():
        return f"{name} is not a Python file, so {inner[-1]} cannot be in it."
    # A parametrised test is named by its function: `test_x[case]` is `test_x`.
    wanted = [part.split("[", 1)[0] for part in inner]
    return "" if _holds(ast.parse(path.read_text(encoding="utf-8")), wanted) else f"{name} holds no {inner[-1]}."


def _holds(node: ast.AST, wanted: Sequence[str]) -> bool:
    """Return whether the definitions named one inside the other stand in the node's body."""
    if not wanted:
        return True
    return any(
        isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and child.name == wanted[0]
        and _holds(child, wanted[1:])
        for child in ast.iter_child_nodes(node)
    )
