"""Everything a report says, read from the tables of one build into frozen rows; nothing is worded here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.report import rows as r
from quanyu.report.reading import Reader
from quanyu.report.relations.fast_plus import FastPlusData, read_fast_plus
from quanyu.report.relations.findings import FindingsData, read_findings
from quanyu.report.relations.growth import GrowthData, read_growth
from quanyu.report.relations.names import Names, read_names
from quanyu.report.relations.operations import OperationsData, read_operations
from quanyu.report.relations.ready import Readiness, read_readiness
from quanyu.report.relations.star import StarData, read_star

COMPARED_INPUTS = ("visit_fact", "refund_fact", "event", "coupon", "campaign_target", "person_attribute", "category")
"""Inputs whose absence makes a part of the report empty; the report says which to connect."""


@dataclass(frozen=True, slots=True)
class Periods:
    """The month the report is about, the one before it, and the same month a year earlier; null where unknown."""

    current: r.Sales
    previous: r.Sales | None
    last_year: r.Sales | None


@dataclass(frozen=True, slots=True)
class ReportData:
    """The facts of one report; `dates` are the snapshot dates, the last is `as_of`; `queries` the SQL by name."""

    as_of: date
    persons: int
    inputs: Mapping[str, int]
    sources: tuple[r.OrderSource, ...]
    orders_by_reason: tuple[r.InvalidOrders, ...]
    refunds: tuple[r.Refunds, ...]
    months: tuple[r.Sales, ...]
    periods: Periods | None
    purchase_days: Mapping[date, r.PurchaseDays]
    nine: tuple[r.NineIndicator, ...]
    dates: tuple[date, ...]
    rfm: tuple[r.RfmGroup, ...]
    rfm_bands: tuple[r.RfmBand, ...]
    rfm_cut: r.RfmCut | None
    flows: tuple[r.Flow, ...]
    life: tuple[r.LifeStage, ...]
    life_cut: r.LifeCut | None
    cohorts: tuple[r.Cohort, ...]
    tiers: tuple[r.Tier, ...]
    concentration: r.Concentration | None
    lorenz: tuple[r.LorenzPoint, ...]
    penetration: tuple[r.Penetration, ...]
    top_categories: frozenset[str]
    category_names: Mapping[str, r.CategoryName]
    affinity: tuple[r.Affinity, ...]
    tgi: tuple[r.Tgi, ...]
    coupons: tuple[r.Coupons, ...]
    campaigns: tuple[r.Campaign, ...]
    readiness: Readiness
    names: Names
    star: StarData
    fast_plus: FastPlusData
    growth: GrowthData
    operations: OperationsData
    findings: FindingsData
    queries: Mapping[str, str]

    @property
    def previous_date(self) -> date | None:
        """Return the snapshot date before `as_of`, or None when there is one snapshot only."""
        return self.dates[-2] if len(self.dates) > 1 else None


def read_report(engine: DuckDBEngine, as_of: date) -> ReportData:
    """Return the facts of the build whose tables are in the engine's catalogue."""
    read = Reader(engine)
    months = tuple(row for row in read.rows(r.Sales, "sales_period") if row.period_kind == "month")
    periods = _periods(months)
    on_date = [t.col("date").eq(t.lit(as_of))]
    cuts = read.rows(r.RfmCut, "rfm_cut", where=on_date)
    life_cuts = read.rows(r.LifeCut, "lifecycle_cut", where=on_date)
    concentration = read.rows(r.Concentration, "value_concentration", where=on_date)
    life = _life(read)
    lines = read.rows(r.CategoryLines, "order_line_fact", {"lines": "count(*)"}, where=[t.col("is_valid")])
    return ReportData(
        as_of=as_of,
        persons=read.count("person_fact"),
        inputs=MappingProxyType({name: read.count(name) for name in COMPARED_INPUTS}),
        sources=_sources(read),
        orders_by_reason=read.rows(
            r.InvalidOrders,
            "order_fact",
            {"orders": "count(*)", "gross_fen": "sum(gross_fen)"},
            name="order_fact by invalid_reason",
        ),
        refunds=read.rows(r.Refunds, "refund_fact", {"refunds": "count(*)", "amount_fen": "sum(amount_fen)"}),
        months=months,
        periods=periods,
        purchase_days=MappingProxyType(_purchase_days(read, periods)),
        nine=read.rows(r.NineIndicator, "nine_indicator"),
        dates=tuple(sorted({row.date for row in life})),
        rfm=read.rows(r.RfmGroup, "rfm", {"persons": "count(*)", "net_fen": "sum(monetary_fen)"}, name="rfm by code"),
        rfm_bands=read.rows(
            r.RfmBand,
            "rfm",
            {"persons": "count(*)", "net_fen": "sum(monetary_fen)"},
            where=on_date,
            name="rfm by band_code",
        ),
        rfm_cut=cuts[0] if cuts else None,
        flows=read.rows(r.Flow, "flow", where=[t.col("d1").eq(t.lit(as_of))]),
        life=life,
        life_cut=life_cuts[0] if life_cuts else None,
        cohorts=read.rows(r.Cohort, "cohort_retention"),
        tiers=read.rows(r.Tier, "value_tier", {"persons": "count(*)", "value_fen": "sum(value_fen)"}),
        concentration=concentration[0] if concentration else None,
        lorenz=read.rows(r.LorenzPoint, "value_lorenz", where=on_date),
        penetration=read.rows(r.Penetration, "category_penetration"),
        top_categories=frozenset(row.parent_category_id or row.category_id or "" for row in lines) - {""},
        category_names=MappingProxyType({row.category_id: row for row in read.rows(r.CategoryName, "category")}),
        affinity=read.rows(r.Affinity, "category_affinity"),
        tgi=read.rows(r.Tgi, "tgi", where=on_date),
        coupons=_coupons(read),
        campaigns=read.rows(r.Campaign, "campaign_response"),
        readiness=read_readiness(read),
        names=read_names(read),
        star=read_star(read, as_of),
        fast_plus=read_fast_plus(read, as_of),
        growth=read_growth(read),
        operations=read_operations(read),
        findings=read_findings(read),
        queries=MappingProxyType(dict(read.queries)),
    )


