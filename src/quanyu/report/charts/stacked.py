"""Stacked columns of shares over time, in a fixed order of layers."""

from collections.abc import Sequence
from dataclasses import dataclass

from quanyu.report.charts import svg
from quanyu.report.charts.colors import TEXT
from quanyu.report.figures import Figure
from quanyu.report.html import Html, element


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer from bottom to top: its name, colour, whether its text is light, and a share per column."""

    name: str
    color: str
    is_dark: bool
    shares: Sequence[Figure]


def stacked_chart(
    name: str, title: str, description: str, layers: Sequence[Layer], labels: Sequence[str], width: float
) -> Html:
    """Return one column per label; the last column's layers are named and valued at its side."""
    height, top, bottom, left = 280.0, 8.0, 28.0, 44.0
    right = max(svg.text_width(f"{layer.name} 00.00%") for layer in layers) + 14
    y = svg.linear(0, 1, height - bottom, top)
    step = (width - left - right) / len(labels)
    bar = min(step * 0.72, 56)
    parts: list[Html] = []
    for mark in (0, 0.25, 0.5, 0.75, 1):
        parts.append(svg.line(left, y(mark), width - right, y(mark), "axis" if mark == 0 else "rule"))
        parts.append(svg.label(left - 8, y(mark) + 4, f"{mark * 100:.0f}%", anchor="end", css="tick"))
    every = max(1, round(36 / step + 0.49))
    floor = float("inf")
    for index, text in enumerate(labels):
        base, centre = 0.0, left + step * (index + 0.5)
        if (len(labels) - 1 - index) % every == 0:
            parts.append(svg.label(centre, height - 9, text, anchor="middle", css="tick"))
        for layer in layers:
            share = float(layer.shares[index].value or 0)
            upper, lower = y(base + share), y(base)
            parts.append(svg.rect(centre - bar / 2, upper, bar, lower - upper, fill=layer.color, stroke="#fff"))
            if index == len(labels) - 1 and share > 0:
                middle = min((upper + lower) / 2 + 4, floor - 15)
                floor = middle
                parts.append(_end(layer, layer.shares[index], left + step * len(labels) + 6, middle))
            base += share
    return svg.frame(name, (width, height), title, description, parts)


def _end(layer: Layer, share: Figure, x: float, y: float) -> Html:
    return element(
        "text", f"{layer.name} {share.text}", x=f"{x:.1f}", y=f"{y:.1f}", class_="value", fill=TEXT, **share.attributes
    )
