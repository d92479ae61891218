"""Attribution (M-19, domain §2.0): which touches are credited with orders, by seven rules side by side.

A touch may be credited with an order when it is not after it and its kind's window (P.attr.*, whole days between the
local dates) has not passed.  Every order is credited whole: to its touches, or to `direct` where it has none.  Any
touch, which adds up to nothing, stands apart; what hold-outs prove (incremental) stands apart from both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from quanyu.analytics.behaviour import credit
from quanyu.analytics.behaviour.answer import NOBODY, Answer, Column, Grid, Note, Unit, ratio
from quanyu.analytics.behaviour.kernels import CODE_BITS, DAY_SHIFT, NONE, touches_of
from quanyu.analytics.behaviour.log import Log, Mark, Wanted, act_rows, type_names
from quanyu.analytics.behaviour.order import Numbers, sort_acts
from quanyu.analytics.behaviour.words import Acts, Reader, Words
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.engine.kernel import IS_COMPILED
from quanyu.errors import Problem, UserError

BY: Final = {"touchpoint": "touchpoint_id", "channel": "channel_id", "campaign": "campaign_id"}
RULES: Final = {
    "last": "末次",
    "first": "首次",
    "linear": "线性",
    "position": "位置(40/20/40)",
    "decay": "时间衰减",
    "shapley": "Shapley",
    "markov": "Markov 移除效应",
}
DIRECT: Final = "direct"
OTHER: Final = "…"
MOST: Final = 300
UNITS: Final = 1_000_000
"""A conversion is shared out in millionths."""

ORDERS: Final = "orders"
DEFAULT_DAYS: Final = 90
KEYS: Final = ("by", "of", "half_life", "window", "start", "end")
_DAY: Final = timedelta(days=1)
_TOUCHES: Final = ("passive", "shallow", "deep")


@dataclass(frozen=True, slots=True)
class Windows:
    """How many days after a touch an order may follow, by kind of touch (domain §2.0)."""

    ad: int = 15
    message: int = 7
    share: int = 30
    other: int = 7

    @property
    def longest(self) -> int:
        """Return the longest of them."""
        return max(self.ad, self.message, self.share, self.other)


@dataclass(frozen=True, slots=True)
class AttributionQuery:
    """One attribution of the conversions in [start, end); without a start those of the last 90 days.

    `of` are valid orders, or acts (which carry no sales).  `window_days` holds for every kind of touch when given.
    """

    by: str = "touchpoint"
    of: Acts | None = None
    half_life_days: int = 7
    window_days: int | None = None
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Paths:
    """Conversions and the touches of each.

    Per conversion: `actor`, `net_fen`, `ends` (the place after its last touch).  Per touch, in order of time: `code`,
    `age_days` before the conversion, `day`.  `loose` are touches that no conversion followed, one path per actor.
    """

    actor: Numbers
    net_fen: Numbers
    ends: Numbers
    code: Numbers
    age_days: Numbers
    day: Numbers
    loose: Numbers
    loose_ends: Numbers


def read_attribution(said: Mapping[str, Any], words: Words) -> tuple[AttributionQuery | None, list[Problem]]:
    """Return the attribution that plain values ask for, or None, and every problem."""
    reader = Reader(said, words, KEYS)
    of = reader.said.get("of", ORDERS)
    window = reader.whole("window", 7, 1, 365) if "window" in reader.said else None
    start, end = reader.period()
    query = AttributionQuery(
        reader.one_of("by", tuple(BY), "touchpoint"),
        None if of == ORDERS else reader.acts("of", of),
        reader.whole("half_life", 7, 1, 365),
        window,
        start,
        end,
    )
    return (None if reader.problems else query), reader.problems


def attribution(log: Log, query: AttributionQuery, windows: Windows) -> Answer:
    """Return per touchpoint what each rule credits, beside whom it reached and who of them converted.

    Conversions are told in millionths that add up exactly, sales in whole fen.  Cells: `reached:T`, `converted:T` (any
    touch), `first:T` and `last:T` (persons with a conversion credited so), `direct`.
    """
    if not log.has("event_fact") or not log.has("order_fact"):
        message = "Not computable, because the build has no events or no orders."
        raise UserError(Problem("behaviour.not_computable", message, "Connect both, then `quanyu run`."))
    if query.window_days is not None:
        windows = Windows(*(query.window_days for _ in range(4)))
    start, end = _period(log, query)
    names = _names(log, query, windows, start, end)
    touches = log.numbers(touch_rows(log, query, windows, names, start, end))
    paths = (_by_kernel if IS_COMPILED else by_sql)(log, query, windows, names)
    return _answer(log, query, paths, touches, names)


def _period(log: Log, query: AttributionQuery) -> tuple[date, date]:
    end = min(query.end or log.as_of + _DAY, log.as_of + _DAY)
    return query.start or end - timedelta(days=DEFAULT_DAYS), end


def _touches(query: AttributionQuery, windows: Windows, start: date, end: date) -> q.Select:
    kind, shared = t.col("type"), t.not_null(t.col("share_id"))
    window = t.case(
        [
            (t.any_of([kind.copy().eq(t.lit(one)) for one in ("ad_impression", "ad_click")]), t.lit(windows.ad)),
            (
                t.any_of([kind.copy().eq(t.lit(one)) for one in ("message_delivered", "message_click")]),
                t.lit(windows.message),
            ),
            (t.all_of([shared, kind.copy().neq(t.lit("share"))]), t.lit(windows.share)),
        ],
        t.lit(windows.other),
    )
    day = t.col("local_date")
    where = [
        t.not_null(t.col("person_id")),
        t.not_null(t.col(BY[query.by])),
        t.any_of([t.col("activity").eq(t.lit(one)) for one in _TOUCHES]),
        day >= t.lit(start - timedelta(days=windows.longest)),
        day.copy() < t.lit(end),
    ]
    columns = {"actor_id": t.col("person_id"), "occurred_at": t.col("occurred_at"), "local_date": day.copy()}
    return t.select(
        {**columns, "name": t.col(BY[query.by]), "window_days": window}, "event_fact", where=t.all_of(where)
    )


def _names(log: Log, query: AttributionQuery, windows: Windows, start: date, end: date) -> tuple[str, ...]:
    """Return the touchpoints, the most frequent first; beyond `MOST` they are one, the last."""
    rows = t.select(
        {"name": t.col("name"), "rows": t.count()}, _touches(query, windows, start, end), group=[t.col("name")]
    )
    order = [t.descending(t.col("rows")), t.col("name")]
    top = t.select({"name": t.col("name"), "rows": t.col("rows")}, rows, order=order, limit=MOST + 1)
    names = tuple(str(row["name"]) for row in log.engine.query(top, {}).to_pylist())
    return names if len(names) <= MOST else (*names[:MOST], OTHER)


def touch_rows(
    log: Log, query: AttributionQuery, windows: Windows, names: tuple[str, ...], start: date, end: date
) -> q.Select:
    """Return the touches: actor_id, occurred_at, local_date, code, window_days."""
    columns = {name: t.col(name, "touch") for name in ("actor_id", "occurred_at", "local_date", "window_days")}
    known = q.constants(("name", "code"), [(name, at) for at, name in enumerate(names)] or [("", 0)])
    code = t.coalesce(t.col("code", "known"), t.lit(max(0, len(names) - 1)))
    rows = t.select({**columns, "code": code}, _touches(query, windows, start, end), alias="touch")
    return q.join_rows(rows, known, "known", t.col("name", "known").eq(t.col("name", "touch")), keep=True)


def conversion_rows(log: Log, query: AttributionQuery, start: date, end: date) -> q.Select:
    """Return the conversions: actor_id, local_date, converted_at (null: some time of its date), net_fen, number.

    Numbers follow the actor, date, moment and order, so that they are the same on every engine.
    """
    if query.of is None:
        day = t.col("local_date")
        where = [t.col("is_valid"), t.not_null(t.col("person_id")), day >= t.lit(start), day.copy() < t.lit(end)]
        columns = {"actor_id": t.col("person_id"), "local_date": day.copy(), "converted_at": t.col("paid_at")}
        rows = t.select(
            {**columns, "net_fen": t.col("net_fen"), "key": t.col("order_id")}, "order_fact", where=t.all_of(where)
        )
    else:
        wanted = Wanted(
            {"mark": (Mark(query.of, 1),)}, type_names([query.of]), None, visitors=False, start=start, end=end
        )
        columns = {"actor_id": t.col("actor_id"), "local_date": t.col("local_date")}
        rows = t.select(
            {**columns, "converted_at": t.col("occurred_at"), "net_fen": t.lit(0), "key": t.lit("")},
            act_rows(log, wanted),
            where=t.col("mark").eq(t.lit(1)),
        )
    kept = {name: t.col(name) for name in ("actor_id", "local_date", "converted_at", "net_fen")}
    number = t.row_number([], [t.col(name) for name in ("actor_id", "local_date", "converted_at", "key")])
    return t.select({**kept, "number": number}, rows)


# ── over arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _by_kernel(log: Log, query: AttributionQuery, windows: Windows, names: tuple[str, ...]) -> Paths:
    start, end = _period(log, query)
    touch = log.numbers(touch_rows(log, query, windows, names, start, end))
    won = log.numbers(conversion_rows(log, query, start, end))
    order = np.argsort(won["number"])
    won = {name: column[order] for name, column in won.items()}
    first = int((start - date(1970, 1, 1)).days)
    payload = touch["local_date"] - first + (1 << CODE_BITS)
    payload = (payload << DAY_SHIFT) | (touch["window_days"] << CODE_BITS) | touch["code"]
    acts = sort_acts(
        np.concatenate([touch["actor_id"], won["actor_id"]]),
        np.concatenate([touch["occurred_at"], np.full(len(won["actor_id"]), NONE)]),
        np.concatenate([payload, -1 - np.arange(len(won["actor_id"]), dtype=np.int64)]),
    )
    day = won["local_date"] - first + (1 << CODE_BITS)
    counts, code, age, seen, loose, loose_ends = touches_of(
        acts.actor, acts.time, acts.payload, day, won["converted_at"], 1 << CODE_BITS
    )
    return Paths(won["actor_id"], won["net_fen"], np.cumsum(counts), code, age, seen + first, loose, loose_ends)


# ── in SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_sql(log: Log, query: AttributionQuery, windows: Windows, names: tuple[str, ...]) -> Paths:
    """Return the same paths by portable queries: oracle and fallback of the kernel, and its form on Spark."""
    start, end = _period(log, query)
    touches = touch_rows(log, query, windows, names, start, end)
    won = conversion_rows(log, query, start, end)
    found = log.numbers(t.select({**_all(won)}, won, order=[t.col("number")]))
    pairs = log.numbers(pair_rows(touches, won))
    counts = np.bincount(pairs["number"] - 1, minlength=len(found["number"]))
    loose = log.numbers(loose_rows(touches, won, start))
    last = np.ones(len(loose["actor_id"]), dtype=np.bool_)
    last[:-1] = loose["actor_id"][1:] != loose["actor_id"][:-1]
    return Paths(
        found["actor_id"], found["net_fen"], np.cumsum(counts), pairs["code"], pairs["age_days"], pairs["local_date"],
        loose["code"], np.flatnonzero(last) + 1,
    )  # fmt: skip


def pair_rows(touches: q.Select, won: q.Select) -> q.Select:
    """Return each conversion's touches in order: number, code, age_days, local_date."""
    age = t.call("days_between", t.col("local_date", "touch"), t.col("local_date", "won"))
    columns = {"number": t.col("number", "won"), "code": t.col("code", "touch"), "age_days": age}
    day, moment = t.col("local_date", "touch"), t.col("occurred_at", "touch")
    rows = t.select({**columns, "local_date": day, "occurred_at": moment, "window_days": t.col("window_days", "touch")},
                    won, alias="won")  # fmt: skip
    rows = q.join_rows(rows, touches, "touch", _follows())
    kept = {name: t.col(name) for name in ("number", "code", "age_days", "local_date")}
    order = [t.col(name) for name in ("number", "occurred_at", "local_date", "window_days", "code")]
    return t.select(kept, rows, order=order)


