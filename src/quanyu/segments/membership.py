"""Who is in a segment from when until when: what builds found, carried from one build to the next.

Whoever a build finds again keeps the first day; whoever it does not find again left on the build's date.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pyarrow as pa

from quanyu.engine import DuckDBEngine, Made
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.segments.persons import PERSON

OPEN_END: Final = date(9999, 12, 31)
BEFORE: Final = "segment_member_before"
"""The name under which the engine sees the members of the build before."""

NOW: Final = "segment_now"
"""The name under which the persons of the segment being made are lent to the engine."""

TABLE: Final = "segment_member"
_COLUMNS: Final = ("segment", PERSON, "from_date", "to_date", "entered_by", "left_by")


@dataclass(frozen=True, slots=True)
class Known:
    """A segment to be made: its persons now (None: the build cannot tell), its version now and at the build before.

    `persons` gives `person_id`, each once: rows when they are asked for, or a query.
    """

    persons: Callable[[], pa.Table] | t.Query | None
    version: str
    version_before: str | None


def make_members(engine: DuckDBEngine, segments: Mapping[str, Known], as_of: date, history_days: int) -> Made:
    """Make `segment_member` as of a date, after the members that the engine sees as `BEFORE`, if it sees any.

    One segment after the other, so memory is bounded by one.  What ended more than `history_days` before is left out.
    The key holds by shape: a segment's persons are distinct, and a closed row ended before an open one begins.
    """
    empty = {name: t.lit(None) for name in _COLUMNS}
    made = engine.make_query(t.select(empty, "person", where=t.any_of([])), TABLE, {})
    seconds = made.seconds
    for name, known in segments.items():
        with _shown(engine, known):
            for query in _rows_of(engine, name, known, as_of, history_days):
                seconds += engine.append_query(query, TABLE, {})
    rows = engine.query(t.select({"rows": t.count()}, TABLE)).to_pylist()[0]["rows"]
    return Made(TABLE, int(rows), seconds, made.sql)


@contextmanager
def _shown(engine: DuckDBEngine, known: Known) -> Iterator[None]:
    if callable(known.persons):
        with engine.lent(NOW, known.persons()):
            yield
        return
    if known.persons is not None:
        engine.note_query(known.persons, NOW)
    yield
    engine.catalog.pop(NOW, None)


def _rows_of(engine: DuckDBEngine, name: str, known: Known, as_of: date, history_days: int) -> Iterator[t.Query]:
    is_changed = known.version_before is not None and known.version_before != known.version
    why = "first" if known.version_before is None else "definition" if is_changed else "rule"
    entered = {
        "segment": t.lit(name),
        PERSON: t.col(PERSON, "now"),
        "from_date": t.lit(as_of),
        "to_date": t.lit(OPEN_END),
        "entered_by": t.lit(why),
        "left_by": t.cast(t.lit(None), "VARCHAR"),
    }
    if BEFORE not in engine.catalog:
        if known.persons is not None:
            yield t.select(entered, NOW, alias="now")
        return
    oldest = as_of - timedelta(days=history_days)
    of_segment = t.col("segment").eq(t.lit(name))
    ended = t.all_of([of_segment, t.col("to_date") <= t.lit(as_of), t.col("to_date") > t.lit(oldest)])
    yield t.select({column: t.col(column) for column in _COLUMNS}, BEFORE, where=ended)
    holds = t.all_of([of_segment.copy(), t.col("from_date") <= t.lit(as_of), t.col("to_date") > t.lit(as_of)])
    held = t.select({column: t.col(column) for column in _COLUMNS}, BEFORE, where=holds)
    left = {column: t.col(column, "held") for column in _COLUMNS} | {"to_date": t.lit(as_of)}
    # Whoever came and went on one day was in it on no day.
    stayed = t.col("from_date", "held") < t.lit(as_of)
    if known.persons is None:
        yield t.select(left | {"left_by": t.lit("unknown")}, held, where=stayed, alias="held")
        return
    same = t.col(PERSON, "now").eq(t.col(PERSON, "held"))
    found = entered | {
        "from_date": t.coalesce(t.col("from_date", "held"), t.lit(as_of)),
        "entered_by": t.coalesce(t.col("entered_by", "held"), t.lit(why)),
    }
    yield q.join_rows(t.select(found, NOW, alias="now"), held, "held", same, keep=True)
    gone = t.all_of([t.is_null(t.col(PERSON, "now")), stayed])
    lost = t.select(left | {"left_by": t.lit("definition" if is_changed else "rule")}, held, alias="held", where=gone)
    yield q.join_rows(lost, NOW, "now", same.copy(), keep=True)
