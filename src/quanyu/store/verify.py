"""The promises of the store as queries that must find nothing; run in tests, and by `quanyu check` on real stores."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from quanyu.errors import Problem
from quanyu.store.audit import Audit
from quanyu.store.figures import Figures
from quanyu.store.schema import build, quarantine_row, raw_segment
from quanyu.store.segments import SegmentStatus


def faults(connection: Connection) -> list[Problem]:
    """Return every broken promise: the file, the numbering (E7), the reconciliation (E2), figures and audit chain."""
    return [
        *_file_faults(connection),
        *_gaps(connection),
        *_unreconciled(connection),
        *Figures(connection).changed(),
        *Audit(connection).verify_chain(),
    ]


def _file_faults(connection: Connection) -> Iterator[Problem]:
    if connection.dialect.name != "sqlite":
        return
    for row in connection.exec_driver_sql("PRAGMA integrity_check"):
        if row[0] != "ok":
            yield Problem("store.damaged", f"The store's file is damaged: {row[0]}", "Restore a copy.")
    for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield Problem("store.orphan", f"Row {row[1]} of {row[0]} refers to a row of {row[2]} that is gone.")


def _gaps(connection: Connection) -> Iterator[Problem]:
    for column in (raw_segment.c.batch_seq, build.c.build_id):
        last, count = connection.execute(select(func.coalesce(func.max(column), 0), func.count(column))).one()
        if last != count:
            yield Problem("store.gap", f"{column.table.name} has {count} rows, but its last number is {last}.")


def _unreconciled(connection: Connection) -> Iterator[Problem]:
    """Yield a problem for each batch (withdrawn ones too) that counted other refused rows than lie in quarantine."""
    refused = func.count(quarantine_row.c.quarantine_id)
    query = (
        select(raw_segment.c.batch_seq, raw_segment.c.rows_quarantined, refused)
        .outerjoin(quarantine_row, quarantine_row.c.batch_seq == raw_segment.c.batch_seq)
        .where(raw_segment.c.status == SegmentStatus.SEALED.value)
        .group_by(raw_segment.c.batch_seq, raw_segment.c.rows_quarantined)
        .having(refused != raw_segment.c.rows_quarantined)
    )
    for batch_seq, counted, kept in connection.execute(query):
        yield Problem(
            "store.unreconciled", f"Batch {batch_seq} counted {counted} quarantined rows; {kept} are in quarantine."
        )
