"""Where published data sets lie, and their rows as landing tables: read here by hand, not through ingest."""

import importlib.util
import os
from pathlib import Path

import pyarrow as pa
import pytest

from cases.rows import table_of
from quanyu.engine import DuckDBEngine
from quanyu.tables import CONTRACTS


def packaged(package: str, folder: str) -> Path:
    """Return the data folder of an installed package, which is never imported; skips the test without it."""
    found = importlib.util.find_spec(package)
    places = list(found.submodule_search_locations or ()) if found else []
    if not places:
        pytest.skip(f"the package {package} (extra `demo`) is not installed")
    return Path(places[0]) / folder


def shared(folder: str) -> Path:
    """Return a folder of the shared data beside the checkout (or in QUANYU_SHARED_DATA); skips the test without it."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    place = Path(os.environ.get("QUANYU_SHARED_DATA", beside)) / folder
    if not place.is_dir():
        pytest.skip(f"no {folder} in {place.parent}: set QUANYU_SHARED_DATA to the folder that holds it")
    return place


def land(engine: DuckDBEngine, name: str, select: str) -> None:
    """Make a landing table from a SELECT of this engine; columns it does not give are null, provenance is filled."""
    given = engine.connection.sql(f"SELECT *, row_number() OVER () AS source_row FROM ({select})").to_arrow_table()
    empty = table_of(name, [{}])
    columns = [
        _cast(given[field.name], field.type)
        if field.name in given.column_names
        else pa.repeat(empty[field.name][0], given.num_rows)
        for field in empty.schema
    ]
    engine.register(name, pa.table(columns, names=empty.column_names))


def land_nothing(engine: DuckDBEngine, *names: str) -> None:
    """Make empty tables."""
    for name in names:
        engine.register(name, table_of(name, []))


def everyone_apart(engine: DuckDBEngine) -> None:
    """Make every identifier of the orders and campaign lists its own person."""
    tables = [name for name in ("order", "campaign_target") if name in engine.tables]
    parts = " UNION ".join(f'SELECT identifier_id FROM main."{name}"' for name in tables)
    found = engine.connection.sql(
        f"SELECT DISTINCT identifier_id FROM ({parts}) WHERE identifier_id IS NOT NULL ORDER BY 1"
    ).fetchall()
    numbers = [row[0] for row in found]
    engine.register(
        "identifier_person",
        table_of("identifier_person", [{"identifier_id": n, "person_id": n, "cluster_id": n} for n in numbers]),
    )
    engine.register("person", table_of("person", [{"person_id": n, "state": "member"} for n in numbers]))


def new_engine() -> DuckDBEngine:
    """Return an engine in memory, its bare connection used for reading published files."""
    return DuckDBEngine(None, CONTRACTS, memory_limit="2GB")


def _cast(column: pa.ChunkedArray, to: pa.DataType) -> pa.ChunkedArray:
    """Whole numbers become decimals by way of a wide one: Arrow would not trust 64 bits to 18 digits."""
    wide = column.cast(pa.decimal128(38, to.scale)) if pa.types.is_decimal(to) else column
    return wide.cast(to)
