"""A synthetic retailer put straight into the landing tables of a workspace, past ingest: for measuring the steps."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import calendar as cal
from benchmarks.maker import World, identifier
from benchmarks.relations import consents, memberships, relations, reviews, shares
from quanyu.engine import DuckDBEngine
from quanyu.engine.column_types import data_type
from quanyu.engine.embedded import empty_table
from quanyu.tables import CONTRACTS

LANDING: Final = "landing"
BATCH: Final = 1
_SQL: Final = Path(__file__).parent / "sql"
_SETTINGS: Final = f"""\
brand: synthetic
name: {{zh: 合成零售商, en: Synthetic retailer}}
time_zone: {cal.ZONE}
currency: CNY
industry: beauty
language: en
"""

Tell = Callable[[str], None]


def write_settings(folder: Path, memory: str | None = None) -> None:
    """Write `quanyu.yaml` of a synthetic workspace; `memory` bounds the engine, such as `3GB`."""
    folder.mkdir(parents=True, exist_ok=True)
    limit = "" if memory is None else f"engine: {{memory_limit: {memory}}}\n"
    (folder / "quanyu.yaml").write_text(_SETTINGS + limit, encoding="utf-8")


def land(world: World, engine: DuckDBEngine, tell: Tell) -> None:
    """Fill the landing tables of an empty warehouse; time-sorted, one piece in memory at a time."""
    engine.use_schema(LANDING)
    for table in CONTRACTS:
        if table.stage == "ingest":
            columns = [(column.name, data_type(column.type, engine.name)) for column in table.columns]
            engine.run(empty_table(table.name, LANDING, columns))
    tell("products and persons")
    for table in ("category", "channel", "touchpoint"):
        _insert(engine, table)
    _insert(engine, "product", world.products())
    for persons in world.persons():
        people = with_person_identifiers(persons)
        _insert(engine, "person_attribute", people.filter(pc.is_valid(people["primary_id"])))
        _mention(engine, people)
        for table, rows in (("membership", memberships), ("relation", relations), ("consent", consents)):
            _insert(engine, table, rows(people))
    tell("orders")
    _land_orders(world, engine)
    tell("visits and events")
    for visits, events in world.visits():
        known = with_visitor(visits)
        _insert(engine, "visit", known)
        _insert(engine, "event", with_visitor(events))
        unknown = known.filter(pc.equal(known["person"], -1))
        _stage(engine, "staged_identifier", _mentions(unknown, "identifier_id", "device", "started_at"))
    tell("identifiers")
    for table in ("identifier", "identifier_pair"):
        _insert(engine, table)
    _drop(engine, "staged_identifier")
    _drop(engine, "staged_pair")
    engine.run_text("CHECKPOINT")


def _land_orders(world: World, engine: DuckDBEngine) -> None:
    for orders, lines, refunds in world.orders():
        known = with_order_identifier(orders)
        _stage(engine, "staged_order", known)
        _insert(engine, "share", shares(known))
        _insert(engine, "review", reviews(known))
        _stage(engine, "staged_line", lines)
        _stage(engine, "staged_refund", refunds)
    for table, staged in (("order", "staged_order"), ("order_line", "staged_line"), ("refund", "staged_refund")):
        _insert(engine, table)
        _drop(engine, staged)


def with_person_identifiers(persons: pa.Table) -> pa.Table:
    """Return persons with the ids of their identifiers (null: has none) and the strongest of them."""
    number = persons["person"].to_numpy()
    mobile = persons["mobile"]
    second = persons["second_device"]
    columns = {
        "member_id": pa.array(identifier("member_id", number), mask=~persons["is_member"].to_numpy()),
        "mobile_id": _where_known("mobile", mobile),
        "buyer_id": pa.array(identifier("platform_buyer_id", number), mask=~persons["has_buyer_id"].to_numpy()),
        "device_id": pa.array(identifier("device", number * 2)),
        "second_id": _where_known("device", second),
    }
    for name, column in columns.items():
        persons = persons.append_column(name, column)
    return persons.append_column("primary_id", pc.coalesce(persons["member_id"], persons["mobile_id"]))


def _where_known(kind: str, values: pa.ChunkedArray) -> pa.Array:
    numbers = values.fill_null(0).to_numpy()
    return pa.array(identifier(kind, numbers), mask=values.is_null().to_numpy())


def with_order_identifier(orders: pa.Table) -> pa.Table:
    """Return orders with the id they are known by: member, else mobile, else nobody."""
    number, is_member = orders["person"].to_numpy(), orders["is_member"].to_numpy()
    by_mobile = identifier("mobile", orders["mobile"].to_numpy())
    ids = np.where(is_member, identifier("member_id", number), by_mobile)
    nobody = ~(is_member | orders["is_named"].to_numpy())
    return orders.append_column("identifier_id", pa.array(ids, mask=nobody))


def with_visitor(rows: pa.Table) -> pa.Table:
    """Return visits or events with the id they are known by: member when logged in, else the device."""
    member = identifier("member_id", rows["person"].to_numpy())
    device = identifier("device", rows["visitor"].to_numpy())
    return rows.append_column("identifier_id", pa.array(np.where(rows["is_member"].to_numpy(), member, device)))


_KINDS: Final = (("member_id", "member_id"), ("mobile_id", "mobile"), ("buyer_id", "platform_buyer_id"),
                 ("device_id", "device"), ("second_id", "device"))  # fmt: skip
_PAIRS: Final = (("member_id", "mobile_id", "form"), ("member_id", "device_id", "login"),
                 ("member_id", "second_id", "login"), ("mobile_id", "buyer_id", "order"))  # fmt: skip


def _mention(engine: DuckDBEngine, people: pa.Table) -> None:
    for column, kind in _KINDS:
        known = people.filter(pc.is_valid(people[column]))
        _stage(engine, "staged_identifier", _mentions(known, column, kind, "joined_at"))
    for one, other, method in _PAIRS:
        both = people.filter(pc.and_(pc.is_valid(people[one]), pc.is_valid(people[other])))
        texts = pa.array([method] * both.num_rows, pa.string())
        columns = {"one": both[one], "other": both[other], "method": texts, "seen_at": both["joined_at"]}
        _stage(engine, "staged_pair", pa.table(columns))


def _mentions(rows: pa.Table, column: str, kind: str, seen_at: str) -> pa.Table:
    kinds = pa.array([kind] * rows.num_rows, pa.string())
    return pa.table({"identifier_id": rows[column], "id_type": kinds, "seen_at": rows[seen_at]})


def _insert(engine: DuckDBEngine, table: str, piece: pa.Table | None = None) -> None:
    statement = (_SQL / f"{table}.sql").read_text(encoding="utf-8")
    if piece is None:
        engine.run_text(statement, table=table)
        return
    engine.connection.register("piece", piece)
    engine.run_text(statement, table=table)
    engine.connection.unregister("piece")


def _stage(engine: DuckDBEngine, table: str, rows: pa.Table) -> None:
    """Add rows to a table of the maker's own, which spills and is dropped at the end."""
    engine.connection.register("piece", rows)
    engine.run_text(f"CREATE TABLE IF NOT EXISTS {table} AS FROM piece LIMIT 0")
    engine.run_text(f"INSERT INTO {table} FROM piece")
    engine.connection.unregister("piece")


def _drop(engine: DuckDBEngine, table: str) -> None:
    engine.run_text(f"DROP TABLE {table}")
