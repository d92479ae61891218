"""Lists of persons in files of a workspace: read, matched by keyed hashes, counted; no identifier of them is kept."""

import csv
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from quanyu.definitions.segment_list import PERSON_ID, ListShape, list_problems, path_of
from quanyu.engine import DuckDBEngine
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.engine.column_types import arrow_schema
from quanyu.errors import Problem, Severity, UserError, Where
from quanyu.ids import parse_person_id
from quanyu.ingest.lookup import identifier_ids_of
from quanyu.segments.ground import LISTED, LISTS, READ_NOW
from quanyu.segments.persons import PERSON
from quanyu.services.project import Project
from quanyu.store import open_vault
from quanyu.tables.segments import SEGMENT_LIST, SEGMENT_LIST_PERSON

MOST_ENTRIES: Final = 1_000_000
_MOST_BYTES: Final = 256 * 1024 * 1024
_LENT: Final = "segment_list_entry"


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list as it was read: its entries, of these matched, unmatched, repeated, malformed; and persons, ascending."""

    key: str
    entries: int
    matched: int
    unmatched: int
    repeated: int
    malformed: int
    persons: tuple[int, ...]


def read_list(project: Project, engine: DuckDBEngine, said: ListShape) -> ReadList:
    """Return a list of a file, its entries matched with the persons of the build that the engine sees.

    Raises UserError `list.missing`, `list.link`, `list.namespace`, `list.large`, `list.encoding`, `list.column`.
    """
    problems = list(list_problems(project.workspace, said, Where(file=said.file)))
    if problems:
        # Where it is only named, a missing file is a warning; here it is asked for.
        raise UserError([replace(problem, severity=Severity.ERROR) for problem in problems])
    values = _column(project, said)
    ids = _ids(project, said, values)
    good = [one for one in ids if one is not None]
    different = sorted(set(good))
    whose = t.col(PERSON, "whose")
    same = t.col("identifier_id", "entry").eq(t.col("identifier_id", "whose"))
    rows = t.select({PERSON: whose}, _LENT, where=t.not_null(whose.copy()), alias="entry")
    with engine.lent(_LENT, pa.table({"identifier_id": pa.array(different, pa.int64())})):
        found = engine.query(q.join_rows(rows, "identifier_person", "whose", same)).column(PERSON).to_pylist()
    return ReadList(
        key=said.key,
        entries=len(values),
        matched=len(found),
        unmatched=len(different) - len(found),
        repeated=len(good) - len(different),
        malformed=len(ids) - len(good),
        persons=tuple(sorted({int(one) for one in found})),
    )


def _column(project: Project, said: ListShape) -> list[str]:
    """Return the cells of the column that lists persons; rows without a cell at all are left out."""
    path, where = path_of(project.workspace, said), Where(file=said.file)
    # Opened without following a link: one may have been put there since the path was looked at.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), encoding="utf-8-sig", newline="") as file:
        if os.fstat(file.fileno()).st_size > _MOST_BYTES:
            raise UserError(Problem("list.large", "The file is larger than 256 MB.", "Split it.", where))
        try:
            rows = csv.reader(file)
            header = [name.strip() for name in next(rows, [])]
            if said.identifier not in header:
                # The first row may hold identifiers: it is not shown.
                remedy = f"Name the column {said.identifier} in the first row, or say `identifier`."
                message = f'No column "{said.identifier}" in the first row.'
                raise UserError(Problem("list.column", message, remedy, where))
            place = header.index(said.identifier)
            cells = [row[place] if place < len(row) else "" for row in rows if row]
        except (UnicodeDecodeError, csv.Error) as error:
            message = "The file is no CSV in UTF-8."
            raise UserError(Problem("list.encoding", message, "Save it as CSV UTF-8.", where)) from error
    if len(cells) > MOST_ENTRIES:
        message = f"{len(cells):,} entries; {MOST_ENTRIES:,} are the most."
        raise UserError(Problem("list.large", message, "Split it, and join the lists by any.", where))
    return cells


def _ids(project: Project, said: ListShape, values: list[str]) -> list[int | None]:
    """Return the identifier id of each value, a person id being one; None of what cannot be read."""
    if said.identifier == PERSON_ID:
        parsed = [parse_person_id(value.strip()) for value in values]
        return [None if isinstance(one, Problem) else int(one) for one in parsed]
    vault = open_vault(project.workspace.key_file)
    found = identifier_ids_of(vault, said.identifier, said.namespace or "", values)
    return [None if isinstance(one, Problem) else one for one in found]


def list_tables(lists: Iterable[ReadList]) -> dict[str, pa.Table]:
    """Return the rows of the tables of lists by table."""
    known = list(lists)
    names = SEGMENT_LIST.column_names[1:]
    rows = [{"list": one.key, **{name: getattr(one, name) for name in names}} for one in known]
    persons = [{"list": one.key, PERSON: person} for one in known for person in one.persons]
    return {
        LISTS: pa.Table.from_pylist(rows, schema=arrow_schema(SEGMENT_LIST)),
        LISTED: pa.Table.from_pylist(persons, schema=arrow_schema(SEGMENT_LIST_PERSON)),
    }


@contextmanager
def lists_lent(project: Project, engine: DuckDBEngine, said: Iterable[ListShape]) -> Iterator[tuple[ReadList, ...]]:
    """Let rules read lists as their files are now, inside the block, in place of the build's; gives what was read."""
    known = tuple(read_list(project, engine, one) for one in said)
    if not known:
        yield ()
        return
    tables = list_tables(known)
    with engine.lent(f"{LISTS}{READ_NOW}", tables[LISTS]), engine.lent(f"{LISTED}{READ_NOW}", tables[LISTED]):
        yield known
