"""From a row of the warehouse to the line of the file it was read from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from quanyu.definitions import Source
from quanyu.ingest.files import DataFile, read_facts
from quanyu.ingest.records import count_records
from quanyu.ingest.scan import Run
from quanyu.ingest.sniff import sniff_text
from quanyu.services.project import Project
from quanyu.store import QuarantineRow, QuarantineState, RawSegment, Store

_LINED: Final = ("csv", "tsv")
_MANY: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row as it was delivered: batch, source, file, record number, and line where the file still tells it."""

    batch_seq: int
    source: str
    file: str
    row: int
    line: int | None
    received_at: str


def source_row(project: Project, store: Store, segment: RawSegment, row: int) -> SourceRow:
    """Return where a record of a batch stands; the line is None when the file is gone, changed, or has no lines.

    A record of a replay is told where it was first refused.
    """
    refused = _refused_first(store, segment, row) if segment.kind == "replay" else None
    if refused is not None:
        batch_seq, file, line, number = refused.batch_seq, refused.file, refused.line, refused.row_number
        return SourceRow(batch_seq, segment.source, file, number, line, segment.recorded_at.isoformat())
    source = next((one for one in project.sources if one.id == segment.source), None)
    line = None if source is None or segment.kind not in _LINED else _line(project, source, segment, row)
    return SourceRow(segment.batch_seq, segment.source, segment.file, row, line, segment.recorded_at.isoformat())


def _refused_first(store: Store, segment: RawSegment, row: int) -> QuarantineRow | None:
    """Return the row of quarantine that a record of a replay was; a replay reads its rows in the order of their ids."""
    with store.reading() as work:
        replayed = work.quarantine.find(source=segment.source, state=QuarantineState.REPLAYED, limit=_MANY)
    own = [one for one in replayed if one.replay_batch_seq == segment.batch_seq]
    return own[row - 1] if row <= len(own) else None


def _line(project: Project, source: Source, segment: RawSegment, row: int) -> int | None:
    path = project.workspace.root / segment.file
    if not path.is_file():
        return None
    state = path.stat()
    file = DataFile(path, segment.file, state.st_size, state.st_mtime_ns)
    facts = read_facts(file)
    if facts.sha256 != segment.file_sha256:
        return None
    layout, _ = sniff_text(file, source)
    if layout is None:
        return None
    if facts.lines - layout.header_line == segment.rows_received:
        return layout.header_line + row
    if layout.encoding != "utf-8" and not layout.encoding.startswith("utf-8"):
        return None
    _, runs = count_records(path, layout, len(layout.headings))
    return _line_in(runs, row)


def _line_in(runs: Sequence[Run], row: int) -> int | None:
    before = [run for run in runs if run.first_row <= row]
    return before[-1].first_line + row - before[-1].first_row if before else None
