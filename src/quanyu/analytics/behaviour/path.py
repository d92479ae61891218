"""Paths: what people do one after another in a session, from a start, to an end, or in a pattern.

A session is a person's acts with no gap longer than the given one.  Acts of one moment stand in the order of their
nodes' frequency, so that an answer never depends on the order of storage.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quanyu.analytics.behaviour.answer import Answer, Column, Grid, Note, Unit, ratio
from quanyu.analytics.behaviour.kernels import ANY, BASE, sessions_of
from quanyu.analytics.behaviour.log import Log, Mark, Wanted, act_rows, in_parts, type_names
from quanyu.analytics.behaviour.order import Numbers, sort_acts
from quanyu.analytics.behaviour.words import EVERY, FIELDS, Acts, Reader, Words
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.engine.kernel import IS_COMPILED
from quanyu.errors import Problem, UserError, did_you_mean

MOST_NODES: Final = BASE - 2
MOST_STEPS: Final = 10
MOST_TOKENS: Final = 8
DEFAULT_GAP_S: Final = 1_800
ANY_NODE: Final = "*"
ANY_NODES: Final = "..."
OTHER: Final = "…"
START: Final = "(start)"
END: Final = "(end)"
KEYS: Final = (
    "acts", "by", "gap", "steps", "from", "to", "pattern", "repeats", "top", "visitors", "start", "end",
)  # fmt: skip
_DAY: Final = timedelta(days=1)
_MICROSECONDS: Final = 1_000_000


_EVERY_ACT: Final = Acts((EVERY,))


@dataclass(frozen=True, slots=True)
class PathQuery:
    """One question about paths; nodes are event types, or values of the field `by`.

    `begin` or `goal` pins a node: paths run from its first place in a session, or to its last.  `pattern` is a row of
    nodes, `*` any one, `...` any number.  `repeats` keeps a node that follows itself.
    """

    acts: Acts = _EVERY_ACT
    by: str | None = None
    gap_s: int = DEFAULT_GAP_S
    steps: int = 5
    begin: str | None = None
    goal: str | None = None
    pattern: tuple[str, ...] = ()
    repeats: bool = False
    top: int = 10
    visitors: bool = True
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Coded:
    """A question with its nodes as numbers: pins and tokens are places in the names, -1 none or any."""

    begin: int
    goal: int
    tokens: tuple[int, ...]
    after_gap: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What the sessions hold, in parallel arrays per kind; the sessions of an actor stand together.

    `path`: one row per session that has a path, its nodes as digits of base 62.  `step` and `loop`: one row per actor
    and pair of nodes (from · 62 + to; node · 62 + the one between), with how often.  `hit`: one row per actor with
    sessions that match the pattern, with how many.
    """

    sessions: int
    path_actor: Numbers
    path: Numbers
    step_actor: Numbers
    step: Numbers
    step_times: Numbers
    loop_actor: Numbers
    loop: Numbers
    loop_times: Numbers
    hit_actor: Numbers
    hit_times: Numbers


def read_path(said: Mapping[str, Any], words: Words) -> tuple[PathQuery | None, list[Problem]]:
    """Return the paths that plain values ask for, or None, and every problem."""
    reader = Reader(said, words, KEYS)
    acts = reader.acts("acts", reader.said.get("acts", EVERY))
    begin, goal = (str(reader.said[key]) if key in reader.said else None for key in ("from", "to"))
    if begin is not None and goal is not None:
        reader.wrong(
            "behaviour.pins", "to", "stands beside a start", "Pin the start or the end; use a pattern for both."
        )
    written = reader.said.get("pattern", ())
    pattern = tuple(written.replace(">", " ").split()) if isinstance(written, str) else tuple(map(str, written))
    named = [one for one in pattern if one != ANY_NODES]
    if pattern and (len(named) > MOST_TOKENS or not [one for one in named if one != ANY_NODE]):
        reader.wrong("behaviour.pattern", "pattern", "names no path", f"Name 1 to {MOST_TOKENS} nodes.")
    gap_s = reader.duration("gap", DEFAULT_GAP_S)
    start, end = reader.period()
    query = PathQuery(
        acts or Acts((EVERY,)),
        reader.split("by", attributes=False),
        gap_s,
        reader.whole("steps", 5, 2, MOST_STEPS),
        begin,
        goal,
        pattern,
        reader.flag("repeats", default=False),
        reader.whole("top", 10, 1, 100),
        reader.flag("visitors", default=True),
        start,
        end,
    )
    return (None if reader.problems else query), reader.problems


