"""Who moved between two dates, movers only: stages before on the left, after on the right; stayers are not drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from quanyu.report.charts import svg
from quanyu.report.charts.colors import CATEGORY, OUTSIDE, TEXT_2
from quanyu.report.figures import Figure
from quanyu.report.html import Html, element

Direction = Literal["deeper", "shallower", "gained", "lost"]
FLOW_COLOR: Mapping[Direction, str] = {
    "deeper": CATEGORY[0],
    "shallower": CATEGORY[1],
    "gained": CATEGORY[2],
    "lost": OUTSIDE,
}
_LEAST_NODE = 16.0
_GAP = 10.0


@dataclass(frozen=True, slots=True)
class Move:
    """Persons who went from one stage to another."""

    source: str
    target: str
    figure: Figure
    direction: Direction


@dataclass(frozen=True, slots=True)
class Side:
    """The stages of one side in order, by code with the words shown."""

    title: str
    names: Mapping[str, str]


def sankey(
    name: str, title: str, description: str, moves: Sequence[Move], sides: tuple[Side, Side], width: float
) -> Html:
    """Return ribbons between the stages of the two sides; their height is the number of persons."""
    left_names, right_names = sides[0].names, sides[1].names
    outgoing = _totals(moves, left_names, "source")
    incoming = _totals(moves, right_names, "target")
    total = sum(outgoing.values()) or 1
    most = max(len(outgoing), len(incoming))
    body = max(220.0, 44.0 * most)
    unit = (body - _GAP * (most - 1)) / total
    room = max(svg.text_width(text, 12) for text in [*left_names.values(), *right_names.values()]) + 12
    left, right = _places(outgoing, unit), _places(incoming, unit)
    height = max(_end(left), _end(right)) + 34
    x0, x1 = room, width - room
    parts: list[Html] = []
    counts: list[Html] = []
    used_left, used_right = dict.fromkeys(outgoing, 0.0), dict.fromkeys(incoming, 0.0)
    rank = {code: index for index, code in enumerate(right_names)}
    for move in sorted(moves, key=lambda move: (list(left_names).index(move.source), rank[move.target])):
        thick = float(move.figure.value or 0) * unit
        start = left[move.source][0] + used_left[move.source]
        end = right[move.target][0] + used_right[move.target]
        used_left[move.source] += thick
        used_right[move.target] += thick
        parts.append(_ribbon(move, (x0 + 10, start), (x1 - 10, end), thick))
        if thick >= _LEAST_NODE:
            counts.append(svg.value_label(x0 + 18, start + thick / 2 + 4, move.figure, css="bare"))
    parts += counts
    parts += _nodes(left, outgoing, left_names, x0, -1) + _nodes(right, incoming, right_names, x1 - 10, 1)
    parts.append(svg.label(x0 + 10, 14, sides[0].title, anchor="end", css="tick"))
    parts.append(svg.label(x1 - 10, 14, sides[1].title, css="tick"))
    return svg.frame(name, (width, height), title, description, parts)


def _totals(moves: Sequence[Move], names: Mapping[str, str], end: Literal["source", "target"]) -> dict[str, int]:
    totals = {code: sum(int(m.figure.value or 0) for m in moves if getattr(m, end) == code) for code in names}
    return {code: count for code, count in totals.items() if count}


def _places(totals: Mapping[str, int], unit: float) -> dict[str, tuple[float, float]]:
    """Top and height of each node."""
    places, top = {}, 26.0
    for code, count in totals.items():
        size = max(count * unit, 1.0)
        places[code] = (top, size)
        top += max(size, _LEAST_NODE) + _GAP
    return places


def _end(places: Mapping[str, tuple[float, float]]) -> float:
    return max((top + max(size, _LEAST_NODE) for top, size in places.values()), default=60.0)


def _ribbon(move: Move, start: tuple[float, float], end: tuple[float, float], thick: float) -> Html:
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) / 2
    shape = (
        f"M{x0:.1f} {y0:.1f} C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f} "
        f"L{x1:.1f} {y1 + thick:.1f} C{middle:.1f} {y1 + thick:.1f} {middle:.1f} {y0 + thick:.1f} "
        f"{x0:.1f} {y0 + thick:.1f} Z"
    )
    color = FLOW_COLOR[move.direction]
    return element(
        "path", element("title", move.figure.text), d=shape, fill=color, class_=f"ribbon {move.direction}",
        **move.figure.attributes,
    )  # fmt: skip


def _nodes(
    places: Mapping[str, tuple[float, float]], totals: Mapping[str, int], names: Mapping[str, str], x: float, side: int
) -> list[Html]:
    parts: list[Html] = []
    for code, (top, size) in places.items():
        parts.append(svg.rect(x, top, 10, size, fill=TEXT_2, rx="1"))
        at = x - 6 if side < 0 else x + 16
        anchor = "end" if side < 0 else "start"
        parts.append(svg.label(at, top + min(size, _LEAST_NODE * 2) / 2 + 4, names[code], anchor=anchor, css="name"))
    return parts
