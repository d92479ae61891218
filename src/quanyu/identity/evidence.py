"""Evidence as arrays: identifiers numbered from the eldest, and pairs of those numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from quanyu.engine.kernel import IS_COMPILED, compiled
from quanyu.errors import InternalError
from quanyu.identity.rules import IdentityRules

Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]
Places = NDArray[np.int32]

METHODS = ("login", "order", "form", "import", "manual", "inferred")
NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known: `identifier_id[k]` is identifier k, of type `id_type[k]` and namespace `namespace[k]` (codes).

    Identifiers of merging types come first, each group from the eldest (first batch, then id) to the youngest, so the
    smallest number of a component is its elder.  `known_seq` is the first batch of each identifier, `first_at` the
    moment it was first seen (microseconds, NEVER when unknown).  `a` and `b` are the numbers of the two sides of each
    pair; a pair of an identifier with itself or with an unknown one is left out.  `rows`, `first_seq`, `last_at` (as
    `first_at`) and `method` (position in METHODS) describe the pair; one pair may stand several times.
    """

    identifier_id: Numbers
    id_type: NDArray[np.int8]
    namespace: Places
    namespaces: tuple[str, ...]
    known_seq: Numbers
    first_at: Numbers
    a: Places
    b: Places
    rows: Numbers
    first_seq: Numbers
    last_at: Numbers
    method: NDArray[np.int8]

    @property
    def size(self) -> int:
        """Return the number of identifiers."""
        return len(self.identifier_id)

    def place_of(self, identifier_ids: Iterable[int]) -> dict[int, int]:
        """Return the number of each of these identifiers that is known; for few at a time."""
        wanted = np.array(sorted(set(identifier_ids)), dtype=np.int64)
        found = np.flatnonzero(np.isin(self.identifier_id, wanted)) if len(wanted) else wanted
        return dict(zip(self.identifier_id[found].tolist(), found.tolist(), strict=True))


def evidence_of(identifiers: pa.Table, pairs: pa.Table, rules: IdentityRules) -> Evidence:
    """Return the evidence of the answers of `identifier_known` and `pair_known`, in any order.

    Raises InternalError when an identifier stands there twice.
    """
    id_type = _codes(identifiers["id_type"], rules.types).astype(np.int8)
    merging = rules.flags(lambda rule: rule.merging)[id_type]
    known_seq = _numbers(identifiers["first_batch_seq"])
    order = _from_eldest(_numbers(identifiers["identifier_id"]), known_seq, merging)
    identifier_id = _numbers(identifiers["identifier_id"])[order]
    encoded = pc.dictionary_encode(identifiers["namespace"].combine_chunks())
    a, b, kept = _places(pairs, identifier_id)
    return Evidence(
        identifier_id=identifier_id,
        id_type=id_type[order],
        namespace=_numbers(encoded.indices).astype(np.int32)[order],
        namespaces=tuple(encoded.dictionary.to_pylist()),
        known_seq=known_seq[order],
        first_at=_moments(identifiers["first_seen_at"])[order],
        a=a,
        b=b,
        rows=_numbers(pairs["evidence"])[kept],
        first_seq=_numbers(pairs["first_batch_seq"])[kept],
        last_at=_moments(pairs["last_occurred_at"])[kept],
        method=_numbers(pairs["method"]).astype(np.int8)[kept],
    )


def _from_eldest(identifier_id: Numbers, known_seq: Numbers, merging: Flags) -> Numbers:
    """Return the places of the identifiers by group (merging first), first batch and id."""
    order = np.argsort(identifier_id)
    if (np.diff(identifier_id[order]) == 0).any():
        raise InternalError("identifier: more than one row per identifier_id")
    earliest, latest = (known_seq.min(), known_seq.max()) if len(known_seq) else (0, 0)
    age = np.where(merging, 0, latest - earliest + 1) + known_seq - earliest
    # Two bytes are sorted by radix, in one pass; more batches than that take the slower way.
    if 2 * (latest - earliest + 1) <= np.iinfo(np.uint16).max:
        age = age.astype(np.uint16)
    return order[np.argsort(age[order], kind="stable")]


def _places(pairs: pa.Table, identifier_id: Numbers) -> tuple[Places, Places, Flags | slice]:
    a, b = places_of(identifier_id, [_numbers(pairs[side]) for side in ("identifier_a", "identifier_b")])
    kept = (a >= 0) & (b >= 0) & (a != b)
    if kept.all():
        return a, b, slice(None)
    return a[kept], b[kept], kept


def places_of(known: Numbers, asked: Sequence[Numbers]) -> list[Places]:
    """Return for each array of ids the place of each id in `known` (distinct ids), -1 for one that is not there."""
    if not IS_COMPILED:
        found = [pc.fill_null(pc.index_in(pa.array(ids), value_set=pa.array(known)), -1) for ids in asked]
        return [_numbers(places).astype(np.int32) for places in found]
    # A power of two with room to spare: linear probing stays short.
    slots = np.full(1 << max(len(known) * 2 - 1, 1).bit_length(), -1, dtype=np.int32)
    _fill(slots, known)
    return [_look_up(slots, known, ids) for ids in asked]


@compiled
def _slot(one: int, size: int) -> int:
    # Fibonacci hashing: ids of a source may be regular, its product's high bits are not.
    return ((one * 0x1E3779B97F4A7C15) >> 20) & (size - 1)


@compiled
def _fill(slots: Places, known: Numbers) -> None:
    for place in range(len(known)):
        slot = _slot(known[place], len(slots))
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = place


@compiled
def _look_up(slots: Places, known: Numbers, asked: Numbers) -> Places:
    found = np.full(len(asked), -1, dtype=np.int32)
    for number in range(len(asked)):
        slot = _slot(asked[number], len(slots))
        while slots[slot] >= 0 and known[slots[slot]] != asked[number]:
            slot = (slot + 1) & (len(slots) - 1)
        found[number] = slots[slot]
    return found


def _codes(column: pa.ChunkedArray, types: tuple[str, ...]) -> Numbers:
    found = pc.index_in(column, value_set=pa.array(types, pa.string()))
    return _numbers(pc.fill_null(found, len(types)))


def _numbers(column: pa.ChunkedArray | pa.Array) -> Numbers:
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    numbers: Numbers = flat.to_numpy(zero_copy_only=False)
    return numbers


def _moments(column: pa.ChunkedArray) -> Numbers:
    moments = column.cast(pa.timestamp("us")).cast(pa.int64())
    return _numbers(pc.fill_null(moments, int(NEVER)))
