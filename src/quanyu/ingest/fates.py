"""What becomes of every row of a file: stored, duplicate or quarantined; each row has one fate, over all its feeds.

A row with an error in one feed is stored in none.  Tables (temporary): `row_fault` (row, feed, list of
`position:code[:other line]`), `bad_row` (row), `feed_out_<n>` (the rows of feed n), `feed_drop_<n>` (those of them that
are not stored).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from quanyu.engine import DuckDBEngine
from quanyu.engine.embedded import everything, insert_temp, physical, select_from, temp_table, temp_view
from quanyu.engine.tree import Query, Tree, call, cast, col, lit, named, select
from quanyu.ingest.feeds import FeedPlan, needs_whole_groups, outcome, whole_outcome
from quanyu.ingest.mixed_zones import refuse_mixed_zones
from quanyu.ingest.people import hashes
from quanyu.ingest.scan import Scan, sql
from quanyu.store import RowCounts

FIXED_TABLES: Final = frozenset({"event", "refund", "consent", "share"})
"""Tables whose rows record what happened once: the first content of a key stays for good (invariant E3)."""

_ROWS_OF_A_BATCH: Final = 10**12


def settle(engine: DuckDBEngine, plans: Sequence[FeedPlan], source: str, scan: Scan) -> RowCounts:
    """Map every feed, decide the fate of every row, and count."""
    engine.run_text(sql("faults"))
    for number, plan in enumerate(plans):
        _map(engine, number, plan)
    _claim(engine, plans)
    _collect(engine, plans)
    _find_echoes(engine, plans)
    for number, plan in enumerate(plans):
        if plan.feed.one_per:
            _group(engine, number, plan)
    _collect(engine, plans)
    for number, plan in enumerate(plans):
        _judge(engine, number, plan, source)
    _collect(engine, plans)
    for number, plan in enumerate(plans):
        _drop(engine, number, plan)
    return _counts(engine, scan)


def kept_rows(engine: DuckDBEngine, number: int, plan: FeedPlan) -> str:
    """Return the name of a view of feed `number`'s rows that are to be stored; it holds until the next call."""
    engine.run(temp_view("feed_out", everything(f"feed_out_{number}")))
    if not count_rows(engine, f"feed_drop_{number}"):
        return "feed_out"
    engine.run(temp_table("feed_drop", everything(f"feed_drop_{number}")))
    engine.run_text(sql("feed_kept"))
    return "feed_kept"


def _map(engine: DuckDBEngine, number: int, plan: FeedPlan) -> None:
    name = f"feed_row_{number}" if plan.feed.one_per else f"feed_out_{number}"
    if plan.feed.one_per:
        engine.run(temp_table(name, plan.mapped))
    elif plan.reading.source.format == "live":
        plan = _laid_down(engine, number, plan)
    _hash(engine, number, plan)
    if not plan.feed.one_per:
        _put_outcome(engine, number, plan)
    engine.run(temp_view("typed", everything(name)))
    engine.run_text(sql("faults_of_rows"), {"feed": number})
    refuse_mixed_zones(engine, number, plan)


def _put_outcome(engine: DuckDBEngine, number: int, plan: FeedPlan) -> None:
    """Keep what the rows of a feed have of their own in a table, and make `feed_out_<n>` of it."""
    engine.run(temp_table(f"feed_body_{number}", outcome(plan, hash_table(number))))
    engine.run(temp_view(f"feed_out_{number}", whole_outcome(plan, f"feed_body_{number}")))


def _laid_down(engine: DuckDBEngine, number: int, plan: FeedPlan) -> FeedPlan:
    """Return the plan over its mapped rows in a table.

    The query that maps is long, and is part of one query for each identifier: to write and parse it nine times costs a
    small batch far more than to keep its rows; a large file is better off without a copy of itself.
    """
    names = plan.mapped.named_selects
    engine.run(temp_table(f"mapped_row_{number}", plan.mapped))
    return replace(plan, mapped=select({name: col(name) for name in names}, f"mapped_row_{number}"))


def hash_table(number: int) -> str:
    """Return the name of the table of hashed identifiers of feed `number`."""
    return f"identifier_hash_{number}"


def _hash(engine: DuckDBEngine, number: int, plan: FeedPlan) -> None:
    """Hash every different identifier of a feed once."""
    if plan.identifiers:
        rows = f"feed_row_{number}" if plan.feed.one_per else plan.mapped
        engine.run(temp_table(hash_table(number), hashes(rows, plan.identifiers)))