def paths(log: Log, query: PathQuery) -> Answer:
    """Return the commonest paths and the rest, who went from node to node, loops, and matches of the pattern.

    Cells: `path:1` … and `path:other`, `step:FROM>TO`, `loop:A>B>A`, `pattern`.
    """
    names = node_names(log, query)
    found = found_in(log, query, names)
    return _answer(log, query, names, found)


def node_names(log: Log, query: PathQuery) -> tuple[str, ...]:
    """Return the nodes, the most frequent first; beyond `MOST_NODES` they are one, the last, unless named."""
    rows = t.select({"node": t.col("node"), "rows": t.count()}, _acts(log, query), group=[t.col("node")])
    order = [t.descending(t.col("rows")), t.col("node")]
    found = log.engine.query(t.select({"node": t.col("node"), "rows": t.col("rows")}, rows, order=order), {})
    every = tuple(str(row["node"]) for row in found.to_pylist())
    asked = [one for one in (query.begin, query.goal, *query.pattern) if one not in (None, ANY_NODE, ANY_NODES)]
    missing = [str(one) for one in asked if one not in every]
    if missing:
        raise UserError(
            Problem("behaviour.node", f'No act here is "{one[:60]}".', did_you_mean(one, every) or "See the steps.")
            for one in missing
        )
    if len(every) <= MOST_NODES:
        return every
    pinned = tuple(dict.fromkeys(str(one) for one in asked))
    top = [one for one in every if one not in pinned][: MOST_NODES - 1 - len(pinned)]
    return (*(one for one in every if one in pinned or one in top), OTHER)


def coded(query: PathQuery, names: tuple[str, ...]) -> Coded:
    """Return the pins and the pattern as places in the names."""
    place = {name: at for at, name in enumerate(names)} | {ANY_NODE: ANY}
    tokens = [one for one in query.pattern if one != ANY_NODES]
    gaps = [
        before == ANY_NODES
        for before, one in zip(("", *query.pattern), query.pattern, strict=False)
        if one != ANY_NODES
    ]
    begin, goal = (place[one] if one is not None else ANY for one in (query.begin, query.goal))
    return Coded(begin, goal, tuple(place[one] for one in tokens), tuple(gaps))


def found_in(log: Log, query: PathQuery, names: tuple[str, ...]) -> Found:
    """Return what the sessions hold."""
    if not IS_COMPILED:
        return by_sql(log, query, names)
    parts = []
    for part in in_parts(log, coded_rows(log, query, names)):
        read = log.numbers(part)
        acts = sort_acts(read["actor_id"], read["occurred_at"], read["code"])
        parts.append(found_among(acts.actor, acts.time, acts.payload, query, coded(query, names)))
    arrays = (np.concatenate([getattr(one, name) for one in parts]) for name in Found.__slots__[1:])
    return Found(sum(one.sessions for one in parts), *arrays)


def found_among(actor: Numbers, time: Numbers, code: Numbers, query: PathQuery, what: Coded) -> Found:
    """Return what the sessions of sorted acts hold."""
    tokens, gaps = np.array(what.tokens, dtype=np.int64), np.array(what.after_gap, dtype=np.bool_)
    gap = (query.gap_s + 1) * _MICROSECONDS
    sessions, *arrays = sessions_of(
        actor, time, code, gap, query.repeats, query.steps, what.begin, what.goal, tokens, gaps
    )  # fmt: skip
    return Found(sessions, *arrays)


def _acts(log: Log, query: PathQuery) -> q.Select:
    marks = {"mark": (Mark(query.acts, 1),)}
    wanted = Wanted(
        marks, type_names([query.acts]), query.by, query.visitors, True, query.start, query.end or log.as_of + _DAY
    )
    node = t.col("split") if query.by in FIELDS else t.col("type")
    columns = {"actor_id": t.col("actor_id"), "occurred_at": t.col("occurred_at"), "node": node}
    where = t.all_of([t.col("mark").eq(t.lit(1)), t.not_null(node.copy())])
    return t.select(columns, act_rows(log, wanted), where=where)


def coded_rows(log: Log, query: PathQuery, names: tuple[str, ...]) -> q.Select:
    """Return the acts with their nodes as numbers: actor_id, occurred_at, code."""
    known = q.constants(("node", "code"), [(name, at) for at, name in enumerate(names)] or [("", 0)])
    code = t.coalesce(t.col("code", "known"), t.lit(max(0, len(names) - 1)))
    columns = {"actor_id": t.col("actor_id", "act"), "occurred_at": t.col("occurred_at", "act"), "code": code}
    rows = t.select(columns, _acts(log, query), alias="act")
    return q.join_rows(rows, known, "known", t.col("node", "known").eq(t.col("node", "act")), keep=True)


