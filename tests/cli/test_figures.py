import csv
import io
from pathlib import Path

import pytest

from services.shop import ORDERS, problems, quanyu, told

JANUARY = ("--start", "2026-01-01", "--end", "2026-02-01")


def test_metrics_are_listed_with_their_place(shop: Path):
    listed = {one["name"]: one for one in told("metrics", "list", "-w", shop)}
    assert listed["net_sales"]["file"].endswith("library/metrics/sales.yaml")
    assert "source" in listed["net_sales"]["splits"]
    assert "净销售额" in quanyu("metrics", "list", "-w", shop).output


def test_figures_by_period_with_their_comparison(shop: Path):
    query = ("metrics", "query", "net_sales", "orders", "-w", shop, "--grain", "month", "--latest", "2")
    january, february = told(*query, "--compare", "previous")["rows"]
    assert (january["cells"]["net_sales"]["value"], january["cells"]["orders"]["value"]) == (23000, 3)
    assert (february["cells"]["net_sales"]["value"], february["cells"]["net_sales"]["compared"]) == (12000, 23000)
    assert february["is_complete"] is False
    output = quanyu(*query, "--compare", "previous").output
    assert all(text in output for text in ("2026-01", "¥230.00", "-47.83%", "not ended"))


def test_an_unknown_figure_is_a_dash_and_never_zero(shop: Path):
    output = quanyu("metrics", "query", "net_sales", "-w", shop, "--start", "2025-01-01", "--end", "2025-02-01").output
    assert "—" in output
    assert "¥0" not in output


def test_csv_holds_exact_values(shop: Path):
    said = quanyu("metrics", "query", "net_sales", "-w", shop, *JANUARY, "--by", "source", "--format", "csv").stdout
    assert list(csv.reader(io.StringIO(said))) == [
        ["start", "end", "is_complete", "source", "net_sales"],
        ["2026-01-01", "2026-02-01", "true", "orders", "23000"],
    ]


def test_a_filter_narrows_the_figure(shop: Path):
    query = ("metrics", "query", "orders", "-w", shop, *JANUARY)
    assert told(*query, "--filter", "source = 'elsewhere'")["rows"][0]["cells"]["orders"]["value"] == 0


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        (("net_sale",), ["metric.unknown"]),
        (("net_sales", "--by", "sourc"), ["metric.dimension"]),
        (("net_sales", "--start", "2026-01-01"), ["metric.query"]),
        (("net_sales", "--rolling", "7", "--latest", "2"), ["metric.query"]),
        (("net_sales", "--campaign", "none"), ["metric.campaign"]),
    ],
)
def test_a_query_that_cannot_be_answered_is_told(shop: Path, arguments: tuple[str, ...], codes: list[str]):
    assert problems("metrics", "query", *arguments, "-w", shop) == codes


def test_flows_between_snapshots_and_between_any_dates(shop: Path):
    flow = ("stages", "flow", "--model", "lifecycle", "-w", shop, "--from")
    kept = told(*flow, "2026-01-31", "--to", "2026-02-12")
    assert kept["computed"] is False
    computed = told(*flow, "2026-01-15", "--to", "2026-02-12")
    assert computed["computed"] is True
    assert sum(one["persons"] for one in kept["flows"]) == sum(one["persons"] for one in computed["flows"]) == 3
    assert "computed now" in quanyu(*flow, "2026-01-15", "--to", "2026-02-12").output
    assert told("explain", "flow", "-w", shop)["build_id"] == 1


def test_flows_of_computed_dates_equal_those_of_snapshots(shop: Path):
    flow = ("stages", "flow", "--model", "rfm", "-w", shop, "--from", "2026-01-31", "--to", "2026-02-10")
    computed = told(*flow)
    assert computed["computed"] is True
    told("run", "--only", "build", "--as-of", "2026-02-10", "-w", shop)
    kept = told(*flow)
    assert kept["computed"] is False
    assert kept["flows"] == computed["flows"]


@pytest.mark.parametrize(
    ("model", "start", "end", "code"),
    [
        ("lifecycl", "2026-01-31", "2026-02-12", "stages.unknown"),
        ("lifecycle", "2026-02-12", "2026-01-31", "stages.dates"),
        ("lifecycle", "2026-01-31", "2027-01-01", "stages.dates"),
    ],
)
def test_flows_that_cannot_be_told(shop: Path, model: str, start: str, end: str, code: str):
    assert problems("stages", "flow", "--model", model, "--from", start, "--to", end, "-w", shop) == [code]


def test_a_closed_figure_stays_and_what_arrives_later_is_an_adjustment(shop: Path):
    assert told("periods", "close", "net_sales", "-w", shop, *JANUARY)["closed"] == 1
    late = ORDERS.splitlines()[0] + "\nlate,2026-01-30 10:00:00,done,m2,,s1,7.00\n"
    (shop / "data" / "orders_late.csv").write_text(late, encoding="utf-8")
    told("run", "-w", shop)
    (said,) = told("periods", "adjustments", "-w", shop)
    assert (said["closed"], said["live"], said["difference"]) == (23000, 23700, 700)
    assert "¥7.00" in quanyu("periods", "adjustments", "net_sales", "-w", shop).output


def test_a_period_that_has_not_ended_is_not_closed(shop: Path):
    assert problems("periods", "close", "net_sales", "-w", shop, "--grain", "month") == ["metric.period_open"]
    assert quanyu("periods", "adjustments", "-w", shop).output.startswith("No figure is closed")
