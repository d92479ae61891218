"""The files the house rules look at, read once."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "quanyu"


@dataclass(frozen=True)
class Module:
    """One Python file of a package: its path inside the package folder and its syntax tree."""

    package: Path
    path: Path

    @property
    def place(self) -> str:
        """Path below the package folder, with slashes: `engine/adapters/duckdb.py`."""
        return self.path.relative_to(self.package).as_posix()

    @property
    def folder(self) -> str:
        """The folder directly below the package, or for a flat module its own name."""
        return self.place.split("/")[0].removesuffix(".py")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"), filename=str(self.path))


def modules(package: Path = PACKAGE) -> list[Module]:
    """Every Python file of the package, in order of path."""
    return [Module(package, path) for path in sorted(package.rglob("*.py"))]


def folders(package: Path = PACKAGE) -> list[str]:
    """The folders of the package that hold Python or data."""
    return sorted(path.name for path in package.iterdir() if path.is_dir() and path.name[0] not in "._")


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function and method with its dotted name (`Class.method`)."""

    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield prefix + child.name, child
                yield from walk(child, f"{prefix}{child.name}.")
            elif isinstance(child, ast.ClassDef):
                yield from walk(child, f"{prefix}{child.name}.")
            else:
                yield from walk(child, prefix)

    yield from walk(tree, "")


def project_files() -> list[Path]:
    """Every file that is in the repository or about to be: what git tracks, and what it would not ignore."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]
