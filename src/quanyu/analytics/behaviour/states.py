"""Period states (M-15, V19) and stickiness: who is new, retained, lost, returned; how often the active are active."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from quanyu.analytics.behaviour.answer import Answer, Column, Grid, Note, Unit, ratio
from quanyu.analytics.behaviour.log import Log
from quanyu.analytics.behaviour.order import Flags, Numbers
from quanyu.analytics.behaviour.periods import (
    ACTIVITY,
    Basis,
    Grain,
    Presence,
    first_day,
    last_full,
    number_of,
    presence,
)
from quanyu.analytics.behaviour.retention import read_basis
from quanyu.analytics.behaviour.words import Reader, Words
from quanyu.errors import Problem

STATES: Final = {"new": "新增", "retained": "留存", "lost": "流失", "returned": "回流"}
SPANS: Final = {"dau": 1, "wau": 7, "mau": 30}
"""Active on the day itself, and at least once in the 7 and the 30 days up to it."""

MOST_SHOWN: Final = 400
KEYS: Final = ("acts", "grain", "start", "end")


@dataclass(frozen=True, slots=True)
class StatesQuery:
    """The states of every period that begins in [start, end); without a start the last twelve that have ended."""

    acts: Basis = ACTIVITY
    grain: Grain = Grain.MONTH
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class StickinessQuery:
    """DAU, WAU, MAU and DAU/MAU of every day in [start, end); without a start the last 30 days."""

    acts: Basis = ACTIVITY
    start: date | None = None
    end: date | None = None


def read_states(said: Mapping[str, Any], words: Words) -> tuple[StatesQuery | None, list[Problem]]:
    """Return the period states that plain values ask for, or None, and every problem."""
    reader = Reader(said, words, KEYS)
    acts, grain = read_basis(reader, "acts", ACTIVITY), reader.choice("grain", Grain, Grain.MONTH)
    start, end = reader.period()
    _check_length(reader, start, end, grain)
    query = StatesQuery(acts, grain, start, end)
    return (None if reader.problems else query), reader.problems


def read_stickiness(said: Mapping[str, Any], words: Words) -> tuple[StickinessQuery | None, list[Problem]]:
    """Return the stickiness that plain values ask for, or None, and every problem."""
    reader = Reader(said, words, ("acts", "start", "end"))
    acts = read_basis(reader, "acts", ACTIVITY)
    start, end = reader.period()
    _check_length(reader, start, end, Grain.DAY)
    return (None if reader.problems else StickinessQuery(acts, start, end)), reader.problems


def _check_length(reader: Reader, start: date | None, end: date | None, grain: Grain) -> None:
    last = end or reader.words.as_of
    if start is not None and number_of(last, grain) - number_of(start, grain) > MOST_SHOWN:
        reader.wrong("behaviour.period", "start", f"is more than {MOST_SHOWN} periods before the end", "Start later.")


def states(log: Log, query: StatesQuery) -> Answer:
    """Return the people of each state per period: new, retained, lost, returned; cells are `DATE:state`.

    Only periods that have ended by the build's date are told: in a running one the lost may still come.
    """
    here = presence(log, query.acts, query.acts, query.grain)
    before = _before(here)
    numbers = _asked(log, query.start, query.end, query.grain, 12)
    rows: list[tuple[Any, ...]] = []
    cells: dict[str, int] = {}
    for number in numbers:
        day = first_day(number, query.grain).isoformat()
        counts = {state: int(_in_state(here, before, number, state).sum()) for state in STATES}
        cells |= {f"{day}:{state}": count for state, count in counts.items()}
        opening = counts["retained"] + counts["lost"]
        rows.append((day, *counts.values(), ratio(counts["retained"], opening)))

    def find(cell: str) -> Numbers:
        day, _, state = cell.partition(":")
        return here.actor[_in_state(here, before, number_of(date.fromisoformat(day), query.grain), state)]

    note = Note("活跃留存率 = 留存 / (留存 + 流失)。", "Active retention = retained / (retained + lost).")
    return Answer("states", log.as_of, (_states_grid(query.grain, tuple(rows)),), cells, find, (note,))


def _before(here: Presence) -> Numbers:
    """Return for each presence the actor's period before it; -1 below the number of any for the first."""
    before = np.full(len(here.actor), -(1 << 40), dtype=np.int64)
    same = here.actor[1:] == here.actor[:-1]
    before[1:][same] = here.period[:-1][same]
    return before


