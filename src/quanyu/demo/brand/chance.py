"""Chance without a random generator: SplitMix64 over counters, so that every version of every library agrees.

Only whole numbers and the exactly rounded operations of IEEE 754 (+, -, *, square root) lie on the way to a value.
Every draw has a name: the same name, seed and number give the same value for ever, and draws of other names are
independent of it.  So one kind of thing can be added or left out without changing any other.
Source: Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators (the finaliser of SplitMix64).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bits = NDArray[np.uint64]
Mask = NDArray[np.bool_]

_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class Chance:
    """Named draws of one seed; every method takes the numbers of the things it draws for and gives one value each."""

    seed: int

    def bits(self, what: str, numbers: Ints) -> Bits:
        """Return 64 even bits for each number."""
        start = _mixed(np.array([crc32(what.encode()) + (self.seed << 32)], np.uint64) * _GAMMA)
        return _mixed(numbers.astype(np.uint64) * _GAMMA + start)

    def below(self, what: str, numbers: Ints, limit: int | Ints) -> Ints:
        """Return an even whole number from 0 to limit - 1; limit is at most 2^31."""
        scaled = (self.bits(what, numbers) >> np.uint64(32)) * np.asarray(limit).astype(np.uint64)
        return (scaled >> np.uint64(32)).astype(np.int64)

    def happens(self, what: str, numbers: Ints, per_mille: int | Ints) -> Mask:
        """Return whether an event of that many per thousand happens."""
        return self.below(what, numbers, 1000) < per_mille

    def steep(self, what: str, numbers: Ints, limit: int | Ints) -> Ints:
        """Return a whole number from 0 to limit - 1, small ones more often: limit · u²."""
        u = (self.bits(what, numbers) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return (np.asarray(limit) * (u * u)).astype(np.int64)

    def pick(self, what: str, numbers: Ints, weights: Sequence[int]) -> Ints:
        """Return an index of the weights, each as often as its weight says."""
        edges = np.cumsum(np.array(weights, np.int64))
        return np.searchsorted(edges, self.below(what, numbers, int(edges[-1])), side="right").astype(np.int64)

    def exponential(self, what: str, numbers: Ints, mean: int) -> Ints:
        """Return a whole number of an exponential distribution of that mean, its tail ended at 1/512."""
        return _from_table(self.bits(what, numbers), _exponential(mean))

    def gamma(self, what: str, numbers: Ints, shape: int, mean: int) -> Ints:
        """Return a whole number of a gamma distribution of whole shape: a sum of exponentials."""
        parts = [self.exponential(f"{what} {part}", numbers, mean * 1000 // shape) for part in range(shape)]
        found: Ints = np.maximum(np.sum(np.stack(parts), axis=0) // 1000, 1)
        return found


def _mixed(bits: Bits) -> Bits:
    done: Bits = bits ^ (bits >> np.uint64(30))
    done *= _FIRST
    done ^= done >> np.uint64(27)
    done *= _SECOND
    done ^= done >> np.uint64(31)
    return done


def _from_table(bits: Bits, quantiles: Ints) -> Ints:
    at = (bits >> np.uint64(56)).astype(np.int64)
    fraction = ((bits >> np.uint64(40)) & np.uint64(0xFFFF)).astype(np.int64)
    low = quantiles[at]
    return low + (((quantiles[at + 1] - low) * fraction) >> 16)


@cache
def _exponential(mean: int) -> Ints:
    # Rounded to whole numbers, so that the last bit of a library's logarithm decides nothing.
    return np.array([round(-mean * math.log(1 - min(k, 255.5) / 256)) for k in range(257)], np.int64)


def repeated(counts: Ints) -> tuple[Ints, Ints]:
    """Return, for things that have so many parts each, the index of the thing and the number (from 0) of each part."""
    at = np.repeat(np.arange(len(counts)), counts)
    return at, np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
