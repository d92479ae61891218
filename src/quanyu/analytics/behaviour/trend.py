"""Trends: how often something was done per period, and by how many people, split by a field or an attribute."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from quanyu.analytics.behaviour.answer import Answer, Column, Grid, Note, Unit
from quanyu.analytics.behaviour.log import (
    Log,
    Mark,
    Wanted,
    act_rows,
    person_values,
    split_code,
    split_names,
    split_values,
    type_names,
)
from quanyu.analytics.behaviour.order import Numbers
from quanyu.analytics.behaviour.periods import EPOCH, Grain, first_day, number_of
from quanyu.analytics.behaviour.words import FIELDS, Acts, Reader, Words
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.errors import Problem

USUAL: Final = {Grain.DAY: 30, Grain.WEEK: 13, Grain.MONTH: 13}
MOST_PERIODS: Final = 800
KEYS: Final = ("acts", "grain", "by", "visitors", "valid_orders", "start", "end")
_DAY: Final = timedelta(days=1)
_STARTS: Final = {Grain.DAY: None, Grain.WEEK: "week_start", Grain.MONTH: "month_start"}


@dataclass(frozen=True, slots=True)
class TrendQuery:
    """How often the acts were done in each period that touches [start, end); without a start the latest ones."""

    acts: Acts
    grain: Grain = Grain.DAY
    by: str | None = None
    visitors: bool = True
    valid_orders: bool = True
    start: date | None = None
    end: date | None = None


def read_trend(said: Mapping[str, Any], words: Words) -> tuple[TrendQuery | None, list[Problem]]:
    """Return the trend that plain values ask for, or None, and every problem."""
    reader = Reader(said, words, KEYS)
    acts = reader.acts("acts", reader.said.get("acts", ""))
    grain = reader.choice("grain", Grain, Grain.DAY)
    start, end = reader.period()
    last = min(end or words.as_of + _DAY, words.as_of + _DAY) - _DAY
    if start is not None and number_of(last, grain) - number_of(start, grain) >= MOST_PERIODS:
        reader.wrong("behaviour.period", "start", f"is more than {MOST_PERIODS} periods before the end", "Start later.")
    query = TrendQuery(
        acts or Acts(()),
        grain,
        reader.split("by"),
        reader.flag("visitors", default=True),
        reader.flag("valid_orders", default=True),
        start,
        end,
    )
    return (None if reader.problems else query), reader.problems


def trend(log: Log, query: TrendQuery) -> Answer:
    """Return acts and people per period and split; cells are `DATE` and `DATE@split`.

    People of several periods or splits are counted in each: they do not add up.  A period without an act is 0; the
    running period is told as far as it goes.
    """
    rows, names = _split_rows(log, query)
    told = log.numbers(_counted(rows))
    whole = log.numbers(_counted(t.select({**_columns(rows), "split": t.lit(0)}, rows))) if query.by else told
    cells: dict[str, int] = {}
    shown: list[tuple[Any, ...]] = []
    for name, found, code in _series(query, names, told, whole):
        counts = {
            int(day): (int(acts), int(people))
            for day, split, acts, people in zip(*found.values(), strict=True)
            if split == code
        }
        for number in _numbers(log, query):
            day = first_day(number, query.grain)
            acts, people = counts.get((day - EPOCH).days, (0, 0))
            cell = f"{day.isoformat()}@{name}" if name else day.isoformat()
            cells[cell] = people
            shown.append((day.isoformat(), name or None, acts, people, cell))

    def find(cell: str) -> Numbers:
        day, _, name = cell.partition("@")
        where = [t.col("period").eq(t.lit(date.fromisoformat(day)))]
        if name:
            where.append(t.col("split").eq(t.lit(names.index(name))))
        one = t.select({"actor_id": t.col("actor_id")}, rows.copy(), where=t.all_of(where))
        return log.numbers(q.distinct_rows(one))["actor_id"]

    note = Note("人数跨周期、跨分组不可相加。", "People do not add up over periods or splits.")
    return Answer("trend", log.as_of, (_grid(query, tuple(shown)),), cells, find, (note,))


def _numbers(log: Log, query: TrendQuery) -> range:
    end = min(query.end or log.as_of + _DAY, log.as_of + _DAY)
    last = number_of(end - _DAY, query.grain)
    first = last - USUAL[query.grain] + 1 if query.start is None else number_of(query.start, query.grain)
    return range(first, last + 1)


def _split_rows(log: Log, query: TrendQuery) -> tuple[q.Select, tuple[str, ...]]:
    """Return actor_id, period, split (a number) of every act, and the names of the splits."""
    numbers = _numbers(log, query)
    start = query.start or first_day(numbers.start, query.grain)
    end = min(query.end or log.as_of + _DAY, log.as_of + _DAY)
    marks = {"mark": (Mark(query.acts, 1),)}
    split = query.by if query.by in FIELDS else None
    wanted = Wanted(marks, type_names([query.acts]), split, query.visitors, query.valid_orders, start, end)
    day = t.col("local_date", "act")
    to = _STARTS[query.grain]
    period = t.call(to, day) if to else day
    columns = {"actor_id": t.col("actor_id", "act"), "period": period}
    value: t.Tree = t.col("split", "act") if split else t.col("value", "known")
    if query.by is None:
        value = t.cast(t.lit(None), "VARCHAR")
    held = t.col("mark", "act").eq(t.lit(1))
    rows = t.select({**columns, "split": value}, act_rows(log, wanted), where=held, alias="act")
    if query.by is not None and split is None:
        same = t.col("person_id", "known").eq(t.col("actor_id", "act"))
        rows = q.join_rows(rows, person_values(log, query.by), "known", same, keep=True)
    if query.by is None:
        return t.select({**_columns(rows), "split": t.lit(0)}, rows), ("",)
    values = split_values(log, rows)
    return t.select({**_columns(rows), "split": split_code(values)}, rows), split_names(values)


def _columns(rows: q.Select) -> dict[str, t.Tree]:
    return {name: t.col(name) for name in rows.named_selects}


def _counted(rows: q.Select) -> q.Select:
    group = [t.col("period"), t.col("split")]
    people = q.count_distinct(t.col("actor_id"))
    columns = {"period": t.col("period"), "split": t.col("split"), "acts": t.count(), "people": people}
    return t.select(columns, rows.copy(), group=group)


def _series(
    query: TrendQuery, names: tuple[str, ...], told: dict[str, Numbers], whole: dict[str, Numbers]
) -> list[tuple[str, dict[str, Numbers], int]]:
    """Return each series to show: its name, where it stands, its number; all together first."""
    found: list[tuple[str, dict[str, Numbers], int]] = [("", whole, 0)]
    if query.by is not None:
        present = set(told["split"].tolist())
        found += [(name, told, at) for at, name in enumerate(names) if at in present]
    return found


def _grid(query: TrendQuery, rows: tuple[tuple[Any, ...], ...]) -> Grid:
    columns = (
        Column("period", "周期", query.grain.value, Unit.TEXT),
        Column("split", "分组", "split", Unit.TEXT),
        Column("acts", "次数", "acts", Unit.COUNT),
        Column("people", "人数", "people", Unit.COUNT),
        Column("cell", "单元", "cell", Unit.CELL),
    )
    return Grid("trend", "趋势", "Trend", columns, rows, "people")