def loose_rows(touches: q.Select, won: q.Select, start: date) -> q.Select:
    """Return the touches of the period that no conversion followed, by actor and time: actor_id, code."""
    found = {name: t.col(name, "touch") for name in ("actor_id", "occurred_at", "local_date", "window_days", "code")}
    hit = t.greatest_of(t.case([(t.not_null(t.col("number", "won")), t.lit(1))], t.lit(0)))
    # Touches that are alike in everything are followed alike, so they stay as many as they are.
    rows = t.select({**found, "hit": hit, "alike": t.count()}, _numbered(touches), alias="touch")
    rows = q.join_rows(rows, won, "won", _follows(), keep=True)
    rows = rows.group_by(*(t.col(name, "touch") for name in (*found, "row")))
    kept = {name: t.col(name) for name in ("actor_id", "code")}
    where = t.all_of([t.col("hit").eq(t.lit(0)), t.col("local_date") >= t.lit(start)])
    order = [t.col(name) for name in ("actor_id", "occurred_at", "local_date", "window_days", "code")]
    return t.select(kept, rows, where=where, order=order)


def _numbered(touches: q.Select) -> q.Select:
    columns = _all(touches)
    return t.select({**columns, "row": t.row_number([], list(columns.values()))}, touches)


def _follows() -> t.Tree:
    day, moment = t.call("days_between", t.col("local_date", "touch"), t.col("local_date", "won")), "converted_at"
    in_order = t.any_of([t.is_null(t.col(moment, "won")), t.col(moment, "won") >= t.col("occurred_at", "touch")])
    same = t.col("actor_id", "touch").eq(t.col("actor_id", "won"))
    return t.all_of([same, day >= t.lit(0), day.copy() <= t.col("window_days", "touch"), in_order])


