"""Charts draw what their figures say."""

import re
from itertools import pairwise

import pytest

from quanyu.config import Currency, Language
from quanyu.report.charts import svg
from quanyu.report.charts.columns import Point, column_chart
from quanyu.report.charts.lines import Axes, Line, line_chart
from quanyu.report.charts.sankey import Move, Side, sankey
from quanyu.report.charts.waterfall import Piece, waterfall
from quanyu.report.writer import Writer


@pytest.fixture
def writer() -> Writer:
    return Writer(Language.EN, Currency("CNY", 2), 20)


def _rects(picture: str) -> list[dict[str, float]]:
    found = re.findall(r"<rect ([^>]*)>", picture)
    return [{key: float(value) for key, value in re.findall(r'\b(x|y|width|height)="([-\d.]+)"', one)} for one in found]


def test_columns_stand_on_zero_and_are_as_high_as_their_values(writer: Writer):
    points = [Point(str(n), writer.money(f"m{n}", n * 1000, "net_sales")) for n in (1, 2, 4)]
    bars = _rects(column_chart("c", "t", "d", points, 600, writer.scale))
    heights = [bar["height"] for bar in bars]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.02)
    assert heights[2] == pytest.approx(4 * heights[0], abs=0.02)
    assert len({round(bar["y"] + bar["height"], 1) for bar in bars}) == 1


def test_a_waterfall_runs_from_piece_to_piece_and_ends_at_its_total(writer: Writer):
    values = {"a": 500, "b": -200, "total": 300}
    pieces = [Piece(k, writer.money_change(k, v, "contribution"), k == "total") for k, v in values.items()]
    first, second, total = _rects(waterfall("w", "t", "d", pieces, 900, writer.scale))
    assert second["x"] + second["width"] == pytest.approx(first["x"] + first["width"], abs=0.02)
    assert total["x"] == pytest.approx(first["x"], abs=0.02)
    assert total["width"] == pytest.approx(second["x"] - first["x"], abs=0.02)


def test_ribbons_are_as_thick_as_their_persons_and_carry_them(writer: Writer):
    names = {"high": "High", "low": "Low"}
    moves = [
        Move("high", "low", writer.persons("down", 30, "flow"), "shallower"),
        Move("low", "high", writer.persons("up", 60, "flow"), "deeper"),
    ]
    picture = sankey("s", "t", "d", moves, (Side("before", names), Side("after", names)), 600)
    ribbons = re.findall(
        r'<path d="M[\d.]+ ([\d.]+) C.*? L[\d.]+ ([\d.]+) C[^"]*? [\d.]+ ([\d.]+) Z".*?data-value="(\d+)"', picture
    )
    thick = {int(value): float(end) - float(start) for start, _, end, value in ribbons}
    assert thick[60] == pytest.approx(2 * thick[30], abs=0.3)


def test_an_open_last_point_is_reached_by_a_dashed_line(writer: Writer):
    figures = [writer.rate(f"r{n}", n / 10, "retention") for n in range(3)]
    axes = Axes(["1", "2", "3"], 0, 1, str)
    closed = line_chart("l", "t", "d", [Line("x", "#000000", figures)], axes, 400)
    opened = line_chart("l", "t", "d", [Line("x", "#000000", figures, is_last_open=True)], axes, 400)
    assert "stroke-dasharray" not in closed
    assert 'stroke-dasharray="3 4"' in opened


def test_a_picture_says_what_it_shows():
    picture = svg.frame("net", (10, 10), "Net & gross", "They rise.", [])
    assert '<title id="net-title">Net &amp; gross</title><desc id="net-desc">They rise.</desc>' in picture
    assert 'role="img" aria-labelledby="net-title net-desc"' in picture


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 97), (-35, 12), (0, 4_217_204), (0.78, 0.86), (5, 5)])
def test_ticks_are_round_and_hold_the_range(low: float, high: float):
    marks = svg.ticks(low, high)
    assert marks[0] <= low + 1e-9
    assert marks[-1] >= high - 1e-9
    assert len({round(later - earlier, 9) for earlier, later in pairwise(marks)}) == 1
    assert 2 <= len(marks) <= 8


def test_a_name_too_wide_is_cut_with_an_ellipsis():
    assert svg.shortened("重要价值客户", 30) == "重…"
    assert svg.shortened("short", 100) == "short"
