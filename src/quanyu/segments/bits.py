"""Persons of a rule as packed bits: each condition is asked of the engine once, and/or/not are operations on bits.

A build numbers its persons in the order of their ids; a condition is then one bit per person, eight to a byte, so a
million persons are 125 kB and a tree of remembered conditions is answered without the engine.  `condition_of` says the
same as one query: it is the oracle of this, and what runs on Spark.
"""

from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quanyu.definitions.segment_rule import RuleShape
from quanyu.engine import Engine
from quanyu.segments.ground import Ground
from quanyu.segments.persons import PERSON, persons_tree
from quanyu.segments.rule import condition_of

Packed = NDArray[np.uint8]
"""One bit per person; those past the last person are 0."""


@dataclass(frozen=True, slots=True)
class Bits:
    """The persons of a build in the order of their ids, and the bits of every condition asked for so far."""

    ground: Ground
    persons: NDArray[np.int64]
    _conditions: dict[str, Packed] = field(default_factory=dict)

    @property
    def everybody(self) -> Packed:
        """Return the bits of all persons."""
        return np.packbits(np.ones(len(self.persons), dtype=np.bool_))

    def of(self, rule: RuleShape) -> Packed:
        """Return the bits of a rule; what it needs must be known to the build (`unknown_in`)."""
        if rule.all:
            return reduce(np.bitwise_and, [self.of(part) for part in rule.all])
        if rule.any:
            return reduce(np.bitwise_or, [self.of(part) for part in rule.any])
        if rule.not_ is not None:
            return np.bitwise_xor(self.of(rule.not_), self.everybody)
        if rule.segment is not None:
            return self.of(self.ground.segments[rule.segment])
        # The same condition in two rules, or twice in one, is the same text.
        text = rule.model_dump_json(exclude_defaults=True)
        if text not in self._conditions:
            self._conditions[text] = self._asked(rule)
        return self._conditions[text]

    def ids(self, bits: Packed) -> pa.Table:
        """Return the persons of bits: `person_id`, in ascending order."""
        held = np.unpackbits(bits, count=len(self.persons)).astype(np.bool_)
        return pa.table({PERSON: pa.array(self.persons[held], pa.int64())})

    def _asked(self, condition: RuleShape) -> Packed:
        held = np.zeros(len(self.persons), dtype=np.bool_)
        held[np.searchsorted(self.persons, _ids(self.ground.engine, self.ground, condition))] = True
        return np.packbits(held)


def bits_of(ground: Ground) -> Bits:
    """Return the numbered persons of a build, no condition asked for yet."""
    return Bits(ground, np.sort(_ids(ground.engine, ground, None)))


def count_of(bits: Packed) -> int:
    """Return how many persons the bits hold."""
    return int(np.bitwise_count(bits).sum(dtype=np.int64))


def _ids(engine: Engine, ground: Ground, condition: RuleShape | None) -> NDArray[np.int64]:
    conditions = [] if condition is None else [condition_of(ground, condition)]
    return np.asarray(engine.query(persons_tree(conditions), {}).column(PERSON).to_numpy(), dtype=np.int64)
