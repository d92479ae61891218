"""Lists of persons that a segment takes from a file of the workspace: `lists/own.csv`, of identifiers or person ids.

list: {file: lists/vip_dinner.csv, identifier: mobile}
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from quanyu.config import Workspace
from quanyu.definitions.shape import Shape, Text
from quanyu.errors import Problem, Severity, Where
from quanyu.tables.identity import ID_TYPES

FOLDER: Final = "lists"
"""Where files of lists stand; nothing else of a workspace is read as one."""

PERSON_ID: Final = "person_id"
LISTABLE: Final = (PERSON_ID, *ID_TYPES)
"""What a file may list."""


class ListShape(Shape):
    """The persons of a CSV file: its column `identifier` holds person ids, or values of an identifier type.

    `namespace` is the system or account that gave the values, of types that need one.
    """

    file: Text
    identifier: Text = PERSON_ID
    namespace: Text | None = None

    @model_validator(mode="after")
    def _stays_in_its_folder(self) -> Self:
        path = PurePosixPath(self.file)
        is_inside = path.parts[:1] == (FOLDER,) and len(path.parts) > 1 and ".." not in path.parts
        if not is_inside or path.suffix.lower() != ".csv" or "\\" in self.file or "\0" in self.file:
            message = {"message": f"Not a CSV file below {FOLDER}/.", "remedy": f"Write {FOLDER}/name.csv."}
            raise PydanticCustomError("config.path", "{message}", message)
        return self

    @property
    def key(self) -> str:
        """Return what names the list in a build: file and what it lists."""
        at = f"@{self.namespace}" if self.namespace is not None else ""
        return f"{self.file} ({self.identifier}{at})"


def path_of(workspace: Workspace, said: ListShape) -> Path:
    """Return where the file of a list stands; whether it may be read is for `list_problems` to say."""
    return workspace.root.joinpath(*PurePosixPath(said.file).parts)


def list_problems(workspace: Workspace, said: ListShape, where: Where) -> Iterator[Problem]:
    """Yield why a list cannot be read: a link on the way, a missing namespace; a missing file is a warning."""
    rule = workspace.identifier_rule(said.identifier)
    if rule is not None and rule.namespaced != (said.namespace is not None):
        message = f"{said.identifier} {'needs' if rule.namespaced else 'has no'} namespace."
        remedy = "Say which system or account gave the ids." if rule.namespaced else "Leave it out."
        yield Problem("list.namespace", message, remedy, where)
    path = path_of(workspace, said)
    inside = [path, *path.parents][: len(PurePosixPath(said.file).parts)]
    if any(one.is_symlink() for one in inside) or not path.resolve().is_relative_to(workspace.root.resolve()):
        yield Problem("list.link", f"{said.file} is, or lies behind, a link.", "Put the file itself there.", where)
    elif not path.is_file():
        remedy = "Put it there; until then the segment has no count."
        yield Problem("list.missing", f"There is no file {said.file}.", remedy, where, Severity.WARNING)
