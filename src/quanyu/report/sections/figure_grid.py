"""A table of figures out of rows of one class: one column per field, written by its unit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from quanyu.report.figures import Figure, Unit
from quanyu.report.parts import Cell, Column, Grid, cell
from quanyu.report.writer import Writer

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Field:
    """One column: the field of the row, its unit, its definition, and why it may be null.

    Its heading is the definition's name.  `is_persons`: a count of persons, so that small groups are marked.
    """

    name: str
    unit: Unit
    definition: str
    reason: str = "zero_base"
    is_persons: bool = False


def persons(name: str, definition: str) -> Field:
    """Return a column of persons."""
    return Field(name, Unit.COUNT, definition, is_persons=True)


def number(name: str, definition: str) -> Field:
    """Return a column of counts that are no persons."""
    return Field(name, Unit.COUNT, definition)


def money(name: str, definition: str, reason: str = "zero_base") -> Field:
    """Return a column of amounts."""
    return Field(name, Unit.MONEY, definition, reason)


def share(name: str, definition: str, reason: str = "zero_base") -> Field:
    """Return a column of shares in per cent."""
    return Field(name, Unit.RATE, definition, reason)


def quotient(name: str, definition: str, reason: str = "zero_base") -> Field:
    """Return a column of plain quotients."""
    return Field(name, Unit.RATIO, definition, reason)


def index(name: str, definition: str, reason: str = "zero_base") -> Field:
    """Return a column of indices."""
    return Field(name, Unit.INDEX, definition, reason)


def figure_grid(
    caption: str,
    first: str,
    rows: Sequence[Row],
    named: Callable[[Row], tuple[str, str]],
    fields: Sequence[Field],
    writer: Writer,
) -> Grid:
    """Return the rows under the fields; `named` gives a row's heading and the prefix of its figures' names."""
    listed: list[tuple[Cell, ...]] = []
    for row in rows:
        heading, prefix = named(row)
        listed.append((cell(heading), *(cell(figure(row, prefix, one, writer)) for one in fields)))
    columns = (
        Column(first, is_number=False),
        *(Column(writer.word(f"terms.{one.definition}"), one.definition) for one in fields),
    )
    return Grid(caption, columns, tuple(listed), is_sortable=len(listed) > 1)


def figure(row: Row, prefix: str, one: Field, writer: Writer) -> Figure:
    """Return the figure of one field of a row."""
    name, value = f"{prefix}.{one.name}", getattr(row, one.name)
    if one.unit is Unit.COUNT:
        write = writer.persons if one.is_persons else writer.count
        return write(name, value, one.definition, reason=one.reason)
    if one.unit is Unit.MONEY:
        return writer.money(name, value, one.definition, reason=one.reason)
    if one.unit is Unit.RATE:
        return writer.rate(name, value, one.definition, reason=one.reason)
    if one.unit is Unit.INDEX:
        return writer.index(name, value, one.definition, reason=one.reason)
    return writer.ratio(name, value, one.definition, reason=one.reason)


def definitions_of(fields: Sequence[Field]) -> tuple[str, ...]:
    """Return the definitions of the columns."""
    return tuple(dict.fromkeys(one.definition for one in fields))
