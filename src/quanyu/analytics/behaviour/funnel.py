"""Funnels asked at will (M-14): exact over every start, the deepest attempt of each person, with who stands behind it.

An attempt begins with any act of step 1; each further step is an act after the one before (others may lie between),
no more than the window's whole seconds after the beginning, and with no excluding act between.  The deepest attempt of
a person counts; of equally deep ones the first to get there, its beginning as late as can be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np

from quanyu.analytics.behaviour.answer import (
    Answer,
    Column,
    Grid,
    Note,
    Unit,
    nearest_rank,
    ratio,
)
from quanyu.analytics.behaviour.kernels import SPLIT_SHIFT, best_chains
from quanyu.analytics.behaviour.log import (
    Log,
    Mark,
    Wanted,
    act_rows,
    actor_splits,
    in_parts,
    marked,
    split_code,
    split_names,
    split_values,
    type_names,
)
from quanyu.analytics.behaviour.order import Flags, Numbers, sort_acts
from quanyu.analytics.behaviour.words import EVERY, FIELDS, Acts, Reader, Words
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.engine.kernel import IS_COMPILED
from quanyu.errors import Problem

MOST_STEPS: Final = 20
MOST_EXCLUSIONS: Final = 20
DEFAULT_WINDOW_S: Final = 7 * 86_400
KEYS: Final = (
    "steps", "exclude", "window", "consecutive", "valid_orders", "visitors", "by", "start", "end",
)  # fmt: skip
_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Acts that end an attempt between two steps: `after` step n (1 is the first); None: between any two."""

    acts: Acts
    after: int | None = None


@dataclass(frozen=True, slots=True)
class FunnelQuery:
    """One funnel; `window_s` in whole seconds from step 1, attempts that begin in [start, end).

    `is_consecutive`: no other act of any kind may lie between two steps.  `by` is a field of the first step's act or
    an attribute of the person.
    """

    steps: tuple[Acts, ...]
    window_s: int = DEFAULT_WINDOW_S
    exclude: tuple[Exclusion, ...] = ()
    is_consecutive: bool = False
    valid_orders: bool = True
    visitors: bool = True
    by: str | None = None
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """The best attempt of every actor that took step 1, in parallel arrays; times in µs, one column per step."""

    actor: Numbers
    level: Numbers
    split: Numbers
    times: Numbers


def read_funnel(said: Mapping[str, Any], words: Words) -> tuple[FunnelQuery | None, list[Problem]]:
    """Return the funnel that plain values ask for, or None, and every problem.

    An exclusion is written as acts, or as `{after: 2, acts: …}` for those between steps 2 and 3 only.
    """
    reader = Reader(said, words, KEYS)
    written = reader.listed("steps", MOST_STEPS)
    if not written and "steps" not in {problem.where.field for problem in reader.problems}:
        reader.wrong("behaviour.empty", "steps", "names no step", "Give two steps or more.")
    steps = [reader.acts(f"steps[{at}]", one) for at, one in enumerate(written)]
    if len(steps) == 1:
        reader.wrong("behaviour.empty", "steps", "has one step", "Give two steps or more.")
    excluded = [
        _read_exclusion(reader, f"exclude[{at}]", one, len(steps))
        for at, one in enumerate(reader.listed("exclude", MOST_EXCLUSIONS))
    ]
    window_s = reader.duration("window", DEFAULT_WINDOW_S)
    start, end = reader.period()
    query = FunnelQuery(
        tuple(one for one in steps if one is not None),
        window_s,
        tuple(one for one in excluded if one is not None),
        reader.flag("consecutive", default=False),
        reader.flag("valid_orders", default=True),
        reader.flag("visitors", default=True),
        reader.split("by"),
        start,
        end,
    )
    return (None if reader.problems else query), reader.problems


def _read_exclusion(reader: Reader, name: str, given: Any, steps: int) -> Exclusion | None:
    if not isinstance(given, Mapping) or "acts" not in given:
        acts = reader.acts(name, given)
        return None if acts is None else Exclusion(acts)
    after = given.get("after")
    if after is not None and after not in range(1, max(2, steps)):
        reader.wrong("behaviour.exclusion", name, "lies between no two steps", f"after is 1 to {max(1, steps - 1)}.")
    acts = reader.acts(name, given["acts"])
    return None if acts is None else Exclusion(acts, after)


def funnel(log: Log, query: FunnelQuery, min_persons: int) -> Answer:
    """Return the funnel: per step and split the people, rates, and time from the step before.

    Cells are `reached:K` and `lost:K` (took step K-1 and not K), of a split `reached:K@value`.  The weakest step is
    the one with the lowest rate among those entered by at least `min_persons` (P.funnel.min_persons).
    """
    reached, names = reached_by(log, query)
    return _answer(log, query, reached, names, min_persons)