# ── in SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_sql(log: Log, query: PathQuery, names: tuple[str, ...]) -> Found:
    """Return the same by portable queries: oracle and fallback of the kernel, and its form on Spark."""
    what = coded(query, names)
    nodes = session_rows(log, query, names)
    counts = log.numbers(q.given(t.select({"sessions": q.count_distinct(t.col("session"))}, "node"), {"node": nodes}))
    path = _by_actor(log.numbers(q.given(path_rows(query, what), {"node": nodes})))
    step = log.numbers(q.given(step_rows(), {"node": nodes}))
    loop = log.numbers(q.given(loop_rows(), {"node": nodes}))
    hit = {"actor_id": path["actor_id"][:0], "times": path["actor_id"][:0]}
    if what.tokens:
        hit = log.numbers(q.given(pattern_rows(what), {"node": nodes}))
    return Found(
        int(counts["sessions"][0]), path["actor_id"], path["path"], step["actor_id"], step["pair"], step["times"],
        loop["actor_id"], loop["pair"], loop["times"], hit["actor_id"], hit["times"],
    )  # fmt: skip


def _by_actor(rows: dict[str, Numbers]) -> dict[str, Numbers]:
    order = np.argsort(rows["actor_id"], kind="stable")
    return {name: column[order] for name, column in rows.items()}


def session_rows(log: Log, query: PathQuery, names: tuple[str, ...]) -> q.Select:
    """Return the nodes of every session: actor_id, session (its number over all), place from 0, code."""
    acts = coded_rows(log, query, names)
    own, order = [t.col("actor_id")], [t.col("occurred_at"), t.col("code")]
    columns = {name: t.col(name) for name in ("actor_id", "occurred_at", "code")}
    numbered = t.select({**columns, "row": t.row_number([], [*own, *order])}, acts)
    before = q.neighbour(t.col("occurred_at"), own, [t.col("row")])
    timed = t.select({**columns, "row": t.col("row"), "before_at": before}, numbered)
    is_new = t.any_of(
        [
            t.is_null(t.col("before_at")),
            t.call("seconds_between", t.col("before_at"), t.col("occurred_at")) > t.lit(query.gap_s),
        ]
    )
    kept = {name: t.col(name) for name in ("actor_id", "code", "row")}
    session = q.running_total(t.case([(is_new, t.lit(1))], t.lit(0)), [], [t.col("row")])
    sessions = t.select({**kept, "session": session}, timed)
    in_session = [t.col("session")]
    previous = q.neighbour(t.col("code"), in_session, [t.col("row")])
    followed = t.select({**kept, "session": t.col("session"), "before": previous}, sessions)
    changed = t.any_of([t.is_null(t.col("before")), t.col("before").neq(t.col("code"))])
    place = t.row_number(in_session, [t.col("row")]) - t.lit(1)
    named = {name: t.col(name) for name in ("actor_id", "session", "code")}
    return t.select({**named, "place": place}, followed, where=None if query.repeats else changed)


def path_rows(query: PathQuery, what: Coded) -> q.Select:
    """Return actor_id and path of every session that has one."""
    pin = what.goal if what.goal >= 0 else what.begin
    pinned = t.col("code").eq(t.lit(pin)) if pin >= 0 else None
    place = t.greatest_of(t.col("place")) if what.goal >= 0 else t.smallest_of(t.col("place"))
    anchors = t.select({"session": t.col("session"), "anchor": place}, "node", where=pinned, group=[t.col("session")])
    rows = t.select({"actor_id": t.col("actor_id", "n"), "path": t.total(_digit(query, what))}, "node", alias="n")
    rows = q.join_rows(rows, anchors, "a", t.col("session", "a").eq(t.col("session", "n")))
    return rows.group_by(t.col("actor_id", "n"), t.col("session", "n"))


def _digit(query: PathQuery, what: Coded) -> t.Tree:
    ahead = t.col("place", "n") - t.col("anchor", "a")
    branches = []
    for step in range(query.steps):
        at = -step if what.goal >= 0 else step
        power = step if what.goal >= 0 else query.steps - 1 - step
        branches.append((ahead.copy().eq(t.lit(at)), (t.col("code", "n") + t.lit(1)) * t.lit(BASE**power)))
    return t.case(branches, t.lit(0))


