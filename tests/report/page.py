"""Reads a page of the report as a browser would: the figures in it with their attributes and text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "br", "hr", "img", "input", "link"}


@dataclass
class Shown:
    """A figure as it stands in a page."""

    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """All figures of a page in order, and every attribute that could fetch something."""

    shown: list[Shown] = field(default_factory=list)
    addresses: list[tuple[str, str, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    _open: list[tuple[str, Shown | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        found = dict(attrs)
        if "id" in found:
            self.ids.append(found["id"])
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            if name in found:
                self.addresses.append((tag, name, found[name]))
        figure = Shown(found) if "data-figure" in found else None
        if figure:
            self.shown.append(figure)
        if tag not in VOID:
            self._open.append((tag, figure))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        # Spoken reasons and titles of ribbons stand inside a figure's element, in elements of their own.
        if self._open and self._open[-1][1] is not None:
            self._open[-1][1].text += data


def read(html: str) -> Page:
    """The page of that HTML."""
    page = Page()
    page.feed(html)
    return page
