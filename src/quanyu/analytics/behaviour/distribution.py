"""Distributions: how a figure of each person is spread, as a histogram with exact quantiles."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

import numpy as np

from quanyu.analytics.behaviour.answer import Answer, Column, Grid, Note, Unit, nearest_rank, ratio
from quanyu.analytics.behaviour.log import Log, Mark, Wanted, act_rows, type_names
from quanyu.analytics.behaviour.order import Numbers
from quanyu.analytics.behaviour.words import Acts, Reader, Words
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError

QUANTILES: Final = (0, 10, 25, 50, 75, 90, 95, 99, 100)
MOST_BINS: Final = 100
KEYS: Final = ("of", "acts", "bins", "edges", "start", "end")
_DAY: Final = timedelta(days=1)


class Measure(StrEnum):
    """A figure of each person who has one: acts done, days with an act, valid orders, net sales in fen."""

    ACTS = "acts"
    DAYS = "days"
    ORDERS = "orders"
    SALES = "sales"


@dataclass(frozen=True, slots=True)
class DistributionQuery:
    """The spread of a measure over the people who have it in [start, end); `edges` are the lower ends of the bins."""

    of: Measure = Measure.ORDERS
    acts: Acts | None = None
    bins: int = 10
    edges: tuple[int, ...] = ()
    start: date | None = None
    end: date | None = None


def read_distribution(said: Mapping[str, Any], words: Words) -> tuple[DistributionQuery | None, list[Problem]]:
    """Return the distribution that plain values ask for, or None, and every problem."""
    reader = Reader(said, words, KEYS)
    of = reader.choice("of", Measure, Measure.ORDERS)
    acts = reader.acts("acts", reader.said["acts"]) if "acts" in reader.said else None
    counts_acts = of in (Measure.ACTS, Measure.DAYS)
    if counts_acts and "acts" not in reader.said:
        reader.wrong("behaviour.empty", "acts", "is not said", "Name the acts that are counted.")
    if not counts_acts and acts is not None:
        reader.wrong("behaviour.unknown_key", "acts", f"says nothing about {of.value}", "Ask of acts or days.")
    edges = reader.listed("edges", MOST_BINS)
    if any(not str(one).lstrip("-").isdecimal() for one in edges):
        reader.wrong("behaviour.number", "edges", "are not all whole numbers", "Write 1, 2, 5, 10; sales in fen.")
        edges = []
    whole = tuple(int(one) for one in edges)
    if list(whole) != sorted(set(whole)):
        reader.wrong("behaviour.number", "edges", "do not rise", "Write each once, the smallest first.")
    start, end = reader.period()
    query = DistributionQuery(of, acts, reader.whole("bins", 10, 1, MOST_BINS), whole, start, end)
    return (None if reader.problems else query), reader.problems


def distribution(log: Log, query: DistributionQuery) -> Answer:
    """Return the histogram (cells `bin:1` …, lower end inside, upper end outside but for the last) and the quantiles.

    Quantiles are values that somebody has, by nearest rank (domain M-23); nothing is interpolated.
    """
    found = log.numbers(value_rows(log, query))
    actor, value = found["actor_id"], found["value"]
    ascending = np.sort(value)
    edges = _edges(query, ascending)
    place = np.searchsorted(np.array(edges[:-1], dtype=np.int64), value, side="right")
    cells = {f"bin:{at}": int((place == at).sum()) for at in range(len(edges))}
    if not cells.get("bin:0"):
        cells.pop("bin:0", None)
    rows = tuple(
        (int(cell[4:]), None if cell == "bin:0" else edges[int(cell[4:]) - 1], edges[int(cell[4:])], count,
         ratio(count, len(value)), cell)
        for cell, count in cells.items()
    )  # fmt: skip
    unit = Unit.MONEY if query.of is Measure.SALES else Unit.COUNT
    quantiles = tuple((f"p{percent}", nearest_rank(ascending, max(percent, 0))) for percent in QUANTILES)

    def find(cell: str) -> Numbers:
        inside: Numbers = actor[place == int(cell.removeprefix("bin:"))]
        return inside

    note = Note(f"共 {len(value):,} 人。", f"{len(value):,} people.")
    return Answer("distribution", log.as_of, (_bins(unit, rows), _quantiles(unit, quantiles)), cells, find, (note,))


def value_rows(log: Log, query: DistributionQuery) -> q.Select:
    """Return the figure of everybody who has one: actor_id, value."""
    end = min(query.end or log.as_of + _DAY, log.as_of + _DAY)
    if query.acts is not None:
        wanted = Wanted(
            {"mark": (Mark(query.acts, 1),)}, type_names([query.acts]), None, start=query.start, end=end
        )  # fmt: skip
        actor = t.col("actor_id")
        value = t.count() if query.of is Measure.ACTS else q.count_distinct(t.col("local_date"))
        held = t.col("mark").eq(t.lit(1))
        return t.select({"actor_id": actor, "value": value}, act_rows(log, wanted), where=held, group=[actor.copy()])
    if not log.has("order_fact"):
        message = "Not computable, because the build has no orders."
        raise UserError(Problem("behaviour.not_computable", message, "Connect them, then `quanyu run`."))
    day, actor = t.col("local_date"), t.col("person_id")
    where = [t.col("is_valid"), t.not_null(actor), day < t.lit(end)]
    if query.start is not None:
        where.append(day.copy() >= t.lit(query.start))
    value = t.count() if query.of is Measure.ORDERS else t.total(t.col("net_fen"))
    columns = {"actor_id": actor.copy(), "value": value}
    return t.select(columns, "order_fact", where=t.all_of(where), group=[actor.copy()])


def _edges(query: DistributionQuery, ascending: Numbers) -> list[int]:
    """Return the lower ends of the bins, and the greatest value last; bins of equal width unless edges are given."""
    if not len(ascending):
        return []
    low, high = int(ascending[0]), int(ascending[-1])
    if query.edges:
        return [*query.edges, max(high, query.edges[-1])]
    width = max(1, -(-(high - low + 1) // query.bins))
    return [*range(low, high + 1, width), high]


def _bins(unit: Unit, rows: tuple[tuple[Any, ...], ...]) -> Grid:
    columns = (
        Column("bin", "区间", "bin", Unit.COUNT),
        Column("low", "下限", "from", unit),
        Column("high", "上限", "to", unit),
        Column("people", "人数", "people", Unit.COUNT),
        Column("share", "占比", "share", Unit.RATIO),
        Column("cell", "单元", "cell", Unit.CELL),
    )
    return Grid("histogram", "分布", "Histogram", columns, rows, "share")


def _quantiles(unit: Unit, rows: tuple[tuple[Any, ...], ...]) -> Grid:
    columns = (Column("quantile", "分位", "quantile", Unit.TEXT), Column("value", "值", "value", unit))
    return Grid("quantiles", "分位数", "Quantiles", columns, rows)
