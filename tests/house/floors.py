"""Which folder may import which, and which outside package has its door where (DESIGN.md, house.md 3.3)."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from house.source import Module, modules

FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "ids", "money", "display", "clock", "config", "progress"),
    ("tables", "stats", "client"),
    ("engine", "store", "collect"),
    ("definitions",),
    ("ingest", "identity", "facts"),
    ("stages", "metrics", "models", "analytics", "segments", "tags"),
    ("diagnosis", "refresh"),
    ("report", "demo", "exports"),
    ("services",),
    ("server", "assistants"),
    ("cli",),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
# The package's own front: its version below everything, `python -m quanyu` above everything.
FLOOR |= {"__init__": 0, "__main__": len(FLOORS)}
GROUND = set(FLOORS[0]) | {"__init__"}

# `library/` is data: a Python file in it is a fault.
DATA_FOLDERS = {"library"}

DOORS: dict[str, set[str]] = {
    "duckdb": {"engine"},
    "sqlglot": {"engine"},
    "pyspark": {"engine"},
    "py4j": {"engine"},
    "numba": {"engine"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "pysqlite3": {"store"},
    "cryptography": {"store"},
    "argon2": {"store"},
    "joserfc": {"server"},
    "mcp": {"assistants"},
    "msgspec": {"collect", "ingest", "server"},
    "starlette": {"server"},
    "fastapi": {"server"},
    "uvicorn": {"server"},
    "uvloop": {"server"},
    "httptools": {"server"},
    "prometheus_client": {"server"},
    "ruamel": {"definitions"},
    "pydantic": {"definitions", "server"},
    "pydantic_core": {"definitions"},
    "python_calamine": {"ingest"},
    "connectorx": {"ingest"},
    "jinja2": {"report"},
    "xlsxwriter": {"exports"},
    "typer": {"cli"},
    "rich": {"cli"},
    "numpy": {"stats", "engine", "models", "identity", "analytics", "segments", "demo"},
    # Exchange format and log: any folder above the ground floor.
    "pyarrow": FLOOR.keys() - GROUND,
    "structlog": FLOOR.keys() - GROUND,
}

# Standard library, but not for us: the interpreter's own SQLite may be older than the one the store is proved on.
REFUSED = {"sqlite3": "pysqlite3 in store/"}


def imported(module: Module) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of everything the module imports, wherever in the file and however written."""
    parents = [module.package.name, *Path(module.place).parent.parts]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = parents[: len(parents) - node.level + 1] if node.level else []
            stem = ".".join([*base, node.module] if node.module else base)
            # `from package import name`: the name may be a module, so it is part of what is imported.
            yield from ((node.lineno, f"{stem}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _callee(node.func) in {"import_module", "__import__"}:
            yield node.lineno, _named(node.args[0] if node.args else None)


def _named(target: ast.expr | None) -> str:
    """The name as far as it is written: a text whole, `f"quanyu.cli.{name}"` up to its last whole part, else `?`."""
    if isinstance(target, ast.JoinedStr) and target.values:
        target = target.values[0]
        if isinstance(target, ast.Constant) and str(target.value).endswith("."):
            return str(target.value).rstrip(".")
        return "?"
    return target.value if isinstance(target, ast.Constant) and isinstance(target.value, str) else "?"


def _callee(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _fault(module: Module, name: str) -> str | None:
    own, top = module.folder, name.split(".")[0]
    if top == module.package.name:
        return _inner_fault(own, name.split(".")[1:])
    if top == "?":
        return "imports a name that is only known when it runs"
    if top in REFUSED:
        return f"imports {top}; use {REFUSED[top]}"
    if top in sys.stdlib_module_names:
        return None
    if own not in DOORS.get(top, set()):
        doors = ", ".join(f"{door}/" for door in sorted(DOORS.get(top, set()))) or "nowhere: it has no line in DOORS"
        return f"imports {top}, whose door is {doors}"
    return None


def _inner_fault(own: str, path: list[str]) -> str | None:
    target = path[0] if path and path[0] in FLOOR.keys() | DATA_FOLDERS else "__init__"
    if path and target == "__init__" and not path[0].startswith("__"):
        return f"imports quanyu.{path[0]}, which has no floor"
    if target == own or (own in GROUND and target in GROUND):
        return None
    if target in DATA_FOLDERS:
        return f"imports {target}/, which is data"
    if FLOOR[target] > FLOOR[own]:
        return f"imports upward: {own} is on floor {FLOOR[own]}, {target} on floor {FLOOR[target]}"
    if FLOOR[target] == FLOOR[own]:
        return f"imports its neighbour {target}; they meet in tables only"
    return None


def _module_faults(module: Module) -> Iterator[str]:
    if module.folder in DATA_FOLDERS:
        yield f"{module.place} is code in a data folder"
        return
    if module.folder not in FLOOR:
        yield f"{module.place} stands on no floor; give {module.folder} one in tests/house/floors.py"
        return
    for line, name in imported(module):
        if what := _fault(module, name):
            yield f"{module.place}:{line} {what}"


def faults(package: Path) -> list[str]:
    """Every import that breaks the floors or takes the wrong door: `file:line what`."""
    # One line that imports three names through the wrong door is one fault.
    return list(dict.fromkeys(fault for module in modules(package) for fault in _module_faults(module)))
