"""Persons counted from a partition in memory; `person.sql` says the same over tables and is the oracle of this."""

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quanyu.identity.evidence import NEVER, Evidence, Flags, Numbers
from quanyu.identity.outcome import is_merging
from quanyu.identity.partition import NOBODY, Partition
from quanyu.identity.rules import IdentityRules

_STATES: Final = ("anonymous", "fan", "registered", "member")
_STATE_OF: Final = {
    "member_id": 3, "card_no": 3, "stored_value_no": 3, "mobile": 2, "email": 2, "platform_buyer_id": 2,
    "unionid": 1, "openid": 1, "external_userid": 1, "device": 0,
}  # fmt: skip
"""The state that an identifier of each type gives its person; the highest wins."""


def persons_of(evidence: Evidence, rules: IdentityRules, partition: Partition) -> pa.Table:
    """Return one row per person, as contract `person` wants it (domain §3.1, GEN-04)."""
    belongs = partition.person != NOBODY
    size, person = evidence.size, partition.person[belongs]
    identifiers = np.bincount(person, minlength=size)
    elders = np.flatnonzero(identifiers)
    kinds = np.zeros(size, dtype=np.int16)
    np.bitwise_or.at(kinds, person, _kind_bits(rules)[evidence.id_type[belongs]])
    first_at = _least(size, person, np.where(evidence.first_at == NEVER, _LAST, evidence.first_at)[belongs])[elders]
    return pa.table(
        {
            "person_id": evidence.identifier_id[elders],
            "state": pa.DictionaryArray.from_arrays(_states(kinds[elders]), pa.array(_STATES)),
            "first_seen_at": pa.array(first_at, pa.timestamp("us"), mask=first_at == _LAST),
            "first_order_at": pa.nulls(len(elders), pa.timestamp("us")),
            "first_batch_seq": _least(size, person, evidence.known_seq[belongs])[elders],
            "identifier_count": identifiers[elders],
            "merging_identifier_count": np.bincount(person[is_merging(partition)[belongs]], minlength=size)[elders],
            "id_type_count": np.bitwise_count(kinds[elders]).astype(np.int64),
        }
    )


_LAST: Final = np.iinfo(np.int64).max


def _least(size: int, person: NDArray[np.int32], values: Numbers) -> Numbers:
    least = np.full(size, _LAST)
    np.minimum.at(least, person, values)
    return least


def _kind_bits(rules: IdentityRules) -> NDArray[np.int16]:
    """Return for each type code the bit of its type; 0 for a type that says nothing of its person."""
    known = list(_STATE_OF)
    return np.array([*(1 << known.index(one) if one in _STATE_OF else 0 for one in rules.types), 0], dtype=np.int16)


def _states(kinds: NDArray[np.int16]) -> NDArray[np.int8]:
    state = np.zeros(len(kinds), dtype=np.int8)
    for bit, level in enumerate(_STATE_OF.values()):
        held: Flags = (kinds & (1 << bit)) != 0
        np.maximum(state, np.where(held, np.int8(level), np.int8(0)), out=state)
    return state
