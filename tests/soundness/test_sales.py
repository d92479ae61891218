"""Money and rows are kept: nothing is multiplied by a join, lost between grains, or charged twice."""

import datetime as dt
from collections import Counter, defaultdict
from typing import Any

import pytest

from cases.build import build, rows_of
from quanyu.engine import Engine
from soundness.world import AS_OF, make_world

SEEDS = (1, 2, 3)
TARGETS = ("sales_period", "order_line_fact", "category_penetration", "cohort_retention")
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def world(request: pytest.FixtureRequest) -> tuple[dict[str, Rows], Engine]:
    """Give the rows of a world and the engine that holds what was made of them."""
    given = make_world(request.param)
    return given, build(given, TARGETS)


def test_every_known_order_is_one_row_with_its_own_amount(world: tuple[dict[str, Rows], Engine]) -> None:
    given, engine = world
    known = {o["order_id"]: o["paid_fen"] for o in given["order"] if not o["local_date"] or o["local_date"] <= AS_OF}
    assert {row["order_id"]: row["gross_fen"] for row in rows_of(engine, "order_fact")} == known
    assert len(rows_of(engine, "order_fact")) == len(known) < len(given["order"])


def test_lines_of_an_order_add_up_to_it_to_the_fen(world: tuple[dict[str, Rows], Engine]) -> None:
    _, engine = world
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for line in rows_of(engine, "order_line_fact"):
        sums[line["order_id"]].update({name: line[name] for name in ("gross_fen", "refunded_fen", "net_fen")})
    orders = {row["order_id"]: row for row in rows_of(engine, "order_fact") if row["line_count"]}
    assert set(sums) == set(orders)
    for name, summed in sums.items():
        assert {key: orders[name][key] for key in summed} == dict(summed), name


def test_a_line_is_not_below_zero_unless_its_refunds_or_the_order_are(world: tuple[dict[str, Rows], Engine]) -> None:
    given, engine = world
    net = {row["order_id"]: row["net_fen"] for row in rows_of(engine, "order_fact")}
    by_name = {(r["order_id"], r.get("line_no")) for r in given["refund"]}
    below = [line for line in rows_of(engine, "order_line_fact") if line["net_fen"] < 0]
    assert all(net[line["order_id"]] < 0 or (line["order_id"], line["line_no"]) in by_name for line in below)


def test_refunds_are_those_known_and_each_is_charged_once(world: tuple[dict[str, Rows], Engine]) -> None:
    given, engine = world
    refunds = rows_of(engine, "refund_fact")
    known = {r["refund_id"]: r["amount_fen"] for r in given["refund"] if r["local_date"] <= AS_OF}
    assert {row["refund_id"]: row["amount_fen"] for row in refunds} == known
    charged: Counter[str] = Counter()
    for row in refunds:
        charged[row["order_id"]] += row["amount_fen"]
    ever_named = {r["order_id"] for r in given["refund"]}
    for order in rows_of(engine, "order_fact"):
        name = order["order_id"]
        by_status = order["status"] == "refunded" and name not in ever_named
        assert order["refunded_fen"] == (order["gross_fen"] if by_status else charged[name]), name


def test_returns_without_receipt_find_a_line_of_their_own_that_they_fit(
    world: tuple[dict[str, Rows], Engine],
) -> None:
    given, engine = world
    person = {row["identifier_id"]: row["person_id"] for row in given["identifier_person"]}
    lines = {(line["order_id"], line["line_no"]): line for line in given["order_line"]}
    orders = {order["order_id"]: order for order in given["order"]}
    asked = {r["refund_id"]: r for r in given["refund"]}
    refunds = rows_of(engine, "refund_fact")
    found = [row for row in refunds if row["found_by"] == "person"]
    on_line: Counter[tuple[str, int]] = Counter()
    on_order: Counter[str] = Counter()
    for row in refunds:
        if row["order_id"]:
            on_line[row["order_id"], row["line_no"]] += row["amount_fen"]
            on_order[row["order_id"]] += row["amount_fen"]
    assert len(found) > 5
    for row in found:
        line, order, wish = lines[row["order_id"], row["line_no"]], orders[row["order_id"]], asked[row["refund_id"]]
        assert (line["product_id"], line["qty"] >= (wish["qty"] or 0)) == (wish["product_id"], True)
        assert order["local_date"] <= wish["local_date"]
        assert person[order["identifier_id"]] == person[wish["identifier_id"]] is not None
        assert on_line[row["order_id"], row["line_no"]] <= line["paid_fen"], "a line is refunded more than once over"
        assert on_order[row["order_id"]] <= order["paid_fen"], "an order is refunded more than once over"


def test_no_return_is_left_without_an_order_while_its_latest_line_is_untouched(
    world: tuple[dict[str, Rows], Engine],
) -> None:
    given, engine = world
    person = {row["identifier_id"]: row["person_id"] for row in given["identifier_person"]}
    orders = {order["order_id"]: order for order in given["order"]}
    refunds = rows_of(engine, "refund_fact")
    touched = {row["order_id"] for row in refunds}
    left = {row["refund_id"] for row in refunds if row["found_by"] == "none"}
    for wish in (r for r in given["refund"] if r["refund_id"] in left and person.get(r.get("identifier_id"))):
        for line in given["order_line"]:
            order = orders[line["order_id"]]
            fits = (
                order["order_id"] not in touched
                and order["local_date"] is not None
                and order["local_date"] <= wish["local_date"]
                and order["status"] not in ("placed", "cancelled", "refunded")
                and person.get(order["identifier_id"]) == person[wish["identifier_id"]]
                and line["product_id"] == wish.get("product_id")
                and line["qty"] >= (wish["qty"] or 0)
                and line["paid_fen"] >= wish["amount_fen"]
            )
            assert not fits, (wish, line)


