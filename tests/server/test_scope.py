"""Who reaches some stores, regions or brands is told figures and persons of these, as if there were nothing else."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from quanyu.ids import PersonId, format_person_id
from quanyu.services.build import attach_build
from quanyu.services.project import open_operations, open_project, open_warehouse
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
    stores = dict(zip(dict.fromkeys(row["order"] for row in rows), cycle(("S2", "S1")), strict=False))
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


def bought_in(root: Path, store: str) -> set[int]:
    """Return the persons with a valid order in a store, read from the facts alone."""
    project = open_project(root)
    with open_operations(project.workspace) as store_, open_warehouse(project.workspace) as engine:
        attach_build(store_, engine)
        rows = engine.rows_of("order_fact").to_pylist()
    return {row["person_id"] for row in rows if row["is_valid"] and row["store_id"] == store and row["person_id"]}


def ids(numbers: Iterable[int]) -> set[str]:
    return {format_person_id(PersonId(one)) for one in numbers}


def members(stores: Shop, role: str) -> set[str]:
    return set(stores.get("/segments/buyers/members", role)["persons"])


def test_the_members_of_a_segment_are_those_of_the_part(stores: Shop):
    here, there = (ids(bought_in(stores.root, one)) for one in ("till:S1", "till:S2"))
    assert there - here
    assert members(stores, "store") == here < members(stores, "owner")
    assert members(stores, "region") == here, "S1 is the only store of the region"
    assert here & members(stores, "brand")
    row = next(one for one in stores.get("/segments", "store")["rows"] if one["segment"] == "buyers")
    assert (row["persons"], row["ref"]) == (len(here), None)
    shown = stores.get("/segments/buyers", "store")["detail"]
    assert (shown["persons"], shown["ref"]) == (len(here), None)


def test_a_person_of_another_store_is_answered_as_one_who_does_not_exist(stores: Shop):
    here, there = (ids(bought_in(stores.root, one)) for one in ("till:S1", "till:S2"))
    own, foreign, (nobody,) = sorted(here)[0], sorted(there - here)[0], ids([12345])
    for path in ("/persons/{}", "/persons/{}/explain", "/persons/{}/tags", "/persons/{}/stages"):
        assert stores.get(path.format(own), "store")
        answers = [stores.ask("GET", path.format(one), "store") for one in (foreign, nobody)]
        assert [one.status_code for one in answers] == [404, 404]
        texts = [{**one.json(), "request_id": ""} for one in answers]
        assert texts[0] == texts[1], "the answer does not tell whether there is such a person"
        assert stores.get(path.format(foreign)), "the whole brand finds them"
    assert stores.problem("GET", f"/segments/buyers/persons/{foreign}", "store") == (404, "identity.nobody")


def test_an_export_holds_whom_its_maker_reaches_and_only_the_maker_sees_it(stores: Shop):
    here = ids(bought_in(stores.root, "till:S1"))
    asked = {"form": "csv", "columns": ["orders"], "purpose": "analysis"}
    made = stores.post("/exports", asked, "store")
    assert made["persons"] == len(here)
    text = stores.ask("GET", f"/exports/{made['audit_id']}/file", "store").text
    assert {row["person_id"] for row in csv.DictReader(io.StringIO(text.lstrip("\ufeff")))} == here
    whole = stores.post("/exports", asked)
    assert whole["persons"] > made["persons"]
    assert [one["audit_id"] for one in stores.get("/exports", "store")["rows"]] == [made["audit_id"]]
    assert stores.problem("GET", f"/exports/{whole['audit_id']}/file", "store") == (404, "export.unknown_file")
