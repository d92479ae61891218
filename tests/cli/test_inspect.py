import json
from pathlib import Path

import pytest

from quanyu.tables import CONTRACTS
from services.shop import problems, quanyu, told


def test_a_figure_is_told_down_to_its_rows(shop: Path):
    said = told("explain", "net_sales", "--period", "2026-01", "--rows", "--people", "-w", shop)
    (part,) = said["parts"]
    assert said["value"] == 23000
    assert [row["row"] for row in part["rows"]["shown"]] == [1, 2, 3]
    assert part["persons"]["count"] == 2
    assert all(person.startswith("P") for person in part["persons"]["shown"])
    assert (said["definitions"][0]["name"], said["definitions"][0]["line"] > 0) == ("net_sales", True)
    assert part["tables"][0]["table"] == "order_fact"


def test_persons_and_rows_are_counted_but_listed_only_when_asked(shop: Path):
    (part,) = told("explain", "net_sales", "-w", shop)["parts"]
    assert (part["persons"]["shown"], part["rows"]["shown"]) == ([], [])
    assert part["rows"]["count"] > 0


def test_a_figure_for_people_says_value_place_and_that_the_group_is_small(shop: Path):
    output = quanyu("explain", "net_sales", "--period", "2026-01", "--sql", "-w", shop).output
    assert "¥230.00" in output
    assert "library/metrics/sales.yaml:" in output
    assert "Fewer than" in output
    assert "SELECT" in output


def test_one_figure_of_a_split_is_told(shop: Path):
    split = ("explain", "net_sales", "--period", "2026-01", "-w", shop, "--by")
    assert told(*split, "source=orders")["value"] == 23000
    assert problems(*split, "source=elsewhere") == ["metric.cell"]
    assert problems(*split, "sourc=orders") == ["metric.dimension"]
    assert problems(*split, "source") == ["explain.by"]


def test_a_table_is_told_down_to_the_sealed_files(shop: Path):
    said = told("explain", "rfm", "-w", shop)
    assert next(iter(said["tables"])) == "rfm"
    assert {"rfm_measure", "purchase_day_fact", "order_fact", "order", "identifier_person"} <= set(said["tables"])
    (raw,) = said["tables"]["order"]["raw"]
    assert (raw["file"], raw["rows"], len(raw["segment_sha256"])) == ("data/orders.csv", 6, 64)
    assert (shop / ".quanyu" / raw["segment"]).is_file()
    assert said["tables"]["rfm"]["sql"].startswith("SELECT")
    output = quanyu("explain", "rfm", "-w", shop).output
    assert "sealed files of the raw log" in output
    assert raw["segment_sha256"][:12] in output


def test_an_order_is_told_from_fact_to_line(shop: Path):
    (said,) = told("explain", "o4", "-w", shop)
    assert (said["order_id"], said["order_fact"]["net_fen"]) == ("till:o4", 10000)
    assert [one["place"]["line"] for one in said["received"]["order_line"]] == [5, 6]
    assert "data/orders.csv:5" in quanyu("explain", "till:o4", "-w", shop).output


def test_a_line_is_found_behind_cells_that_hold_line_breaks(shop: Path):
    path = shop / "data" / "orders_2.csv"
    path.write_text(
        "order,paid at,state,member,mobile,sku,amount\n"
        'p1,2026-02-01 10:00:00,done,m1,,"s\n1",10.00\n'
        "p2,2026-02-01 10:00:00,done,m1,,s2,10.00\n",
        encoding="utf-8",
    )
    told("run", "-w", shop)
    assert told("explain", "p2", "-w", shop)[0]["received"]["order"][0]["place"]["line"] == 4
    path.unlink()
    place = told("explain", "p2", "-w", shop)[0]["received"]["order"][0]["place"]
    assert (place["line"], place["row"]) == (None, 2)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("explain", "net_sale"), "explain.unknown"),
        (("explain", "net_sales", "--period", "2026-13"), "explain.period"),
        (("explain", "journey"), "table.not_built"),
        (("bench", "rfn"), "bench.unknown"),
    ],
)
def test_what_does_not_exist_is_told(shop: Path, arguments: tuple[str, ...], code: str):
    assert problems(*arguments, "-w", shop) == [code]


def test_the_nearest_name_is_offered(shop: Path):
    assert 'Did you mean "net_sales"?' in quanyu("explain", "net_sale", "-w", shop).output


def test_tables_shows_the_dictionary():
    assert {table["name"] for table in told("tables")} == set(CONTRACTS.names)
    said = told("tables", "order_fact")
    assert said["key"] == ["order_id"]
    assert "净销售额" in quanyu("tables", "order_fact").output
    assert problems("tables", "order_fct") == ["table.unknown"]


@pytest.mark.parametrize(
    ("kind", "key"), [("workspace", "time_zone"), ("source", "feeds"), ("metric", "expr"), ("dimension", "lookup")]
)
def test_schema_is_json_schema(kind: str, key: str):
    said = json.loads(quanyu("schema", kind).stdout)
    shape = said.get("additionalProperties") or said
    assert (said["type"], said["$schema"][-14:]) == ("object", "2020-12/schema")
    assert key in shape["properties"]


def test_schema_of_an_unknown_kind_is_refused():
    assert quanyu("schema", "sauce").exit_code == 2


def test_bench_leaves_out_questions_without_rows(shop: Path):
    # The shop has no events, and every question is compared with a scan of them.
    assert told("bench", "sales", "--rounds", "1", "-w", shop) == []
    assert "No question" in quanyu("bench", "-q", "-w", shop).output
