"""A tiny shop's contracts and rows for tests of the engine."""

import datetime as dt

import pyarrow as pa

from quanyu.tables.contract import Column, Contracts, Table, Type

ORDER = Table(
    "order",
    "one row per order",
    ("order_id",),
    (
        Column("order_id", Type.TEXT, "订单", "Order", null=False),
        Column("person_id", Type.KEY, "人", "Person"),
        Column("paid_fen", Type.FEN, "实付", "Paid", null=False, unit="fen"),
        Column("qty", Type.DECIMAL, "件数", "Quantity"),
        Column("share", Type.RATIO, "占比", "Share"),
        Column("paid_at", Type.TIME, "时间", "Paid at"),
        Column("local_date", Type.DATE, "日期", "Date"),
    ),
    "ingest",
    "订单",
    "Order",
)
PERSON_SUM = Table(
    "person_sum",
    "one row per person",
    ("person_id",),
    (
        Column("person_id", Type.KEY, "人", "Person", null=False),
        Column("paid_fen", Type.FEN, "实付", "Paid", unit="fen"),
        Column("orders", Type.INT, "订单数", "Orders"),
    ),
    "facts",
    "人",
    "Person sums",
)
CONTRACTS = Contracts([ORDER, PERSON_SUM])


def orders(*rows: tuple[str, int | None, int]) -> pa.Table:
    """Return orders of (order_id, person_id, paid_fen); the other columns are made from the place in the list."""
    return pa.table(
        {
            "order_id": pa.array([row[0] for row in rows], pa.string()),
            "person_id": pa.array([row[1] for row in rows], pa.int64()),
            "paid_fen": pa.array([row[2] for row in rows], pa.int64()),
            "qty": pa.array([at + 1 for at in range(len(rows))], pa.int64()),
            "share": pa.array([at / 4 for at in range(len(rows))], pa.float64()),
            "paid_at": pa.array([dt.datetime(2024, 1, 1 + at) for at in range(len(rows))], pa.timestamp("us")),
            "local_date": pa.array([dt.date(2024, 1, 1 + at) for at in range(len(rows))], pa.date32()),
        }
    )
