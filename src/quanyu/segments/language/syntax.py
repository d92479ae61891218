"""The typed tree of a text: what was written, before anything is known of the names in it."""

from dataclasses import dataclass
from typing import TypeAlias

from quanyu.segments.language.lexer import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, number, length of time or day; `raw` as written."""

    value: Value
    raw: str
    at: int
    end: int


@dataclass(frozen=True, slots=True)
class Listed:
    """Values in square brackets."""

    items: tuple["Operand", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Between:
    """Two bounds with two dots between them: `90d..30d`, `2026-06-01..2026-06-18`."""

    low: Literal
    high: Literal
    at: int


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call, by name when said: `within: 7d`."""

    name: str | None
    value: "Operand"
    at: int


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a term: a name, the arguments of a call, or a condition in square brackets on what it counts."""

    name: str
    at: int
    arguments: tuple[Argument, ...] | None = None
    where: "Node | None" = None


@dataclass(frozen=True, slots=True)
class Term:
    """Names joined by dots, each with its arguments and condition: `orders[store = "S1"].count(90d)`."""

    steps: tuple[Step, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Null:
    """The word null, which no comparison takes."""

    at: int


Operand: TypeAlias = Literal | Listed | Between | Term | Null


@dataclass(frozen=True, slots=True)
class Comparison:
    """A term that is compared with something, or stands alone: `sign` is empty, a sign, `in` or a word."""

    term: Term
    sign: str
    value: Operand | None
    at: int
    sign_at: int


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined by the same word, `and` or `or`; at least two."""

    word: str
    parts: tuple["Node", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    """A condition turned round."""

    part: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A condition that could not be read; what is wrong was reported."""

    at: int


Node: TypeAlias = Comparison | Group | Not | Broken
