"""Every figure has its history: definition, SQL, tables, persons that reconcile with it, source rows."""

import json

import pytest

from metrics.shop import context, day, order, warehouse
from quanyu.errors import UserError
from quanyu.metrics import Between, CellAddress, Grain, MetricQuery, explain, query

MAY = Between(day("2024-05-01"), day("2024-06-01"))
ENGINE = warehouse(
    order_fact=[
        order(1, "2024-05-01", 100, 1, ordered_channel_id="tmall", is_first_order=True),
        order(2, "2024-05-02", 50, 1, ordered_channel_id="tmall"),
        order(3, "2024-05-03", 70, 2, ordered_channel_id="tmall", batch_seq=2),
        order(4, "2024-05-03", 9, 3, ordered_channel_id=None),
        order(5, "2024-05-04", 8, 4, ordered_channel_id="tmall", is_valid=False, invalid_reason="test"),
        order(6, "2024-06-01", 7, 5, ordered_channel_id="tmall"),
    ],
    purchase_day_fact=[
        {"person_id": 1, "local_date": day("2024-05-01"), "orders": 1, "net_fen": 100},
        {"person_id": 2, "local_date": day("2024-05-03"), "orders": 1, "net_fen": 70},
    ],
    sales_period=[
        {"period_kind": "month", "period_start_date": day("2024-05-01"), "rebuyers": 1, "previous_buyers": 2},
    ],
)
CONTEXT = context("2024-06-30", files={1: "may.csv", 2: "late.csv"})


def test_persons_and_rows_behind_a_count_of_persons(library) -> None:
    asked = MetricQuery(("buyers",), by=("channel",), range=MAY)
    found = explain(ENGINE, library, asked, CellAddress("buyers", day("2024-05-01"), {"channel": "tmall"}), CONTEXT)
    part = found.parts[0]
    assert part.value == found.cell.value == 2
    assert part.agrees is True
    assert part.persons is not None and part.persons.shown == ({"person_id": 1}, {"person_id": 2})
    assert part.rows is not None and part.rows.shown == (
        {"source": "till", "file": "may.csv", "row": 1},
        {"source": "till", "file": "may.csv", "row": 2},
        {"source": "till", "file": "late.csv", "row": 3},
    )
    assert sorted(ENGINE.connection.sql(part.persons.sql).fetchall()) == [(1,), (2,)]


def test_an_unknown_dimension_value_has_its_own_persons(library) -> None:
    asked = MetricQuery(("net_sales",), by=("channel",), range=MAY)
    found = explain(ENGINE, library, asked, CellAddress("net_sales", day("2024-05-01"), {"channel": None}), CONTEXT)
    part = found.parts[0]
    assert (part.value, part.agrees) == (9, None)
    assert part.persons is not None and part.persons.shown == ({"person_id": 3},)
    assert part.rows is not None and [row["row"] for row in part.rows.shown] == [4]


def test_a_ratio_is_explained_by_both_parts(library) -> None:
    asked = MetricQuery(("repurchase_rate",), grain=Grain.MONTH, range=MAY)
    found = explain(ENGINE, library, asked, CellAddress("repurchase_rate", day("2024-05-01")), CONTEXT)
    assert [(part.metric, part.value, part.agrees) for part in found.parts] == [
        ("repeat_buyers", 1, True),
        ("buyers", 3, True),
    ]
    repeat = found.parts[0]
    assert repeat.persons is not None and repeat.persons.shown == ({"person_id": 1},)
    assert repeat.rows is not None and [row["row"] for row in repeat.rows.shown] == [1, 2]
    assert [one.name for one in found.definitions] == ["repurchase_rate", "repeat_buyers", "buyers"]


def test_rows_of_a_table_without_provenance_are_those_of_its_orders(library) -> None:
    asked = MetricQuery(("purchase_days",), range=MAY)
    found = explain(ENGINE, library, asked, CellAddress("purchase_days", day("2024-05-01")), CONTEXT)
    rows = found.parts[0].rows
    assert rows is not None and [row["row"] for row in rows.shown] == [1, 3]


def test_a_summed_up_table_names_the_sql_that_made_it(library) -> None:
    asked = MetricQuery(("rebuy_rate",), grain=Grain.MONTH, range=MAY)
    found = explain(ENGINE, library, asked, CellAddress("rebuy_rate", day("2024-05-01")), CONTEXT)
    assert found.cell.value == 0.5
    assert all(part.persons is None and part.rows is None for part in found.parts)
    assert found.parts[0].tables[0].table == "sales_period"


def test_the_history_is_json_with_file_line_yaml_sql_and_build(library) -> None:
    asked = MetricQuery(("net_sales",), range=MAY)
    found = explain(ENGINE, library, asked, CellAddress("net_sales", day("2024-05-01")), CONTEXT, shown=1)
    said = json.loads(json.dumps(found.as_dict()))
    definition = said["definitions"][0]
    assert definition["file"] == "quanyu:library/metrics/sales.yaml"
    assert definition["yaml"].startswith("net_sales:") and "expr: sum(net_fen)" in definition["yaml"]
    assert said["parts"][0]["tables"][0] == {
        "table": "order_fact",
        "build_id": 1,
        "built_at": "2024-01-01T00:00:00",
        "rows": 3,
        "sql": "SELECT 1",
    }
    assert said["parts"][0]["rows"]["count"] == 4 and len(said["parts"][0]["rows"]["shown"]) == 1
    columns = ENGINE.connection.sql(said["sql"][0])
    assert "net_sales" in columns.columns


def test_a_cell_that_is_not_in_the_answer_is_refused(library) -> None:
    asked = MetricQuery(("net_sales",), by=("channel",), range=MAY)
    with pytest.raises(UserError, match=r"metric\.cell"):
        explain(ENGINE, library, asked, CellAddress("net_sales", day("2024-05-01"), {"channel": "jd"}), CONTEXT)


@pytest.mark.parametrize("name", ["buyers", "repeat_buyers", "first_time_buyers", "returning_buyers", "paid_buyers"])
def test_persons_reconcile_in_every_cell(library, name: str) -> None:
    asked = MetricQuery((name,), by=("channel",), grain=Grain.MONTH, range=Between(MAY.start, day("2024-07-01")))
    rows = query(ENGINE, library, asked, CONTEXT).rows
    assert rows
    for row in rows:
        address = CellAddress(name, row.period.start, row.dimensions)
        assert explain(ENGINE, library, asked, address, CONTEXT).parts[0].agrees is True
