"""House SQL of identity that gives answers rather than tables."""

from functools import cache
from pathlib import Path

from quanyu.engine import house_sql
from quanyu.engine.tree import Query
from quanyu.errors import InternalError, Problem

FOLDER = Path(__file__).parent


@cache
def query(name: str) -> Query:
    """Return the checked tree of one query of this folder; raises InternalError when it is not house SQL."""
    path = FOLDER / f"{name}.sql"
    lines = path.read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if not line.startswith("--"))
    tree, problems = house_sql.parse("\n".join(lines[first:]), f"quanyu/identity/queries/{path.name}", first + 1)
    if tree is None or problems:
        raise InternalError(_told(problems))
    return tree


def _told(problems: list[Problem]) -> str:
    return "house SQL is broken:\n" + "\n".join(str(problem) for problem in problems)
