"""The Lorenz curve: cumulative share of value over persons from the most valuable on, with the head marked."""

from collections.abc import Sequence
from dataclasses import dataclass

from quanyu.report.charts import svg
from quanyu.report.charts.colors import CATEGORY, PRIMARY, TEXT_3
from quanyu.report.figures import Figure
from quanyu.report.html import Html, element


@dataclass(frozen=True, slots=True)
class Head:
    """The head of the persons: their share of persons, their share of value, and the words of the labels."""

    person_share: float
    value_share: Figure
    label: str
    reference_share: float
    reference_label: str
    axis_persons: str
    axis_value: str
    equal_label: str


def lorenz_chart(
    name: str, title: str, description: str, points: Sequence[tuple[float, float]], head: Head, width: float
) -> Html:
    """Return the curve through points (share of persons, share of value), both ascending from the least valuable."""
    height, top, bottom, left, right = min(width * 0.82, 380.0), 14.0, 44.0, 46.0, 14.0
    x = svg.linear(0, 1, left, width - right)
    y = svg.linear(0, 1, height - bottom, top)
    parts: list[Html] = []
    for mark in (0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(svg.line(left, y(mark), width - right, y(mark), "axis" if mark == 0 else "rule"))
        parts.append(svg.label(left - 8, y(mark) + 4, f"{mark * 100:.0f}%", anchor="end", css="tick"))
        parts.append(svg.label(x(mark), height - bottom + 16, f"{mark * 100:.0f}%", anchor="middle", css="tick"))
    parts.append(svg.label((left + width - right) / 2, height - 8, head.axis_persons, anchor="middle", css="tick"))
    curve = [(x(persons), y(value)) for persons, value in [(0.0, 0.0), *points]]
    parts.append(svg.path([(x(0), y(0)), (x(1), y(1))], stroke=TEXT_3, stroke_dasharray="2 4"))
    area = " ".join(f"{px:.1f},{py:.1f}" for px, py in [*curve, (x(1), y(0))])
    parts.append(element("polygon", points=area, fill=PRIMARY, fill_opacity="0.08"))
    parts.append(svg.path(curve, stroke=PRIMARY, stroke_width="2.5"))
    start = x(1 - head.person_share)
    reached = y(1 - float(head.value_share.value or 0))
    reference = y(1 - head.reference_share)
    parts.append(svg.line(start, top, start, height - bottom, "link"))
    parts.append(svg.line(x(0), reference, start, reference, "reference"))
    parts.append(element("circle", cx=f"{start:.1f}", cy=f"{reference:.1f}", r="4", fill="none", stroke=CATEGORY[1]))
    parts.append(svg.label(start - 8, reference - 7, head.reference_label, anchor="end", css="name sienna"))
    parts.append(element("circle", cx=f"{start:.1f}", cy=f"{reached:.1f}", r="5", fill=PRIMARY))
    parts.append(
        element(
            "text", f"{head.label} {head.value_share.text}", x=f"{start - 10:.1f}", y=f"{reached - 8:.1f}",
            text_anchor="end", class_="value strong", **head.value_share.attributes,
        )
    )  # fmt: skip
    parts.append(svg.label(left + 8, top + 14, head.axis_value, css="tick"))
    return svg.frame(name, (width, height), title, description, parts)
