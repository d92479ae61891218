"""Who reaches some stores, regions or brands is told figures of these, as if there were nothing else."""

import csv
import io
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from server.api_client import PARTS, Shop, served
from services.shop import NOW, ORDERS, ORDERS_SOURCE, make_shop, quanyu

PRODUCTS_SOURCE = """source: goods
system: till
format: csv
path: data/goods.csv
feeds:
  - table: product
    key: [sku]
    columns: {product_id: sku, brand_id: brand}
"""
STORES_SOURCE = """source: places
system: till
format: csv
path: data/places.csv
feeds:
  - table: store
    key: [store]
    columns: {store_id: store, region_id: region}
"""
SPAN = {"start": "2026-01-01", "end": "2026-03-01"}
SHARED = ["net_sales", "orders", "buyers", "per_order_value", "channel_sales_share"]
OF_LINES = ["line_net_sales", "line_orders", "line_units", "line_buyers"]


def with_stores(root: Path) -> Path:
    """Write the tiny shop, its orders spread over two stores and its goods over two brands."""
    make_shop(root)
    rows = list(csv.DictReader(io.StringIO(ORDERS)))
    stores = dict(zip(dict.fromkeys(row["order"] for row in rows), cycle(("S1", "S2")), strict=False))
    lines = [",".join([*rows[0], "store"])]
    lines += [",".join([*row.values(), stores[row["order"]]]) for row in rows]
    texts = {
        "data/orders.csv": "\n".join(lines) + "\n",
        "data/goods.csv": "sku,brand\ns1,b1\ns2,b2\ns3,b1\n",
        "data/places.csv": "store,region\nS1,east\nS2,west\n",
        "sources/orders.yaml": ORDERS_SOURCE.replace(
            "order_id: order\n", "order_id: order\n      store_id: store\n", 1
        ),
        "sources/goods.yaml": PRODUCTS_SOURCE,
        "sources/places.yaml": STORES_SOURCE,
    }
    for name, text in texts.items():
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    root = with_stores(tmp_path_factory.mktemp("scope") / "shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUANYU_NOW", NOW)
        result = quanyu("run", "--quiet", "--workspace", root)
        assert result.exit_code == 0, result.output
        with served(root) as client:
            yield Shop(client, root)


def figures(stores: Shop, role: str, metrics: list[str], **more: Any) -> list[tuple[Any, Any]]:
    """Return dimensions and values of each row."""
    told = stores.post("/metrics/query", {"metrics": metrics, **SPAN, **more}, role)
    return [(row["dimensions"], {name: cell["value"] for name, cell in row["cells"].items()}) for row in told["rows"]]


@pytest.mark.parametrize(
    ("part", "condition", "metrics"),
    [
        ("store", "store = 'till:S1'", [*SHARED[:-1], *OF_LINES]),
        ("region", "store_region = 'east'", [*SHARED[:-1], *OF_LINES]),
        ("brand", "product_brand = 'b1'", OF_LINES),
    ],
)
def test_the_figures_of_a_part_are_those_of_the_whole_filtered_by_hand(
    stores: Shop, part: str, condition: str, metrics: list[str]
):
    for more in ({}, {"grain": "month"}):
        own = figures(stores, part, metrics, **more)
        assert own == figures(stores, "owner", metrics, filters=[condition], **more)
        assert own != figures(stores, "owner", metrics, **more)
    assert any(values[metrics[0]] for _, values in own)


def test_no_question_reaches_beyond_the_part(stores: Shop):
    for more in (
        {"filters": ["store = 'till:S2'"]},
        {"filters": ["store = 'till:S1' OR store = 'till:S2'"]},
        {"by": ["store"]},
    ):
        told = figures(stores, "store", SHARED, **more)
        assert all(dimensions in ({}, {"store": "till:S1"}) for dimensions, _ in told)
        own = figures(stores, "owner", SHARED[:-1], filters=["store = 'till:S1'"])[0][1]["net_sales"]
        assert {values["net_sales"] for _, values in told} <= {0, None, own}
    (one,) = figures(stores, "store", ["channel_sales_share"], by=["store"])
    assert one == ({"store": "till:S1"}, {"channel_sales_share": 1.0}), "of what is reached, not of the brand"


def test_what_cannot_be_told_of_a_part_is_refused(stores: Shop):
    asked = {**SPAN, "metrics": ["net_sales"]}
    assert stores.problem("POST", "/metrics/query", "brand", json=asked) == (403, "access.scope")
    told = stores.post("/metrics/query", asked, "store")
    assert told["rows"][0]["cells"]["net_sales"]["ref"] is None
    ref = stores.post("/metrics/query", asked)["rows"][0]["cells"]["net_sales"]["ref"]
    for role in PARTS:
        assert stores.problem("GET", f"/refs/{ref}/explain", role) == (403, "access.scope")
        assert stores.get("/metrics", role) == stores.get("/metrics"), "what a figure means is no secret"
