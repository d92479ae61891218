"""What must be written down, and what must never be: docstrings, pages, decision records, addresses."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from house.source import folders, modules

# Data that carries meaning has its page under another folder's name, or none.
PAGE_OF = {"library": "definitions"}


def _has_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return bool((ast.get_docstring(node) or "").strip())


def _is_public_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    decorators = {ast.unparse(decorator).split(".")[-1] for decorator in node.decorator_list}
    return not node.name.startswith("_") and not decorators & {"overload", "setter", "override"}


def _undocumented(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[str]:
    for child in node.body:
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            if not _has_docstring(child):
                yield prefix + child.name
            yield from _undocumented(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and _is_public_function(child):
            if not _has_docstring(child):
                yield prefix + child.name


def undocumented(package: Path) -> list[str]:
    """Public modules, classes, functions and methods without a docstring, and .sql files without a header."""
    found = []
    for module in modules(package):
        if module.path.stem == "__init__" and not module.tree.body:
            continue
        if not _has_docstring(module.tree):
            found.append(module.place)
        found += [f"{module.place}:{name}" for name in _undocumented(module.tree, "")]
    for path in sorted(package.rglob("*.sql")):
        if not path.read_text(encoding="utf-8").startswith("--"):
            found.append(path.relative_to(package).as_posix())
    return found


def missing_pages(package: Path, docs: Path) -> list[str]:
    """Folders of the package without a page of the same name in docs/."""
    pages = {PAGE_OF.get(folder, folder) for folder in folders(package)}
    return sorted(f"docs/{page}.md" for page in pages if not (docs / f"{page}.md").is_file())


def unlisted_records(decisions: Path) -> list[str]:
    """Decision records that README.md does not link to, and links that lead nowhere."""
    listed = set(re.findall(r"\]\(([\w.-]+\.md)\)", (decisions / "README.md").read_text(encoding="utf-8")))
    written = {path.name for path in decisions.glob("*.md")} - {"README.md"}
    return sorted(f"not listed: {name}" for name in written - listed) + sorted(
        f"listed but not there: {name}" for name in listed - written
    )


# Written in pieces, so that this file does not name what it looks for.
_FOLDERS = "|".join(("work", "root", "home", "Users", "tmp"))
_MACHINE_PATH = re.compile(rf"(?<![\w.~$}}\-/*])/(?:{_FOLDERS})/[\w.]+")
_ADDRESS = re.compile(
    "|".join(
        (
            "python" + r"hosted\.org",
            "pypi" + r"\.org/simple",
            "registry" + r"\.(npmjs|yarnpkg)",
            r"deb\.debian" + r"\.org",
            "--(extra-)?index" + "-url",
            "--find" + "-links",
        )
    )
)
TEXT_ENDINGS = {
    ".py", ".sql", ".yaml", ".yml", ".toml", ".md", ".txt", ".sh", ".html", ".css", ".js", ".json", ".csv", ".j2", ""
}  # fmt: skip


def addresses(root: Path, files: list[Path]) -> list[str]:
    """Lines that hold a path of one machine or the address of a package registry: `file:line text`."""
    found = []
    for path in files:
        if path.suffix not in TEXT_ENDINGS or path.stat().st_size > 2_000_000:
            continue
        name = path.relative_to(root).as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if _MACHINE_PATH.search(line) or _ADDRESS.search(line):
                found.append(f"{name}:{number} {line.strip()[:100]}")
            elif name.startswith("requirements") and "://" in line:
                found.append(f"{name}:{number} a lock file holds no address")
    return found
