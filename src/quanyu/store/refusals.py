"""Files that could not be read at all when they were last looked at, with the reasons.

Grain: one file of one source.  It is state, not history: a file that was read since, or is gone, is not in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from quanyu.store.rows import columns_of
from quanyu.store.schema import refused_file


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """One refused file; `problems` are `Problem.as_dict()` values, `refused_at` is when it was last looked at (UTC)."""

    source: str
    file: str
    problems: tuple[Mapping[str, Any], ...]
    refused_at: datetime


_COLUMNS = columns_of(RefusedFile, refused_file)


class Refusals:
    """The refused files, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, files: Iterable[RefusedFile]) -> None:
        """Keep these files as what was refused at the last look, and forget those of the look before."""
        self._connection.execute(delete(refused_file))
        rows = [asdict(file) for file in files]
        if rows:
            self._connection.execute(insert(refused_file), rows)

    def find(self) -> list[RefusedFile]:
        """Return the refused files by source and name."""
        query = select(*_COLUMNS).order_by(refused_file.c.source, refused_file.c.file)
        return [
            RefusedFile(source, file, tuple(problems), refused_at)
            for source, file, problems, refused_at in self._connection.execute(query)
        ]
