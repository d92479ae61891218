"""Ingests the new files of every source: the one entry from outside.

Per file: facts → layout → header → text → fates → raw log → store → landing.  A file is taken whole or not at all;
within it every row is stored, a duplicate or in quarantine.  A crash at any point leaves an open batch, which is
abandoned, or a sealed one, which is loaded, by the next call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from quanyu.config import Workspace
from quanyu.definitions.source import Source
from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem, Severity
from quanyu.ingest.batch import Desk, Progress, import_scan, open_desk
from quanyu.ingest.files import ByteFacts, DataFile, find_files, read_facts, unfinished
from quanyu.ingest.headings import Header, check_header
from quanyu.ingest.reconcile import put_reconciliation
from quanyu.ingest.scan import Scan
from quanyu.ingest.scan_text import TextFile, scan_text
from quanyu.ingest.sniff import sniff_text
from quanyu.store import RowCounts, SegmentStatus, SourceFile, Store


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
        files, found = find_files(source, workspace)
        problems += found
        results += [ingest_file(desk, source, file) for file in files]
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
    origin = SourceFile(source.id, source.format, file.shown, facts.sha256, file.size, file.modified_at)
    batch_seq, rows, warnings = import_scan(desk, source, scan, header, origin, checks_nul=facts.has_nul)
    desk.progress(source.id, file.shown, rows.received, rows.received)
    return FileResult(source.id, file.shown, Fate.IMPORTED, batch_seq, rows, (*problems, *warnings))


def read_file(
    desk: Desk, source: Source, file: DataFile, facts: ByteFacts
) -> tuple[Scan | None, Header, list[Problem]]:
    """Read a file as text into scratch tables; without a scan, the problems say why."""
    layout, problems = sniff_text(file, source)
    if layout is None:
        return None, Header((), 0), problems
    limits = desk.workspace.limits
    header, found = check_header(layout.headings, layout.header_line, source, file.shown, limits.columns)
    problems += found
    if any(problem.severity is Severity.ERROR for problem in problems):
        return None, header, problems
    text = TextFile(file, facts, layout, header.names, source)
    scan, found = scan_text(desk.engine, text, limits, desk.scratch)
    return scan, header, problems + found


def _known_by_name(desk: Desk, source: Source, file: DataFile) -> bool:
    """Return whether the same file, by path, size and time of change, was imported: then its bytes need no reading."""
    with desk.store.reading() as work:
        earlier = work.segments.find(source=source.id, status=SegmentStatus.SEALED)
    known = {(segment.file, segment.file_bytes, segment.file_modified_at) for segment in earlier}
    return (file.shown, file.size, file.modified_at) in known


def _known_by_content(desk: Desk, source: Source, facts: ByteFacts) -> bool:
    with desk.store.reading() as work:
        return work.segments.find_file(source.id, facts.sha256) is not None
