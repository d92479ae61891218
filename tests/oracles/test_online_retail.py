"""UCI Online Retail: published counts, and cancellations without a receipt charged to what they take back."""

import datetime as dt

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from cases.build import PARAMETERS, needed, rows_of
from oracles.published import everyone_apart, land, land_nothing, new_engine, shared
from quanyu.engine import DuckDBEngine
from quanyu.facts.calendar import report_periods, snapshots_on

AS_OF = dt.date(2011, 12, 9)
FILE = "online_retail.parquet"
RULES = """WITH line AS (
    SELECT DISTINCT *, CAST(floor(CAST("Quantity" AS DECIMAL(18, 3)) * CAST("UnitPrice" AS DECIMAL(18, 3)) * 100 + 0.5)
        AS BIGINT) AS fen FROM '{file}')"""


@pytest.fixture(scope="module")
def engine() -> DuckDBEngine:
    """Give the engine with orders, lines and returns of the set (lines that stand twice count once)."""
    made = new_engine()
    rules = RULES.format(file=shared("online_retail_uci") / FILE)
    sold = '"InvoiceNo" NOT LIKE \'C%\' AND "Quantity" > 0 AND fen >= 0'
    land(
        made,
        "order",
        f"""{rules} SELECT "InvoiceNo" AS order_id, 'completed' AS status, sum(fen) AS paid_fen,
        CAST(min("InvoiceDate") AS DATE) AS local_date, min("CustomerID") AS identifier_id,
        min("InvoiceDate") AS paid_at
        FROM line WHERE {sold} GROUP BY 1""",
    )
    land(
        made,
        "order_line",
        f"""{rules} SELECT "InvoiceNo" AS order_id, "StockCode" AS product_id, "Quantity" AS qty,
        row_number() OVER (PARTITION BY "InvoiceNo" ORDER BY "StockCode", "Description", "Quantity", "UnitPrice",
        "InvoiceDate") AS line_no, fen AS paid_fen FROM line WHERE {sold}""",
    )
    land(
        made,
        "refund",
        f"""{rules} SELECT "InvoiceNo" || '-' || row_number() OVER (PARTITION BY "InvoiceNo"
        ORDER BY "StockCode", "Quantity", "UnitPrice", "Description") AS refund_id, "InvoiceNo" AS order_id,
        "StockCode" AS product_id, -"Quantity" AS qty, -fen AS amount_fen, "InvoiceDate" AS refunded_at,
        CAST("InvoiceDate" AS DATE) AS local_date, "CustomerID" AS identifier_id, 'return' AS kind
        FROM line WHERE "InvoiceNo" LIKE 'C%'""",
    )
    land_nothing(made, "product", "category", "visit", "event")
    everyone_apart(made)
    made.register("report_period", report_periods(dt.date(2010, 12, 1), AS_OF))
    made.register("snapshot_date", snapshots_on([AS_OF]))
    for step in needed(("sales_period", "order_line_fact", "rfm"), made.tables):
        made.make(step, {**PARAMETERS, "as_of": AS_OF, "zone": "Europe/London"})
    return made


def test_the_set_is_the_published_one() -> None:
    lines = pq.read_table(shared("online_retail_uci") / FILE)
    invoices, people, countries = (
        pc.count_distinct(lines[name]).as_py() for name in ("InvoiceNo", "CustomerID", "Country")
    )
    assert (lines.num_rows, invoices, people, countries) == (541_909, 25_900, 4_372, 38)
    assert lines.num_rows - lines.group_by(lines.column_names).aggregate([]).num_rows == 5_268


def test_sales_gross_and_net_are_sums_of_the_raw_lines(engine: DuckDBEngine) -> None:
    orders = rows_of(engine, "order_fact")
    (raw,) = engine.connection.execute('SELECT sum(paid_fen) FROM main."order_line"').fetchall()
    assert sum(order["gross_fen"] for order in orders) == raw[0] > 0
    refunds = rows_of(engine, "refund_fact")
    charged = sum(row["amount_fen"] for row in refunds if row["order_id"])
    assert sum(order["net_fen"] for order in orders) == raw[0] - charged
    assert all(order["net_fen"] >= 0 for order in orders)


def test_most_returns_find_the_order_they_take_back(engine: DuckDBEngine) -> None:
    """What a loop in time order finds at best (any earlier line with room) is 7,520 of 8,872 returns with a person."""
    given = engine.connection.execute("SELECT refund_id, identifier_id FROM main.refund").fetchall()
    named = {refund for refund, person in given if person is not None}
    refunds = rows_of(engine, "refund_fact")
    found = [row for row in refunds if row["found_by"] == "person"]
    assert len(named) == 8_872
    assert {row["refund_id"] for row in found} <= named
    assert 7_500 <= len(found) <= 7_520
    assert {row["found_by"] for row in refunds} == {"person", "none"}
    assert len(refunds) == len(given)


def test_lines_add_up_to_their_orders(engine: DuckDBEngine) -> None:
    wrong = engine.connection.execute(
        """SELECT count(*) FROM order_fact o
        JOIN (SELECT order_id, sum(net_fen) net_fen FROM order_line_fact GROUP BY 1) l USING (order_id)
        WHERE o.net_fen <> l.net_fen"""
    ).fetchall()
    assert wrong == [(0,)]


def test_buyers_are_people_with_net_sales_left(engine: DuckDBEngine) -> None:
    valid = {row["person_id"] for row in rows_of(engine, "order_fact") if row["is_valid"]} - {None}
    within = {row["person_id"] for row in rows_of(engine, "rfm")}
    assert within <= valid
    assert 4_000 < len(valid) < 4_372
