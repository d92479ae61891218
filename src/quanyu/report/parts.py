"""What a section is made of: panels of cards, tables, charts and sentences, ready for the template."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from quanyu.report.figures import Figure
from quanyu.report.html import Html


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `definition` links its heading to what the figures below mean."""

    label: str
    definition: str = ""
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: what is shown, what it sorts by, and its look (a heat step, a bar's share)."""

    content: Any
    sort: str = ""
    css: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; the first cell of a row is its heading.  `look` is `plain`, `heat` or `flow`."""

    kind: ClassVar[str] = "grid"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    look: str = "plain"
    is_sortable: bool = False
    foot: tuple[Cell, ...] = ()
    note: Html | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture in a wide and a narrow drawing, with the table that holds the same numbers.

    `table` is None where that table stands beside the picture; `size` is `full`, `half` or `third` of the panel.
    """

    kind: ClassVar[str] = "chart"
    wide: Html
    narrow: Html
    table: Grid | None
    legend: tuple[tuple[str, str], ...] = ()
    size: str = "full"


@dataclass(frozen=True, slots=True)
class Card:
    """One number with what it is compared to; `spark` is a small line of its past."""

    label: str
    definition: str
    figure: Figure
    compared: tuple[tuple[str, Figure], ...] = ()
    note: Html | None = None
    spark: Html | None = None


@dataclass(frozen=True, slots=True)
class Cards:
    """A row of cards."""

    kind: ClassVar[str] = "cards"
    cards: tuple[Card, ...]
    look: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence; `tone` is `info`, `good`, `caution`, `bad` or empty."""

    kind: ClassVar[str] = "note"
    html: Html
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Custom:
    """A part with a template of its own (`parts/<template>.html.j2`) and its values."""

    kind: ClassVar[str] = "custom"
    template: str
    values: dict[str, Any] = field(default_factory=dict)


Part = Grid | Chart | Cards | Note | Custom


@dataclass(frozen=True, slots=True)
class Panel:
    """A titled box: the title says the subject, the question is what it answers; definitions are those used inside."""

    title: str
    question: str
    parts: tuple[Part, ...]
    definitions: tuple[str, ...] = ()
    width: str = "full"


@dataclass(frozen=True, slots=True)
class Section:
    """One numbered part of the report."""

    id: str
    title: str
    panels: tuple[Panel, ...]


def cell(content: Any, css: str = "", *, style: str = "", sort: str | None = None) -> Cell:
    """Return a cell that sorts by the figure's value, or by the text."""
    if sort is None:
        sort = ("" if content.value is None else repr(content.value)) if isinstance(content, Figure) else str(content)
    return Cell(content, sort, css, style)
