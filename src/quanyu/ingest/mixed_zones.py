"""Times with and without a zone in one column: those without are refused until the mapping states their zone."""

from collections.abc import Iterator

from quanyu.engine import DuckDBEngine
from quanyu.engine.embedded import temp_view
from quanyu.engine.tree import Query, all_of, any_of, call, col, lit, select
from quanyu.ingest.feeds import FeedPlan, rows_of_feed
from quanyu.ingest.scan import sql
from quanyu.tables import Type


def refuse_mixed_zones(engine: DuckDBEngine, number: int, plan: FeedPlan) -> None:
    """Add a fault to the rows of feed `number` whose time has no zone where another row's has one."""
    for name, texts in _unstated(plan):
        engine.run(temp_view("time_text", texts))
        # Only ISO times say a zone: Z, UTC or an offset at their end.
        ends = [call("right", col("written"), lit(1)).isin(lit("Z"), lit("C"))]
        ends += [call("substr", col("written"), lit(place), lit(1)).isin(lit("+"), lit("-")) for place in (-5, -6)]
        zoned = all_of([call("length", col("written")) > lit(16), any_of(ends)])
        if engine.run(select({"found": lit(1)}, "time_text", where=zoned).limit(1)).fetchall():
            values = {"feed": number, "label": str(plan.keys.index(name))}
            engine.run_text(sql("faults_of_mixed_zones"), values)


def _unstated(plan: FeedPlan) -> Iterator[tuple[str, Query]]:
    """Yield the columns of ISO times whose zone the mapping does not state, with a query of their texts."""
    for name, mapping in plan.feed.columns.items():
        column, raw = plan.table.column(name), plan.reading.raw(mapping.from_)
        is_time = column is not None and column.type is Type.TIME and mapping.format in ((), ("iso",))
        if is_time and raw is not None and mapping.time_zone is None:
            yield name, rows_of_feed(plan.feed, plan.reading, {"written": call("clean_text", raw)})
