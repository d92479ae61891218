"""From a value that somebody types to the id its identifier has in the warehouse; the value goes nowhere else."""

import hashlib

from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem, Where
from quanyu.ingest.messages import fault
from quanyu.ingest.scan import sql
from quanyu.store import Vault
from quanyu.tables import CONTRACTS

_ID_DIGITS = 15


def identifier_id_of(vault: Vault, id_type: str, namespace: str, value: str) -> int | Problem:
    """Return the identifier id of a value, read to its normal form as ingest does, or what is wrong with the value."""
    engine = DuckDBEngine(None, CONTRACTS, memory_limit="256MB", threads=1)
    try:
        engine.run_text(sql("macros"))
        normal, problem = engine.run_text(sql("normal_form"), {"id_type": id_type, "value": value}).fetchall()[0]
    finally:
        engine.close()
    if problem is not None:
        return fault(str(problem), id_type, Where())
    value_hash = vault.matching_hash(f"{id_type}|{namespace}|{normal}".encode()).hex()
    # `hash60` of the engines.
    digest = hashlib.md5(f"{id_type}|{namespace}|{value_hash}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:_ID_DIGITS], 16)