def _in_state(here: Presence, before: Numbers, number: int, state: str) -> Flags:
    if state == "lost":
        # Somebody of the period before whose next presence, if any, is not this period.
        comes = np.zeros(len(here.actor), dtype=np.bool_)
        comes[:-1] = (here.actor[1:] == here.actor[:-1]) & (here.period[1:] == number)
        lost: Flags = (here.period == number - 1) & ~comes
        return lost
    now: Flags = here.period == number
    if state == "retained":
        now &= before == number - 1
        return now
    now &= (before < number - 1) & ((before < -(1 << 39)) == (state == "new"))
    return now


def stickiness(log: Log, query: StickinessQuery) -> Answer:
    """Return per day the people active on it, in 7 and in 30 days up to it; cells are `DATE:dau`, `:wau`, `:mau`."""
    here = presence(log, query.acts, query.acts, Grain.DAY)
    numbers = _asked(log, query.start, query.end, Grain.DAY, 30)
    counts = {name: _trailing(here, numbers, span) for name, span in SPANS.items()}
    rows: list[tuple[Any, ...]] = []
    cells: dict[str, int] = {}
    for at, number in enumerate(numbers):
        day = first_day(number, Grain.DAY).isoformat()
        dau, wau, mau = (int(counts[name][at]) for name in SPANS)
        cells |= {f"{day}:dau": dau, f"{day}:wau": wau, f"{day}:mau": mau}
        rows.append((day, dau, wau, mau, ratio(dau, mau), ratio(dau, wau)))

    def find(cell: str) -> Numbers:
        day, _, name = cell.partition(":")
        number = number_of(date.fromisoformat(day), Grain.DAY)
        held = (here.period <= number) & (here.period > number - SPANS[name])
        return np.unique(here.actor[held])

    note = Note("黏性 = 日活 / 月活(30 天)。", "Stickiness = DAU / MAU (30 days).")
    return Answer("stickiness", log.as_of, (_sticky_grid(tuple(rows)),), cells, find, (note,))


def _trailing(here: Presence, numbers: range, span: int) -> Numbers:
    """Return how many were present at least once in the `span` days up to each day.

    A presence counts on the days from its own to the one before it would be counted again by the actor's next.
    """
    ends = here.period + span
    same = here.actor[1:] == here.actor[:-1]
    ends[:-1][same] = np.minimum(ends[:-1][same], here.period[1:][same])
    size = len(numbers)
    first = np.clip(here.period - numbers.start, 0, size)
    last = np.clip(ends - numbers.start, 0, size)
    change = np.bincount(first, minlength=size + 1) - np.bincount(last, minlength=size + 1)
    found: Numbers = np.cumsum(change)[:size]
    return found


def _asked(log: Log, start: date | None, end: date | None, grain: Grain, usual: int) -> range:
    """Return the numbers of the full periods that begin in [start, end)."""
    last = last_full(log.as_of, grain)
    if end is not None:
        last = min(last, number_of(end - timedelta(days=1), grain))
    if start is None:
        return range(last - usual + 1, last + 1)
    number = number_of(start, grain)
    return range(number if first_day(number, grain) >= start else number + 1, last + 1)


def _states_grid(grain: Grain, rows: tuple[tuple[Any, ...], ...]) -> Grid:
    columns = (
        Column("period", "周期", grain.value, Unit.TEXT),
        *(Column(state, zh, state, Unit.COUNT) for state, zh in STATES.items()),
        Column("retention_rate", "活跃留存率", "retention", Unit.RATIO),
    )
    return Grid("states", "周期状态", "Period states", columns, rows, "retention_rate")


def _sticky_grid(rows: tuple[tuple[Any, ...], ...]) -> Grid:
    columns = (
        Column("day", "日期", "day", Unit.TEXT),
        Column("dau", "日活", "DAU", Unit.COUNT),
        Column("wau", "周活", "WAU", Unit.COUNT),
        Column("mau", "月活", "MAU", Unit.COUNT),
        Column("dau_mau", "日活/月活", "DAU/MAU", Unit.RATIO),
        Column("dau_wau", "日活/周活", "DAU/WAU", Unit.RATIO),
    )
    return Grid("stickiness", "黏性", "Stickiness", columns, rows, "dau_mau")
