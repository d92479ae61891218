"""Retention (M-15): of those who began in a period, how many came back in the n-th after it, by it, or from it on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

import numpy as np

from quanyu.analytics.behaviour.answer import Answer, Column, Grid, Note, Unit, ratio
from quanyu.analytics.behaviour.kernels import returned
from quanyu.analytics.behaviour.log import Log
from quanyu.analytics.behaviour.order import Numbers
from quanyu.analytics.behaviour.periods import (
    ACTIVITY,
    BASES,
    Basis,
    Grain,
    first_day,
    last_full,
    number_of,
    presence,
    presence_rows,
)
from quanyu.analytics.behaviour.words import Reader, Words
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.engine.kernel import IS_COMPILED
from quanyu.errors import Problem

MOST_PERIODS: Final = 60
"""Periods after the first: they are the bits of one whole number."""

DEFAULT_PERIODS: Final = {Grain.DAY: 30, Grain.WEEK: 12, Grain.MONTH: 12}
KEYS: Final = ("begin", "return", "grain", "reading", "cohorts", "periods", "start", "end")


class Reading(StrEnum):
    """On: back in exactly the n-th period. Within: back at least once in 1 … n. Rolling: back in the n-th or later."""

    ON = "on"
    WITHIN = "within"
    ROLLING = "rolling"


class Cohorts(StrEnum):
    """First: the period of the first beginning ever. Recurring: every period with a beginning is a cohort."""

    FIRST = "first"
    RECURRING = "recurring"


@dataclass(frozen=True, slots=True)
class RetentionQuery:
    """One retention table; cohorts whose period begins in [start, end), the periods 0 … `periods` after each."""

    begin: Basis = ACTIVITY
    back: Basis = ACTIVITY
    grain: Grain = Grain.DAY
    reading: Reading = Reading.ON
    cohorts: Cohorts = Cohorts.FIRST
    periods: int = 30
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Returns:
    """One row per actor and cohort: bit n of `back`: returned n periods after; `last`: the last n that did (0: none).

    Period 0 is the cohort's own: its bit says only whether the returning act was done in it as well.
    """

    actor: Numbers
    cohort: Numbers
    back: Numbers
    last: Numbers


def read_retention(said: Mapping[str, Any], words: Words) -> tuple[RetentionQuery | None, list[Problem]]:
    """Return the retention that plain values ask for, or None, and every problem; `return` is `begin` unless said."""
    reader = Reader(said, words, KEYS)
    begin = read_basis(reader, "begin", ACTIVITY)
    back = read_basis(reader, "return", begin)
    grain = reader.choice("grain", Grain, Grain.DAY)
    start, end = reader.period()
    query = RetentionQuery(
        begin,
        back,
        grain,
        reader.choice("reading", Reading, Reading.ON),
        reader.choice("cohorts", Cohorts, Cohorts.FIRST),
        reader.whole("periods", DEFAULT_PERIODS[grain], 1, MOST_PERIODS),
        start,
        end,
    )
    return (None if reader.problems else query), reader.problems


def read_basis(reader: Reader, name: str, default: Basis) -> Basis:
    """Return the acts of a name: `activity`, `purchase`, or acts as in a funnel."""
    given = reader.said.get(name)
    if given is None:
        return default
    if isinstance(given, str) and given in BASES:
        return given
    return reader.acts(name, given) or default


def retention(log: Log, query: RetentionQuery) -> Answer:
    """Return the retention table: people of each cohort, and per period after it how many came back.

    Cells are `cohort:DATE` and `COHORT-DATE+n`; a period that has not ended by the build's date has none, and is null.
    The last row sums, for each n, the cohorts that know it.
    """
    found = returns(log, query)
    return _answer(log, query, found)


def returns(log: Log, query: RetentionQuery, *, by_sql: bool = not IS_COMPILED) -> Returns:
    """Return who began in which cohort and came back when."""
    recurring = query.cohorts is Cohorts.RECURRING
    if by_sql:
        return _by_sql(log, query)
    here = presence(log, query.begin, query.back, query.grain)
    made = Returns(*returned(here.actor, here.period, here.kind, recurring, query.periods))
    return _within(log, query, made)


def _within(log: Log, query: RetentionQuery, made: Returns) -> Returns:
    """Keep the cohorts that were asked for."""
    held = made.cohort <= number_of(log.as_of, query.grain)
    starts = np.array(
        [(first_day(int(one), query.grain)).toordinal() for one in np.unique(made.cohort)], dtype=np.int64
    )
    of = np.searchsorted(np.unique(made.cohort), made.cohort)
    if query.start is not None and len(starts):
        held &= starts[of] >= query.start.toordinal()
    if query.end is not None and len(starts):
        held &= starts[of] < query.end.toordinal()
    return Returns(made.actor[held], made.cohort[held], made.back[held], made.last[held])


def _by_sql(log: Log, query: RetentionQuery) -> Returns:
    """The same returns by a join of beginnings with what followed: oracle and fallback of the kernel."""
    rows = returned_rows(log, query)
    columns = {name: t.col(name) for name in ("actor_id", "cohort", "after")}
    read = log.numbers(t.select(columns, rows, order=[t.col("actor_id"), t.col("cohort")]))
    actor, cohort, after = read["actor_id"], read["cohort"], read["after"]
    is_new = np.ones(len(actor), dtype=np.bool_)
    is_new[1:] = (actor[1:] != actor[:-1]) | (cohort[1:] != cohort[:-1])
    row = np.cumsum(is_new) - 1
    back, last = np.zeros(int(is_new.sum()), dtype=np.int64), np.zeros(int(is_new.sum()), dtype=np.int64)
    near = (after >= 0) & (after <= query.periods)
    np.bitwise_or.at(back, row[near], np.int64(1) << after[near])
    np.maximum.at(last, row, after)
    return _within(log, query, Returns(actor[is_new], cohort[is_new], back, last))


def returned_rows(log: Log, query: RetentionQuery) -> t.Query:
    """Return actor_id, cohort, after: each period with a return, counted from each cohort; -1 where there is none."""
    relations = {"present": presence_rows(log, query.begin, query.back, query.grain)}
    is_begin = t.any_of([t.col("kind").eq(t.lit(one)) for one in (1, 3)])
    first = {"actor_id": t.col("actor_id"), "cohort": t.smallest_of(t.col("period"))}
    every = {"actor_id": t.col("actor_id"), "cohort": t.col("period")}
    if query.cohorts is Cohorts.FIRST:
        relations["began"] = t.select(first, "present", where=is_begin, group=[t.col("actor_id")])
    else:
        relations["began"] = t.select(every, "present", where=is_begin)
    after = t.col("period", "later") - t.col("cohort", "one")
    columns = {"actor_id": t.col("actor_id", "one"), "cohort": t.col("cohort", "one")}
    joined = t.select({**columns, "after": t.coalesce(after, t.lit(-1))}, "began", alias="one")
    same = t.col("actor_id", "later").eq(t.col("actor_id", "one"))
    comes = t.any_of([t.col("kind", "later").eq(t.lit(one)) for one in (2, 3)])
    on = t.all_of([same, comes, t.col("period", "later") >= t.col("cohort", "one")])
    return q.given(t.left_join(joined, "present", "later", on), relations)


def _answer(log: Log, query: RetentionQuery, found: Returns) -> Answer:
    known = last_full(log.as_of, query.grain)
    cells: dict[str, int] = {}
    rows: list[tuple[Any, ...]] = []
    sums = np.zeros((query.periods + 1, 2), dtype=np.int64)
    order = np.argsort(found.cohort, kind="stable")
    cohorts, starts = np.unique(found.cohort[order], return_index=True)
    for cohort, places in zip(cohorts.tolist(), np.split(order, starts[1:]) if len(cohorts) else [], strict=True):
        day, people = first_day(cohort, query.grain).isoformat(), len(places)
        cells[f"cohort:{day}"] = people
        for number in range(query.periods + 1):
            if cohort + number > known:
                break
            count = int(_held(query, found, places, number).sum())
            cells[f"{day}+{number}"] = count
            sums[number] += (people, count)
            rows.append((day, number, people, count, ratio(count, people), f"{day}+{number}"))
    rows += [
        (None, number, int(whole), int(part), ratio(int(part), int(whole)), None)
        for number, (whole, part) in enumerate(sums)
        if whole
    ]

    def find(cell: str) -> Numbers:
        day, _, number = cell.removeprefix("cohort:").partition("+")
        places = np.flatnonzero(found.cohort == number_of(date.fromisoformat(day), query.grain))
        return found.actor[places[_held(query, found, places, int(number))] if number else places]

    return Answer("retention", log.as_of, (_grid(query, tuple(rows)),), cells, find, (_note(query),))


def _held(query: RetentionQuery, found: Returns, places: Numbers, number: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which of the rows came back for a period; all did for their own one."""
    back = found.back[places]
    if number == 0:
        return np.ones(len(places), dtype=np.bool_)
    if query.reading is Reading.ON:
        return (back >> number & 1).astype(np.bool_)
    if query.reading is Reading.WITHIN:
        return back & ((1 << (number + 1)) - 2) > 0
    return found.last[places] >= number


def _note(query: RetentionQuery) -> Note:
    zh, en = {
        Reading.ON: ("第 n 期留存:恰在第 n 期回来。", "Period n: back in exactly the n-th period."),
        Reading.WITHIN: ("n 期内留存:第 1 至 n 期内至少回来一次。", "Within n: back at least once in periods 1 to n."),
        Reading.ROLLING: ("滚动留存:第 n 期或之后回来。", "Rolling: back in the n-th period or later."),
    }[query.reading]
    return Note(zh, en)


def _grid(query: RetentionQuery, rows: tuple[tuple[Any, ...], ...]) -> Grid:
    columns = (
        Column("cohort", "群组", query.grain.value, Unit.TEXT),
        Column("n", "第 n 期", "n", Unit.COUNT),
        Column("people", "人数", "people", Unit.COUNT),
        Column("back", "回来人数", "back", Unit.COUNT),
        Column("rate", "留存率", "rate", Unit.RATIO),
        Column("cell", "单元", "cell", Unit.CELL),
    )
    return Grid("retention", "留存", "Retention", columns, rows, "rate")
