"""What an engine can do for the stages: make tables from steps and queries, answer queries, take rows from Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
from sqlglot import exp

from quanyu.engine.column_types import Value
from quanyu.engine.step import Step


@dataclass(frozen=True, slots=True)
class Made:
    """A table an engine has made: rows, seconds, and the SQL text as that engine ran it (empty when registered)."""

    table: str
    rows: int
    seconds: float
    sql: str


class Engine(Protocol):
    """One engine with the tables it can see; contract names everywhere, the engine knows its own."""

    name: str

    def make(self, step: Step, parameters: Mapping[str, Value]) -> Made:
        """Make the step's table, cast to its contract, its key checked."""

    def register(self, table: str, rows: pa.Table) -> Made:
        """Make a contract table from Arrow rows computed in Python."""

    def query(self, tree: exp.Query, parameters: Mapping[str, Value]) -> pa.Table:
        """Return the answer of a checked query over contract tables."""

    def sql_of(self, tree: exp.Query, parameters: Mapping[str, Value]) -> str:
        """Return the text the engine would run for a query, formatted for people."""

    @property
    def tables(self) -> frozenset[str]:
        """Return the contract names of the tables that exist."""