def step_rows() -> q.Select:
    """Return how often each actor went from a node to the next: actor_id, pair, times; start and end are nodes, too."""
    own, order = [t.col("session")], [t.col("place")]
    columns = {"actor_id": t.col("actor_id"), "code": t.col("code")}
    after = t.coalesce(q.neighbour(t.col("code"), own, order, after=True), t.lit(BASE - 1))
    moves = t.select({**columns, "after": after}, "node")
    begins = t.select(
        {"actor_id": t.col("actor_id"), "code": t.lit(BASE - 2), "after": t.col("code")},
        "node",
        where=t.col("place").eq(t.lit(0)),
    )
    pair = t.col("code") * t.lit(BASE) + t.col("after")
    rows = t.union_all([moves, begins])
    group = [t.col("actor_id"), pair]
    return t.select({"actor_id": t.col("actor_id"), "pair": pair.copy(), "times": t.count()}, rows, group=group)


def loop_rows() -> q.Select:
    """Return how often each actor went to another node and straight back: actor_id, pair, times."""
    own, order = [t.col("session")], [t.col("place")]
    columns = {name: t.col(name) for name in ("actor_id", "session", "place", "code")}
    near = t.select({**columns, "between": q.neighbour(t.col("code"), own, order)}, "node")
    far = t.select(
        {"actor_id": t.col("actor_id"), "code": t.col("code"), "between": t.col("between"),
         "before": q.neighbour(t.col("between"), own, order)},
        near,
    )  # fmt: skip
    is_loop = t.all_of([t.col("before").eq(t.col("code")), t.col("between").neq(t.col("code"))])
    pair = t.col("code") * t.lit(BASE) + t.col("between")
    group = [t.col("actor_id"), pair]
    columns = {"actor_id": t.col("actor_id"), "pair": pair.copy(), "times": t.count()}
    return t.select(columns, far, where=is_loop, group=group)


def pattern_rows(what: Coded) -> q.Select:
    """Return the actors with sessions that match the pattern: actor_id, times (sessions)."""
    held = [_is_token(what.tokens[0], "n0")]
    rows = t.select({"actor_id": t.col("actor_id", "n0"), "session": t.col("session", "n0")}, "node", alias="n0")
    for at in range(1, len(what.tokens)):
        here, before = t.col("place", f"n{at}"), t.col("place", f"n{at - 1}")
        follows = here > before if what.after_gap[at] else here.eq(before + t.lit(1))
        same = t.col("session", f"n{at}").eq(t.col("session", "n0"))
        rows = q.join_rows(rows, "node", f"n{at}", t.all_of([same, follows]))
        held.append(_is_token(what.tokens[at], f"n{at}"))
    matched = q.distinct_rows(rows.where(t.all_of(held)))
    return t.select({"actor_id": t.col("actor_id"), "times": t.count()}, matched, group=[t.col("actor_id")])


def _is_token(token: int, alias: str) -> t.Tree:
    return t.not_null(t.col("code", alias)) if token == ANY else t.col("code", alias).eq(t.lit(token))


# ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _answer(log: Log, query: PathQuery, names: tuple[str, ...], found: Found) -> Answer:
    cells: dict[str, int] = {}
    held: dict[str, tuple[Numbers, Numbers]] = {}

    def tell(cell: str, actors: Numbers, inside: Numbers) -> int:
        """Note who stands behind a cell: the actors at these places, which ascend, so that each is one run."""
        held[cell] = (actors, inside)
        who = actors[inside]
        cells[cell] = int(np.count_nonzero(who[1:] != who[:-1])) + (len(who) > 0)
        return cells[cell]

    every = len(found.path)
    codes, place, counts = _distinct(found.path)
    shown = np.lexsort((codes, -counts))[: query.top]
    rank_of = np.zeros(len(codes), dtype=np.int16)
    rank_of[shown] = np.arange(1, len(shown) + 1)
    inside_of = _places(rank_of[place], len(shown) + 1)
    paths_: list[tuple[Any, ...]] = []
    for rank, at in enumerate(shown.tolist(), 1):
        inside = inside_of[rank]
        people = tell(f"path:{rank}", found.path_actor, inside)
        share = ratio(len(inside), every)
        paths_.append((rank, " > ".join(_nodes(int(codes[at]), names)), len(inside), share, people, f"path:{rank}"))
    if len(rest := inside_of[0]):
        people = tell("path:other", found.path_actor, rest)
        paths_.append((None, OTHER, len(rest), ratio(len(rest), every), people, "path:other"))
    steps = _moves("step", found.step_actor, found.step, found.step_times, names, tell)
    loops = _moves("loop", found.loop_actor, found.loop, found.loop_times, names, tell)[: query.top]
    grids = [_path_grid(tuple(paths_)), _step_grid(tuple(steps)), _loop_grid(tuple(loops))]
    if query.pattern:
        people = tell("pattern", found.hit_actor, np.arange(len(found.hit_actor)))
        times = int(found.hit_times.sum())
        told = (" ".join(query.pattern), times, ratio(times, found.sessions), people, "pattern")
        grids.insert(0, _pattern_grid((told,)))

    def find(cell: str) -> Numbers:
        actors, inside = held[cell]
        return np.unique(actors[inside])

    note = Note(f"会话共 {found.sessions:,} 个。", f"{found.sessions:,} sessions.")
    return Answer("paths", log.as_of, tuple(grids), cells, find, (note,))


