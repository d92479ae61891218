"""The identity rules of a workspace, in the form that resolution needs."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from quanyu.config import IdentifierRule

NO_LIMIT = np.iinfo(np.int64).max


@dataclass(frozen=True)
class IdentityRules:
    """How identifiers of each type behave (`config.IdentifierRule`), and which single identifiers are junk.

    `junk` holds the ids of identifiers whose value stands for "unknown"; whoever holds the workspace key computes them,
    because the warehouse knows values by their keyed hash only.  It is empty where ingest already drops such values.
    A type without a rule neither merges nor is limited.  `withdrawn` are the batches taken out of the raw log: evidence
    that is gone changes persons as a changed rule does.
    """

    rules: tuple[IdentifierRule, ...]
    junk: frozenset[int] = frozenset()
    withdrawn: tuple[int, ...] = ()

    @cached_property
    def types(self) -> tuple[str, ...]:
        """Return the types that have a rule, in the order of the rules; their position is the code in arrays."""
        return tuple(rule.id_type for rule in self.rules)

    @cached_property
    def version(self) -> str:
        """Return a short hash of everything that decides a partition; another version asks for a full resolution."""
        told = [(r.id_type, r.merging, r.priority, r.limit, r.shared_limit) for r in sorted(self.rules, key=_name)]
        parts = (told, sorted(self.junk), *([sorted(self.withdrawn)] if self.withdrawn else []))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def flags(self, asked: Callable[[IdentifierRule], bool]) -> NDArray[np.bool_]:
        """Return one flag per type code, and False for the code of unknown types (the last)."""
        return np.array([*(asked(rule) for rule in self.rules), False])

    def numbers(self, asked: Callable[[IdentifierRule], int | None], missing: int = NO_LIMIT) -> NDArray[np.int64]:
        """Return one number per type code, `missing` for None and for the code of unknown types (the last)."""
        given = (asked(rule) for rule in self.rules)
        return np.array([*(missing if number is None else number for number in given), missing], dtype=np.int64)


def _name(rule: IdentifierRule) -> str:
    return rule.id_type
