"""How big things are, beside the proportions we like (house.md 3.10): reported above, refused at twice that."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from house.source import functions, modules

LIMITS = {
    "lines of a function": 50,
    "nested blocks": 3,
    "positional parameters": 6,
    "lines of a Python file": 500,
    "lines of a SQL file": 60,
}
REFUSED_AT = 2

_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


@dataclass(frozen=True)
class Size:
    """One measured thing: where, what was counted, how much."""

    place: str
    what: str
    count: int

    @property
    def share(self) -> float:
        """Count as a multiple of the limit."""
        return self.count / LIMITS[self.what]

    def __str__(self) -> str:
        return f"{self.place} {self.what}: {self.count} (limit {LIMITS[self.what]})"


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    total = node.end_lineno - node.lineno + 1
    if ast.get_docstring(node) is not None:
        total -= node.body[0].end_lineno - node.body[0].lineno + 1
    return total


def _depth(node: ast.AST, depth: int = 0) -> int:
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        # `elif` is an If in the orelse of an If: one block for the reader.
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, _depth(child, depth + (isinstance(child, _BLOCKS) and not is_elif)))
    return deepest


def measure(package: Path) -> Iterator[Size]:
    """Every file and function of the package."""
    for module in modules(package):
        yield Size(module.place, "lines of a Python file", len(module.path.read_text(encoding="utf-8").splitlines()))
        for name, node in functions(module.tree):
            place = f"{module.place}:{name}"
            yield Size(place, "lines of a function", _body_lines(node))
            yield Size(place, "nested blocks", _depth(node))
            yield Size(place, "positional parameters", len(node.args.posonlyargs) + len(node.args.args))
    for path in sorted(package.rglob("*.sql")):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("--")]
        yield Size(path.relative_to(package).as_posix(), "lines of a SQL file", len(lines))


def above(package: Path, times: float = 1) -> list[Size]:
    """What is more than `times` its limit, the worst first."""
    return sorted((size for size in measure(package) if size.share > times), key=lambda size: (-size.share, size.place))
