"""Horizontal bars on a zero base, one row each, value written beside the bar."""

from collections.abc import Sequence
from dataclasses import dataclass

from quanyu.report.charts import svg
from quanyu.report.charts.colors import PRIMARY
from quanyu.report.figures import Figure
from quanyu.report.html import Html


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: its name, and the figure that gives its length."""

    name: str
    figure: Figure


def bar_chart(
    name: str, title: str, description: str, bars: Sequence[Bar], width: float, *, most: float | None = None
) -> Html:
    """Return the bars in the order given; `most` is the value of a full bar (default: the greatest)."""
    row = 26.0
    named = min(max(svg.text_width(bar.name) for bar in bars) + 12, width * 0.42)
    valued = max(svg.text_width(bar.figure.text) for bar in bars) + 12
    longest = most or max(float(bar.figure.value or 0) for bar in bars) or 1
    x = svg.linear(0, longest, named, width - valued)
    parts: list[Html] = []
    for index, bar in enumerate(bars):
        upper, value = index * row + 5, float(bar.figure.value or 0)
        parts.append(svg.label(named - 8, upper + 13, svg.shortened(bar.name, named - 8), anchor="end", css="name"))
        parts.append(svg.rect(named, upper, width - valued - named, row - 9, class_="track", rx="2"))
        parts.append(svg.rect(named, upper, x(value) - named, row - 9, fill=PRIMARY, rx="2"))
        parts.append(svg.value_label(width - valued + 8, upper + 13, bar.figure))
    return svg.frame(name, (width, row * len(bars) + 6), title, description, parts)
