"""Rows of PostgreSQL and MySQL come in like those of files: typed, only new ones, the address never shown."""

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, make_url, text

from ingest.workplace import Workplace, codes_of
from quanyu.engine.embedded import query_after

SOURCE = """
source: shop
system: own
format: sql
sql: {url: {env: SHOP_ADDRESS}, query: "SELECT * FROM shop_order WHERE amount > 0", cursor: id}
feeds:
  - table: order
    key: id
    columns: {order_id: id, paid_at: paid_at, status: status, paid_fen: amount}
    identifiers: [{type: mobile, from: phone}]
"""
DRIVERS = {"QUANYU_TEST_POSTGRES": "postgresql+psycopg", "QUANYU_TEST_MYSQL": "mysql+pymysql"}


@pytest.fixture(
    params=[
        pytest.param("QUANYU_TEST_POSTGRES", marks=pytest.mark.postgres),
        pytest.param("QUANYU_TEST_MYSQL", marks=pytest.mark.mysql),
    ]
)
def shop(request: pytest.FixtureRequest, place: Workplace, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    address = os.environ[request.param]
    monkeypatch.setenv("SHOP_ADDRESS", address)
    place.source(SOURCE, "shop")
    engine = create_engine(make_url(address).set(drivername=DRIVERS[request.param]))
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS shop_order"))
        columns = "id BIGINT, paid_at TIMESTAMP NULL, status VARCHAR(20), amount DECIMAL(12, 2), phone VARCHAR(20)"
        connection.execute(text(f"CREATE TABLE shop_order ({columns})"))
    yield engine
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE shop_order"))
    engine.dispose()


def add(engine: object, number: int, amount: str = "12.30") -> None:
    with engine.begin() as connection:
        values = f"{number}, '2026-05-01 10:00:00', 'paid', {amount}, '13812345678'"
        connection.execute(text(f"INSERT INTO shop_order VALUES ({values})"))


def test_only_rows_beyond_the_cursor_are_read(place: Workplace, shop: object) -> None:
    for number in (9, 10):
        add(shop, number)
    add(shop, 11, amount="-1")
    (first,) = place.ingest().files
    assert first.rows is not None
    assert (first.fate, first.rows.stored) == ("imported", 2)
    assert place.rows("order", "order_id", "paid_fen") == [("10", 1230), ("9", 1230)]
    assert place.ingest().files[0].fate == "known"
    add(shop, 100)
    (third,) = place.ingest().files
    assert third.rows is not None
    assert third.rows.received == 1


def test_a_missing_address_is_named_by_its_variable_only(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_ADDRESS", raising=False)
    place.source(SOURCE, "shop")
    (result,) = place.ingest().files
    assert (result.fate, codes_of(result.problems)) == ("refused", ["config.secret_missing"])
    assert "SHOP_ADDRESS" in result.problems[0].remedy
    monkeypatch.setenv("SHOP_ADDRESS", "oracle://user:secret@host/x")
    (result,) = place.ingest().files
    assert codes_of(result.problems) == ["sql.unknown_database"]
    assert "secret" not in str(result)


def test_nothing_but_one_select_is_ever_sent() -> None:
    assert query_after("DELETE FROM a", None, None, None, "postgres") is None
    assert query_after("SELECT 1; DROP TABLE a", None, None, None, "postgres") is None
    sent = query_after(None, "a.b", "changed", "x' OR 1=1 --", "postgres")
    assert sent == "SELECT * FROM a.b WHERE \"changed\" > 'x'' OR 1=1 --'"
