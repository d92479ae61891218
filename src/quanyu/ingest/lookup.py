"""From values that somebody types or lists to the ids their identifiers have in the warehouse; they go nowhere else."""

import hashlib
from collections.abc import Sequence

import pyarrow as pa

from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem, Where
from quanyu.ingest.messages import fault
from quanyu.ingest.scan import sql
from quanyu.store import Vault
from quanyu.tables import CONTRACTS

_ID_DIGITS = 15


def identifier_id_of(vault: Vault, id_type: str, namespace: str, value: str) -> int | Problem:
    """Return the identifier id of a value, read to its normal form as ingest does, or what is wrong with the value."""
    return identifier_ids_of(vault, id_type, namespace, [value])[0]


def identifier_ids_of(vault: Vault, id_type: str, namespace: str, values: Sequence[str]) -> list[int | Problem]:
    """Return for each value, in order, its identifier id or what is wrong with it; nothing is written to a file."""
    engine = DuckDBEngine(None, CONTRACTS, memory_limit="256MB", threads=1)
    looked_up = pa.table({"place": pa.array(range(len(values)), pa.int64()), "value": pa.array(values, pa.string())})
    try:
        engine.run_text(sql("macros"))
        with engine.lent("looked_up", looked_up):
            rows = engine.run_text(sql("normal_form"), {"id_type": id_type}).fetchall()
    finally:
        engine.close()
    return [
        fault(str(problem), id_type, Where()) if problem is not None else _hashed(vault, id_type, namespace, normal)
        for normal, problem in rows
    ]


def _hashed(vault: Vault, id_type: str, namespace: str, normal: str) -> int:
    value_hash = vault.matching_hash(f"{id_type}|{namespace}|{normal}".encode()).hex()
    # `hash60` of the engines.
    digest = hashlib.md5(f"{id_type}|{namespace}|{value_hash}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:_ID_DIGITS], 16)
