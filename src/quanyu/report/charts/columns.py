"""Columns on a zero base over time; an open period is dashed and says so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quanyu.report.charts import svg
from quanyu.report.charts.colors import PRIMARY
from quanyu.report.figures import Figure
from quanyu.report.html import Html


@dataclass(frozen=True, slots=True)
class Point:
    """One column: what stands below it, its figure, and for an open period the word that says so."""

    label: str
    figure: Figure
    open_word: str = ""


def column_chart(
    name: str, title: str, description: str, points: Sequence[Point], width: float, scale_text: Callable[[float], str]
) -> Html:
    """Return columns for the points; every column has its value above it when there is room, else the telling ones."""
    height, top, bottom, left = 240.0, 26.0, 30.0, 56.0
    values = [float(point.figure.value or 0) for point in points]
    marks = svg.ticks(min(0.0, *values), max(values), 5)
    y = svg.linear(marks[0], marks[-1], height - bottom, top)
    step = (width - left - 4) / len(points)
    bar = min(step * 0.66, 56)
    parts: list[Html] = []
    for mark in marks:
        parts.append(svg.line(left, y(mark), width, y(mark), "axis" if mark == 0 else "rule"))
        parts.append(svg.label(left - 8, y(mark) + 4, scale_text(mark), anchor="end", css="tick"))
    telling = _telling(values, points, step)
    every = max(1, round(34 / step + 0.49))
    for index, point in enumerate(points):
        value, centre = values[index], left + step * (index + 0.5)
        upper, lower = y(max(value, 0)), y(min(value, 0))
        css = "column open" if point.open_word else "column"
        parts.append(svg.rect(centre - bar / 2, upper, bar, lower - upper, class_=css, fill=PRIMARY, rx="2"))
        if index in telling:
            half = svg.text_width(point.figure.text, 11.5) / 2
            at = min(centre, width - half)
            # Above every column the text reaches over, not only its own.
            reached = [
                y(max(values[other], 0)) for other in range(len(points)) if abs(other - index) * step < half + bar / 2
            ]
            above = min(reached) - 6
            parts.append(svg.value_label(at, above, point.figure, anchor="middle"))
        if (len(points) - 1 - index) % every == 0:
            below = f"{point.label} {point.open_word}".strip() if step > 70 else point.label
            parts.append(svg.label(centre, height - 10, below, anchor="middle", css="tick"))
        if point.open_word and step <= 70:
            parts.append(svg.label(centre, upper - 20, point.open_word, anchor="middle", css="tick"))
    return svg.frame(name, (width, height), title, description, parts)


def _telling(values: Sequence[float], points: Sequence[Point], step: float) -> set[int]:
    widest = max(svg.text_width(point.figure.text, 11.5) for point in points)
    if widest < step - 4:
        return set(range(len(points)))
    last, highest = len(values) - 1, values.index(max(values))
    return {last, highest} if abs(last - highest) * step > widest + 4 else {last}
