"""A synthetic retailer as its own systems would export it: CSV and Parquet files, with the mappings of a workspace."""

import shutil
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from benchmarks.landing import Tell, write_settings
from benchmarks.maker import World

_HERE: Final = Path(__file__).parent
EVENTS_A_FILE: Final = 5_000_000


def export(world: World, folder: Path, tell: Tell) -> None:
    """Write `quanyu.yaml`, `sources/` and `data/` of a workspace; orders are sorted by time through a scratch file."""
    write_settings(folder)
    data = folder / "data"
    for old in (data, folder / "sources"):
        shutil.rmtree(old, ignore_errors=True)
    data.mkdir()
    shutil.copytree(_HERE / "sources", folder / "sources")
    scratch = folder / "scratch.duckdb"
    scratch.unlink(missing_ok=True)
    connection = duckdb.connect(str(scratch), config={"memory_limit": "1GB", "temp_directory": str(folder / "scratch")})
    connection.execute("SET TimeZone = 'UTC'")
    tell("products and members")
    _write(connection, "products", data / "products.csv", world.products())
    for number, persons in enumerate(world.persons()):
        _write(connection, "members", data / f"members-{number:03d}.csv", persons)
    tell("orders")
    for pieces in world.orders():
        for table, piece in zip(("staged_order", "staged_line", "staged_refund"), pieces, strict=True):
            _stage(connection, table, piece)
    for name in ("orders", "order_lines", "refunds"):
        _write(connection, name, data / f"{name}.csv")
    tell("visits and events")
    _write_visits(connection, world, data)
    connection.close()
    scratch.unlink()
    shutil.rmtree(folder / "scratch", ignore_errors=True)


def _write_visits(connection: duckdb.DuckDBPyConnection, world: World, data: Path) -> None:
    visits: list[pa.Table] = []
    events: list[pa.Table] = []
    number = 0
    for visit, event in world.visits():
        visits.append(visit)
        events.append(event)
        if sum(piece.num_rows for piece in events) < EVENTS_A_FILE:
            continue
        _write_pair(connection, data, number, visits, events)
        visits, events, number = [], [], number + 1
    if visits:
        _write_pair(connection, data, number, visits, events)


def _write_pair(
    connection: duckdb.DuckDBPyConnection, data: Path, number: int, visits: list[pa.Table], events: list[pa.Table]
) -> None:
    _write(connection, "visits", data / f"visits-{number:03d}.parquet", pa.concat_tables(visits))
    _write(connection, "events", data / f"events-{number:03d}.parquet", pa.concat_tables(events))


def _write(connection: duckdb.DuckDBPyConnection, name: str, path: Path, piece: pa.Table | None = None) -> None:
    query = (_HERE / "sql" / f"export_{name}.sql").read_text(encoding="utf-8")
    options = "FORMAT csv, HEADER" if path.suffix == ".csv" else "FORMAT parquet, COMPRESSION zstd"
    if piece is not None:
        connection.register("piece", piece)
    connection.execute(f"COPY ({query}) TO '{path}' ({options})")
    if piece is not None:
        connection.unregister("piece")


def _stage(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    connection.register("piece", rows)
    connection.execute(f"CREATE TABLE IF NOT EXISTS {table} AS FROM piece LIMIT 0")
    connection.execute(f"INSERT INTO {table} FROM piece")
    connection.unregister("piece")
