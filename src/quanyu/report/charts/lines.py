"""Lines over ordered points, each with its name at its end; also the small line beside a card."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quanyu.report.charts import svg
from quanyu.report.charts.colors import PRIMARY
from quanyu.report.figures import Figure
from quanyu.report.html import Html, element

DASHES = (None, "7 3", "2 3")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, colour, dash, and a figure (or None: a gap) for each place of the scale."""

    name: str
    color: str
    figures: Sequence[Figure | None]
    dash: str | None = None
    is_last_open: bool = False


@dataclass(frozen=True, slots=True)
class Axes:
    """What a line chart is drawn on: the labels along, the range upwards, and how a mark upwards is written."""

    labels: Sequence[str]
    low: float
    high: float
    scale_text: Callable[[float], str]
    height: float = 240


def line_chart(name: str, title: str, description: str, lines: Sequence[Line], axes: Axes, width: float) -> Html:
    """Return the lines with their first and last values written; an open last point is reached by a dashed piece."""
    top, bottom, left = 22.0, 30.0, 52.0
    right = 18 + max(svg.text_width(f"{line.name} 00.00%", 12) for line in lines) if lines else 20
    right = min(right, width * 0.34)
    marks = svg.ticks(axes.low, axes.high)
    y = svg.linear(marks[0], marks[-1], axes.height - bottom, top)
    x = svg.linear(0, max(1, len(axes.labels) - 1), left + 8, width - right)
    parts: list[Html] = []
    for mark in marks:
        parts.append(svg.line(left, y(mark), width - right, y(mark), "axis" if mark == 0 else "rule"))
        parts.append(svg.label(left - 8, y(mark) + 4, axes.scale_text(mark), anchor="end", css="tick"))
    step = (width - right - left) / max(1, len(axes.labels) - 1)
    widest = max((svg.text_width(text, 11.5) for text in axes.labels), default=1)
    every = max(1, round((widest + 8) / max(step, 1) + 0.49))
    for index, text in enumerate(axes.labels):
        if index % every == 0:
            parts.append(svg.label(x(index), axes.height - 9, text, anchor="middle", css="tick"))
    ends: list[tuple[float, Line, float, Figure]] = []
    for line in lines:
        known = [(x(index), y(height), figure) for index, height, figure in _known(line)]
        if known:
            parts += _drawn(line, known)
            ends.append((known[-1][1], line, known[-1][0], known[-1][2]))
    parts += _end_labels(ends, width)
    return svg.frame(name, (width, axes.height), title, description, parts)


def sparkline(values: Sequence[float | None], *, is_last_open: bool) -> Html:
    """Return a small line of the past without scale; decoration beside a number that says it."""
    known = [(index, value) for index, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return Html("")
    x = svg.linear(0, len(values) - 1, 2, 106)
    y = svg.linear(min(value for _, value in known), max(value for _, value in known), 26, 4)
    points = [(x(index), y(value)) for index, value in known]
    solid = points[:-1] if is_last_open else points
    parts = [svg.path(solid, stroke=PRIMARY, stroke_width="1.5")]
    if is_last_open:
        parts.append(svg.path(points[-2:], stroke=PRIMARY, stroke_width="1.5", stroke_dasharray="3 2"))
    end = points[-1]
    parts.append(element("circle", cx=f"{end[0]:.1f}", cy=f"{end[1]:.1f}", r="2.5", fill=PRIMARY))
    return element("svg", *parts, viewBox="0 0 110 30", width=110, height=30, aria_hidden="true", class_="spark")


def _known(line: Line) -> list[tuple[int, float, Figure]]:
    """Place, height and figure of the points that have a value."""
    listed = enumerate(line.figures)
    return [(index, float(one.value), one) for index, one in listed if one is not None and one.value is not None]


def _drawn(line: Line, known: Sequence[tuple[float, float, Figure]]) -> list[Html]:
    points = [(px, py) for px, py, _ in known]
    solid = points[:-1] if line.is_last_open and len(points) > 1 else points
    parts = [svg.path(solid, stroke=line.color, stroke_width="2", stroke_dasharray=line.dash)]
    if len(solid) < len(points):
        parts.append(svg.path(points[-2:], stroke=line.color, stroke_width="2", stroke_dasharray="3 4"))
    for px, py in points:
        parts.append(element("circle", cx=f"{px:.1f}", cy=f"{py:.1f}", r="2.6", fill=line.color))
    return parts


def _end_labels(ends: list[tuple[float, Line, float, Figure]], width: float) -> list[Html]:
    """Names at the ends of the lines, pushed apart where they would overlap."""
    parts: list[Html] = []
    floor = float("-inf")
    for wanted, line, px, figure in sorted(ends, key=lambda end: end[0]):
        place = max(wanted + 4, floor + 15)
        floor = place
        room = width - px - 10
        text = svg.shortened(f"{line.name} {figure.text}".strip(), room)
        css = f"end c{line.color.lstrip('#').lower()}"
        parts.append(
            element(
                "text", text, x=f"{px + 8:.1f}", y=f"{place:.1f}", fill=line.color, class_=f"value {css}",
                **figure.attributes,
            )
        )  # fmt: skip
    return parts
