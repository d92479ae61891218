"""The answer to a request for access or a copy: everything held on one person, as JSON and CSV in one archive.

Nothing is chosen by hand: every table of the build and of what sources delivered that knows persons, identifiers or
their orders is asked, so that a table added tomorrow is in the answer, too.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from quanyu.clock import now
from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.engine.embedded import parquet
from quanyu.engine.erase import among, rows_where
from quanyu.errors import Problem, UserError
from quanyu.exports.writers import harmless
from quanyu.ids import PersonId, format_person_id
from quanyu.services.build import LANDING
from quanyu.services.exports import PACKAGE, PERSONS_FOLDER, Place, export_log
from quanyu.services.privacy_deletion import find_person
from quanyu.store import AuditEntry, PrivacyRequest, RequestKind, RequestState, open_vault
from quanyu.tables import CONTRACTS, Privacy, Table

FORMAT: Final = "quanyu personal data 1"
_PERSON: Final = ("person_id", "identifier_id")
_BY_ORDER: Final = ("order_line", "refund", "order_line_fact", "refund_fact")
_OF_OTHERS: Final = frozenset({"inviter_id", "reviewer", "operator_id", "wecom_userid"})
"""Columns that name somebody else in a row about the person: nothing is told of others (P4)."""


@dataclass(frozen=True, slots=True)
class Package:
    """What was handed over: the archive, tables with their rows, and the line of the audit log."""

    path: Path
    tables: Mapping[str, int]
    audit_id: int


def write_package(place: Place, request: PrivacyRequest, path: Path, *, in_clear: bool) -> Package:
    """Write everything held on the person of a request to a `.zip` and return what is in it; the writing is audited.

    `in_clear`: identifiers stand as the person gave them, for the person's own copy; otherwise by type only.  Raises
    UserError `privacy.kind`, `privacy.ended`, `privacy.exists` for a file that is there already.
    """
    if request.kind not in (RequestKind.ACCESS, RequestKind.EXPORT) or request.person_id is None:
        message = f"Request {request.request_id} asks for {request.kind.value}: nothing is to be handed over."
        raise UserError(Problem("privacy.kind", message, "Record a request of kind access or export."))
    if request.state is not RequestState.OPEN:
        message = f"Request {request.request_id} was answered or refused before."
        raise UserError(Problem("privacy.ended", message, "Record a new request."))
    if path.exists():
        raise UserError(Problem("privacy.exists", f"{path.name[:60]} is there already.", "Choose another name."))
    said = everything_on(place, request.person_id, in_clear=in_clear)
    tables = {name: len(rows) for name, rows in said["tables"].items()}
    detail = {"request": request.request_id, "file": str(path.resolve()), "tables": tables, "in_clear": in_clear}
    with place.store.transaction() as work:
        record = work.audit.add(AuditEntry(place.actor, PACKAGE, "person", 1, request.kind.value, detail))
        # Before the record is committed: when the file cannot be written, nothing was handed over.
        _write(path, said)
    return Package(path, tables, record.audit_id)


def everything_on(place: Place, person_id: int, *, in_clear: bool) -> dict[str, Any]:
    """Return everything held on a person, ready for JSON: identifiers, rows of every table, consents, exports, origin.

    Raises UserError `identity.unknown`.
    """
    engine = place.engine
    person = find_person(place.project, place.store, engine, person_id)
    # What was delivered is told as it was, in every version and since the build too.
    engine.attach_schema(LANDING)
    tables = _tables(engine, person.ids)
    delivered = [rows for name, rows in tables.items() if CONTRACTS[name].entity]
    sources = sorted({str(row["source"]) for rows in delivered for row in rows})
    with place.store.reading() as work:
        words = work.consents.of(sorted(person.identifier_ids))
        kept = work.identifiers.get(sorted(person.identifier_ids))
    values = [""] * len(kept)
    if in_clear:
        vault = open_vault(place.project.workspace.key_file)
        values = [value.decode() for value in vault.decrypt_many([one.value_enc for one in kept])]
    identifiers = [
        {"type": one.id_type, "namespace": one.namespace, "value": value or None}
        for one, value in zip(kept, values, strict=True)
    ]
    return {
        "format": FORMAT,
        "person": format_person_id(PersonId(person_id)),
        "made_at": now().astimezone(UTC).isoformat(timespec="seconds"),
        "as_of": place.build.as_of.isoformat(),
        "identifiers": identifiers,
        "sources": sources,
        "consents_said_here": [
            {"purpose": one.purpose, "granted": bool(one.granted), "at": _plain(one.occurred_at)} for one in words
        ],
        "exports": _exports(place, person.ids),
        "tables": tables,
    }


def _tables(engine: DuckDBEngine, ids: frozenset[int]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for name in sorted(engine.tables):
        if name in CONTRACTS and (columns := [one for one in _PERSON if CONTRACTS[name].column(one)]):
            where = t.any_of([among(one, ids) for one in columns])
            found[name] = _rows(engine, CONTRACTS[name], where)
    orders = {str(row["order_id"]) for name in ("order", "order_fact") for row in found.get(name, ())}
    for name in (name for name in _BY_ORDER if name in engine.tables and orders):
        bought = t.any_of([t.col("order_id").eq(t.lit(one)) for one in sorted(orders)])
        found[name] = _rows(engine, CONTRACTS[name], bought)
    return {name: rows for name, rows in found.items() if rows}


def _rows(engine: DuckDBEngine, table: Table, where: t.Tree) -> list[dict[str, Any]]:
    names = [name for name in table.column_names if name not in _OF_OTHERS]
    rows = engine.query(t.select({name: t.col(name) for name in names}, table.name, where=where)).to_pylist()
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _exports(place: Place, ids: frozenset[int]) -> list[dict[str, Any]]:
    folder = place.project.workspace.folder(PERSONS_FOLDER)
    found = []
    for record in export_log(place.store):
        path = folder / f"{record.audit_id}.parquet"
        if path.is_file() and rows_where(place.engine, parquet(str(path)), among("person_id", ids)):
            columns = record.detail.get("columns", [])
            found.append({"at": _plain(record.at), "purpose": record.purpose, "columns": columns})
    return found


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it; ids as text, because JavaScript loses whole numbers above 2^53."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value


def _write(path: Path, said: Mapping[str, Any]) -> None:
    draft = path.with_name(f"{path.name}.writing")
    draft.unlink(missing_ok=True)
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.html", _page(said))
        archive.writestr("data.json", json.dumps(said, ensure_ascii=False, indent=1))
        archive.writestr("identifiers.csv", _csv(said["identifiers"]))
        for name, rows in said["tables"].items():
            archive.writestr(f"tables/{name}.csv", _csv(rows))
    draft.chmod(0o600)
    draft.rename(path)


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV of which no spreadsheet takes a cell for a formula."""
    out = io.StringIO()
    if rows:
        texts = [
            pa.array([None if row[name] is None else str(row[name]) for row in rows], pa.string()) for name in rows[0]
        ]
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(rows[0])
        writer.writerows(zip(*(harmless(column).to_pylist() for column in texts), strict=True))
    # Spreadsheets take a file without this mark for another encoding.
    return "\N{ZERO WIDTH NO-BREAK SPACE}" + out.getvalue()


