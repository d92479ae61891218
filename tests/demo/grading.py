"""Holds what quanyu recovered against the truth of the invented brand."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from ruamel.yaml import YAML

from quanyu.store import Vault

MERGING = ("member_id", "mobile", "unionid", "external_userid", "platform_buyer_id")


def figures(root: Path) -> dict[str, Any]:
    told: dict[str, Any] = YAML(typ="safe").load((root / "truth" / "truth.yaml").read_text(encoding="utf-8"))
    return told


def rows(root: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(root / "truth" / f"{table}.parquet").to_pylist()
    return found


def identifier_id(vault: Vault, kind: str, namespace: str, value: str) -> int:
    """The id that ingest gives a value which already stands in its normal form."""
    value_hash = vault.matching_hash(f"{kind}|{namespace}|{value}".encode()).hex()
    return int(hashlib.md5(f"{kind}|{namespace}|{value_hash}".encode()).hexdigest()[:15], 16)


@dataclass(frozen=True)
class Pairs:
    """Pairs of identifiers: truly of one person, found as one person, and both."""

    true: int
    found: int
    both: int

    @property
    def precision(self) -> float:
        return self.both / self.found

    @property
    def recall(self) -> float:
        return self.both / self.true


def pairs(persons: Iterable[tuple[int, int]]) -> Pairs:
    """Count pairs over identifiers given as (true person, found person)."""
    both = Counter(persons)
    true: Counter[int] = Counter()
    found: Counter[int] = Counter()
    for (is_so, is_found), count in both.items():
        true[is_so] += count
        found[is_found] += count
    return Pairs(*(sum(n * (n - 1) // 2 for n in counts.values()) for counts in (true, found, both)))


def recovered(root: Path, vault: Vault, found: Mapping[int, int]) -> list[tuple[int, int]]:
    """True and found person of every own identifier of a merging type that the exports hold."""
    told = []
    for row in rows(root, "identifier"):
        key = identifier_id(vault, row["type"], row["namespace"], row["value"])
        if row["is_own"] and row["type"] in MERGING and key in found:
            told.append((row["person"], found[key]))
    return told