def _all(rows: q.Select) -> dict[str, t.Tree]:
    return {name: t.col(name) for name in rows.named_selects}


# ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def credits_of(paths: Paths, names: int, half_life_days: int) -> dict[str, tuple[Numbers, Numbers]]:
    """Return per rule the millionths of conversions and the fen that each touchpoint is credited with.

    For every rule both add up to the conversions that had a touch, and to their net sales.
    """
    ends, code = paths.ends, paths.code
    weights = {
        "last": credit.last_weights(ends),
        "first": credit.first_weights(ends),
        "linear": credit.linear_weights(ends),
        "position": credit.position_weights(ends),
        "decay": credit.decay_weights(paths.age_days, half_life_days),
        "shapley": credit.shapley_weights(code, ends),
    }
    ones = np.full(len(ends), UNITS, dtype=np.int64)
    found = {
        rule: (_by_code(code, credit.share(ones, weight, ends), names),
               _by_code(code, credit.share(paths.net_fen, weight, ends), names))
        for rule, weight in weights.items()
    }  # fmt: skip
    counts = credit.transitions(code, ends, paths.loose, paths.loose_ends, names)
    effects = np.maximum(credit.removal_effects(counts), 0)
    touched = np.diff(ends, prepend=0) > 0
    totals = np.array([UNITS * int(touched.sum()), int(paths.net_fen[touched].sum())], dtype=np.int64)
    weight = np.round(effects / max(effects.sum(), 1e-12) * UNITS).astype(np.int64)
    one = np.array([len(weight)], dtype=np.int64)
    found["markov"] = (credit.share(totals[:1], weight, one), credit.share(totals[1:], weight, one))
    return found


