"""Reads tables that know their types (Parquet, Arrow) and JSON lines as text, so that every format is mapped alike.

Whole doubles become whole numbers (`13047.0` is the id 13047) and other doubles are written with six decimals: a binary
fraction has no more to say about money.
"""

from collections.abc import Sequence
from typing import Final

from quanyu.definitions.source import Source
from quanyu.engine import DuckDBEngine
from quanyu.engine.embedded import everything_in, parquet, temp_table, temp_view, try_cast
from quanyu.engine.tree import Tree, all_of, call, case, cast, coalesce, col, lit, select
from quanyu.errors import ExternalError, Problem, Where
from quanyu.ingest.fates import count_rows
from quanyu.ingest.files import DataFile
from quanyu.ingest.headings import wanted
from quanyu.ingest.scan import Run, Scan, number_rows, put_rejected, sql
from quanyu.ingest.segment import rows_of

_EXACT: Final = 1_000_000_000_000_000


def scan_parquet(engine: DuckDBEngine, file: DataFile) -> tuple[Scan | None, list[Problem]]:
    """Read a Parquet file into the scan tables; None with the reason when it is none."""
    where = Where(file=file.shown)
    try:
        received = rows_of(engine, file.path)
        engine.run(temp_view("given_rows", everything_in(parquet(str(file.path)))))
    except ExternalError:
        message = "This is not a Parquet file, or it is not complete."
        return None, [Problem("parquet.unreadable", message, "Copy it again.", where)]
    scan = scan_typed(engine)
    if scan.received != received:
        message = f"The file has {received:,} rows, {scan.received:,} could be read."
        return None, [Problem("csv.rows_unaccounted", message, "Copy it again.", where)]
    return (scan, []) if received else (None, [no_rows(where)])


def scan_typed(engine: DuckDBEngine) -> Scan:
    """Read the relation `given_rows` as text into the scan tables."""
    described = engine.run_text("SELECT column_name, column_type FROM (DESCRIBE given_rows)").fetchall()
    columns = {str(name): _as_text(col(str(name)), str(kind)) for name, kind in described}
    engine.run(temp_table("scan_text", select(columns, "given_rows")))
    return settle_scan(engine, tuple(columns))


def scan_json(engine: DuckDBEngine, file: DataFile, source: Source) -> tuple[Scan | None, list[Problem]]:
    """Read a file with one JSON object a line; a line that is none is a refused record.

    Headings are the keys of the objects, and paths into them (`order.id`) that the mapping asks for.
    """
    engine.run_text(sql("scan_json"), {"path": str(file.path)})
    received = count_rows(engine, "json_line")
    if not received:
        return None, [no_rows(Where(file=file.shown))]
    keys = engine.run_text(sql("scan_json_keys")).fetchall()
    names = [str(row[0]) for row in keys]
    paths = [name for group in wanted(source) for name in group if "." in name and name not in names]
    columns: dict[str, Tree] = {name: _json_text(f'$."{name}"') for name in names}
    columns |= {path: _json_text("$" + "".join(f'."{part}"' for part in path.split("."))) for path in paths}
    objects = select({"line": col("line"), "given": col("given")}, "json_line", where=col("kind").eq(lit("OBJECT")))
    engine.run(temp_table("scan_text", select(columns, objects, order=[col("line")])))
    bad = engine.run_text(sql("scan_json_bad")).fetchall()
    put_rejected(engine, [(int(row), int(line), "json.invalid", str(text)) for row, line, text in bad])
    lines = engine.run_text(sql("scan_json_runs")).fetchall()
    number_rows(engine, [Run(int(row), int(line), int(line)) for row, line in lines], [int(row[0]) for row in bad])
    return Scan(tuple(columns), received, len(bad)), []


def settle_scan(engine: DuckDBEngine, names: Sequence[str], first_line: int = 1) -> Scan:
    """Number the rows of `scan_text` when all could be read; `first_line` is where the first one stands."""
    put_rejected(engine, [])
    number_rows(engine, [Run(1, first_line, first_line)], [])
    return Scan(tuple(names), count_rows(engine, "scan_text"), 0)


def no_rows(where: Where) -> Problem:
    """Return the problem of a file or table without rows."""
    return Problem("csv.no_rows", "There are no rows.", "Check the export.", where)


def _as_text(value: Tree, kind: str) -> Tree:
    if kind == "VARCHAR":
        return value
    if kind in ("DOUBLE", "FLOAT"):
        whole = all_of([call("floor", value).eq(value), call("abs", value) < lit(_EXACT)])
        exact = cast(try_cast(value, "DECIMAL(38, 6)"), "VARCHAR")
        return case([(whole, cast(try_cast(value, "BIGINT"), "VARCHAR"))], coalesce(exact, cast(value, "VARCHAR")))
    if kind == "TIMESTAMP WITH TIME ZONE":
        return call("strftime", value, lit("%Y-%m-%d %H:%M:%S.%fZ"))
    if kind.startswith("TIMESTAMP"):
        return cast(cast(value, "TIMESTAMP"), "VARCHAR")
    if kind.startswith(("STRUCT", "MAP")) or kind.endswith("]"):
        return cast(call("to_json", value), "VARCHAR")
    if kind == "BLOB":
        return call("decode", value)
    return cast(value, "VARCHAR")


def _json_text(path: str) -> Tree:
    return call("json_extract_string", col("given"), lit(path))
