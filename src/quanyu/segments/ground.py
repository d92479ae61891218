"""What rules are asked of: the tables of a build as of its date, and which of them know anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from quanyu.definitions.segment_rule import RuleShape
from quanyu.engine import Engine
from quanyu.engine import tree as t

SAID_SINCE: Final = "consent_said_since"
"""Words on consent that no build knows yet, lent to whoever reads one: identifier_id, purpose, granted, occurred_at."""

LISTS: Final = "segment_list"
LISTED: Final = "segment_list_person"
READ_NOW: Final = "_now"
"""Ends the names under which lists read for a preview are lent in place of the build's."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How many marketing messages a person may get on a day and within the seven days that end with it."""

    day: int
    week: int


@dataclass(frozen=True, slots=True)
class Ground:
    """The tables that an engine sees, as of a date in a zone; remembers which tables were found to hold rows.

    `segments` are the rules that others may name.  Without `caps` nobody asks for fatigue.
    """

    engine: Engine
    as_of: date
    zone: str
    segments: Mapping[str, RuleShape] = field(default_factory=dict)
    caps: Caps | None = None
    _known: dict[tuple[str, tuple[tuple[str, str], ...]], bool] = field(default_factory=dict)
    _campaigns: dict[str, tuple[date, date] | None] = field(default_factory=dict)

    def knows(self, table: str, fixed: Mapping[str, str] | None = None) -> bool:
        """Return whether a table exists and has a row whose columns hold the fixed texts."""
        key = (table, tuple(sorted((fixed or {}).items())))
        if key not in self._known:
            self._known[key] = table in self.engine.tables and self._has_row(table, key[1])
        return self._known[key]

    def _has_row(self, table: str, fixed: tuple[tuple[str, str], ...]) -> bool:
        where = t.all_of([t.col(name).eq(t.lit(text)) for name, text in fixed])
        query = t.select({"found": t.lit(1)}, table, where=where if fixed else None, limit=1)
        return bool(self.engine.query(query, {}).num_rows)

    def campaign(self, name: str) -> tuple[date, date] | None:
        """Return the first and last day of a campaign, None of one that is not known or has no first day.

        One that has not been given an end goes on until the build's date.
        """
        if name not in self._campaigns:
            self._campaigns[name] = self._campaign_days(name) if "campaign" in self.engine.tables else None
        return self._campaigns[name]

    def _campaign_days(self, name: str) -> tuple[date, date] | None:
        days = {"starts_on": t.col("starts_on"), "ends_on": t.col("ends_on")}
        rows = self.engine.query(t.select(days, "campaign", where=t.col("campaign_id").eq(t.lit(name))), {}).to_pylist()
        if not rows or rows[0]["starts_on"] is None:
            return None
        return rows[0]["starts_on"], rows[0]["ends_on"] or self.as_of

    def count(self, query: t.Query) -> int:
        """Return the number of rows of a query."""
        rows = self.engine.query(t.select({"rows": t.count()}, query), {}).to_pylist()
        return int(rows[0]["rows"])