def _by_code(code: Numbers, parts: Numbers, names: int) -> Numbers:
    sums = np.zeros(names, dtype=np.int64)
    np.add.at(sums, code, parts)
    return sums


def _answer(
    log: Log, query: AttributionQuery, paths: Paths, touches: Mapping[str, Numbers], names: tuple[str, ...]
) -> Answer:
    start, _ = _period(log, query)
    first = (start - date(1970, 1, 1)).days
    people = _People(paths, touches, names, first)
    cells = {f"{what}:{name}": len(people.find(f"{what}:{name}")) for what in _People.KINDS for name in names}
    cells["direct"] = len(people.find("direct"))
    found = credits_of(paths, len(names), query.half_life_days)
    untouched = np.diff(paths.ends, prepend=0) == 0
    direct = (UNITS * int(untouched.sum()), int(paths.net_fen[untouched].sum()))
    rules = [
        (name, *(int(found[rule][0][at]) / UNITS for rule in RULES), *(int(found[rule][1][at]) for rule in RULES))
        for at, name in enumerate(names)
    ]
    rules.append((DIRECT, *(direct[0] / UNITS for _ in RULES), *(direct[1] for _ in RULES)))
    total = (len(paths.actor), int(paths.net_fen.sum()))
    rules.append((None, *(float(total[0]) for _ in RULES), *(total[1] for _ in RULES)))
    reach = [
        (name, cells[f"reached:{name}"], cells[f"converted:{name}"],
         ratio(cells[f"converted:{name}"], cells[f"reached:{name}"]), f"converted:{name}")
        for name in names
    ]  # fmt: skip
    grids = [*_rules_grids(query, tuple(rules)), _reach_grid(query, tuple(reach))]
    proved, note = _incremental(log, query)
    grids += [proved] if proved is not None else []
    return Answer("attribution", log.as_of, tuple(grids), cells, people.find, (note,))


