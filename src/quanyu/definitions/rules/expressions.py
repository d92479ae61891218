"""Expressions of definitions over a table of the contracts: read once, checked, with the codes of `config.*`."""

from typing import Final, TypeVar

from quanyu.definitions.catalogue import Definition
from quanyu.definitions.document import Key
from quanyu.definitions.shape import Shape
from quanyu.engine import Kind, parse_expression
from quanyu.engine.tree import Tree
from quanyu.errors import Problem, Where, did_you_mean
from quanyu.tables.contract import Contracts, Table

S = TypeVar("S", bound=Shape)

_CODES: Final = {
    "expression.statements": "config.sql_refused",
    "expression.comment": "config.sql_refused",
    "expression.function_unknown": "config.sql_refused",
    "expression.column_unknown": "config.reference",
}
# Functions of SQL dialects that the parser knows no class for; each would change a figure from run to run.
_CHANGING: Final = ("now()", "arbitrary()", "setseed()", "nextval()", "sample()", "first_value()", "last_value()")


def read(
    definition: Definition[S], text: str, table: Table, path: tuple[Key, ...], kind: Kind = Kind.ROW
) -> tuple[Tree | None, list[Problem]]:
    """Return the tree of an expression over the table's columns, and every problem at its place in the file."""
    tree, problems = parse_expression(text, table.column_names, definition.place(*path), kind)
    return tree, [_recoded(problem) for problem in problems]


def find_table(name: str, contracts: Contracts, where: Where) -> tuple[Table | None, list[Problem]]:
    """Return the contract of that name, or the problem of naming one that does not exist."""
    if name in contracts:
        return contracts[name], []
    return None, [unknown("Table", name, contracts.names, where)]


def unknown(what: str, name: str, known: tuple[str, ...], where: Where) -> Problem:
    """Return the problem of a name that does not exist, with the nearest one."""
    return Problem("config.reference", f'{what} "{name[:60]}" does not exist.', did_you_mean(name, known), where)


def _recoded(problem: Problem) -> Problem:
    code = _CODES.get(problem.code, problem.code)
    if any(problem.message.startswith(name) for name in _CHANGING):
        code = "config.nondeterministic"
    return Problem(code, problem.message, problem.remedy, problem.where)
