"""How a relation is computed: the only folder that knows DuckDB, Spark and SQLGlot.

Steps are house SQL files; composed queries are trees; both run on every engine and mean the same.
"""

from quanyu.engine.adapters.borrowed import BorrowedConnection
from quanyu.engine.adapters.duckdb import DuckDBEngine, Within, set_aside
from quanyu.engine.adapters.lender import Lent, lend
from quanyu.engine.adapters.spark import SparkEngine
from quanyu.engine.column_types import Value
from quanyu.engine.expression import Kind, columns_of, parse_expression
from quanyu.engine.plan import Catalog, order_steps
from quanyu.engine.protocol import Engine, Made
from quanyu.engine.step import Step, load_step, load_steps, read_step, read_steps

__all__ = [
    "BorrowedConnection",
    "Catalog",
    "DuckDBEngine",
    "Engine",
    "Kind",
    "Lent",
    "Made",
    "SparkEngine",
    "Step",
    "Value",
    "Within",
    "columns_of",
    "lend",
    "load_step",
    "load_steps",
    "order_steps",
    "parse_expression",
    "read_step",
    "read_steps",
    "set_aside",
]
