"""Persons of a rule as packed bits: each condition is asked of the engine once, and/or/not are operations on bits.

A build numbers its persons in the order of their ids; a condition is then one bit per person, eight to a byte, so a
million persons are 125 kB and a tree of remembered conditions is answered without the engine.  `condition_of` says the
same as one query: it is the oracle of this, and what runs on Spark.
"""

import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quanyu.definitions.segment_rule import RuleShape
from quanyu.engine import Engine
from quanyu.engine import tree as t
from quanyu.segments.ground import Ground
from quanyu.segments.persons import PERSON, persons_tree
from quanyu.segments.rule import FACT, WideQuestion, condition_of, wide_question

Packed = NDArray[np.uint8]
"""One bit per person; those past the last person are 0."""

_AT_ONCE: Final = 60
"""Questions that one number of 64 bits answers, with room for its sign."""

_ANSWERS: Final = "answers"


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

    def learn(self, rules: Iterable[RuleShape]) -> None:
        """Ask all conditions of rules on a table with one row per person in one pass over it.

        Tables with many rows of a person gain nothing by that: a condition on one tag reads its own rows alone.
        """
        asked: dict[str, list[tuple[str, WideQuestion]]] = {}
        for text, leaf in {_text(leaf): leaf for rule in rules for leaf in self._leaves(rule)}.items():
            question = wide_question(self.ground, leaf)
            if question is not None and text not in self._conditions:
                asked.setdefault(question.table, []).append((text, question))
        for same in asked.values():
            for start in range(0, len(same), _AT_ONCE):
                self._ask_rows(same[start : start + _AT_ONCE])

    def _leaves(self, rule: RuleShape) -> Iterator[RuleShape]:
        if rule.segment is not None:
            yield from self._leaves(self.ground.segments[rule.segment])
        elif not rule.parts:
            yield rule
        for part in rule.parts:
            yield from self._leaves(part)

    def _ask_rows(self, asked: Sequence[tuple[str, WideQuestion]]) -> None:
        """Read a table once: each row says by the bits of a number which of the questions it answers."""
        answers = [
            t.case([(t.all_of(question.asked), t.lit(1 << number))], t.lit(0))
            for number, (_, question) in enumerate(asked)
        ]
        first = asked[0][1]
        columns = {PERSON: t.col(PERSON, FACT), _ANSWERS: reduce(operator.add, answers)}
        where = t.all_of(first.dated) if first.dated else None
        rows = self.ground.engine.query(t.select(columns, first.table, where=where, alias=FACT), {})
        persons, said = (rows.column(name).to_numpy() for name in (PERSON, _ANSWERS))
        places = np.searchsorted(self.persons, persons)
        # A row of nobody known to the build has no place.
        is_known = places < len(self.persons)
        is_known[is_known] = self.persons[places[is_known]] == persons[is_known]
        places, said = places[is_known], said[is_known]
        for number, (text, question) in enumerate(asked):
            held = np.zeros(len(self.persons), dtype=np.bool_)
            held[places[(said >> number) & 1 > 0]] = True
            self._conditions[text] = np.packbits(~held if question.is_out else held)

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
        text = _text(rule)
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


def _text(condition: RuleShape) -> str:
    """Return what tells conditions apart: the same one in two rules, or twice in one, is the same text."""
    return condition.model_dump_json(exclude_defaults=True)


def bits_of(ground: Ground) -> Bits:
    """Return the numbered persons of a build, no condition asked for yet."""
    return Bits(ground, np.sort(_ids(ground.engine, ground, None)))


def count_of(bits: Packed) -> int:
    """Return how many persons the bits hold."""
    return int(np.bitwise_count(bits).sum(dtype=np.int64))


def _ids(engine: Engine, ground: Ground, condition: RuleShape | None) -> NDArray[np.int64]:
    conditions = [] if condition is None else [condition_of(ground, condition)]
    return np.asarray(engine.query(persons_tree(conditions), {}).column(PERSON).to_numpy(), dtype=np.int64)
