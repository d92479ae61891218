"""The ordered scans: one pass over flat arrays that `order.py` has sorted, compiled where numba is installed.

Each has a portable query as its oracle beside its caller.  A scan is one loop with its state in local variables: taken
apart, it would be slower and no clearer, so this file alone may be as deep as its loops.
"""

from typing import Final

import numpy as np

from quanyu.analytics.behaviour.order import Flags, Numbers
from quanyu.engine.kernel import compiled

NONE: Final = -(1 << 62)
"""What a null is in an array of whole numbers: before every moment."""

SPLIT_SHIFT: Final = 41
"""Where the number of a split begins in the payload of a funnel's act; below it are the bits of steps."""

BASE: Final = 62
"""One more than the digit of the last node of a path; the last two numbers below it are start and end."""

CODE_BITS: Final = 20
WINDOW_BITS: Final = 12
DAY_SHIFT: Final = CODE_BITS + WINDOW_BITS
"""The payload of a touch: its code, the days of its window, its date."""

ANY: Final = -1
"""A token of a pattern that any node matches."""


@compiled
def best_chains(
    actor: Numbers, time: Numbers, payload: Numbers, steps: int, window: int, later: Flags, kills: Numbers
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Return actor, level, split, and times of the steps (µs) of each actor's best attempt; see `funnel.py`."""
    size, people = len(actor), 0
    for at in range(size):
        people += at == 0 or actor[at] != actor[at - 1]
    out_actor = np.empty(people, dtype=np.int64)
    out_level = np.empty(people, dtype=np.int64)
    out_split = np.empty(people, dtype=np.int64)
    out_times = np.empty((people, steps), dtype=np.int64)
    # chain[k] holds the times of the latest-starting chain that has reached step k; begun[k] says that there is one.
    chain = np.empty((steps, steps), dtype=np.int64)
    split = np.zeros(steps, dtype=np.int64)
    begun = np.zeros(steps, dtype=np.bool_)
    bits = (1 << SPLIT_SHIFT) - 1
    done, at = 0, 0
    while at < size:
        who, best = actor[at], 0
        begun[:] = False
        while at < size and actor[at] == who:
            now, mark, group = time[at], 0, payload[at] >> SPLIT_SHIFT
            named = False
            while at < size and actor[at] == who and time[at] == now:
                mark |= payload[at] & bits
                if payload[at] & 1:
                    told = payload[at] >> SPLIT_SHIFT
                    group = min(group, told) if named else told
                    named = True
                at += 1
            # Steps that must come later look at the chains of earlier moments, so they are taken first, last to first.
            for step in range(steps - 1, 0, -1):
                if later[step] and mark >> step & 1 and begun[step - 1] and now - chain[step - 1, 0] < window:
                    best = _take(chain, split, begun, step, now, best, out_times, out_split, done)
            if mark & 1:
                chain[0, 0], split[0], begun[0] = now, group, True
                if best == 0:
                    best = 1
                    out_times[done, 0], out_split[done] = now, group
            for step in range(1, steps):
                if not later[step] and mark >> step & 1 and begun[step - 1] and now - chain[step - 1, 0] < window:
                    best = _take(chain, split, begun, step, now, best, out_times, out_split, done)
            for number in range(len(kills)):
                if mark >> (steps + number) & 1:
                    _end(chain, begun, kills[number], now)
        if best:
            out_actor[done], out_level[done] = who, best
            out_times[done, best:] = NONE
            done += 1
    return out_actor[:done], out_level[:done], out_split[:done], out_times[:done]


@compiled
def _end(chain: Numbers, begun: Flags, after: int, now: int) -> None:
    for step in range(len(begun)):
        if after >> step & 1 and begun[step] and chain[step, step] < now:
            begun[step] = False


@compiled
def _take(
    chain: Numbers, split: Numbers, begun: Flags, step: int, now: int, best: int,
    out_times: Numbers, out_split: Numbers, place: int,
) -> int:  # fmt: skip
    for before in range(step):
        chain[step, before] = chain[step - 1, before]
    chain[step, step], split[step], begun[step] = now, split[step - 1], True
    if step + 1 <= best:
        return best
    for number in range(step + 1):
        out_times[place, number] = chain[step, number]
    out_split[place] = split[step]
    return step + 1


@compiled
def returned(
    actor: Numbers, period: Numbers, kind: Numbers, recurring: bool, periods: int
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Return actor, cohort, bits of the periods returned in, and the last of them; see `retention.py`."""
    size, rows = len(actor), 0
    for at in range(size):
        rows += kind[at] & 1
    out_actor = np.empty(rows, dtype=np.int64)
    out_cohort = np.empty(rows, dtype=np.int64)
    out_back = np.empty(rows, dtype=np.int64)
    out_last = np.empty(rows, dtype=np.int64)
    done, first = 0, 0
    while first < size:
        end, last_back = first, -1
        while end < size and actor[end] == actor[first]:
            if kind[end] & 2:
                last_back = end
            end += 1
        for begin in range(first, end):
            if not kind[begin] & 1:
                continue
            back = 0
            for at in range(begin, end):
                after = period[at] - period[begin]
                if after > periods:
                    break
                if kind[at] & 2:
                    back |= 1 << after
            out_actor[done], out_cohort[done], out_back[done] = actor[begin], period[begin], back
            out_last[done] = max(0, period[last_back] - period[begin]) if last_back >= 0 else 0
            done += 1
            if not recurring:
                break
        first = end
    return out_actor[:done], out_cohort[:done], out_back[:done], out_last[:done]


@compiled
def sessions_of(
    actor: Numbers, time: Numbers, code: Numbers, gap: int, repeats: bool, steps: int, begin: int, goal: int,
    tokens: Numbers, after_gap: Flags,
) -> tuple[int, Numbers, Numbers, Numbers, Numbers, Numbers, Numbers, Numbers, Numbers, Numbers, Numbers]:  # fmt: skip
    """Return the number of sessions, and what they hold as the arrays of `path.Found`."""
    size = len(actor)
    sessions = 0
    for at in range(size):
        sessions += at == 0 or actor[at] != actor[at - 1] or time[at] - time[at - 1] >= gap
    path_actor, path = np.empty(sessions, np.int64), np.empty(sessions, np.int64)
    # A session of n nodes has n + 1 steps, its start and its end among them.
    most = size + sessions
    step_actor, step, step_times = np.empty(most, np.int64), np.empty(most, np.int64), np.zeros(most, np.int64)
    loop_actor, loop, loop_times = np.empty(size, np.int64), np.empty(size, np.int64), np.zeros(size, np.int64)
    hit_actor, hit_times = np.empty(sessions, np.int64), np.zeros(sessions, np.int64)
    step_row = np.full(BASE * BASE, -1, np.int64)
    loop_row = np.full(BASE * BASE, -1, np.int64)
    start, end = BASE - 2, BASE - 1
    node = np.empty(size, np.int64)
    paths, steps_done, loops, hits, first = 0, 0, 0, 0, 0
    own_steps, own_loops = 0, 0
    while first < size:
        if first == 0 or actor[first] != actor[first - 1]:
            own_steps, own_loops = steps_done, loops
        last, length = first, 0
        while last < size and actor[last] == actor[first] and (last == first or time[last] - time[last - 1] < gap):
            if repeats or length == 0 or node[length - 1] != code[last]:
                node[length] = code[last]
                length += 1
            last += 1
        found, value = _path(node, length, steps, begin, goal)
        if found:
            path_actor[paths], path[paths] = actor[first], value
            paths += 1
        for at in range(length + 1):
            pair = (node[at - 1] if at else start) * BASE + (node[at] if at < length else end)
            row = step_row[pair]
            # A row of an earlier actor is stale: rows of this one begin at own_steps.
            if row < own_steps:
                row = steps_done
                step_row[pair], step_actor[row], step[row] = row, actor[first], pair
                steps_done += 1
            step_times[row] += 1
            if 1 < at < length and node[at] == node[at - 2] and node[at] != node[at - 1]:
                pair = node[at] * BASE + node[at - 1]
                row = loop_row[pair]
                if row < own_loops:
                    row = loops
                    loop_row[pair], loop_actor[row], loop[row] = row, actor[first], pair
                    loops += 1
                loop_times[row] += 1
        if len(tokens) and _matches(node, length, tokens, after_gap):
            if hits == 0 or hit_actor[hits - 1] != actor[first]:
                hit_actor[hits] = actor[first]
                hits += 1
            hit_times[hits - 1] += 1
        first = last
    return (
        sessions, path_actor[:paths].copy(), path[:paths].copy(), step_actor[:steps_done].copy(),
        step[:steps_done].copy(), step_times[:steps_done].copy(), loop_actor[:loops].copy(), loop[:loops].copy(),
        loop_times[:loops].copy(), hit_actor[:hits].copy(), hit_times[:hits].copy(),
    )  # fmt: skip


@compiled
def _path(node: Numbers, length: int, steps: int, begin: int, goal: int) -> tuple[bool, int]:
    """Return whether a session has a path, and its nodes as digits: left of a start, right of an end."""
    value = 0
    if goal >= 0:
        place = length - 1
        while place >= 0 and node[place] != goal:
            place -= 1
        for at in range(max(0, place - steps + 1), place + 1):
            value = value * BASE + node[at] + 1
        return place >= 0, value
    place = 0
    while begin >= 0 and place < length and node[place] != begin:
        place += 1
    for at in range(place, place + steps):
        value = value * BASE + (node[at] + 1 if at < length else 0)
    return place < length, value


@compiled
def _matches(node: Numbers, length: int, tokens: Numbers, after_gap: Flags) -> bool:
    """Return whether the tokens follow each other somewhere: bit i of `state` says the first i have just matched."""
    count = len(tokens)
    state, held = 1, 1
    for at in range(length):
        following = 1
        for number in range(count):
            reached = (held if after_gap[number] else state) >> number & 1
            if reached and (tokens[number] == ANY or tokens[number] == node[at]):
                following |= 1 << (number + 1)
        state = following
        held |= state
        if state >> count & 1:
            return True
    return False


@compiled
def touches_of(
    actor: Numbers, time: Numbers, payload: Numbers, day: Numbers, at: Numbers, begin: int
) -> tuple[Numbers, Numbers, Numbers, Numbers, Numbers, Numbers]:
    """Return the touches of each conversion, and those that none followed: counts, code, age, day, code, path ends."""
    counts = np.zeros(len(day), dtype=np.int64)
    is_used = np.zeros(len(actor), dtype=np.bool_)
    _pairs(actor, time, payload, day, at, counts, is_used, counts, counts, counts, False)
    starts = np.cumsum(counts) - counts
    total = counts.sum()
    code = np.empty(total, dtype=np.int64)
    age = np.empty(total, dtype=np.int64)
    seen = np.empty(total, dtype=np.int64)
    _pairs(actor, time, payload, day, at, starts, is_used, code, age, seen, True)
    loose = np.empty(len(actor), dtype=np.int64)
    loose_ends = np.empty(len(actor), dtype=np.int64)
    kept, paths = 0, 0
    for place in range(len(actor)):
        if payload[place] >= 0 and not is_used[place] and payload[place] >> DAY_SHIFT >= begin:
            loose[kept] = payload[place] & ((1 << CODE_BITS) - 1)
            kept += 1
        is_last = place + 1 == len(actor) or actor[place + 1] != actor[place]
        if is_last and kept > (loose_ends[paths - 1] if paths else 0):
            loose_ends[paths] = kept
            paths += 1
    return counts, code, age, seen - begin, loose[:kept].copy(), loose_ends[:paths].copy()


@compiled
def _pairs(
    actor: Numbers, time: Numbers, payload: Numbers, day: Numbers, at: Numbers, places: Numbers, is_used: Flags,
    code: Numbers, age: Numbers, seen: Numbers, writes: bool,
) -> None:  # fmt: skip
    """Count the touches of each conversion into `places`, or write them from there on."""
    size, first = len(actor), 0
    while first < size:
        end, touches = first, first
        while end < size and actor[end] == actor[first]:
            # Conversions have no moment among the acts, so they stand before their person's touches.
            touches += payload[end] < 0
            end += 1
        for one in range(first, touches):
            number = -1 - payload[one]
            place = places[number]
            for touch in range(touches, end):
                days = day[number] - (payload[touch] >> DAY_SHIFT)
                if days < 0 or (at[number] != NONE and time[touch] > at[number]):
                    break
                if days > payload[touch] >> CODE_BITS & ((1 << WINDOW_BITS) - 1):
                    continue
                if writes:
                    code[place] = payload[touch] & ((1 << CODE_BITS) - 1)
                    age[place], seen[place] = days, payload[touch] >> DAY_SHIFT
                is_used[touch] = True
                place += 1
            if not writes:
                places[number] = place
        first = end


@compiled
def largest_remainders(units: Numbers, weight: Numbers, ends: Numbers) -> Numbers:
    """Return the parts of `credit.share` for units not below zero."""
    parts = np.zeros(len(weight), dtype=np.int64)
    rest = np.zeros(len(weight), dtype=np.int64)
    first = 0
    for one in range(len(ends)):
        last, total = ends[one], 0
        for at in range(first, last):
            total += weight[at]
        left = units[one]
        if total:
            for at in range(first, last):
                # Whole units and remainder apart, so that units times weight never leave 64 bits.
                parts[at] = units[one] // total * weight[at] + units[one] % total * weight[at] // total
                rest[at] = units[one] % total * weight[at] % total
                left -= parts[at]
            while left > 0:
                best = first
                for at in range(first + 1, last):
                    if rest[at] > rest[best]:
                        best = at
                parts[best] += 1
                rest[best] = -1
                left -= 1
        first = last
    return parts
