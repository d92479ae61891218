"""What a batch's rows say beside rows of other batches: refunds without order, unknown products, orders in two parts.

Nothing is refused for it: the other row may come tomorrow.  Each finding is a warning with its count.
"""

from collections.abc import Iterator, Sequence

from quanyu.engine import DuckDBEngine
from quanyu.engine.embedded import physical, select_from
from quanyu.engine.tree import all_of, col, count, lit, select
from quanyu.errors import Problem, Severity, Where
from quanyu.ingest.feeds import FeedPlan, needs_whole_groups
from quanyu.ingest.landing import SCHEMA
from quanyu.ingest.messages import SAYINGS
from quanyu.ingest.scan import sql
from quanyu.ingest.segment import Batch


def beside_warnings(engine: DuckDBEngine, plans: Sequence[FeedPlan], batch: Batch, file: str) -> Iterator[Problem]:
    """Yield a warning for each thing that rows of a loaded batch contradict or miss in what was received before."""
    tables = {plan.table.name for plan in plans}
    if "refund" in tables:
        orphans, above = _counts(engine, "beside_refunds", batch)
        yield from _told("refund.orphan", orphans, file)
        yield from _told("refund.exceeds_order", above, file)
    if "order_line" in tables:
        unknown, zeros = _counts(engine, "beside_products", batch)
        yield from _told("sku.zeros_lost", zeros, file)
        yield from _told("sku.unknown", unknown - zeros, file)
    for plan in plans:
        if needs_whole_groups(plan.feed):
            yield from _told("group.superseded", _superseded(engine, plan, batch), file)


def _counts(engine: DuckDBEngine, name: str, batch: Batch) -> tuple[int, int]:
    first, second = engine.run_text(sql(name), {"batch_seq": batch.seq}).fetchall()[0]
    return int(first), int(second)


def _superseded(engine: DuckDBEngine, plan: FeedPlan, batch: Batch) -> int:
    """Return how many groups of the batch the source delivered before, without a version to say which is the newer."""
    if plan.feed.version is not None:
        return 0
    table = physical(plan.table.name, SCHEMA)
    new = select_from(table, [col("source_id")], col("batch_seq").eq(lit(batch.seq)))
    earlier = [col("source").eq(lit(batch.source)), col("batch_seq") < lit(batch.seq), col("source_id").isin(query=new)]
    groups = select_from(table, [col("source_id")], all_of(earlier)).group_by(col("source_id"))
    return int(engine.run(select({"groups": count()}, groups)).fetchall()[0][0])


def _told(code: str, count: int, file: str) -> Iterator[Problem]:
    if count:
        message, remedy = SAYINGS[code]
        yield Problem(code, f"{count:,}: {message}", remedy, Where(file=file), Severity.WARNING)
