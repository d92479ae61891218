"""How a conversion is shared among its touches: whole units, adding up exactly, by largest remainder.

Touches stand in order of time, those of one conversion together: `ends[c]` is the place after the last touch of
conversion c.  Weights are whole numbers, so that no sum depends on an order of addition.
"""

from typing import Any, Final

import numpy as np

from quanyu.analytics.behaviour.kernels import largest_remainders
from quanyu.analytics.behaviour.order import Numbers
from quanyu.engine.kernel import IS_COMPILED

DECAY_UNIT: Final = 1_000_000


def share(units: Numbers, weight: Numbers, ends: Numbers) -> Numbers:
    """Return for each touch its part of the units of its conversion: floor by weight, then one more unit each to the
    largest remainders, the earlier touch first; a conversion without touches gives nothing.

    Units may be below zero (a net sum can be); the parts then are, too.
    """
    parts = (
        largest_remainders(np.abs(units), weight, ends) if IS_COMPILED else share_arrays(np.abs(units), weight, ends)
    )
    signed: Numbers = parts * np.repeat(np.sign(units), _sizes(ends))
    return signed


def share_arrays(units: Numbers, weight: Numbers, ends: Numbers) -> Numbers:
    """Return the same parts without a compiler, over whole arrays."""
    sizes = _sizes(ends)
    row = np.repeat(np.arange(len(ends)), sizes)
    total = np.bincount(row, weight, len(ends)).astype(np.int64)
    whole, over = units // np.maximum(total, 1), units % np.maximum(total, 1)
    parts = whole[row] * weight + over[row] * weight // np.maximum(total[row], 1)
    rest = over[row] * weight % np.maximum(total[row], 1)
    left = units - np.bincount(row, parts, len(ends)).astype(np.int64)
    order = np.lexsort((np.arange(len(row)), -rest, row))
    rank = np.empty(len(row), dtype=np.int64)
    rank[order] = np.arange(len(row)) - (ends - sizes)[row[order]]
    found: Numbers = np.where(total[row] > 0, parts + (rank < left[row]), 0)
    return found


def _sizes(ends: Numbers) -> Numbers:
    return np.diff(ends, prepend=0)


def places(ends: Numbers) -> tuple[Numbers, Numbers]:
    """Return for each touch its place in its conversion from 0, and how many touches that has."""
    sizes = _sizes(ends)
    starts = np.repeat(ends - sizes, sizes)
    return np.arange(int(ends[-1]) if len(ends) else 0) - starts, np.repeat(sizes, sizes)


def first_weights(ends: Numbers) -> Numbers:
    """Return 1 for the first touch of each conversion."""
    place, _ = places(ends)
    found: Numbers = (place == 0).astype(np.int64)
    return found


def last_weights(ends: Numbers) -> Numbers:
    """Return 1 for the last touch of each conversion."""
    place, size = places(ends)
    found: Numbers = (place == size - 1).astype(np.int64)
    return found


def linear_weights(ends: Numbers) -> Numbers:
    """Return 1 for every touch."""
    return np.ones(int(ends[-1]) if len(ends) else 0, dtype=np.int64)


def position_weights(ends: Numbers) -> Numbers:
    """Return 40 % to the first, 40 % to the last, 20 % among those between; of two touches half each."""
    place, size = places(ends)
    between = np.maximum(size - 2, 0)
    edge = (place == 0) | (place == size - 1)
    found: Numbers = np.where(edge & (size > 2), 2 * between, 1)
    return found


def decay_weights(age_days: Numbers, half_life_days: int) -> Numbers:
    """Return 2^(-age / half-life) in millionths, rounded, of whole days (E-16b), and at least 1."""
    known = [
        max(1, round(DECAY_UNIT * 2 ** (-age / half_life_days))) for age in range(int(age_days.max(initial=0)) + 1)
    ]
    found: Numbers = np.array(known, dtype=np.int64)[age_days]
    return found


def shapley_weights(code: Numbers, ends: Numbers) -> Numbers:
    """Return 1 for the first touch of each different touchpoint of a conversion, so that they share it equally.

    The exact Shapley value of the game in which a coalition earns the conversions whose touchpoints all belong to it:
    a sum of unanimity games, each shared equally (Zhao, Mahboobi, Bagheri 2018, arXiv:1804.05327, equation 6).
    """
    place, _ = places(ends)
    row = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    order = np.lexsort((place, code, row))
    weight = np.ones(len(code), dtype=np.int64)
    again = (code[order][1:] == code[order][:-1]) & (row[order][1:] == row[order][:-1])
    weight[order[1:][again]] = 0
    return weight


def transitions(code: Numbers, ends: Numbers, loose: Numbers, loose_ends: Numbers, states: int) -> Numbers:
    """Return how often each state was followed by each: touchpoints 0 …, then start, conversion, nothing."""
    size = states + 3
    start, won, lost = states, states + 1, states + 2
    counts = np.zeros(size * size, dtype=np.int64)
    for path, path_ends, goal in ((code, ends, won), (loose, loose_ends, lost)):
        if not len(path):
            continue
        place, length = places(path_ends)
        first, last = path[place == 0], path[place == length - 1]
        counts += np.bincount(start * size + first, minlength=size * size)
        counts += np.bincount(last * size + goal, minlength=size * size)
        inner = np.flatnonzero(place[1:] > 0)
        counts += np.bincount(path[inner] * size + path[inner + 1], minlength=size * size)
    return counts.reshape(size, size)


def removal_effects(counts: Numbers) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return for each touchpoint which part of the conversions a first-order Markov chain loses without it.

    Anderl, Becker, von Wangenheim, Schumann 2016 (Int. J. Research in Marketing 33, 457-474): the touchpoint's
    visitors go to nothing instead.  All zero where nothing converts.
    """
    states = len(counts) - 3
    sums = counts.sum(axis=1, keepdims=True)
    chance = counts / np.maximum(sums, 1)
    whole = _converting(chance, states, None)
    if not whole:
        return np.zeros(states)
    return np.array([1 - _converting(chance, states, removed) / whole for removed in range(states)])


def _converting(chance: np.ndarray[Any, Any], states: int, removed: int | None) -> float:
    """Return the chance of ending in conversion from the start: (I - Q) x = r over start and the touchpoints."""
    kept = [one for one in range(states + 1) if one != removed]
    inner = chance[np.ix_(kept, kept)]
    found = np.linalg.solve(np.eye(len(kept)) - inner, chance[kept, states + 1])
    return float(found[-1])
