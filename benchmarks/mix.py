"""Chance without a random generator: splitmix64 over counters, so that every version of every library agrees.

Only whole numbers and the exactly rounded operations of IEEE 754 (+, -, *, /, square root) are used on the way to a
value; `numpy.random`, `pow` and the database's `hash()` may change with their versions.
Source: Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators (the finaliser of SplitMix64).
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
Ints = NDArray[np.int64]

_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


def mixed(bits: Bits) -> Bits:
    """Return the SplitMix64 finaliser of each value: neighbours become unrelated."""
    done = bits ^ (bits >> np.uint64(30))
    done *= _FIRST
    done ^= done >> np.uint64(27)
    done *= _SECOND
    return done ^ (done >> np.uint64(31))


def draw(numbers: Ints, salt: int) -> Bits:
    """Return 64 even bits for each number; another salt gives an independent draw."""
    start = mixed(np.array([salt], np.uint64) * _GAMMA)
    return mixed(numbers.astype(np.uint64) * _GAMMA + start)


def below(bits: Bits, limit: int | Ints) -> Ints:
    """Return an even whole number from 0 to limit - 1 for each draw; limit is at most 2^31."""
    scaled = (bits >> np.uint64(32)) * np.asarray(limit).astype(np.uint64)
    return (scaled >> np.uint64(32)).astype(np.int64)


def unit(bits: Bits) -> NDArray[np.float64]:
    """Return an even number in [0, 1) for each draw, a multiple of 2^-53."""
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def heavy(bits: Bits, limit: int) -> Ints:
    """Return a whole number from 0 to limit - 1, small ones far more often: limit · u^1.5 (a power law)."""
    u = unit(bits)
    return (limit * (u * np.sqrt(u))).astype(np.int64)


def steep(bits: Bits, limit: int | Ints) -> Ints:
    """Return a whole number from 0 to limit - 1, small ones more often still: limit · u²."""
    u = unit(bits)
    return (np.asarray(limit) * (u * u)).astype(np.int64)


def chance(bits: Bits, per_mille: int) -> NDArray[np.bool_]:
    """Return whether an event of that many per thousand happens, for each draw."""
    return below(bits, 1000) < per_mille


def from_table(bits: Bits, quantiles: Ints) -> Ints:
    """Return a value of a distribution given by its quantiles at 0/256 … 256/256, straight between them."""
    at = (bits >> np.uint64(56)).astype(np.int64)
    fraction = ((bits >> np.uint64(40)) & np.uint64(0xFFFF)).astype(np.int64)
    low = quantiles[at]
    return low + (((quantiles[at + 1] - low) * fraction) >> 16)


def exponential_quantiles(mean: int) -> Ints:
    """Return the quantiles of an exponential distribution, its tail ended at 1/512; whole numbers."""
    return np.array([round(-mean * math.log(1 - min(k, 255.5) / 256)) for k in range(257)], np.int64)


def weighted(bits: Bits, weights: tuple[int, ...]) -> Ints:
    """Return an index of the weights, each as often as its weight says."""
    edges = np.cumsum(np.array(weights, np.int64))
    return np.searchsorted(edges, below(bits, int(edges[-1])), side="right").astype(np.int64)
