"""Markup made in Python: escaped text, and elements whose attributes are quoted."""

from html import escape
from typing import Any


class Html(str):
    """Text that is markup already; templates write it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def html_of(value: Any) -> Html:
    """Return the markup of a value: its own, or its text escaped."""
    own = getattr(value, "__html__", None)
    return Html(own() if own else escape(str(value)))


def element(name: str, *content: Any, **attributes: Any) -> Html:
    """Return an element; attributes of value None are left out, a trailing `_` is dropped and `_` becomes `-`."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(html_of(part) for part in content)
    return Html(f"<{name}{written}>{inner}</{name}>")
