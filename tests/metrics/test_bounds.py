"""Figures of a part of the brand: those of a warehouse that holds nothing but the rows of that part."""

from collections.abc import Sequence
from typing import Any

import pytest

from metrics.shop import context, day, order, warehouse
from quanyu.engine import DuckDBEngine
from quanyu.errors import UserError
from quanyu.metrics import Metrics, query
from quanyu.metrics.request import Between, Bounds, MetricQuery

STORES = [{"store_id": "S1", "region_id": "east"}, {"store_id": "S2", "region_id": "west"}]
PLACES = ("S1", "S2", None, "S1", "S3", "S2", "S1", "S1")
ORDERS = [
    order(
        number,
        f"2024-0{1 + number % 2}-{10 + number}",
        1000 * number + 7,
        None if number == 6 else number % 3,
        store_id=PLACES[number % 8],
        ordered_channel_id=f"c{number % 3}",
        is_first_order=number < 3,
        discount_fen=number,
        units=1 + number % 4,
    )
    for number in range(16)
]
LINES = [
    {
        "order_id": one["order_id"],
        "line_no": number,
        "product_id": f"p{number}",
        "category_id": f"k{number % 2}",
        "brand_id": "b1" if number else "b2",
        "local_date": one["local_date"],
        "person_id": one["person_id"],
        "store_id": one["store_id"],
        "net_fen": one["net_fen"] // 2,
        "qty": 1,
        "is_valid": True,
    }
    for one in ORDERS
    for number in range(2)
]
ALL_OF = {"order_fact": ORDERS, "order_line_fact": LINES, "store": STORES}
SPAN = Between(day("2024-01-01"), day("2024-03-01"))
REGION = {one["store_id"]: one["region_id"] for one in STORES}
PARTS = {
    "store": ((("store", ("S1",)),), lambda row: row["store_id"] == "S1"),
    "stores": ((("store", ("S1", "S2")),), lambda row: row["store_id"] in ("S1", "S2")),
    "region": ((("store_region", ("west",)),), lambda row: REGION.get(row["store_id"]) == "west"),
    "both": ((("store", ("S1", "S2")), ("store_region", ("east",))), lambda row: row["store_id"] == "S1"),
    "brand": ((("product_brand", ("b1",)),), lambda row: row.get("brand_id") == "b1"),
}


def told_by(library: Metrics, dimensions: Sequence[str]) -> list[str]:
    """Metrics of these tables of which every part has the dimensions."""
    measures = {one.name: [library.measure(part) for part in library.parts(one.name)] for one in library}
    return [
        name
        for name, parts in measures.items()
        if all(set(dimensions) <= set(part.dimensions) and part.source in ALL_OF and not part.needs for part in parts)
    ]


def figures(engine: DuckDBEngine, library: Metrics, names: list[str], by: tuple[str, ...], within: Bounds) -> Any:
    asked = MetricQuery(tuple(names), by, range=SPAN, within=within)
    rows = query(engine, library, asked, context("2024-03-31")).as_dict()["rows"]
    return [(row["dimensions"], row["cells"]) for row in rows]


@pytest.mark.parametrize(
    ("part", "by"),
    [("store", ()), ("stores", ("store",)), ("region", ("channel",)), ("both", ()), ("brand", ("category",))],
)
def test_a_figure_of_a_part_is_that_of_the_rows_of_the_part(library: Metrics, part: str, by: tuple[str, ...]):
    within, is_inside = PARTS[part]
    names = [one for one in told_by(library, [name for name, _ in within]) if set(by) <= set(library.splits(one))]
    assert len(names) > (5 if part == "brand" else 15)
    whole = warehouse(**ALL_OF)
    kept = {name: [row for row in rows if is_inside(row)] for name, rows in ALL_OF.items() if name != "store"}
    alone = warehouse(**kept, store=STORES)
    for first in range(0, len(names), 50):
        some = names[first : first + 50]
        assert figures(whole, library, some, by, within) == figures(alone, library, some, by, ())


def test_a_share_over_stores_is_of_the_stores_that_are_reached(library: Metrics):
    rows = figures(warehouse(**ALL_OF), library, ["channel_sales_share"], ("store",), (("store", ("S1", "S2")),))
    assert {row["store"] for row, _ in rows} == {"S1", "S2"}
    assert sum(cells["channel_sales_share"]["value"] for _, cells in rows) == pytest.approx(1)


@pytest.mark.parametrize(
    ("metric", "dimension"),
    [("orders", "product_brand"), ("cared_members", "store_region"), ("arpu", "store")],
)
def test_what_cannot_be_narrowed_in_every_part_is_refused(library: Metrics, metric: str, dimension: str):
    with pytest.raises(UserError) as caught:
        figures(warehouse(**ALL_OF), library, [metric, "net_sales"], (), ((dimension, ("x",)),))
    assert {one.code for one in caught.value.problems} == {"access.scope"}
    assert any(f'"{metric}"' in one.message for one in caught.value.problems)