def _periods(months: tuple[r.Sales, ...]) -> Periods | None:
    """The last complete month, or the open one when no month is complete, with its neighbours."""
    if not months:
        return None
    current = next((row for row in reversed(months) if row.is_complete), months[-1])
    by_start = {row.period_start_date: row for row in months}
    start = current.period_start_date
    before = start.replace(year=start.year - 1, month=12) if start.month == 1 else start.replace(month=start.month - 1)
    return Periods(current, by_start.get(before), by_start.get(start.replace(year=start.year - 1)))


def _purchase_days(read: Reader, periods: Periods | None) -> dict[date, r.PurchaseDays]:
    if periods is None:
        return {}
    found = {}
    for period in (periods.current, periods.previous, periods.last_year):
        if period is None:
            continue
        inside = [
            t.col("local_date") >= t.lit(period.period_start_date),
            t.col("local_date") < t.lit(period.period_end_date),
        ]
        measures = {"purchase_days": "count(*)", "net_fen": "sum(net_fen)"}
        answer = read.rows(
            r.PurchaseDays, "purchase_day_fact", measures, where=inside, name="purchase_day_fact of a period"
        )
        found[period.period_start_date] = answer[0]
    return found


def _sources(read: Reader) -> tuple[r.OrderSource, ...]:
    measures = {
        "orders": "count(*)",
        "valid_orders": "count(*) FILTER (WHERE is_valid)",
        "identified_orders": "count(*) FILTER (WHERE is_valid AND person_id IS NOT NULL)",
        "first_date": "min(local_date)",
        "last_date": "max(local_date)",
        "net_fen": "sum(net_fen) FILTER (WHERE is_valid)",
        "identified_net_fen": "sum(net_fen) FILTER (WHERE is_valid AND person_id IS NOT NULL)",
    }
    return read.rows(r.OrderSource, "order_fact", measures, name="order_fact by source")


def _life(read: Reader) -> tuple[r.LifeStage, ...]:
    measures = {
        "persons": "count(*)",
        "never_purchased": "count(*) FILTER (WHERE never_purchased)",
        "reactivated": "count(*) FILTER (WHERE reactivated)",
    }
    return read.rows(r.LifeStage, "lifecycle", measures)


def _coupons(read: Reader) -> tuple[r.Coupons, ...]:
    measures = {
        "batches": "count(*)",
        "batches_with_issued": "count(issued)",
        "batches_with_order": "count(valid_redeemed)",
        "issued": "sum(issued)",
        "claimed": "sum(claimed)",
        "redeemed": "sum(redeemed)",
        "valid_redeemed": "sum(valid_redeemed)",
        "net_fen": "sum(net_fen)",
    }
    return read.rows(r.Coupons, "coupon_summary", measures)
