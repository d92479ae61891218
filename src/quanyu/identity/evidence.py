"""Evidence as arrays: identifiers numbered from the eldest, and pairs of those numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

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
    smallest number of a component is its elder.  `a` and `b` are the numbers of the two sides of each pair; a pair of
    an identifier with itself or with an unknown one is left out.  `rows`, `first_seq`, `last_at` (microseconds, NEVER
    when unknown) and `method` (position in METHODS) describe the pair; one pair may stand several times.
    """

    identifier_id: Numbers
    id_type: NDArray[np.int8]
    namespace: Places
    namespaces: tuple[str, ...]
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
        wanted = sorted(set(identifier_ids))
        found = pc.index_in(pa.array(wanted, pa.int64()), value_set=pa.array(self.identifier_id))
        return {one: place for one, place in zip(wanted, found.to_pylist(), strict=True) if place is not None}


def evidence_of(identifiers: pa.Table, pairs: pa.Table, rules: IdentityRules) -> Evidence:
    """Return the evidence of the answers of `identifier_known` (ordered from the eldest) and `pair_known`."""
    id_type = _codes(identifiers["id_type"], rules.types).astype(np.int8)
    merging = rules.flags(lambda rule: rule.merging)[id_type]
    # Stable: within each group the order stays, so the smallest number is still the eldest.
    order = np.argsort(~merging, kind="stable")
    identifier_id = _numbers(identifiers["identifier_id"])[order]
    encoded = pc.dictionary_encode(identifiers["namespace"].combine_chunks())
    a, b, kept = _places(pairs, identifier_id)
    return Evidence(
        identifier_id=identifier_id,
        id_type=id_type[order],
        namespace=_numbers(encoded.indices).astype(np.int32)[order],
        namespaces=tuple(encoded.dictionary.to_pylist()),
        a=a,
        b=b,
        rows=_numbers(pairs["evidence"])[kept],
        first_seq=_numbers(pairs["first_batch_seq"])[kept],
        last_at=_moments(pairs["last_occurred_at"])[kept],
        method=_numbers(pairs["method"]).astype(np.int8)[kept],
    )


def _places(pairs: pa.Table, identifier_id: Numbers) -> tuple[Places, Places, Flags | slice]:
    known = pa.array(identifier_id)
    ends = pa.chunked_array([*pairs["identifier_a"].chunks, *pairs["identifier_b"].chunks], pa.int64())
    found = _numbers(pc.fill_null(pc.index_in(ends, value_set=known), -1)).astype(np.int32, copy=False)
    a, b = found[: pairs.num_rows], found[pairs.num_rows :]
    kept = (a >= 0) & (b >= 0) & (a != b)
    if kept.all():
        return a, b, slice(None)
    return a[kept], b[kept], kept


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