def reached_by(log: Log, query: FunnelQuery) -> tuple[Reached, tuple[str, ...]]:
    """Return the best attempt of everybody who began, and the names of the splits ("" alone without one)."""
    of_act = query.by if query.by in FIELDS else None
    values = _first_splits(log, query) if of_act else ()
    how = _by_kernel if IS_COMPILED else by_sql
    reached = how(log, query, values)
    if query.by is None:
        return reached, ("",)
    if of_act:
        return reached, split_names(values)
    codes, names = actor_splits(log, query.by, reached.actor)
    return Reached(reached.actor, reached.level, codes, reached.times), names


def _first_splits(log: Log, query: FunnelQuery) -> tuple[str, ...]:
    first = {"mark": (Mark(query.steps[0], 1, query.end),)}
    wanted = Wanted(
        first, query.steps[0].types if not query.steps[0].is_every_type else (), query.by, query.visitors,
        query.valid_orders, query.start, query.end,
    )  # fmt: skip
    rows = t.select({"split": t.col("split")}, act_rows(log, wanted), where=t.col("mark") > t.lit(0))
    return split_values(log, rows)


def _exclusions(query: FunnelQuery) -> tuple[Exclusion, ...]:
    every = (Exclusion(Acts((EVERY,))),) if query.is_consecutive else ()
    return (*query.exclude, *every)


