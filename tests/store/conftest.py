"""A fresh store for each test, on SQLite and (with QUANYU_TEST_POSTGRES) on PostgreSQL."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.schema import CreateSchema, DropSchema

from quanyu.store import NewBuild, SourceFile, Store, Vault, create_key, open_store

DAY = date(2025, 11, 11)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        with open_store(tmp_path) as opened:
            yield opened
        return
    with postgres_place(os.environ["QUANYU_TEST_POSTGRES"]) as place, open_store(place) as opened:
        yield opened


@contextmanager
def postgres_place(address: str) -> Iterator[str]:
    """Give the address of an empty schema of its own in a PostgreSQL database."""
    schema = f"test_{secrets.token_hex(6)}"
    url = make_url(address).set(drivername="postgresql+psycopg")
    admin = create_engine(url)
    with admin.begin() as connection:
        connection.execute(CreateSchema(schema))
    own = url.update_query_dict({"options": f"-csearch_path={schema}"})
    try:
        yield own.render_as_string(hide_password=False)
    finally:
        with admin.begin() as connection:
            connection.execute(DropSchema(schema, cascade=True))
        admin.dispose()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return create_key(tmp_path / "key")


@pytest.fixture
def batch_seq(store: Store) -> int:
    with store.transaction() as work:
        return work.segments.begin(SourceFile("orders", "csv", "orders.csv", "ab" * 32), DAY)


@pytest.fixture
def build_id(store: Store) -> int:
    new = NewBuild("duckdb", DAY, 7, "Asia/Shanghai", "CNY", "p1", {"net_sales": "ff"})
    with store.transaction() as work:
        return work.builds.begin(new).build_id
