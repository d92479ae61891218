"""A small shop with everything a report shows: two years of orders, refunds, orders nobody is known for, coupons."""

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

from cases.build import build, steps
from quanyu.config import Brand, Currency, Language, Workspace
from quanyu.definitions import load_parameters
from quanyu.engine import DuckDBEngine
from quanyu.report import BuildRecord, ParameterRow, QualityRow, ReceivedRow, ReportContext, StepRecord
from report.crowd import crowd

AS_OF = dt.date(2024, 6, 20)
CATEGORIES = ("tea", "cups", "gifts", "rarities")
REPORTED = ("sales_period", "nine_indicator", "flow", "rfm", "lifecycle", "cohort_retention", "value_concentration")
REPORTED += (
    "value_lorenz",
    "category_penetration",
    "category_affinity",
    "tgi",
    "coupon_summary",
    "campaign_response",
    "data_quality",
)
REPORTED += (
    "star_scaling",
    "star_structure",
    "star_health",
    "star_scaling_channel",
    "star_overlap",
    "star_unidentified",
)
REPORTED += ("star_flow", "star_movement", "star_named_flow", "star_returning", "product_quadrant")
REPORTED += ("fp_capital", "fp_layer_period", "fp_deepening", "fp_connection", "fp_clv", "clv_matrix", "fast_period")
REPORTED += ("first_purchase_matrix", "reach_reason", "aarrr", "channel_quality", "touchpoint_conversion")
REPORTED += ("funnel_period", "quadrant_period", "link_matrix", "link_summary", "referral_period", "person_risk")


@cache
def shop() -> DuckDBEngine:
    """The tables of the shop as of 20 June 2024: the month is open, May has a month before and a year before."""
    given: dict[str, Any] = {
        **_trade(),
        "product": [{"product_id": f"sku-{name}", "category_id": name} for name in CATEGORIES],
        "category": [
            {"category_id": name, "name_zh": f"品类<{name}>", "name_en": name.title()}
            for name in CATEGORIES
        ],
        "coupon": [_coupon(n) for n in range(1, 31)],
        "campaign": [{"campaign_id": "spring", "starts_on": dt.date(2024, 3, 1), "ends_on": dt.date(2024, 3, 31)}],
        "campaign_target": [{"campaign_id": "spring", "identifier_id": n} for n in range(1, 41)],
        **crowd(AS_OF),
    }  # fmt: skip
    ends = [dt.date(2024, month, 1) - dt.timedelta(1) for month in range(2, 7)]
    engine = build(given, REPORTED, {"as_of": AS_OF}, snapshots=[*ends, AS_OF])
    assert isinstance(engine, DuckDBEngine)
    return engine


@cache
def one_order() -> DuckDBEngine:
    """The smallest shop: one order of one person."""
    row = {
        "order_id": "o1",
        "local_date": AS_OF,
        "paid_fen": 500,
        "identifier_id": 1,
        "paid_at": dt.datetime(2024, 6, 20),
    }
    engine = build({"order": [row]}, REPORTED, {"as_of": AS_OF})
    assert isinstance(engine, DuckDBEngine)
    return engine


def _coupon(number: int) -> dict[str, Any]:
    """Every third coupon is redeemed, by an order that the source does not name."""
    is_used = number % 3 == 0
    return {
        "coupon_id": f"c{number}",
        "batch_id": "b1",
        "campaign_id": "spring",
        "state": "redeemed" if is_used else "claimed",
        "claimed_date": dt.date(2024, 3, 2),
        "redeemed_date": dt.date(2024, 3, 9) if is_used else None,
        "identifier_id": number,
    }


def _trade() -> dict[str, Any]:
    """Orders by arithmetic: person p buys every (7 + 3p) days; each fifth order is nobody's, each ninth is refunded."""
    orders, lines, refunds = [], [], []
    for person in range(1, 61):
        day, number = dt.date(2023, 1, 1) + dt.timedelta(days=person % 28), 0
        while day <= AS_OF:
            number += 1
            order_id, amount = f"o{person}-{number}", 1000 + (person * 137 + number * 61) % 5000
            orders.append(
                {"order_id": order_id, "local_date": day, "paid_fen": amount, "test": number % 31 == 30,
                 "identifier_id": None if (person + number) % 5 == 0 else person,
                 "paid_at": dt.datetime.combine(day, dt.time(4))}
            )  # fmt: skip
            # Few persons buy rarities: their pairs are too small to be shown.
            category = "rarities" if person <= 6 and number % 4 == 2 else CATEGORIES[(person + number) % 3]
            lines.append({"order_id": order_id, "line_no": 1, "product_id": f"sku-{category}", "paid_fen": amount})
            if (person + number) % 9 == 0:
                refunds.append(
                    {"refund_id": f"r{order_id}", "order_id": order_id, "amount_fen": amount // 2, "local_date": day}
                )
            day += dt.timedelta(days=7 + 3 * person)
    refunds.append({"refund_id": "r-lost", "order_id": "gone", "amount_fen": 77, "local_date": AS_OF})
    return {"order": orders, "order_line": lines, "refund": refunds}


def parameters() -> tuple[ParameterRow, ...]:
    """The library's parameters as a grocer's build has them."""
    workspace = Workspace(Path("none"), Brand("tea"), "Asia/Shanghai", Currency("CNY", 2), "grocery", Language.ZH)
    found, problems = load_parameters(workspace)
    assert found is not None, problems
    return tuple(ParameterRow(one.id, str(one.value), one.unit, one.mark, one.zh, one.en) for one in found)


def context(**more: Any) -> ReportContext:
    """The context of a report on the shop."""
    today = dt.date(2024, 6, 21)
    made = tuple(StepRecord(name, step.sql, 10, 0.1, step.file) for name, step in steps().items())
    said: dict[str, Any] = {
        "brand": Brand("tea", "茶与<杯>", "Tea & <cups>"),
        "time_zone": "Asia/Shanghai",
        "currency": Currency("CNY", 2),
        "language": Language.ZH,
        "build": BuildRecord(4, AS_OF, 9, "duckdb", "abcdef0123456789", dt.datetime(2024, 6, 21, tzinfo=dt.UTC)),
        "received": (ReceivedRow("orders", today, 12, 9, 2, 1), ReceivedRow("refunds", today, 3, 3, 0, 0)),
        "quality": (QualityRow("not_null", "order", "store_id", "warning", 100, 7, 0.07, "o1-1"),),
        "steps": made,
        "parameters": parameters(),
        **more,
    }
    return ReportContext(**said)