def _page(said: Mapping[str, Any]) -> str:
    """Return a page to read: what is in the archive, with the names of tables and columns in both languages."""
    parts = [
        '<!doctype html><html lang="zh"><meta charset="utf-8"><title>您的个人信息 · Your personal data</title>'
        "<style>body{font:14px/1.6 sans-serif;max-width:70em;margin:2em auto}table{border-collapse:collapse}"
        "td,th{border-bottom:1px solid #ccc;padding:.1em .6em;text-align:left}</style>"
        "<h1>您的个人信息<br>Your personal data</h1>"
        f"<p>截至 · As of {escape(str(said['as_of']))}; 编号 · Number {escape(str(said['person']))}</p>"
        f"<p>来源 · Where it came from: {escape(', '.join(said['sources']))}</p>",
        _section("标识 · Identifiers", said["identifiers"], None),
        _section("在此表达的同意 · Consent said here", said["consents_said_here"], None),
        _section("包含您的导出 · Exports you were in", said["exports"], None),
    ]
    for name, rows in said["tables"].items():
        table = CONTRACTS[name]
        parts.append(_section(f"{table.zh} · {table.en} (tables/{name}.csv)", rows, table))
    return "".join(parts) + "</html>"


def _section(heading: str, rows: Sequence[Mapping[str, Any]], table: Table | None) -> str:
    if not rows:
        return f"<h2>{escape(heading)}</h2><p>—</p>"
    shown = [name for name in rows[0] if table is None or _is_shown(table, name)]
    heads = "".join(f"<th>{escape(_label(table, name))}</th>" for name in shown)
    lines = "".join(
        f"<tr>{''.join(f'<td>{escape(_text(row[name]))}</td>' for name in shown)}</tr>" for row in rows[:_LONGEST]
    )
    more = f"<p>… {len(rows):,}</p>" if len(rows) > _LONGEST else ""
    return f"<h2>{escape(heading)}</h2><table><tr>{heads}</tr>{lines}</table>{more}"


_LONGEST: Final = 500
"""Rows of a table on the page; the CSV has all."""


def _is_shown(table: Table, name: str) -> bool:
    column = table.column(name)
    return column is not None and (column.privacy is not Privacy.PSEUDONYM or name in table.entity)


def _label(table: Table | None, name: str) -> str:
    column = table.column(name) if table else None
    return f"{column.zh} · {column.en}" if column else name


def _text(value: Any) -> str:
    return "—" if value is None else str(value)
