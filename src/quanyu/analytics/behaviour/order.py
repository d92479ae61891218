"""Acts in the order of persons and time: the sort that every ordered kernel starts from, over flat arrays.

A counting sort by a hash of the actor and an insertion sort inside each bucket: about three memory accesses per act
when acts arrive in order of time, as events are stored (`engine.md` §3, §4).  A bucket that arrives in another order
falls back to a heap sort, so that no order of input is quadratic.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quanyu.engine.kernel import compiled

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

PER_BUCKET: Final = 8
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_PATIENCE: Final = 24


@dataclass(frozen=True, slots=True)
class Sorted:
    """Acts with each actor's together, in the order of time, then payload; all arrays of one length."""

    actor: Numbers
    time: Numbers
    payload: Numbers


def sort_acts(actor: Numbers, time: Numbers, payload: Numbers) -> Sorted:
    """Return the acts sorted by actor, time, payload; actors stand in the order of a hash, each in one run."""
    bits = max(1, (max(1, len(actor)) // PER_BUCKET).bit_length())
    return Sorted(*_sorted(actor, time, payload, np.uint64(64 - bits), 1 << bits))


@compiled
def _sorted(
    actor: Numbers, time: Numbers, payload: Numbers, shift: np.uint64, buckets: int
) -> tuple[Numbers, Numbers, Numbers]:
    size = len(actor)
    ends = np.zeros(buckets + 1, dtype=np.int64)
    for at in range(size):
        ends[(np.uint64(actor[at]) * _MIX) >> shift] += 1
    total = 0
    for bucket in range(buckets + 1):
        count = ends[bucket]
        ends[bucket] = total
        total += count
    actors = np.empty(size, dtype=np.int64)
    times = np.empty(size, dtype=np.int64)
    payloads = np.empty(size, dtype=np.int64)
    for at in range(size):
        own = (np.uint64(actor[at]) * _MIX) >> shift
        place = ends[own]
        ends[own] = place + 1
        actors[place] = actor[at]
        times[place] = time[at]
        payloads[place] = payload[at]
    # After the scatter each entry is the end of its own bucket, which is where the next one begins.
    first = 0
    for bucket in range(buckets):
        last = ends[bucket]
        _insertion(actors, times, payloads, first, last)
        first = last
    return actors, times, payloads


@compiled
def _after(actors: Numbers, times: Numbers, payloads: Numbers, a: int, b: int) -> bool:
    if actors[a] != actors[b]:
        return bool(actors[a] > actors[b])
    if times[a] != times[b]:
        return bool(times[a] > times[b])
    return bool(payloads[a] > payloads[b])


@compiled
def _swap(actors: Numbers, times: Numbers, payloads: Numbers, a: int, b: int) -> None:
    actors[a], actors[b] = actors[b], actors[a]
    times[a], times[b] = times[b], times[a]
    payloads[a], payloads[b] = payloads[b], payloads[a]


@compiled
def _insertion(actors: Numbers, times: Numbers, payloads: Numbers, first: int, last: int) -> None:
    moves = (last - first) * _PATIENCE
    for at in range(first + 1, last):
        actor, time, payload = actors[at], times[at], payloads[at]
        hole = at
        while hole > first:
            other = hole - 1
            if actors[other] < actor:
                break
            if actors[other] == actor and (
                times[other] < time or (times[other] == time and payloads[other] <= payload)
            ):
                break
            actors[hole], times[hole], payloads[hole] = actors[other], times[other], payloads[other]
            hole = other
        actors[hole], times[hole], payloads[hole] = actor, time, payload
        moves -= at - hole
        if moves < 0:
            _heap(actors, times, payloads, first, last)
            return


@compiled
def _heap(actors: Numbers, times: Numbers, payloads: Numbers, first: int, last: int) -> None:
    size = last - first
    for root in range(size // 2 - 1, -1, -1):
        _sift(actors, times, payloads, first, root, size)
    for end in range(size - 1, 0, -1):
        _swap(actors, times, payloads, first, first + end)
        _sift(actors, times, payloads, first, 0, end)


@compiled
def _sift(actors: Numbers, times: Numbers, payloads: Numbers, first: int, root: int, size: int) -> None:
    while 2 * root + 1 < size:
        child = 2 * root + 1
        if child + 1 < size and _after(actors, times, payloads, first + child + 1, first + child):
            child += 1
        if not _after(actors, times, payloads, first + child, first + root):
            return
        _swap(actors, times, payloads, first + child, first + root)
        root = child
