"""Loads a kind of definition (metrics, tags …) from the library and then the workspace, which overrides by name.

A definition file is a mapping of names to definitions of one shape:

    net_sales:
      label: {zh: 净销售额, en: Net sales}
      …
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from quanyu.config import Workspace
from quanyu.definitions.check import check_shape
from quanyu.definitions.document import Document, Key
from quanyu.definitions.folders import LIBRARY, path_of, shown, yaml_files
from quanyu.definitions.shape import Shape
from quanyu.definitions.strict_yaml import read_yaml
from quanyu.errors import Problem, Severity, Where, nearest

S = TypeVar("S", bound=Shape)


@dataclass(frozen=True, slots=True)
class Definition(Generic[S]):
    """One named definition: what it says, the document it stands in, and whether the workspace wrote it."""

    name: str
    value: S
    document: Document
    built_in: bool

    @property
    def where(self) -> Where:
        """Return file and line of the definition."""
        return self.place()

    def place(self, *path: Key) -> Where:
        """Return file and line of a part of it: `place("expr")`."""
        return self.document.where(self.name, *path)


@dataclass(frozen=True, slots=True)
class Catalogue(Generic[S]):
    """All definitions of one kind by name."""

    kind: str
    by_name: Mapping[str, Definition[S]]

    def __iter__(self) -> Iterator[Definition[S]]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __getitem__(self, name: str) -> Definition[S]:
        return self.by_name[name]

    def find(self, name: str, where: Where) -> Definition[S] | Problem:
        """Return the definition of that name, or the problem of naming one that does not exist."""
        found = self.by_name.get(name)
        if found is not None:
            return found
        near = nearest(name, tuple(self.by_name))
        remedy = f'Did you mean "{near}"?' if near else ""
        return Problem("config.reference", f'{self.kind} "{name[:60]}" does not exist.', remedy, where)


def load_catalogue(kind: str, shape: type[S], workspace: Workspace) -> tuple[Catalogue[S], list[Problem]]:
    """Return every valid definition under `library/<kind>/**` and every problem.

    The built-in library is read first; a workspace's definition of the same name takes its place whole.  The same name
    twice within one library is a problem.
    """
    found: dict[str, Definition[S]] = {}
    problems: list[Problem] = []
    for library, built_in in ((LIBRARY, True), (workspace.root / "library", False)):
        own: dict[str, Definition[S]] = {}
        for path in yaml_files(library / kind):
            document, read = read_yaml(path, shown(path, workspace))
            problems += read
            if document is not None and not _failed(read):
                problems += _take(document, shape, built_in, own)
        found.update(own)
    return Catalogue(kind, MappingProxyType(dict(sorted(found.items())))), problems


def text_of(definition: Definition[S], workspace: Workspace) -> str:
    """Return the YAML text of a definition as it stands in its file, from its name to the next one."""
    document = definition.document
    starts = sorted(place.line for name in document.data if (place := document.place(name)) is not None)
    first = definition.where.line or 1
    after = next((line for line in starts if line > first), None)
    lines = path_of(document.file, workspace).read_text(encoding="utf-8").splitlines()
    return "\n".join(lines[first - 1 : None if after is None else after - 1]).strip("\n")


def _take(document: Document, shape: type[S], built_in: bool, own: dict[str, Definition[S]]) -> Iterator[Problem]:
    for name in document.data:
        value, problems = check_shape(shape, document, inside=(name,))
        yield from problems
        if value is None:
            continue
        if name in own:
            first = own[name].where
            message = f'"{name}" is already defined in {first.file}, line {first.line}.'
            yield Problem("config.duplicate", message, "Rename one of them.", document.where(name))
            continue
        own[name] = Definition(name, value, document, built_in)


def _failed(problems: list[Problem]) -> bool:
    return any(problem.severity is Severity.ERROR for problem in problems)