def _claim(engine: DuckDBEngine, plans: Sequence[FeedPlan]) -> None:
    """Refuse rows that no feed takes; possible only where every feed has a condition."""
    if any(plan.feed.where is None for plan in plans):
        return
    for number, plan in enumerate(plans):
        name = f"feed_row_{number}" if plan.feed.one_per else f"feed_out_{number}"
        engine.run(insert_temp("claimed_row", select({"#row": col("#row")}, name)))
    engine.run_text(sql("faults_of_unclaimed"))


def _find_echoes(engine: DuckDBEngine, plans: Sequence[FeedPlan]) -> None:
    """Note the rows that repeat another row of the file, so that the sums of grouped feeds hold each row once."""
    rows = [number for number, plan in enumerate(plans) if not plan.feed.one_per]
    if len(rows) == len(plans):
        return
    for statement in ("echo_votes", "echo_seats"):
        for number in rows:
            engine.run(temp_view("feed_out", everything(f"feed_out_{number}")))
            engine.run_text(sql(statement))
    engine.run_text(sql("echo_rows"))


def _group(engine: DuckDBEngine, number: int, plan: FeedPlan) -> None:
    engine.run(temp_view("feed_row", everything(f"feed_row_{number}")))
    engine.run_text(sql("good_row"))
    _put_outcome(engine, number, plan)
    engine.run(temp_view("feed_out", everything(f"feed_out_{number}")))
    engine.run_text(sql("faults_of_groups"), {"feed": number})


def _judge(engine: DuckDBEngine, number: int, plan: FeedPlan, source: str) -> None:
    """Compare the keys of a feed's rows with each other and with what is stored."""
    _point(engine, number, plan)
    engine.run(temp_view("landed", _landed(plan, source)))
    engine.run_text(sql("feed_fate"), {"is_fixed": plan.table.name in FIXED_TABLES})
    engine.run(temp_table(f"feed_fate_{number}", everything("feed_fate")))
    statement = "faults_of_group_verdicts" if plan.feed.one_per else "faults_of_verdicts"
    engine.run_text(sql(statement), {"feed": number, "label": _key_position(plan)})


def _drop(engine: DuckDBEngine, number: int, plan: FeedPlan) -> None:
    _point(engine, number, plan)
    engine.run(temp_table("feed_fate", everything(f"feed_fate_{number}")))
    engine.run_text(sql("feed_drop_groups" if plan.feed.one_per else "feed_drop"))
    engine.run_text(sql("stored_rows_of_groups" if plan.feed.one_per else "stored_rows"))
    engine.run(temp_table(f"feed_drop_{number}", everything("feed_drop")))


def _collect(engine: DuckDBEngine, plans: Sequence[FeedPlan]) -> None:
    """Make every faulty row a bad row, and with it the rest of groups that only count as a whole."""
    before = count_rows(engine, "bad_row")
    engine.run_text(sql("faults_collect"))
    wholes = [(number, plan) for number, plan in enumerate(plans) if needs_whole_groups(plan.feed)]
    while wholes and before != (now := count_rows(engine, "bad_row")):
        before = now
        for number, plan in wholes:
            engine.run(temp_view("feed_row", everything(f"feed_row_{number}")))
            engine.run_text(sql("faults_spread"), {"feed": number, "label": _key_position(plan)})
            engine.run_text(sql("faults_collect"))


def _counts(engine: DuckDBEngine, scan: Scan) -> RowCounts:
    quarantined = count_rows(engine, "bad_row") + scan.rejected
    stored = count_rows(engine, "stored_row")
    return RowCounts(scan.received, stored, quarantined, scan.received - stored - quarantined)


def count_rows(engine: DuckDBEngine, table: str) -> int:
    """Return the number of rows of a temporary table or view."""
    rows = engine.run(select({"rows": call("count", lit(1))}, table)).fetchall()
    return int(rows[0][0])


def _landed(plan: FeedPlan, source: str) -> Query:
    stored: list[Tree] = [col("version"), col("fingerprint"), named(_place_in_log(), "place")]
    parts = [col("source_id"), *(col(name) for name in plan.table.key[3:])]
    key = parts[0] if len(parts) == 1 else call("concat_ws", lit("|"), *parts)
    table = physical(plan.table.name, "landing")
    return select_from(table, [named(key, "#key"), *stored], col("source").eq(lit(source)))


def _place_in_log() -> Tree:
    """Return batch and row as one number, later rows greater: comparing pairs costs a third more."""
    return cast(col("batch_seq"), "HUGEINT") * lit(_ROWS_OF_A_BATCH) + col("source_row")


def _key_position(plan: FeedPlan) -> str:
    return str(plan.keys.index("key 0"))


def _point(engine: DuckDBEngine, number: int, plan: FeedPlan) -> None:
    engine.run(temp_view("feed_out", everything(f"feed_out_{number}")))
    if plan.feed.one_per:
        engine.run(temp_view("feed_row", everything(f"feed_row_{number}")))