def _wanted(query: FunnelQuery, marks: Mapping[str, tuple[Mark, ...]]) -> Wanted:
    acts = [mark.acts for listed in marks.values() for mark in listed]
    # A step may be taken until the window of the last beginning has passed: a day more than its whole days.
    last = None if query.end is None else query.end + timedelta(days=query.window_s // 86_400 + 2)
    split = query.by if query.by in FIELDS else None
    return Wanted(marks, type_names(acts), split, query.visitors, query.valid_orders, query.start, last)


def _marks(query: FunnelQuery) -> list[Mark]:
    """Step k marks bit k, exclusion i the bits after the steps; a beginning lies before the end of the period."""
    marks = [Mark(acts, 1 << at, query.end if at == 0 else None) for at, acts in enumerate(query.steps)]
    return marks + [Mark(one.acts, 1 << (len(query.steps) + at)) for at, one in enumerate(_exclusions(query))]


def _later(query: FunnelQuery) -> Flags:
    """Return for each step whether it must come later than the one before: where one act could be both, or more.

    Acts of one moment have no order, so they may be several steps, as long as no act is counted twice.
    """
    return np.array(
        [any(acts.may_be(before) for before in query.steps[:at]) for at, acts in enumerate(query.steps)], dtype=np.bool_
    )


def _kills(query: FunnelQuery) -> Numbers:
    """Return for each exclusion the steps after which it ends an attempt, as bits."""
    steps = len(query.steps)
    bits = [(1 << steps) - 1 if one.after is None else 1 << (one.after - 1) for one in _exclusions(query)]
    return np.array(bits, dtype=np.int64)


# ── over arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _by_kernel(log: Log, query: FunnelQuery, values: tuple[str, ...]) -> Reached:
    wanted = _wanted(query, {"mark": tuple(_marks(query))})
    rows = act_rows(log, wanted)
    payload: t.Tree = t.col("mark")
    if query.by in FIELDS:
        payload = payload + split_code(values) * t.lit(1 << SPLIT_SHIFT)
    columns = {"actor_id": t.col("actor_id"), "occurred_at": t.col("occurred_at"), "payload": payload}
    taken = t.select(columns, rows, where=marked(wanted))
    found = []
    for part in in_parts(log, taken):
        read = log.numbers(part)
        found.append(best_attempts(read["actor_id"], read["occurred_at"], read["payload"], query))
    return Reached(*(np.concatenate([getattr(one, name) for one in found]) for name in Reached.__slots__))


def best_attempts(actor: Numbers, time: Numbers, payload: Numbers, query: FunnelQuery) -> Reached:
    """Return the best attempts of acts: `payload` holds the bits of `_marks`, and from bit 41 on the split."""
    acts = sort_acts(actor, time, payload)
    # The window holds as long as no more than its whole seconds have passed.
    window = (query.window_s + 1) * _MICROSECONDS
    steps = len(query.steps)
    return Reached(*best_chains(acts.actor, acts.time, acts.payload, steps, window, _later(query), _kills(query)))


# ── in SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_sql(log: Log, query: FunnelQuery, values: tuple[str, ...]) -> Reached:
    """Return the same best attempts by the portable query: oracle and fallback of the kernel, and its form on Spark."""
    read = log.numbers(reached_rows(log, query, values))
    times = np.stack([read[f"t{at}"] for at in range(len(query.steps))], axis=1)
    return Reached(read["actor_id"], read["level"], read["split"], times)


def reached_rows(log: Log, query: FunnelQuery, values: tuple[str, ...]) -> t.Query:
    """Return the best attempt of each actor: actor_id, level, split, t0 … of the steps, null beyond the level."""
    steps, excluded = len(query.steps), _exclusions(query)
    relations: dict[str, t.Query] = {"moment": _moments(log, query, values)}
    begin = {"actor_id": t.col("actor_id"), "reached_at": t.col("occurred_at"), "split": t.col("split")}
    first = t.col("s0").eq(t.lit(1))
    relations["reached_0"] = t.select({**begin, "t0": t.col("occurred_at")}, "moment", where=first)
    for step in range(1, steps):
        ending = [at for at, one in enumerate(excluded) if one.after is None or one.after == step]
        relations[f"reached_{step}"] = _next(query, step, [f"x{at}" for at in ending])
    none = t.cast(t.lit(None), "TIMESTAMP")
    levels = []
    for step in range(steps):
        times = {f"t{at}": t.col(f"t{at}") if at <= step else none.copy() for at in range(steps)}
        named = {name: t.col(name) for name in ("actor_id", "reached_at", "split")}
        levels.append(t.select({**named, "level": t.lit(step + 1), **times}, f"reached_{step}"))
    order = [t.descending(t.col("level")), t.col("reached_at")]
    kept = {name: t.col(name) for name in ("actor_id", "level", "split", *(f"t{at}" for at in range(steps)))}
    placed = t.select({**kept, "place": t.row_number([t.col("actor_id")], order)}, t.union_all(levels))
    best = t.select(kept, placed, where=t.col("place").eq(t.lit(1)))
    return q.given(best, relations)


def _moments(log: Log, query: FunnelQuery, values: tuple[str, ...]) -> t.Query:
    """The acts of one moment together: which steps and exclusions they are, and the smallest split of a first step."""
    marks = _marks(query)
    steps = len(query.steps)
    names = [f"s{at}" for at in range(steps)] + [f"x{at}" for at in range(len(marks) - steps)]
    ones = {name: (Mark(mark.acts, 1, mark.before),) for name, mark in zip(names, marks, strict=True)}
    rows = act_rows(log, _wanted(query, ones))
    code = split_code(values) if query.by in FIELDS else t.lit(0)
    of_first = t.case([(t.col("s0").eq(t.lit(1)), code)])
    columns = {"actor_id": t.col("actor_id"), "occurred_at": t.col("occurred_at")}
    summed = {name: t.greatest_of(t.col(name)) for name in names}
    taken = t.any_of([t.col(name).eq(t.lit(1)) for name in names])
    group = list(columns.values())
    return t.select({**columns, **summed, "split": t.smallest_of(of_first)}, rows, where=taken, group=group)


def _next(query: FunnelQuery, step: int, ending: list[str]) -> t.Query:
    """The moments that reach a step, each with the chain before it that began last and, of those, got there last."""
    source, moment = "moment", t.col("occurred_at", "act")
    columns: dict[str, t.Tree] = {"actor_id": t.col("actor_id", "act"), "reached_at": moment}
    is_step = t.col(f"s{step}", "act").eq(t.lit(1))
    acts = t.select(columns, source, where=is_step, alias="act")
    if ending:
        same = t.col("actor_id", "end").eq(t.col("actor_id", "act"))
        ends = t.any_of([t.col(name, "end").eq(t.lit(1)) for name in ending])
        between = t.all_of([same, ends, t.col("occurred_at", "end") < moment.copy()])
        acts = t.left_join(acts, source, "end", between).group_by(t.col("actor_id", "act"), moment.copy())
        acts = acts.select(t.named(t.greatest_of(t.col("occurred_at", "end")), "ended_at"))
    before, here = t.col("reached_at", "before"), t.col("reached_at", "act")
    is_later = before < here if _later(query)[step] else before <= here
    inside = t.call("seconds_between", t.col("t0", "before"), here.copy()) <= t.lit(query.window_s)
    on: list[t.Tree] = [t.col("actor_id", "before").eq(t.col("actor_id", "act")), is_later, inside]
    if ending:
        ended = t.col("ended_at", "act")
        on.append(t.any_of([t.is_null(ended), before.copy() >= ended.copy()]))
    times = {f"t{at}": t.col(f"t{at}", "before") for at in range(step)}
    order = [t.descending(t.col("t0", "before")), t.descending(before.copy())]
    place = t.row_number([t.col("actor_id", "act"), here.copy()], order)
    shown = {"actor_id": t.col("actor_id", "act"), "reached_at": here.copy(), "split": t.col("split", "before")}
    joined = t.select({**shown, **times, f"t{step}": here.copy(), "place": place}, acts, alias="act")
    joined = q.join_rows(joined, f"reached_{step - 1}", "before", t.all_of(on))
    kept = {name: t.col(name) for name in (*shown, *times, f"t{step}")}
    return t.select(kept, joined, where=t.col("place").eq(t.lit(1)))


# ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _answer(log: Log, query: FunnelQuery, reached: Reached, names: tuple[str, ...], min_persons: int) -> Answer:
    steps = len(query.steps)
    groups: list[tuple[str, Flags]] = [("", np.ones(len(reached.actor), dtype=np.bool_))]
    if query.by is not None:
        groups += [(name, reached.split == at) for at, name in enumerate(names) if (reached.split == at).any()]
    cells: dict[str, int] = {}
    rows: list[tuple[Any, ...]] = []
    for name, inside in groups:
        counts = np.bincount(reached.level[inside], minlength=steps + 1)[::-1].cumsum()[::-1]
        for step in range(1, steps + 1):
            count, entered = int(counts[step]), int(counts[step - 1]) if step > 1 else int(counts[1])
            cells[_key("reached", step, name)] = count
            if step > 1:
                cells[_key("lost", step, name)] = entered - count
            spent = _spent(reached, inside, step)
            rows.append(
                (name or None, step, str(query.steps[step - 1]), count,
                 ratio(count, entered) if step > 1 else None, ratio(count, int(counts[1])),
                 nearest_rank(spent, 50), nearest_rank(spent, 90), _key("reached", step, name))
            )  # fmt: skip

    def find(cell: str) -> Numbers:
        return _people(reached, dict(groups), cell)

    weakest = _weakest([row for row in rows if row[0] is None], min_persons)
    return Answer("funnel", log.as_of, (_grid(tuple(rows)),), cells, find, (weakest, *_notes(query)))


def _key(what: str, step: int, split: str) -> str:
    return f"{what}:{step}@{split}" if split else f"{what}:{step}"


def _people(reached: Reached, groups: Mapping[str, Flags], cell: str) -> Numbers:
    place, _, split = cell.partition("@")
    what, _, step = place.partition(":")
    level = reached.level
    held = level >= int(step) if what == "reached" else level == int(step) - 1
    return reached.actor[held & groups[split]]


def _spent(reached: Reached, inside: Flags, step: int) -> Numbers:
    """Return the seconds from the step before to this one, ascending, of those who reached it."""
    if step < 2:
        return np.empty(0, dtype=np.int64)
    held = inside & (reached.level >= step)
    spent: Numbers = np.sort((reached.times[held, step - 1] - reached.times[held, step - 2]) // _MICROSECONDS)
    return spent


def _weakest(rows: list[tuple[Any, ...]], min_persons: int) -> Note:
    rated = [(row[4], row[1]) for before, row in pairwise(rows) if before[3] >= min_persons and row[4] is not None]
    if not rated:
        return Note(
            f"没有步骤的进入人数达到 {min_persons} 人,不判断最弱步骤。",
            f"No step was entered by {min_persons} people, so none is called the weakest.",
        )
    rate, step = min(rated)
    return Note(
        f"最弱步骤:第 {step} 步,转化率 {rate * 100:.2f}%。",
        f"Weakest step: {step}, which {rate * 100:.2f}% of those before it took.",
    )


def _notes(query: FunnelQuery) -> list[Note]:
    found = []
    if query.valid_orders and any("order_paid" in one.types for one in query.steps):
        found.append(Note("支付只计有效订单。", "A payment counts when its order is valid."))
    return found


def _grid(rows: tuple[tuple[Any, ...], ...]) -> Grid:
    columns = (
        Column("split", "分组", "split", Unit.TEXT),
        Column("step", "步骤", "step", Unit.COUNT),
        Column("acts", "行为", "acts", Unit.TEXT),
        Column("people", "人数", "people", Unit.COUNT),
        Column("step_rate", "步骤转化率", "of step before", Unit.RATIO),
        Column("overall_rate", "总转化率", "of step 1", Unit.RATIO),
        Column("seconds_p50", "耗时中位数", "time p50", Unit.SECONDS),
        Column("seconds_p90", "耗时 P90", "time p90", Unit.SECONDS),
        Column("cell", "单元", "cell", Unit.CELL),
    )
    return Grid("funnel", "漏斗", "Funnel", columns, rows, "overall_rate")