class _People:
    """Finds the persons behind the cells of an attribution."""

    KINDS: Final = ("reached", "converted", "first", "last")

    def __init__(self, paths: Paths, touches: Mapping[str, Numbers], names: tuple[str, ...], first_day: int) -> None:
        place, size = credit.places(paths.ends)
        self.actor = np.repeat(paths.actor, np.diff(paths.ends, prepend=0))
        self.code = paths.code
        self.held = {
            "converted": paths.day >= first_day,
            "first": place == 0,
            "last": place == size - 1,
        }
        inside = touches["local_date"] >= first_day
        self.reached = touches["actor_id"][inside], touches["code"][inside]
        self.direct = np.unique(paths.actor[np.diff(paths.ends, prepend=0) == 0])
        self.place = {name: at for at, name in enumerate(names)}

    def find(self, cell: str) -> Numbers:
        """Return the persons of a cell."""
        what, _, name = cell.partition(":")
        if what == "direct":
            return self.direct
        actor, code = self.reached if what == "reached" else (self.actor, self.code)
        is_here = code == self.place[name]
        found = actor[is_here if what == "reached" else is_here & self.held[what]]
        return np.unique(found) if len(found) else NOBODY


def _incremental(log: Log, query: AttributionQuery) -> tuple[Grid | None, Note]:
    """Return what hold-outs prove of each campaign, or why it cannot be said."""
    if query.by != "campaign":
        return None, Note(
            "增量效果不可计算:对照组按活动设置,请按 campaign 拆分。",
            "Incremental effect: not computable, because hold-outs belong to campaigns; split by campaign.",
        )
    columns = ("campaign_id", "treatment_persons", "treatment_buyers", "holdout_persons", "holdout_buyers", "lift")
    rows: list[dict[str, Any]] = []
    if log.has("reach_campaign"):
        query_ = t.select(
            {name: t.col(name) for name in columns},
            "reach_campaign",
            where=t.col("holdout_persons") > t.lit(0),
            order=[t.col("campaign_id")],
        )
        rows = log.engine.query(query_, {}).to_pylist()
    if not rows:
        return None, Note(
            "增量效果不可计算:没有带对照组的活动。",
            "Incremental effect: not computable, because no campaign has a hold-out.",
        )
    told = tuple(
        (*(row[name] for name in columns), None if row["lift"] is None else row["lift"] * row["treatment_persons"])
        for row in rows
    )
    grid = Grid(
        "incremental",
        "增量(对照组)",
        "Incremental (hold-outs)",
        (
            Column("campaign", "活动", "campaign", Unit.TEXT),
            Column("treatment_persons", "触达人数", "treated", Unit.COUNT),
            Column("treatment_buyers", "触达购买人数", "bought", Unit.COUNT),
            Column("holdout_persons", "对照人数", "held out", Unit.COUNT),
            Column("holdout_buyers", "对照购买人数", "bought", Unit.COUNT),
            Column("lift", "提升", "lift", Unit.RATIO),
            Column("incremental_buyers", "增量购买人数", "incremental buyers", Unit.COUNT),
        ),
        told,
    )
    return grid, Note("增量以对照组为准,与归因分摊无关。", "Incremental effects come from hold-outs, not from credits.")


def _rules_grids(query: AttributionQuery, rows: tuple[tuple[Any, ...], ...]) -> list[Grid]:
    name = Column("name", "触点", query.by, Unit.TEXT)
    counted = [Column(rule, zh, rule, Unit.COUNT) for rule, zh in RULES.items()]
    sold = [Column(rule, zh, rule, Unit.MONEY) for rule, zh in RULES.items()]
    rules = len(RULES)
    counts = tuple(row[: 1 + rules] for row in rows)
    sales = tuple((row[0], *row[1 + rules :]) for row in rows)
    return [
        Grid("credits", "转化归因", "Credited conversions", (name, *counted), counts),
        Grid("sales", "销售额归因", "Credited sales", (name, *sold), sales),
    ]


def _reach_grid(query: AttributionQuery, rows: tuple[tuple[Any, ...], ...]) -> Grid:
    columns = (
        Column("name", "触点", query.by, Unit.TEXT),
        Column("reached", "触达人数", "reached", Unit.COUNT),
        Column("converted", "转化人数(任一触点)", "converted", Unit.COUNT),
        Column("rate", "转化率", "rate", Unit.RATIO),
        Column("cell", "单元", "cell", Unit.CELL),
    )
    return Grid("any_touch", "任一触点", "Any touch", columns, rows, "rate")