def test_purchase_days_hold_the_valid_net_sales_of_persons(world: tuple[dict[str, Rows], Engine]) -> None:
    _, engine = world
    valid = [row for row in rows_of(engine, "order_fact") if row["is_valid"] and row["person_id"] is not None]
    days = rows_of(engine, "purchase_day_fact")
    assert sum(day["net_fen"] for day in days) == sum(row["net_fen"] for row in valid) > 0
    assert sum(day["orders"] for day in days) == len(valid)
    assert {(day["person_id"], day["local_date"]) for day in days} == {
        (row["person_id"], row["local_date"]) for row in valid
    }


@pytest.mark.parametrize("kind", ["day", "week", "month", "quarter", "year"])
def test_periods_of_every_kind_add_up_to_the_same_sales(world: tuple[dict[str, Rows], Engine], kind: str) -> None:
    _, engine = world
    orders = rows_of(engine, "order_fact")
    valid = [row for row in orders if row["is_valid"]]
    paid = [row for row in orders if row["invalid_reason"] not in ("unpaid", "cancelled", "test", "staff")]
    periods = [row for row in rows_of(engine, "sales_period") if row["period_kind"] == kind]
    total = {name: sum(row[name] for row in periods) for name in ("gross_fen", "refunded_fen", "net_fen", "orders")}
    assert total == {
        "gross_fen": sum(row["gross_fen"] for row in paid),
        "refunded_fen": sum(row["refunded_fen"] for row in paid),
        "net_fen": sum(row["net_fen"] for row in valid),
        "orders": len(valid),
    }
    assert sum(row["first_time_buyers"] for row in periods) == len({row["person_id"] for row in valid} - {None})
    # What parts gross less refunds from net: paid orders that are invalid (refunded beyond the amount, gifts alone).
    rest = sum(row["net_fen"] for row in paid if not row["is_valid"])
    assert total["gross_fen"] - total["refunded_fen"] - total["net_fen"] == rest


def test_rebuyers_are_the_buyers_of_both_months(world: tuple[dict[str, Rows], Engine]) -> None:
    _, engine = world
    buyers: dict[dt.date, set[int]] = defaultdict(set)
    for day in rows_of(engine, "purchase_day_fact"):
        buyers[day["local_date"].replace(day=1)].add(day["person_id"])
    months = [row for row in rows_of(engine, "sales_period") if row["period_kind"] == "month"]
    for row in months:
        now = row["period_start_date"]
        before = (now - dt.timedelta(days=1)).replace(day=1)
        assert (row["buyers"], row["previous_buyers"]) == (len(buyers[now]), len(buyers[before]))
        assert row["rebuyers"] == len(buyers[now] & buyers[before])
    assert any(row["rebuyers"] for row in months)


@pytest.mark.parametrize("kind", ["week", "month", "year"])
def test_repeat_buyers_have_two_purchase_days_inside_the_period(
    world: tuple[dict[str, Rows], Engine], kind: str
) -> None:
    _, engine = world
    days = [(row["person_id"], row["local_date"]) for row in rows_of(engine, "purchase_day_fact")]
    for row in (row for row in rows_of(engine, "sales_period") if row["period_kind"] == kind):
        inside = Counter(who for who, day in days if row["period_start_date"] <= day < row["period_end_date"])
        assert (row["buyers"], row["repeat_buyers"]) == (len(inside), sum(n > 1 for n in inside.values()))


def test_categories_count_each_buyer_and_each_fen_once(world: tuple[dict[str, Rows], Engine]) -> None:
    _, engine = world
    since = AS_OF - dt.timedelta(days=364)
    lines = [
        line
        for line in rows_of(engine, "order_line_fact")
        if line["is_valid"] and line["person_id"] is not None and line["local_date"] >= since
    ]
    wanted: dict[str, tuple[int, int]] = {}
    for category in {line["category_id"] for line in lines} | {line["parent_category_id"] for line in lines}:
        held = [line for line in lines if category in (line["category_id"], line["parent_category_id"])]
        if category:
            wanted[category] = (len({line["person_id"] for line in held}), sum(line["net_fen"] for line in held))
    got = {
        row["category_id"]: (row["buyers"], row["net_fen"])
        for row in rows_of(engine, "category_penetration")
        if row["group_code"] == "all"
    }
    assert got == wanted


def test_cohorts_hold_every_buyer_once_and_month_0_is_the_whole_cohort(
    world: tuple[dict[str, Rows], Engine],
) -> None:
    _, engine = world
    days: dict[int, set[dt.date]] = defaultdict(set)
    for day in rows_of(engine, "purchase_day_fact"):
        days[day["person_id"]].add(day["local_date"].replace(day=1))
    rows = rows_of(engine, "cohort_retention")
    starts = [row for row in rows if row["period_no"] == 0]
    assert all(row["buyers"] == row["persons"] for row in starts)
    assert sum(row["persons"] for row in starts) == len(days)
    for row in rows:
        cohort = [months for months in days.values() if min(months) == row["cohort_month"]]
        month = _month_after(row["cohort_month"], row["period_no"])
        assert row["buyers"] == sum(month in months for months in cohort)
        if row["period_no"]:
            assert row["buyers_within"] == sum(any(min(m) < x <= month for x in m) for m in cohort)
    assert max(_month_after(row["cohort_month"], row["period_no"]) for row in rows) == AS_OF.replace(day=1)


def _month_after(month: dt.date, number: int) -> dt.date:
    index = month.year * 12 + month.month - 1 + number
    return dt.date(index // 12, index % 12 + 1, 1)