def _distinct(values: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return the different values, the place among them of each, and how often each stands there; nothing is sorted."""
    coded = pa.array(values).dictionary_encode()
    known, place = coded.dictionary.to_numpy(), coded.indices.to_numpy()
    return known, place, np.bincount(place, minlength=len(known))


def _places(numbers: NDArray[np.int16], count: int) -> list[Numbers]:
    """Return for each number below `count` the places where it stands, ascending; 16 bits are sorted by radix."""
    ends = np.cumsum(np.bincount(numbers, minlength=count))
    return np.split(np.argsort(numbers, kind="stable"), ends[:-1])


def _nodes(path: int, names: tuple[str, ...]) -> list[str]:
    digits = []
    while path:
        path, digit = divmod(path, BASE)
        digits.append(digit)
    return [names[digit - 1] for digit in reversed(digits) if digit]


def _moves(
    what: str, actors: Numbers, pairs: Numbers, times: Numbers, names: tuple[str, ...], tell: Any
) -> list[tuple[Any, ...]]:
    """Return a row per pair of nodes: from, to, times, share of what leaves the first, people, cell."""
    named = {**dict(enumerate(names)), BASE - 2: START, BASE - 1: END}
    inside_of = _places(pairs.astype(np.int16), BASE * BASE)
    sums = np.bincount(pairs, times, BASE * BASE).astype(np.int64)
    leaving = sums.reshape(BASE, BASE).sum(axis=1)
    rows = []
    for pair, inside in enumerate(inside_of):
        if not len(inside):
            continue
        one, other = divmod(pair, BASE)
        back = f">{named[one]}" if what == "loop" else ""
        cell = f"{what}:{named[one]}>{named[other]}{back}"
        people = tell(cell, actors, inside)
        rows.append(
            (named[one], named[other], int(sums[pair]), ratio(int(sums[pair]), int(leaving[one])), people, cell)
        )
    return sorted(rows, key=lambda row: (-row[2], row[5]))


_SESSIONS: Final = Column("sessions", "会话数", "sessions", Unit.COUNT)
_SHARE: Final = Column("share", "占比", "share", Unit.RATIO)
_PEOPLE: Final = Column("people", "人数", "people", Unit.COUNT)
_CELL: Final = Column("cell", "单元", "cell", Unit.CELL)


def _path_grid(rows: tuple[tuple[Any, ...], ...]) -> Grid:
    first = (Column("rank", "排名", "rank", Unit.COUNT), Column("path", "路径", "path", Unit.TEXT))
    return Grid("paths", "路径", "Paths", (*first, _SESSIONS, _SHARE, _PEOPLE, _CELL), rows, "share")


def _step_grid(rows: tuple[tuple[Any, ...], ...]) -> Grid:
    first = (Column("from", "从", "from", Unit.TEXT), Column("to", "到", "to", Unit.TEXT))
    times = Column("times", "次数", "times", Unit.COUNT)
    return Grid("steps", "转移", "Transitions", (*first, times, _SHARE, _PEOPLE, _CELL), rows, "share")


def _loop_grid(rows: tuple[tuple[Any, ...], ...]) -> Grid:
    first = (Column("node", "节点", "node", Unit.TEXT), Column("between", "往返", "and back over", Unit.TEXT))
    times = Column("times", "次数", "times", Unit.COUNT)
    return Grid("loops", "往返", "Loops", (*first, times, _SHARE, _PEOPLE, _CELL), rows)


def _pattern_grid(rows: tuple[tuple[Any, ...], ...]) -> Grid:
    first = Column("pattern", "路径模式", "pattern", Unit.TEXT)
    return Grid("pattern", "路径模式", "Pattern", (first, _SESSIONS, _SHARE, _PEOPLE, _CELL), rows)
