"""Times with and without a zone in one column: those without are refused until the mapping states their zone."""

from collections.abc import Iterator
from typing import Final

from quanyu.engine import DuckDBEngine
from quanyu.engine.embedded import temp_view
from quanyu.engine.tree import Tree, all_of, any_of, call, col, is_null, lit, select
from quanyu.ingest.feeds import FeedPlan, rows_of_feed
from quanyu.ingest.scan import sql
from quanyu.tables import Type

_DATE_CHARACTERS: Final = 10


def refuse_mixed_zones(engine: DuckDBEngine, number: int, plan: FeedPlan) -> None:
    """Add a fault to the rows of feed `number` whose time has no zone where another row's has one."""
    for name, raw in _unstated(plan):
        # Only ISO times say a zone: Z, UTC or an offset behind the date.  Reading them is dear, these signs are not.
        signs = [call("contains", raw, lit(sign)) for sign in ("Z", "C", "+")]
        signs.append(call("contains", call("substr", raw, lit(_DATE_CHARACTERS + 1)), lit("-")))
        written = call("clean_text", raw)
        zoned = all_of([any_of(signs), is_null(call("read_iso_zoned", written)).not_()])
        rows = rows_of_feed(plan.feed, plan.reading, {"written": written, "is_zoned": zoned})
        engine.run(temp_view("time_text", rows))
        if engine.run(select({"found": lit(1)}, "time_text", where=col("is_zoned")).limit(1)).fetchall():
            values = {"feed": number, "label": str(plan.keys.index(name))}
            engine.run_text(sql("faults_of_mixed_zones"), values)


def _unstated(plan: FeedPlan) -> Iterator[tuple[str, Tree]]:
    """Yield the columns of ISO times whose zone the mapping does not state, with the texts they are made of."""
    for name, mapping in plan.feed.columns.items():
        column, raw = plan.table.column(name), plan.reading.raw(mapping.from_)
        is_time = column is not None and column.type is Type.TIME and mapping.format in ((), ("iso",))
        if is_time and raw is not None and mapping.time_zone is None:
            yield name, raw
