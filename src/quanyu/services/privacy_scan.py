"""Looks for a person everywhere: every table of warehouse and store, every file of the workspace and every export."""

import base64
import gzip
import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import unquote_plus

from quanyu.collect.spool import read_kept
from quanyu.collect.spool_files import OPEN, SEALED, TORN
from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.engine.embedded import parquet, physical
from quanyu.engine.erase import PhysicalColumn, among, columns_of_file, holds, one_of, rows_where, tables_of
from quanyu.errors import QuanyuError, UserError
from quanyu.ids import PersonId, format_person_id
from quanyu.ingest.erase import Gone
from quanyu.services.exports import export_log
from quanyu.services.project import Project
from quanyu.store import Store, Vault, open_vault
from quanyu.store.cipher import SpoolCipher
from quanyu.tables import CONTRACTS, Privacy

SHORTEST: Final = 6
"""Values shorter than this stand in other texts by chance: they are looked for as whole cells about persons only."""

KEPT: Final = frozenset({"audit_log"})
"""Tables of the store that go on naming a deleted person, by an id that leads nowhere: who did what stays proved."""

_SPOOL: Final = (SEALED, OPEN, TORN)
_SQUEEZED: Final = re.compile(r"[\s\-().]+")


@dataclass(frozen=True)
class Person:
    """Everything by which a person can be found: ids, identifiers with their values, keyed hashes."""

    person_ids: frozenset[int]
    identifier_ids: frozenset[int]
    values: frozenset[str]
    hashes: frozenset[str]

    @cached_property
    def ids(self) -> frozenset[int]:
        """Return the ids of the person, merged ones too, and of their identifiers."""
        return self.person_ids | self.identifier_ids

    @cached_property
    def words(self) -> frozenset[str]:
        """Return the texts that are the person's wherever they stand."""
        said = {value for value in self.values if len(value) >= SHORTEST} | self.hashes
        written = {format_person_id(PersonId(one)) for one in self.ids}
        return frozenset(said | written | {str(one) for one in self.ids})

    @property
    def gone(self) -> Gone:
        """Return the person as ingest takes one out."""
        return Gone(self.identifier_ids, self.values, self.words)

    @cached_property
    def spellings(self) -> frozenset[bytes]:
        """Return the words as bytes in the encodings and hashes in which files may hold them."""
        found: set[bytes] = set()
        for word in self.words:
            found |= {word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be")}
        for value in (value for value in self.values if len(value) >= SHORTEST):
            for spelt in (value, f"86{value}", f"+86{value}"):
                digests = (hashlib.new(name, spelt.encode()).hexdigest() for name in ("sha256", "sha1", "md5"))
                found |= {each for digest in digests for each in (digest.encode(), digest.upper().encode())}
        return frozenset(found)

    def is_in(self, data: bytes) -> bool:
        """Return whether bytes hold one of the words, in any of the spellings."""
        return any(spelling in data for spelling in self.spellings)

    def is_in_cells(self, cells: Iterable[str | None]) -> bool:
        """Return whether one of the cells is a value of the person, or holds one of the words, however spaced."""
        for cell in cells:
            squeezed = _SQUEEZED.sub("", cell or "")
            if cell in self.values or squeezed in self.values or any(word in squeezed for word in self.words):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Looked:
    """How many rows of a table, or of a file, are of the person; `place` is warehouse, store or file."""

    place: str
    name: str
    rows: int


def look_everywhere(project: Project, store: Store, engine: DuckDBEngine, person: Person) -> list[Looked]:
    """Return every table and file there is, with how many of its rows are of the person; nothing is left out."""
    vault = open_vault(project.workspace.key_file)
    return [
        *_in_warehouse(engine, person),
        *_in_store(store, vault, person),
        *_in_files(project, store, engine, person),
    ]


def condition_on(person: Person, columns: Iterable[PhysicalColumn], table: str) -> t.Tree | None:
    """Return the condition that a row is of the person; None for columns that cannot tell."""
    contract = CONTRACTS[table] if table in CONTRACTS else None
    tests: list[t.Tree] = []
    for column in columns:
        declared = contract.column(column.name) if contract else None
        if column.is_whole:
            tests.append(among(column.name, person.ids))
        elif column.may_tell:
            tests.append(holds(column.name, person.words))
            if contract is None or (declared is not None and declared.privacy is not Privacy.NONE):
                tests.append(one_of(column.name, person.values))
    return t.any_of(tests) if tests else None


def cells_of(payload: bytes) -> list[str | None]:
    """Return the cells of a refused row in clear."""
    said = json.loads(payload)
    return [None if cell is None else str(cell) for cell in (said.values() if isinstance(said, dict) else said)]


def texts_of(body: bytes) -> Iterator[bytes]:
    """Yield a body of a request as it came and as it reads once unpacked: URL-encoded, base64, gzip."""
    yield body
    plain = unquote_plus(body.decode("utf-8", "replace")).encode()
    yield plain
    for piece in (body, plain, *re.findall(rb"[A-Za-z0-9+/=_-]{16,}", plain)):
        for unpacked in _unpacked(piece):
            yield unpacked
            yield from _gunzipped(unpacked)


def _unpacked(piece: bytes) -> Iterator[bytes]:
    yield from _gunzipped(piece)
    try:
        yield base64.b64decode(piece.replace(b"-", b"+").replace(b"_", b"/") + b"=" * (-len(piece) % 4))
    except ValueError:
        return


def _gunzipped(piece: bytes) -> Iterator[bytes]:
    try:
        yield gzip.decompress(piece)
    except (OSError, EOFError, zlib.error):
        return


def _in_warehouse(engine: DuckDBEngine, person: Person) -> Iterator[Looked]:
    for (schema, table), columns in tables_of(engine).items():
        condition = condition_on(person, columns, table)
        rows = 0 if condition is None else rows_where(engine, physical(table, schema), condition)
        yield Looked("warehouse", f"{schema}.{table}", rows)


def _in_store(store: Store, vault: Vault, person: Person) -> Iterator[Looked]:
    def is_theirs(value: bytes) -> bool:
        try:
            clear = vault.decrypt_many([value])[0]
        except UserError:
            return person.is_in(value)
        try:
            return person.is_in_cells(cells_of(clear))
        except ValueError:
            return person.is_in(clear)

    for name, rows in store.rows_of_person(person.ids, person.words, is_theirs).items():
        yield Looked("store", name, rows)


def _in_files(project: Project, store: Store, engine: DuckDBEngine, person: Person) -> Iterator[Looked]:
    workspace = project.workspace
    databases = (workspace.warehouse_file.name, workspace.store_file.name)
    found = [path for path in sorted(workspace.state.rglob("*")) if path.is_file()]
    exports = [Path(str(record.detail.get("file", ""))) for record in export_log(store)]
    outside = [path for path in exports if path.is_file() and not path.resolve().is_relative_to(workspace.state)]
    for path in (*found, *dict.fromkeys(outside)):
        own = path.parent == workspace.state and path.name.startswith(databases)
        # A warehouse that was set aside cannot be read: it is no database of this workspace any more.
        if (own and ".broken-" not in path.name) or path == workspace.key_file:
            continue
        yield Looked("file", workspace.relative(path), rows_in_file(project, engine, person, path))


def rows_in_file(project: Project, engine: DuckDBEngine, person: Person, path: Path) -> int:
    """Return how many rows or requests of a file are of the person; 1 for a whole file that holds or may hold them."""
    if path.suffix == ".parquet":
        columns = columns_of_file(engine, path)
        condition = condition_on(person, columns, path.name.split(".", 1)[0])
        return 0 if condition is None else rows_where(engine, parquet(str(path)), condition)
    if path.suffix in _SPOOL and path.is_relative_to(project.workspace.folder("spool")):
        return _requests_of(project, person, path)
    if ".broken-" in path.name:
        return 1
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return sum(person.is_in(archive.read(name)) for name in archive.namelist())
    return int(person.is_in(path.read_bytes()))


def _requests_of(project: Project, person: Person, path: Path) -> int:
    try:
        kept, _ = read_kept(path.read_bytes(), SpoolCipher(open_vault(project.workspace.key_file)))
    except QuanyuError:
        return 1
    return sum(is_request_of(person, one.request.body, one.request.query, one.request.path) for one in kept)


def is_request_of(person: Person, body: bytes, *texts: str) -> bool:
    """Return whether a request that came from outside holds one of the person's words."""
    packed = (body, *(text.encode() for text in texts))
    return any(person.is_in(text) for piece in packed for text in texts_of(piece))
