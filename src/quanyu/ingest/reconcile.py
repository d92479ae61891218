"""Received = stored + quarantined + duplicate, per source and day of receipt: made, checked, shown (promise 4)."""

import pyarrow as pa

from quanyu.engine import DuckDBEngine
from quanyu.engine.embedded import physical, select_from
from quanyu.engine.tree import call, col, lit, named, union_all
from quanyu.errors import InternalError
from quanyu.ingest.landing import SCHEMA, TABLES
from quanyu.ingest.scan import sql
from quanyu.ingest.segment import table_of
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

    The counts of a batch must add up; as many rows must lie in quarantine as it says; and the landing tables must hold
    as many rows of it as its sealed files.
    """
    with store.reading() as work:
        sealed = work.segments.find(status=SegmentStatus.SEALED)
        kept = work.quarantine.counts_by_batch()
    loaded = loaded_rows(engine)
    wrong: list[str] = []
    for batch in sealed:
        if batch.rows_received != batch.rows_stored + batch.rows_quarantined + batch.rows_duplicate:
            wrong.append(f"batch {batch.batch_seq}: the counts do not add up")
        refused = kept.get(batch.batch_seq, 0)
        if refused != batch.rows_quarantined:
            wrong.append(f"batch {batch.batch_seq}: {batch.rows_quarantined} rows quarantined, {refused} kept")
        logged = sum(file.rows for file in batch.segment_files if table_of(file).entity)
        if loaded.get(batch.batch_seq, 0) != logged:
            wrong.append(
                f"batch {batch.batch_seq}: {logged} rows in the raw log, {loaded.get(batch.batch_seq, 0)} loaded"
            )
    if wrong:
        raise InternalError("received = stored + quarantined + duplicate does not hold:\n" + "\n".join(wrong))


def loaded_rows(engine: DuckDBEngine) -> dict[int, int]:
    """Return how many rows of each batch the landing tables hold; identifiers, which batches share, are left out."""
    per_table = [
        select_from(physical(table.name, SCHEMA), [col("batch_seq"), named(call("count", lit(1)), "rows")]).group_by(
            col("batch_seq")
        )
        for table in TABLES
        if table.entity
    ]
    counts: dict[int, int] = {}
    for batch_seq, rows in engine.run(union_all(per_table)).fetchall():
        counts[int(batch_seq)] = counts.get(int(batch_seq), 0) + int(rows)
    return counts
