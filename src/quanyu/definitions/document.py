"""A YAML document after reading: plain Python data and the place where every key path stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from quanyu.errors import Where

Key: TypeAlias = str | int
"""A key of a mapping, or a position (from 0) in a list."""

Path: TypeAlias = tuple[Key, ...]
"""Keys from the top of a document down to a value; () is the document."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one value stands: file, line and column (from 1) of its key, and the value's own line and column.

    `written` is the text of a scalar as written; `quoted` says that it stood in quotes or was a block.
    """

    file: str
    line: int
    column: int
    value_line: int
    value_column: int
    written: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file as data: mappings have text keys, lists are tuples, scalars are text, int, float, bool or None.

    `file` is relative to the workspace.  Values must not be changed.
    """

    file: str
    data: Mapping[str, Any]
    places: Mapping[Path, Place]

    def value(self, *path: Key) -> Any:
        """Return the value at a path, or None when there is none."""
        found: Any = self.data
        for key in path:
            if isinstance(found, Mapping):
                found = found.get(str(key))
            elif isinstance(found, tuple) and isinstance(key, int) and key < len(found):
                found = found[key]
            else:
                return None
        return found

    def written(self, path: Path) -> Path:
        """Return the path, or its nearest ancestor that stands in the file."""
        while path and path not in self.places:
            path = path[:-1]
        return path

    def place(self, *path: Key) -> Place | None:
        """Return the place of the path, or of its nearest ancestor that stands in the file."""
        return self.places.get(self.written(path))

    def where(self, *path: Key) -> Where:
        """Return file, line, column and dotted key of the path, for a problem."""
        place = self.place(*path)
        field = dotted(path) or None
        if place is None:
            return Where(file=self.file or None, field=field)
        return Where(file=place.file, line=place.line, column=place.column, field=field)


def dotted(path: Path) -> str:
    """Return a path as people write it: `feeds[0].columns.paid_at` (positions from 0)."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text
