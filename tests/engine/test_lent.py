"""A warehouse that another process lends answers as one's own: types, errors, transactions, the end of either side."""

import multiprocessing.connection
import socket
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import duckdb
import pyarrow as pa
import pytest

from quanyu.engine import BorrowedConnection, DuckDBEngine, Lent, lend
from quanyu.engine.adapters import lender, wire
from quanyu.errors import ExternalError
from quanyu.tables import CONTRACTS

EVERY_KIND = """SELECT 7::HUGEINT AS h, 1.50::DECIMAL(10, 2) AS d, DATE '2026-01-02' AS day, 'a' AS text, NULL AS none,
    TIMESTAMP '2026-01-02 03:04:05' AS moment, [1, 2] AS list, {'a': 1} AS struct, 'x'::BLOB AS bytes,
    '00000000-0000-0000-0000-000000000001'::UUID AS id, 1.25::DOUBLE AS ratio, INTERVAL 1 DAY AS span"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(tmp_path / "w.duckdb", CONTRACTS, memory_limit="200MB", threads=1)
    yield engine
    engine.close()


@pytest.fixture
def lent(holder: DuckDBEngine) -> Iterator[Lent]:
    with lend(holder) as place:
        yield place


@pytest.fixture
def borrowed(lent: Lent) -> Iterator[BorrowedConnection]:
    connection = BorrowedConnection(lent)
    yield connection
    connection.close()


def wait_until(is_so: object, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def test_rows_and_tables_are_those_of_the_engine(holder: DuckDBEngine, borrowed: BorrowedConnection) -> None:
    rows = borrowed.execute(EVERY_KIND).fetchall()
    assert rows == holder.connection.execute(EVERY_KIND).fetchall()
    kinds = [type(value) for value in rows[0]]
    assert (kinds[:3], kinds[5], kinds[9]) == ([int, Decimal, date], datetime, UUID)
    assert [name for name, _ in borrowed.description][:2] == ["h", "d"]
    assert borrowed.sql(EVERY_KIND).to_arrow_table().equals(holder.connection.sql(EVERY_KIND).to_arrow_table())


def test_rows_come_in_parts_and_large_answers_in_batches(borrowed: BorrowedConnection) -> None:
    answer = borrowed.execute("SELECT range FROM range($most)", {"most": 5})
    assert [len(answer.fetchmany(2)) for _ in range(4)] == [2, 2, 1, 0]
    table = borrowed.sql("SELECT range FROM range(600_000)").to_arrow_table()
    assert table.num_rows == 600_000 and table.column(0)[-1].as_py() == 599_999
    nothing = borrowed.sql("SELECT 1 AS one WHERE false").to_arrow_table()
    assert (nothing.num_rows, nothing.column_names) == (0, ["one"])


def test_registered_rows_and_temporary_tables_are_the_borrowers_own(lent: Lent, holder: DuckDBEngine) -> None:
    first, second = BorrowedConnection(lent), BorrowedConnection(lent)
    first.register("mine", pa.table({"x": [1, 2]}))
    first.execute("CREATE TEMP TABLE also_mine AS SELECT sum(x) AS s FROM mine")
    assert first.execute("SELECT s FROM also_mine").fetchall() == [(3,)]
    for other in (second, holder.connection):
        for name in ("mine", "also_mine"):
            with pytest.raises(duckdb.CatalogException):
                other.execute(f"SELECT * FROM {name}")
    first.unregister("mine")
    with pytest.raises(duckdb.CatalogException):
        first.execute("SELECT * FROM mine")
    first.close()
    second.close()


def test_a_borrower_that_ends_has_committed_all_or_nothing(lent: Lent, holder: DuckDBEngine) -> None:
    holder.connection.execute("CREATE TABLE kept (x INTEGER)")
    for ends_well in (False, True):
        one = BorrowedConnection(lent)
        one.begin()
        one.execute("INSERT INTO kept VALUES (1)")
        if ends_well:
            one.commit()
        one.close()
    wait_until(lambda: not [one for one in threading.enumerate() if one.name == "borrower"])
    assert holder.connection.execute("SELECT count(*) FROM kept").fetchall() == [(1,)]


def test_errors_are_the_engines_own_and_the_connection_goes_on(borrowed: BorrowedConnection) -> None:
    with pytest.raises(duckdb.ConversionException, match="Could not convert"):
        borrowed.execute("SELECT 'x'::INTEGER")
    with pytest.raises(duckdb.Error, match="Could not convert"):
        borrowed.sql("SELECT if(range = 300_000, 'x', '1')::INTEGER FROM range(400_000)").to_arrow_table()
    assert borrowed.execute("SELECT 1").fetchall() == [(1,)]


def test_a_long_statement_ends_with_its_borrower_and_with_the_lender(holder: DuckDBEngine) -> None:
    endless = "SELECT sum(a.range * b.range) FROM range(100_000_000) a, range(1_000_000) b"
    told: list[BaseException] = []

    def ask(connection: BorrowedConnection) -> None:
        try:
            connection.execute(endless)
        except (ExternalError, duckdb.Error) as error:
            told.append(error)

    with lend(holder) as lent:
        left, waits = BorrowedConnection(lent), BorrowedConnection(lent)
        threads = [threading.Thread(target=ask, args=(one,)) for one in (left, waits)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        # What a killed process does: its end of the wire goes.
        with socket.socket(fileno=left._wire.fileno()) as end:
            end.shutdown(socket.SHUT_RDWR)
            end.detach()
        wait_until(lambda: len([one for one in threading.enumerate() if one.name == "borrower"]) == 1)
    for thread in threads:
        thread.join(timeout=10)
    assert len(told) == 2 and all(isinstance(one, ExternalError | duckdb.InterruptException) for one in told)
    with pytest.raises(ExternalError) as gone:
        BorrowedConnection(lent)
    assert (gone.value.code, gone.value.retry) == ("warehouse.gone", True)


def test_who_does_not_know_the_secret_is_lent_nothing(lent: Lent, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ExternalError, match="has ended"):
        BorrowedConnection(Lent(lent.port, b"\0" * 32))
    # Another program at that port takes anybody; it cannot answer in turn.
    ask = lender.deliver_challenge
    monkeypatch.setattr(lender, "deliver_challenge", lambda connection, _: ask(connection, b"\0" * 32))
    with pytest.raises(ExternalError):
        BorrowedConnection(Lent(lent.port, b"\0" * 32))


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit",))


def test_what_comes_over_the_wire_runs_no_code() -> None:
    here, there = multiprocessing.connection.Pipe()
    wire.put(here, Trap())
    with pytest.raises(Exception, match=r"builtins\.exec is no value"):
        wire.take(there)
