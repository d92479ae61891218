"""Parts of an SVG: the frame with its spoken description, text, scales and round ticks."""

from collections.abc import Callable, Sequence
from math import ceil, floor, log10
from unicodedata import east_asian_width

from quanyu.report.figures import Figure
from quanyu.report.html import Html, element

Scale = Callable[[float], float]


def frame(name: str, size: tuple[float, float], title: str, description: str, content: Sequence[Html]) -> Html:
    """Return the SVG of a chart; `name` makes the ids of its title and description unique in the page."""
    width, height = size
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-desc"),
        *content,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_short(width)} {_short(height)}",
        width=_short(width),
        height=_short(height),
        style=f"max-width:{width * 1.1:.0f}px",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def label(x: float, y: float, text: str, *, anchor: str = "start", css: str = "") -> Html:
    """Return a text that is no figure."""
    return element("text", text, x=_short(x), y=_short(y), text_anchor=anchor, class_=css or None)


def value_label(x: float, y: float, figure: Figure, *, anchor: str = "start", css: str = "", text: str = "") -> Html:
    """Return the text of a figure, with the attributes that name it."""
    shown = text or figure.text
    place = {"x": _short(x), "y": _short(y), "text_anchor": anchor, "class_": f"value {css}".strip()}
    return element("text", shown, **place, **figure.attributes)


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> Html:
    """Return a straight line."""
    return element("line", x1=_short(x1), y1=_short(y1), x2=_short(x2), y2=_short(y2), class_=css)


def rect(x: float, y: float, width: float, height: float, **more: str | None) -> Html:
    """Return a rectangle; a height or width below zero becomes zero."""
    place = {"x": _short(x), "y": _short(y), "width": _short(max(width, 0)), "height": _short(max(height, 0))}
    return element("rect", **place, **more)


def path(points: Sequence[tuple[float, float]], **more: str | None) -> Html:
    """Return an open line through the points."""
    steps = " ".join(f"{'M' if index == 0 else 'L'}{_short(x)} {_short(y)}" for index, (x, y) in enumerate(points))
    return element("path", d=steps, fill="none", **more)


def linear(low: float, high: float, start: float, end: float) -> Scale:
    """Return the scale that takes low to start and high to end; a flat range gives the middle."""
    span = high - low
    return lambda value: (start + end) / 2 if span == 0 else start + (value - low) / span * (end - start)


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Return round numbers from at most `low` to at least `high`, about as many as asked."""
    if high <= low:
        high = low + 1
    raw = (high - low) / about
    power = 10 ** floor(log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [step * index for index in range(first, last + 1)]


def text_width(text: str, size: float = 12) -> float:
    """Return about how wide a text is: a Han character is one size wide, another about half."""
    return sum(size * _width_of(character) for character in text)


def shortened(text: str, width: float, size: float = 12) -> str:
    """Return the text, cut with an ellipsis when it is wider than the place for it."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _width_of(character: str) -> float:
    if east_asian_width(character) in "WF":
        return 1.0
    return 0.68 if character.isupper() else 0.56


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".") if number else "0"
