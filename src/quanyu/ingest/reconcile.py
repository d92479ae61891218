"""Received = stored + quarantined + duplicate, per source and day of receipt: made, checked, shown (promise 4)."""

import pyarrow as pa

from quanyu.engine import DuckDBEngine
from quanyu.errors import InternalError
from quanyu.ingest.scan import sql
from quanyu.store import SegmentStatus, Store


def reconciliation(store: Store) -> pa.Table:
    """Return the rows of the contract `reconciliation`, from the sealed batches."""
    with store.reading() as work:
        days = work.segments.reconciliation()
    names = ("source", "day", "received", "stored", "quarantined", "duplicate")
    kinds = (pa.string(), pa.date32(), *(pa.int64(),) * 4)
    return pa.table(
        {name: pa.array([getattr(day, name) for day in days], kind) for name, kind in zip(names, kinds, strict=True)}
    )


def put_reconciliation(engine: DuckDBEngine, store: Store) -> pa.Table:
    """Check and write the contract table `reconciliation` into the landing schema; return its rows."""
    check_reconciliation(engine, store)
    rows = reconciliation(store)
    engine.connection.register("incoming_rows", rows)
    try:
        engine.run_text(sql("reconciliation"))
    finally:
        engine.connection.unregister("incoming_rows")
    engine.attach_schema("landing")
    return rows


def check_reconciliation(engine: DuckDBEngine, store: Store) -> None:
    """Raise InternalError when the books do not balance: per batch, against quarantine, and against what is loaded.

    The counts of a batch must add up; as many rows must lie in quarantine as it says; and the warehouse must hold as
    many rows of it as its sealed files.
    """
    wrong: list[str] = []
    with store.reading() as work:
        sealed = work.segments.find(status=SegmentStatus.SEALED)
        kept = work.quarantine.counts_by_batch()
    progress = engine.run_text("SELECT batch_seq, rows_loaded FROM landing.load_progress").fetchall()
    loaded = {int(batch_seq): int(rows) for batch_seq, rows in progress}
    for batch in sealed:
        if batch.rows_received != batch.rows_stored + batch.rows_quarantined + batch.rows_duplicate:
            wrong.append(f"batch {batch.batch_seq}: the counts do not add up")
        refused = kept.get(batch.batch_seq, 0)
        if refused != batch.rows_quarantined:
            wrong.append(f"batch {batch.batch_seq}: {batch.rows_quarantined} rows quarantined, {refused} kept")
        if loaded.get(batch.batch_seq) != sum(file.rows for file in batch.segment_files):
            wrong.append(f"batch {batch.batch_seq}: the warehouse lacks rows of the raw log")
    if wrong:
        raise InternalError("received = stored + quarantined + duplicate does not hold:\n" + "\n".join(wrong))
