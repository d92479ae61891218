"""Persons by period: on which days, weeks or months each did an act; the ground of retention, states and stickiness."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import numpy as np

from quanyu.analytics.behaviour.log import Log, Mark, Wanted, act_rows, in_parts, marked, type_names
from quanyu.analytics.behaviour.order import Numbers, sort_acts
from quanyu.analytics.behaviour.words import Acts
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.engine.kernel import IS_COMPILED, compiled
from quanyu.errors import Problem, UserError

ACTIVITY: Final = "activity"
PURCHASE: Final = "purchase"
BASES: Final = {ACTIVITY: "active_day", PURCHASE: "purchase_day_fact"}
"""Acts by their usual names → the table of the build that holds their days."""

EPOCH: Final = date(1970, 1, 1)
_DAY: Final = timedelta(days=1)


class Grain(StrEnum):
    """Length of the periods: calendar days, weeks from Monday, calendar months."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


Basis = str | Acts
"""Days with an act: of a usual name of `BASES`, or with one of these acts."""


@dataclass(frozen=True, slots=True)
class Presence:
    """One row per actor and period with an act, actors together, periods ascending; `kind` 1 begins, 2 returns, 3 both.

    Periods count from 1970: days, weeks from Monday, months.
    """

    actor: Numbers
    period: Numbers
    kind: Numbers


def number_of(day: date, grain: Grain) -> int:
    """Return the number of the period that a date lies in."""
    if grain is Grain.MONTH:
        return (day.year - EPOCH.year) * 12 + day.month - 1
    days = (day - EPOCH).days
    # 1970 began on a Thursday, so Monday-weeks are three days ahead.
    return days if grain is Grain.DAY else (days + 3) // 7


def first_day(number: int, grain: Grain) -> date:
    """Return the first date of the period of that number."""
    if grain is Grain.MONTH:
        return date(EPOCH.year + number // 12, number % 12 + 1, 1)
    return EPOCH + timedelta(days=number if grain is Grain.DAY else number * 7 - 3)


def last_full(as_of: date, grain: Grain) -> int:
    """Return the number of the last period that has ended by the end of a date."""
    number = number_of(as_of, grain)
    return number if first_day(number + 1, grain) <= as_of + _DAY else number - 1


def is_known(log: Log, basis: Sequence[Basis]) -> None:
    """Raise UserError `behaviour.not_computable` when a table that the acts stand in is not in the build."""
    tables = {BASES[one] if isinstance(one, str) else "event_fact" for one in basis}
    missing = sorted(tables - log.engine.tables)
    if missing:
        message = f"Not computable, because the build has no {', '.join(missing)}."
        raise UserError(Problem("behaviour.not_computable", message, "Make the build again with `quanyu run`."))


def presence(log: Log, begin: Basis, back: Basis, grain: Grain, *, by_sql: bool = not IS_COMPILED) -> Presence:
    """Return who did the beginning and the returning acts in which periods, up to the date of the build."""
    is_known(log, [begin, back])
    if by_sql:
        merged = presence_rows(log, begin, back, grain)
        columns = {name: t.col(name) for name in ("actor_id", "period", "kind")}
        read = log.numbers(t.select(columns, merged, order=[t.col("actor_id"), t.col("period")]))
        return Presence(read["actor_id"], read["period"], read["kind"])
    rows = _rows(log, begin, back)
    found = []
    for part in in_parts(log, rows):
        read = log.numbers(part)
        number = _numbers(read["local_date"], grain)
        acts = sort_acts(read["actor_id"], number, read["kind"])
        found.append(Presence(*_merge(acts.actor, acts.time, acts.payload)))
    return Presence(*(np.concatenate([getattr(one, name) for one in found]) for name in Presence.__slots__))


def _rows(log: Log, begin: Basis, back: Basis) -> q.Select:
    """One row per act or day: actor_id, local_date, kind."""
    if begin == back:
        return _of(log, begin, 3)
    parts = [_of(log, begin, 1), _of(log, back, 2)]
    columns = {name: t.col(name) for name in ("actor_id", "local_date", "kind")}
    return t.select(columns, t.union_all(parts))


def _of(log: Log, basis: Basis, kind: int) -> q.Select:
    if isinstance(basis, str):
        columns = {"actor_id": t.col("person_id"), "local_date": t.col("local_date"), "kind": t.lit(kind)}
        return t.select(columns, BASES[basis], where=t.col("local_date") <= t.lit(log.as_of))
    wanted = Wanted({"mark": (Mark(basis, kind),)}, type_names([basis]), None, visitors=False, end=log.as_of + _DAY)
    columns = {"actor_id": t.col("actor_id"), "local_date": t.col("local_date"), "kind": t.col("mark")}
    return t.select(columns, act_rows(log, wanted), where=marked(wanted))


def _numbers(days: Numbers, grain: Grain) -> Numbers:
    if grain is Grain.DAY or not len(days):
        return days
    first = int(days.min())
    # Every date is turned once, not once per act.
    known = [number_of(EPOCH + timedelta(days=day), grain) for day in range(first, int(days.max()) + 1)]
    found: Numbers = np.array(known, dtype=np.int64)[days - first]
    return found


def presence_rows(log: Log, begin: Basis, back: Basis, grain: Grain) -> q.Select:
    """Return the same presence as a portable query, actor_id, period, kind: oracle and fallback, and the Spark form."""
    days = t.call("days_between", t.lit(EPOCH), t.col("local_date"))
    number = {
        Grain.DAY: days,
        Grain.WEEK: t.call("int_div", days.copy() + t.lit(3), t.lit(7)),
        Grain.MONTH: t.call("month_index", t.col("local_date")) - t.call("month_index", t.lit(EPOCH)),
    }[grain]
    begins, returns = (
        t.greatest_of(t.case([(t.any_of([t.col("kind").eq(t.lit(one)) for one in (kind, 3)]), t.lit(kind))], t.lit(0)))
        for kind in (1, 2)
    )
    columns = {"actor_id": t.col("actor_id"), "period": number, "kind": begins + returns}
    return t.select(columns, _rows(log, begin, back), group=[t.col("actor_id"), number.copy()])


@compiled
def _merge(actor: Numbers, period: Numbers, kind: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    size, kept = len(actor), 0
    for at in range(size):
        if kept and actor[kept - 1] == actor[at] and period[kept - 1] == period[at]:
            kind[kept - 1] |= kind[at]
        else:
            actor[kept], period[kept], kind[kept] = actor[at], period[at], kind[at]
            kept += 1
    return actor[:kept].copy(), period[:kept].copy(), kind[:kept].copy()
