"""Reads rows of a PostgreSQL or MySQL database through an Arrow-native reader: all of them, or those after a cursor.

The address is a secret and never shown: not in problems, not in logs, not in errors of the driver.
"""

import os
from typing import Any, Final

import pyarrow as pa

from quanyu.config import Workspace
from quanyu.definitions.source import Source, SqlOptions
from quanyu.engine import DuckDBEngine
from quanyu.engine.embedded import everything, query_after, temp_view
from quanyu.engine.tree import call, cast, col, select
from quanyu.errors import ExternalError, Problem, Where
from quanyu.ingest.scan import Scan, put_table
from quanyu.ingest.scan_table import scan_typed

_DIALECTS: Final = {"postgresql": "postgres", "postgres": "postgres", "mysql": "mysql", "mariadb": "mysql"}


def scan_database(
    engine: DuckDBEngine, source: Source, workspace: Workspace, after: str | None
) -> tuple[Scan | None, str | None, list[Problem]]:
    """Read the source's rows into the scan tables; return them with the greatest cursor seen, as text.

    `after` is the cursor of the last import, None for the first.  Without new rows there is no scan and no problem.
    """
    options = source.sql
    where = source.place("sql")
    address, problem = _address(options, workspace, where) if options else (None, None)
    if options is None or address is None:
        return None, after, [problem] if problem else []
    dialect = _DIALECTS.get(address.split(":", 1)[0].split("+", 1)[0])
    if dialect is None:
        message = "Only PostgreSQL and MySQL can be read."
        return None, after, [Problem("sql.unknown_database", message, "Give postgresql://… or mysql://….", where)]
    query = query_after(options.query, options.table, options.cursor, after, dialect)
    if query is None:
        return None, after, [Problem("config.sql_refused", "The query is not one SELECT.", "Write one SELECT.", where)]
    rows = _read(address, query)
    if not rows.num_rows:
        return None, after, []
    put_table(engine, "database_rows", rows)
    engine.run(temp_view("given_rows", everything("database_rows")))
    scan = scan_typed(engine)
    return scan, _greatest(engine, options) or after, []


def _address(options: SqlOptions, workspace: Workspace, where: Where) -> tuple[str | None, Problem | None]:
    if options.url.env:
        value = os.environ.get(options.url.env, "").strip()
        remedy = f"Set {options.url.env}."
    else:
        path = workspace.root / (options.url.file or "")
        value = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
        remedy = f"Write the address into {options.url.file}."
    if value:
        return value, None
    return None, Problem("config.secret_missing", "The address of the database is not set.", remedy, where)


def _read(address: str, query: str) -> pa.Table:
    try:
        # Part of the extra [sql]: most workspaces read files only.
        import connectorx
    except ImportError as error:
        raise ExternalError("Reading databases needs `pip install quanyu[sql]`.", code="sql.driver_missing") from error
    try:
        rows: pa.Table = connectorx.read_sql(address, query, return_type="arrow")
    except RuntimeError as error:
        # The driver's message may hold the address; only its kind is told.
        kind = str(error).split(":", 1)[0][:80].replace(address, "…")
        raise ExternalError(f"The database refused: {kind}", code="sql.failed", retry=True) from None
    return rows


def _greatest(engine: DuckDBEngine, options: SqlOptions) -> str | None:
    if options.cursor is None:
        return None
    query = select({"cursor": cast(call("max", col(options.cursor)), "VARCHAR")}, "given_rows")
    value: Any = engine.run(query).fetchall()[0][0]
    return None if value is None else str(value)
