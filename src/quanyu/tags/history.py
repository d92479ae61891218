"""From when until when persons had their tags: what builds said, carried from one build to the next.

A value that a build finds again keeps its first day; one that it does not find again ends on the build's date.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from quanyu.definitions.tag import Tag
from quanyu.engine import DuckDBEngine, Made
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.tags.values import values_tree

OPEN_END: Final = date(9999, 12, 31)
BEFORE: Final = "person_tag_before"
"""The name under which the engine sees the tags of the build before."""

TABLE: Final = "person_tag"
TAGS_AT_ONCE: Final = 8
_COLUMNS: Final = ("person_id", "tag_code", "value", "number", "from_date", "to_date", "source")


def make_person_tags(
    engine: DuckDBEngine,
    tags: Sequence[Tag],
    as_of: date,
    history_days: int,
    *,
    at_once: int = TAGS_AT_ONCE,
    every_code: str = BEFORE,
) -> Made:
    """Make `person_tag` as of a date, after the tags that the engine sees as `BEFORE`, if it sees any.

    Memory is bounded by `at_once` tags at a time.  What ended more than `history_days` before the date is left out, and
    what a later build said is not known.  The key holds by shape: a tag gives a person one value.  `every_code` is the
    table whose tag codes are the ones to be looked for in `BEFORE`.
    """
    groups = [tags[at : at + at_once] for at in range(0, len(tags), at_once)]
    queries = [query for group in groups for query in _group(engine, group, as_of, history_days)]
    queries += list(_dropped(engine, tags, as_of, history_days, every_code))
    made = engine.make_query(_nothing(), TABLE, {})
    seconds = sum(engine.append_query(query, TABLE, {}) for query in queries)
    rows = engine.query(t.select({"rows": t.count()}, TABLE)).to_pylist()[0]["rows"]
    return Made(TABLE, int(rows), made.seconds + seconds, engine.sql_of(queries[0]) if queries else made.sql)


def _group(engine: DuckDBEngine, tags: Sequence[Tag], as_of: date, history_days: int) -> Iterator[t.Query]:
    values = values_tree(tags)
    if BEFORE not in engine.catalog:
        yield _opened(values, t.lit(as_of), as_of)
        return
    held = _held(as_of, t.any_of([t.col("tag_code").eq(t.lit(tag.code)) for tag in tags]))
    yield from _carried(values, held, as_of)
    yield _ended([tag.code for tag in tags], as_of, history_days)


def _opened(values: t.Query, from_date: t.Tree, as_of: date) -> t.Query:
    columns = {name: t.col(name) for name in ("person_id", "tag_code", "value", "number", "source")}
    return t.select({**columns, "from_date": from_date, "to_date": t.lit(OPEN_END)}, values)


def _carried(values: t.Query, held: t.Query, as_of: date) -> Iterator[t.Query]:
    """Found again or for the first time; then what was held and is not found again."""
    now = {name: t.col(name, "now") for name in ("person_id", "tag_code", "value", "number", "source")}
    since = t.coalesce(t.col("from_date", "held"), t.lit(as_of))
    found = t.select({**now, "from_date": since, "to_date": t.lit(OPEN_END)}, values.copy(), alias="now")
    yield q.join_rows(found, held.copy(), "held", _same("now", "held"), keep=True)
    columns = {name: t.col(name, "held") for name in _COLUMNS} | {"to_date": t.lit(as_of)}
    lost = t.all_of([t.is_null(t.col("person_id", "now")), t.col("from_date", "held") < t.lit(as_of)])
    ended = t.select(columns, held.copy(), alias="held", where=lost)
    yield q.join_rows(ended, values.copy(), "now", _same("held", "now"), keep=True)


def _same(one: str, other: str) -> t.Tree:
    return t.all_of([t.col(name, one).eq(t.col(name, other)) for name in ("person_id", "tag_code", "value")])


def _held(as_of: date, among: t.Tree) -> t.Query:
    """What the build before said of the date itself: rows that began until then and had not ended."""
    holds = t.all_of([among, t.col("from_date") <= t.lit(as_of), t.col("to_date") > t.lit(as_of)])
    return t.select({name: t.col(name) for name in _COLUMNS}, BEFORE, where=holds)


def _ended(codes: Sequence[str], as_of: date, history_days: int) -> t.Query:
    oldest = as_of - timedelta(days=history_days)
    among = t.any_of([t.col("tag_code").eq(t.lit(code)) for code in codes])
    kept = t.all_of([among, t.col("to_date") <= t.lit(as_of), t.col("to_date") > t.lit(oldest)])
    return t.select({name: t.col(name) for name in _COLUMNS}, BEFORE, where=kept)


def _dropped(
    engine: DuckDBEngine, tags: Sequence[Tag], as_of: date, history_days: int, every_code: str
) -> Iterator[t.Query]:
    """Tags that are not defined or not computable any more end, and what had ended stays."""
    if BEFORE not in engine.catalog:
        return
    codes = engine.query(t.select({"code": t.col("tag_code")}, every_code, group=[t.col("tag_code")])).to_pylist()
    gone = sorted({str(row["code"]) for row in codes} - {tag.code for tag in tags})
    if not gone:
        return
    held = _held(as_of, t.any_of([t.col("tag_code").eq(t.lit(code)) for code in gone]))
    columns = {name: t.col(name) for name in _COLUMNS} | {"to_date": t.lit(as_of)}
    yield t.select(columns, held, where=t.col("from_date") < t.lit(as_of))
    yield _ended(gone, as_of, history_days)


def _nothing() -> t.Query:
    empty = {name: t.lit(None) for name in _COLUMNS}
    return t.select(empty, "person_feature", where=t.any_of([]))
