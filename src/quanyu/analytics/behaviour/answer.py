"""An answer about behaviour: tables of figures, and for every cell the people that make it up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

import numpy as np

from quanyu.analytics.behaviour.order import Numbers
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.ids import PersonId, format_person_id


class Unit(StrEnum):
    """What a column holds, and so how it is written."""

    TEXT = "text"
    COUNT = "count"
    RATIO = "ratio"
    MONEY = "money"
    SECONDS = "seconds"
    CELL = "cell"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a grid: its name, what people read in both languages, its unit."""

    name: str
    zh: str
    en: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of figures; a cell that is null has no value, never zero.  `bar` names the ratio that is drawn."""

    name: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    bar: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the grid for JSON: labels, columns, and rows by column name."""
        names = [column.name for column in self.columns]
        columns = [{"name": one.name, "zh": one.zh, "en": one.en, "unit": one.unit.value} for one in self.columns]
        rows = [dict(zip(names, row, strict=True)) for row in self.rows]
        return {"name": self.name, "zh": self.zh, "en": self.en, "columns": columns, "rows": rows}


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence that belongs to the figures."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class People:
    """Who stands behind a cell: persons, and visitors that nobody knows, each by ascending number."""

    cell: str
    persons: tuple[int, ...]
    visitors: tuple[int, ...]

    @property
    def count(self) -> int:
        """Return how many they are; equal to the figure of the cell."""
        return len(self.persons) + len(self.visitors)

    def as_dict(self) -> dict[str, Any]:
        """Return the people for JSON, persons by their written ids."""
        persons = [format_person_id(PersonId(one)) for one in self.persons]
        return {"cell": self.cell, "count": self.count, "persons": persons, "visitors": len(self.visitors)}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question as of a date.

    `cells` maps the key of every cell that counts people to its count; `find` gives the actors behind one of them,
    a visitor as a number below zero.
    """

    kind: str
    as_of: date
    grids: tuple[Grid, ...]
    cells: Mapping[str, int]
    find: Callable[[str], Numbers]
    notes: tuple[Note, ...] = field(default=())

    def people(self, cell: str) -> People:
        """Return the people behind a cell; raises UserError `behaviour.cell`, with the nearest key, for no cell."""
        if cell not in self.cells:
            remedy = did_you_mean(cell, tuple(self.cells)) or f"There are {', '.join(list(self.cells)[:12])}."
            raise UserError(Problem("behaviour.cell", f'There is no cell "{cell[:80]}".', remedy))
        found = np.sort(self.find(cell))
        return People(cell, tuple(found[found > 0].tolist()), tuple(found[found <= 0].tolist()))

    def as_dict(self) -> dict[str, Any]:
        """Return the answer for JSON."""
        return {
            "kind": self.kind,
            "as_of": self.as_of,
            "grids": [grid.as_dict() for grid in self.grids],
            "cells": dict(self.cells),
            "notes": [{"zh": note.zh, "en": note.en} for note in self.notes],
        }


NOBODY: Final = np.empty(0, dtype=np.int64)


def ratio(part: int, whole: int) -> float | None:
    """Return part / whole; null when the whole is 0."""
    return part / whole if whole else None


def nearest_rank(ascending: Numbers, percent: int) -> int | None:
    """Return the exact percentile by nearest rank (domain M-23); null of no values."""
    size = len(ascending)
    return int(ascending[max(1, -(-size * percent // 100)) - 1]) if size else None
