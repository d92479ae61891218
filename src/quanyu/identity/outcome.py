"""A partition as rows of the contract tables `identifier_person` and `identity_conflict`."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quanyu.identity.constraints import CUT
from quanyu.identity.evidence import METHODS, Evidence, Flags, Numbers, Places
from quanyu.identity.partition import ALONE, ATTACHED, INERT, INERT_REASONS, NOBODY, RULES, UNATTACHED, Partition
from quanyu.identity.rules import IdentityRules

# A convention, not a probability: what an attachment is worth beside a merge on strong evidence.
_CERTAIN = Decimal(1)
_CONFIDENCE = {ATTACHED: Decimal("0.8"), INERT: Decimal(0)}
_IMPORT = METHODS.index("import")


def identifier_person_of(evidence: Evidence, partition: Partition) -> pa.Table:
    """Return one row per identifier with its person, as contract `identifier_person` wants it."""
    ids = evidence.identifier_id
    person = pa.array(ids[partition.person], mask=partition.person == NOBODY)
    confidence = pa.array([_CONFIDENCE.get(rule, _CERTAIN) for rule in range(len(RULES))], pa.decimal128(18, 6))
    return pa.table(
        {
            "identifier_id": ids,
            "person_id": person,
            "cluster_id": ids[partition.cluster],
            "rule": _texts(partition.rule, RULES),
            "confidence": pa.DictionaryArray.from_arrays(pa.array(partition.rule), confidence),
            "inert": partition.inert != 0,
            "inert_reason": _texts(partition.inert, INERT_REASONS, empty=partition.inert == 0),
        }
    )


def conflicts_of(evidence: Evidence, rules: IdentityRules, partition: Partition) -> pa.Table:
    """Return one row per refused pair, as contract `identity_conflict` wants it."""
    told = partition.conflicts
    ids = evidence.identifier_id
    unlimited = told.limit_class < 0
    id_type = np.array([*rules.types, ""], dtype=object)[partition.limit_type][told.limit_class]
    space = np.array(evidence.namespaces, dtype=object)[partition.limit_space][told.limit_class]
    return pa.table(
        {
            "identifier_a": np.minimum(ids[told.a], ids[told.b]),
            "identifier_b": np.maximum(ids[told.a], ids[told.b]),
            "cluster_id": ids[partition.cluster[told.a]],
            "reason": pa.array(np.where(told.refused == CUT, "cut", "limit").astype(object), pa.string()),
            "id_type": pa.array(id_type, pa.string(), mask=unlimited),
            "namespace": pa.array(space, pa.string(), mask=unlimited),
            "evidence": told.rows,
        }
    )


def methods_of(evidence: Evidence, partition: Partition) -> pa.Array:
    """Return for each identifier the strongest method of evidence that ties it to its person; `import` for none."""
    person, a, b = partition.person, evidence.a, evidence.b
    together = (person[a] == person[b]) & (person[a] != NOBODY)
    strongest = np.full(evidence.size, len(METHODS), dtype=np.int8)
    for end in (a, b):
        np.minimum.at(strongest, end[together], evidence.method[together])
    strongest[strongest == len(METHODS)] = _IMPORT
    return _texts(strongest, METHODS)


def is_merging(partition: Partition) -> Flags:
    """Return whether each identifier takes part in merges."""
    return ~np.isin(partition.rule, (ATTACHED, UNATTACHED, INERT))


def person_count(partition: Partition) -> int:
    """Return the number of distinct persons."""
    return int(np.count_nonzero(partition.person == np.arange(len(partition.person))))


def largest_person(partition: Partition) -> int:
    """Return how many identifiers the largest person has; 0 without persons."""
    held: Numbers | Places = partition.person[partition.person != NOBODY]
    return int(np.bincount(held).max()) if len(held) else 0


def alone_count(partition: Partition) -> int:
    """Return how many identifiers are a person by themselves."""
    return int(np.count_nonzero((partition.rule == ALONE) | (partition.rule == UNATTACHED)))


def _texts(codes: NDArray[np.int8], texts: tuple[str, ...], empty: Flags | None = None) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=empty), pa.array(texts, pa.string()))
