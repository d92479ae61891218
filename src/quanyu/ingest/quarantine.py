"""Quarantine as people work with it: look at a refused row (masked), correct its cells, read it again, or give it up.

A replay is a batch of its own: the repaired rows go through the mapping like new ones, with the numbers and filled
cells they had among their neighbours, and may be refused again.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from quanyu.config import Workspace
from quanyu.definitions.source import Source
from quanyu.engine import DuckDBEngine
from quanyu.engine.embedded import everything, temp_view
from quanyu.errors import Problem, UserError, did_you_mean, raise_if_errors
from quanyu.ingest.batch import Progress, import_scan, open_desk
from quanyu.ingest.cells import number_name
from quanyu.ingest.drive import Fate, FileResult
from quanyu.ingest.headings import Header, comparable
from quanyu.ingest.reconcile import put_reconciliation
from quanyu.ingest.refused import WHOLE_LINE
from quanyu.ingest.scan import Scan, put_rejected, put_table
from quanyu.store import (
    AuditEntry,
    QuarantineRow,
    QuarantineState,
    SourceFile,
    Store,
    UnitOfWork,
    Vault,
)

Cells = Mapping[str, str | None]
_LIMIT: Final = 1_000_000
_SHOWN_CHARACTERS: Final = 40
# Beyond any line of any order: a record that could not be cut had no number among its neighbours.
_NUMBER_OF_UNCUT: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A refused row for people: its record, its cells (personal ones masked) and the edits made so far (masked)."""

    row: QuarantineRow
    cells: Cells
    edits: Cells


def show_row(store: Store, vault: Vault, sources: Sequence[Source], quarantine_id: int) -> ShownRow:
    """Return a refused row with its cells masked; raises UserError `quarantine.unknown` when there is none of that id.

    Cells are shown as they are only where the mapping reads them into a column that says nothing direct about a person,
    or where they are at fault and no identifier; one that seems to hold an ID-card number never is.
    """
    with store.reading() as work:
        row = work.quarantine.get(quarantine_id)
    if row is None:
        raise UserError(_unknown([quarantine_id]))
    source = next((one for one in sources if one.id == row.source), None)
    cells, edits = _cells_of(row, vault)
    clear = _clear_headings(source, row, list(cells)) if source else frozenset()
    return ShownRow(row, _masked(cells, clear), _masked(edits, clear))


def repair_rows(
    store: Store, vault: Vault, quarantine_ids: Sequence[int], edits: Cells, actor: str
) -> tuple[QuarantineRow, ...]:
    """Keep the same edits (heading → new text, None for empty) for rows in quarantine; nothing is read again yet.

    Edits add to earlier ones.  Raises UserError `quarantine.unknown`, `quarantine.heading_unknown` or
    `quarantine.ended`; then no row is changed.
    """
    with store.transaction() as work:
        rows = _rows(work, quarantine_ids)
        told: list[Problem] = []
        repaired: list[tuple[int, bytes]] = []
        for row in rows:
            cells, earlier = _cells_of(row, vault)
            named, problems = _by_heading(edits, [name for name in cells if name[:1] != "#" or name == WHOLE_LINE])
            told += problems
            text = json.dumps({**earlier, **named}, ensure_ascii=False)
            repaired.append((row.quarantine_id, vault.encrypt_many([text.encode()])[0]))
        raise_if_errors(told)
        for quarantine_id, encrypted in repaired:
            work.quarantine.repair(quarantine_id, encrypted, actor)
        work.audit.add(_entry(actor, "quarantine.repair", rows, sorted(edits)))
    return rows


def discard_rows(store: Store, quarantine_ids: Sequence[int], actor: str) -> tuple[QuarantineRow, ...]:
    """Give rows up for good; they stay counted as quarantined.  Raises UserError as `repair_rows`."""
    with store.transaction() as work:
        rows = _rows(work, quarantine_ids)
        work.quarantine.discard(quarantine_ids, actor)
        work.audit.add(_entry(actor, "quarantine.discard", rows, []))
    return rows


