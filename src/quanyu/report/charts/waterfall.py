"""A waterfall: signed parts that run up to their total, on a zero base."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quanyu.report.charts import svg
from quanyu.report.charts.colors import BAD, GOOD, TEXT_2
from quanyu.report.figures import Figure
from quanyu.report.html import Html

NARROW_BELOW = 500.0


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a total, or the total itself."""

    name: str
    figure: Figure
    is_total: bool = False


def waterfall(
    name: str, title: str, description: str, pieces: Sequence[Piece], width: float, scale_text: Callable[[float], str]
) -> Html:
    """Return the parts one after the other, each beginning where the one before ended; totals begin at zero."""
    # On a narrow drawing the names stand above the bars, where they have room.
    is_narrow = width < NARROW_BELOW
    row, top, bottom = (52.0 if is_narrow else 40.0), 6.0, 26.0
    named = 0.0 if is_narrow else max(svg.text_width(piece.name) for piece in pieces) + 14
    spans = _spans(pieces)
    marks = svg.ticks(min(min(span) for span in spans), max(max(span) for span in spans), 3 if is_narrow else 5)
    x = svg.linear(marks[0], marks[-1], named + 8, width - 30)
    height = top + row * len(pieces) + bottom
    parts: list[Html] = []
    for mark in marks:
        parts.append(svg.line(x(mark), top, x(mark), height - bottom, "axis" if mark == 0 else "rule"))
        parts.append(svg.label(x(mark), height - 8, scale_text(mark), anchor="middle", css="tick"))
    for index, (piece, (start, end)) in enumerate(zip(pieces, spans, strict=True)):
        upper = top + index * row + (row - 32)
        low, high = x(min(start, end)), x(max(start, end))
        color = TEXT_2 if piece.is_total else GOOD if end >= start else BAD
        css = "total" if piece.is_total else "name"
        if is_narrow:
            parts.append(svg.label(8, upper - 5, piece.name, css=css))
        else:
            parts.append(svg.label(named - 4, upper + 16, piece.name, anchor="end", css=css))
        parts.append(svg.rect(low, upper, max(high - low, 1.5), 24, fill=color, rx="2"))
        if index < len(pieces) - 1:
            parts.append(svg.line(x(end), upper + 24, x(end), upper + row, "link"))
        parts.append(_beside(piece, low, high, upper + 16, (named, width)))
    return svg.frame(name, (width, height), title, description, parts)


def _spans(pieces: Sequence[Piece]) -> list[tuple[float, float]]:
    spans, reached = [], 0.0
    for piece in pieces:
        value = float(piece.figure.value or 0)
        start = 0.0 if piece.is_total else reached
        reached = start + value
        spans.append((start, reached))
    return spans


def _beside(piece: Piece, low: float, high: float, y: float, room: tuple[float, float]) -> Html:
    wide = svg.text_width(piece.figure.text, 12)
    if high + wide + 8 < room[1]:
        return svg.value_label(high + 6, y, piece.figure)
    if low - wide - 8 > room[0]:
        return svg.value_label(low - 6, y, piece.figure, anchor="end")
    return svg.value_label(high - 6, y, piece.figure, anchor="end", css="inside")
