"""Ingests the new files of every source: the one entry from outside.

Per file: facts → layout → header → text → fates → raw log → store → landing.  A file is taken whole or not at all;
within it every row is stored, a duplicate or in quarantine.  A crash at any point leaves an open batch, which is
abandoned, or a sealed one, which is loaded, by the next call.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from quanyu.clock import now
from quanyu.config import Workspace
from quanyu.definitions.source import Source
from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem, Severity, Where
from quanyu.ingest.batch import Desk, Progress, import_scan, open_desk
from quanyu.ingest.files import ByteFacts, DataFile, find_files, read_facts, unfinished
from quanyu.ingest.headings import Header, check_header
from quanyu.ingest.landing import keep_seniority
from quanyu.ingest.reconcile import put_reconciliation
from quanyu.ingest.scan import Scan
from quanyu.ingest.scan_database import scan_database
from quanyu.ingest.scan_excel import excel_headings, scan_excel
from quanyu.ingest.scan_table import scan_json, scan_parquet
from quanyu.ingest.scan_text import TextFile, mixed_line_endings, scan_text
from quanyu.ingest.sniff import sniff_text
from quanyu.store import RefusedFile, RowCounts, SegmentStatus, SourceFile, Store

_UP_TO: Final = ", up to "


class Fate(StrEnum):
    """What became of a file."""

    IMPORTED = "imported"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FileResult:
    """One file of a source: its fate, batch and row counts (None unless imported), and everything said about it."""

    source: str
    file: str
    fate: Fate
    batch_seq: int | None = None
    rows: RowCounts | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class IngestReport:
    """All files looked at in one call, problems of sources without files, and batches loaded from an earlier run."""

    files: tuple[FileResult, ...]
    problems: tuple[Problem, ...] = ()
    recovered: tuple[int, ...] = ()

    def count(self, fate: Fate) -> int:
        """Return the number of files with the fate."""
        return sum(result.fate is fate for result in self.files)

    @property
    def rows(self) -> RowCounts:
        """Return the rows of all imported files together."""
        counts = [result.rows for result in self.files if result.rows]
        return RowCounts(
            sum(count.received for count in counts),
            sum(count.stored for count in counts),
            sum(count.quarantined for count in counts),
            sum(count.duplicate for count in counts),
        )


def ingest_all(
    workspace: Workspace,
    sources: Sequence[Source],
    store: Store,
    engine: DuckDBEngine,
    progress: Progress | None = None,
) -> IngestReport:
    """Import the new files of the sources and return what became of each.

    Call it under the run lease.  Raises UserError for a wrong workspace key, ExternalError when a disk or database
    fails; what was imported before stays, the rest is done by the next call.
    """
    desk, recovered = open_desk(workspace, store, engine, progress)
    results: list[FileResult] = []
    problems: list[Problem] = []
    for source in sources:
        # What a collector received comes through its spool (`live.load_spool`).
        if source.format == "live":
            continue
        if source.format == "sql":
            results.append(ingest_database(desk, source))
            continue
        files, found = find_files(source, workspace)
        problems += found
        results += [ingest_file(desk, source, file) for file in files]
    _note_refusals(store, results)
    keep_seniority(engine, store, workspace)
    put_reconciliation(engine, store)
    return IngestReport(tuple(results), tuple(problems), recovered)


def ingest_file(desk: Desk, source: Source, file: DataFile) -> FileResult:
    """Import one file, or say why not."""
    known = _known_by_name(desk, source, file)
    facts = None if known else read_facts(file)
    known = known or (facts is not None and _known_by_content(desk, source, facts))
    if known or facts is None:
        return FileResult(source.id, file.shown, Fate.KNOWN)
    desk.progress(source.id, file.shown, 0, max(facts.lines - 1, 0))
    scan, header, problems = read_file(desk, source, file, facts)
    if scan is None:
        return FileResult(source.id, file.shown, Fate.REFUSED, problems=tuple(problems))
    if not file.is_unchanged():
        return FileResult(source.id, file.shown, Fate.REFUSED, problems=(unfinished(file),))
    origin = SourceFile(
        source.id, source.format, file.shown, facts.sha256, file.size, file.modified_at, source.fingerprint
    )
    batch_seq, rows, warnings = import_scan(desk, source, scan, header, origin)
    desk.progress(source.id, file.shown, rows.received, rows.received)
    return FileResult(source.id, file.shown, Fate.IMPORTED, batch_seq, rows, (*problems, *warnings))


def ingest_database(desk: Desk, source: Source) -> FileResult:
    """Import the new rows of a database, or say why not; nothing new is `KNOWN`."""
    name = f"{source.id} (database)"
    with desk.store.reading() as work:
        earlier = work.segments.find(source=source.id, status=SegmentStatus.SEALED)
    after = next((_cursor_of(batch.file) for batch in reversed(earlier) if batch.kind == "sql"), None)
    scan, last, problems = scan_database(desk.engine, source, desk.workspace, after)
    if scan is None:
        return FileResult(source.id, name, Fate.REFUSED if problems else Fate.KNOWN, problems=tuple(problems))
    header, found = check_header(scan.names, 0, source, name, desk.workspace.limits.columns)
    if _refuses(found):
        return FileResult(source.id, name, Fate.REFUSED, problems=tuple(found))
    shown = f"{name}{_UP_TO}{last}" if last is not None else name
    origin = SourceFile(source.id, "sql", shown, mapping=source.fingerprint)
    batch_seq, rows, warnings = import_scan(desk, source, scan, header, origin)
    return FileResult(source.id, name, Fate.IMPORTED, batch_seq, rows, (*found, *warnings))


def read_file(
    desk: Desk, source: Source, file: DataFile, facts: ByteFacts
) -> tuple[Scan | None, Header, list[Problem]]:
    """Read a file as text into scratch tables; without a scan, the problems say why."""
    if source.format in ("csv", "tsv"):
        return _read_text(desk, source, file, facts)
    if source.format == "excel":
        return _read_excel(desk, source, file)
    if source.format == "jsonl":
        scan, problems = scan_json(desk.engine, file, source)
    else:
        scan, problems = scan_parquet(desk.engine, file)
    if scan is None:
        return None, Header((), 0), problems
    header, found = check_header(scan.names, 0, source, file.shown, desk.workspace.limits.columns)
    return (None if _refuses(found) else scan), header, [*problems, *found]


def _read_text(
    desk: Desk, source: Source, file: DataFile, facts: ByteFacts
) -> tuple[Scan | None, Header, list[Problem]]:
    layout, problems = sniff_text(file, source)
    if layout is None:
        return None, Header((), 0), problems
    is_wide = layout.encoding == "utf-16"
    if facts.returns > facts.return_feeds and not is_wide:
        return None, Header((), 0), [*problems, mixed_line_endings(Where(file=file.shown))]
    limits = desk.workspace.limits
    header, found = check_header(layout.headings, layout.header_line, source, file.shown, limits.columns)
    problems += found
    if _refuses(problems):
        return None, header, problems
    header = replace(header, has_nul=facts.has_nul and not is_wide)
    text = TextFile(file, facts, layout, header.names, source)
    scan, found = scan_text(desk.engine, text, limits, desk.scratch)
    return scan, header, problems + found


def _read_excel(desk: Desk, source: Source, file: DataFile) -> tuple[Scan | None, Header, list[Problem]]:
    headings, problems = excel_headings(file, source)
    if headings is None:
        return None, Header((), 0), problems
    limit = desk.workspace.limits.columns
    header, problems = check_header(headings, source.excel.header_row, source, file.shown, limit)
    if _refuses(problems):
        return None, header, problems
    scan, found = scan_excel(desk.engine, file, source, header.names)
    return scan, header, problems + found


def _refuses(problems: Sequence[Problem]) -> bool:
    return any(problem.severity is Severity.ERROR for problem in problems)


def _cursor_of(file: str) -> str | None:
    return file.split(_UP_TO, 1)[1] if _UP_TO in file else None


def _note_refusals(store: Store, results: Sequence[FileResult]) -> None:
    refused = [
        RefusedFile(result.source, result.file, tuple(problem.as_dict() for problem in result.problems), now())
        for result in results
        if result.fate is Fate.REFUSED
    ]
    with store.transaction() as work:
        work.refusals.replace(refused)


def _known_by_name(desk: Desk, source: Source, file: DataFile) -> bool:
    """Return whether the same file, by path, size and time of change, was imported: then its bytes need no reading."""
    with desk.store.reading() as work:
        earlier = work.segments.find(source=source.id, status=SegmentStatus.SEALED)
    known = {(segment.file, segment.file_bytes, segment.file_modified_at) for segment in earlier}
    return (file.shown, file.size, file.modified_at) in known


def _known_by_content(desk: Desk, source: Source, facts: ByteFacts) -> bool:
    with desk.store.reading() as work:
        return work.segments.find_file(source.id, facts.sha256) is not None