def replay_rows(
    workspace: Workspace,
    sources: Sequence[Source],
    store: Store,
    engine: DuckDBEngine,
    *,
    quarantine_ids: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> tuple[FileResult, ...]:
    """Read refused rows again, one batch per source; return what became of them.

    Without ids these are all repaired rows, and with them the rows that waited for another row of their group.  With
    ids also rows that nobody edited, as after a correction of the mapping.  Call it under the run lease.
    """
    desk, _ = open_desk(workspace, store, engine, progress)
    results: list[FileResult] = []
    for source in sources:
        with store.reading() as work:
            rows = _to_replay(work, source.id, quarantine_ids)
        if not rows:
            continue
        scan, header = _scan_again(engine, rows, desk.vault, source)
        name = f"{source.id} (replay of {len(rows)} rows)"
        origin = SourceFile(source.id, "replay", name, mapping=source.fingerprint)
        ids = [row.quarantine_id for row in rows]

        def mark(work: UnitOfWork, batch_seq: int, ids: Sequence[int] = ids) -> None:
            work.quarantine.mark_replayed(ids, batch_seq)

        batch_seq, counts, warnings = import_scan(desk, source, scan, header, origin, seals=mark)
        results.append(FileResult(source.id, name, Fate.IMPORTED, batch_seq, counts, warnings))
    put_reconciliation(engine, store)
    return tuple(results)


def _to_replay(work: UnitOfWork, source: str, quarantine_ids: Sequence[int] | None) -> list[QuarantineRow]:
    if quarantine_ids is not None:
        rows = _rows(work, quarantine_ids)
        ended = [row.quarantine_id for row in rows if row.state not in (QuarantineState.OPEN, QuarantineState.REPAIRED)]
        if ended:
            raise UserError(_ended(ended))
        return [row for row in rows if row.source == source]
    repaired = work.quarantine.find(source=source, state=QuarantineState.REPAIRED, limit=_LIMIT)
    if not repaired:
        return []
    waiting = work.quarantine.find(source=source, state=QuarantineState.OPEN, code="group.incomplete", limit=_LIMIT)
    return sorted([*repaired, *waiting], key=lambda row: row.quarantine_id)


def _scan_again(
    engine: DuckDBEngine, rows: Sequence[QuarantineRow], vault: Vault, source: Source
) -> tuple[Scan, Header]:
    """Make the scan tables of rows from quarantine; lines that still cannot be cut are refused again."""
    within = {mapping.number_within for feed in source.feeds for mapping in feed.columns.values()} - {()}
    numbered = [number_name(names) for names in sorted(within)]
    records: list[dict[str, Any]] = []
    uncut: list[tuple[int, int, str, str]] = []
    for number, row in enumerate(rows, start=1):
        cells, edits = _cells_of(row, vault)
        whole = _cut({**cells, **edits}, row, numbered) if WHOLE_LINE in cells else {**cells, **edits}
        if whole is None:
            uncut.append((number, row.line or 0, row.code, str({**cells, **edits}[WHOLE_LINE])))
        else:
            records.append({"#row": number, "#line": row.line or number, **whole})
    names = list(dict.fromkeys(name for record in records for name in record if name not in ("#row", "#line")))
    schema = pa.schema([("#row", pa.int64()), ("#line", pa.int64()), *((name, pa.string()) for name in names)])
    put_table(engine, "replay_row", pa.Table.from_pylist(records, schema))
    engine.run(temp_view("scan_row", everything("replay_row")))
    put_rejected(engine, uncut)
    return Scan(tuple(names), len(rows), len(uncut)), Header(tuple(names), 0, has_nul=True)


def _cut(cells: Cells, row: QuarantineRow, numbered: Sequence[str]) -> dict[str, str | None] | None:
    """Return the cells of a repaired line, or None when it still has another number of them than the header."""
    names = json.loads(cells["#names"] or "[]")
    given = next(csv.reader(io.StringIO(cells[WHOLE_LINE] or ""), delimiter=cells["#delimiter"] or ","), [])
    if len(given) != len(names):
        return None
    numbers = {name: str(_NUMBER_OF_UNCUT + row.row_number) for name in numbered}
    return {**{name: text or None for name, text in zip(names, given, strict=True)}, **numbers}


def _cells_of(row: QuarantineRow, vault: Vault) -> tuple[Cells, Cells]:
    encrypted = [row.payload_enc, *([row.edits_enc] if row.edits_enc else [])]
    cells, *edits = (json.loads(text) for text in vault.decrypt_many(encrypted))
    return cells, edits[0] if edits else {}


def _rows(work: UnitOfWork, quarantine_ids: Sequence[int]) -> tuple[QuarantineRow, ...]:
    found = [work.quarantine.get(quarantine_id) for quarantine_id in quarantine_ids]
    missing = [wanted for wanted, row in zip(quarantine_ids, found, strict=True) if row is None]
    if missing:
        raise UserError(_unknown(missing))
    return tuple(row for row in found if row is not None)


def _by_heading(edits: Cells, names: Sequence[str]) -> tuple[dict[str, str | None], list[Problem]]:
    known = {comparable(name): name for name in names}
    named: dict[str, str | None] = {}
    problems: list[Problem] = []
    for heading, text in edits.items():
        name = known.get(comparable(heading))
        if name is None:
            remedy = did_you_mean(heading, names) or f"Its columns: {', '.join(names)}."
            problems.append(Problem("quarantine.heading_unknown", f'The row has no column "{heading}".', remedy))
        else:
            named[name] = text
    return named, problems


def _clear_headings(source: Source, row: QuarantineRow, headings: Sequence[str]) -> frozenset[str]:
    """Return the headings that are mapped to columns or at fault, and carry no identifier."""
    mapped = {comparable(name) for feed in source.feeds for mapping in feed.columns.values() for name in mapping.from_}
    personal = {comparable(name) for feed in source.feeds for given in feed.identifiers for name in given.from_}
    at_fault = {str(problem["field"]) for problem in row.problems if problem.get("field")}
    # The field of a column made by an expression is the column: the cells at fault are those it reads.
    read = " ".join(
        mapping.expression
        for feed in source.feeds
        for name, mapping in feed.columns.items()
        if mapping.expression and name in at_fault
    )
    at_fault |= {name for name in headings if name in read}
    sensitive = {str(problem["field"]) for problem in row.problems if problem["code"] == "pii.sensitive_refused"}
    return frozenset((mapped | {*map(comparable, at_fault)}) - personal - {*map(comparable, sensitive)})


def _masked(cells: Cells, clear: frozenset[str]) -> dict[str, str | None]:
    shown = {name: text for name, text in cells.items() if not name.startswith("#") or name == WHOLE_LINE}
    return {name: _shown(text, is_clear=comparable(name) in clear) for name, text in shown.items()}


def _shown(text: str | None, *, is_clear: bool) -> str | None:
    if not text:
        return text
    if is_clear:
        return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
    if len(text) >= 11:
        return f"{text[:3]}****{text[-4:]}" if len(text) < 20 else f"{text[:2]}…({len(text)})"
    return f"{text[:1]}***"


def _entry(actor: str, action: str, rows: Sequence[QuarantineRow], headings: Sequence[str]) -> AuditEntry:
    detail = {"ids": [row.quarantine_id for row in rows][:1000], "headings": list(headings)}
    sources = ", ".join(sorted({row.source for row in rows}))
    return AuditEntry(actor, action, sources, len(rows), "data quality", detail)


def _unknown(quarantine_ids: Sequence[int]) -> Problem:
    listed = ", ".join(map(str, quarantine_ids[:5]))
    return Problem("quarantine.unknown", f"No refused row {listed}.", "List them: quanyu ingest quarantine.")


def _ended(quarantine_ids: Sequence[int]) -> Problem:
    listed = ", ".join(map(str, quarantine_ids[:5]))
    message = f"Cannot read again row {listed}: it was replayed or discarded."
    return Problem("quarantine.ended", message, "List what is open: quanyu ingest quarantine.")
