"""Published figures of closed periods (invariants E11, T3, T4): kept as they were published, whatever arrives later.

Grain: one metric version, dimension values and period, in one zone.  The adjustment that late events cause is the live
figure minus the closed one, computed where both are known.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from quanyu.clock import now
from quanyu.errors import Problem
from quanyu.store.columns import canonical_json
from quanyu.store.rows import columns_of, next_number
from quanyu.store.schema import published_figure


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a closed period `[period_start, period_end)`.

    `value` is the exact decimal text, None when the metric has no value.  `watermark` is the last batch it knew,
    `build_id` the build it was read from, `dimensions` maps dimension names to values (empty: the total).
    """

    metric: str
    metric_version: str
    dimensions: Mapping[str, str | None]
    period_start: date
    period_end: date
    zone: str
    watermark: int
    build_id: int
    value: str | None

    @property
    def row_hash(self) -> str:
        """Return SHA-256 (hex) over everything the figure says but the build it was read from."""
        said = {name: value for name, value in asdict(self).items() if name != "build_id"}
        said |= {"period_start": self.period_start.isoformat(), "period_end": self.period_end.isoformat()}
        return hashlib.sha256(canonical_json(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ClosedFigure:
    """A figure as it was published, with its hash, when (UTC) and by whom the period was closed."""

    figure_id: int
    figure: Figure
    row_hash: str
    closed_at: datetime
    closed_by: str


_FIGURE_COLUMNS = columns_of(Figure, published_figure)
_KEY_NAMES = ("metric", "metric_version", "dimensions", "period_start", "period_end", "zone")


class Figures:
    """The closed figures, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def close(self, figures: Iterable[Figure], actor: str) -> int:
        """Close figures and return how many were open until now; a figure closed before stays as it was published."""
        moment, figure_id, new = now(), next_number(self._connection, published_figure.c.figure_id), 0
        for figure in figures:
            if self.closed(figure) is not None:
                continue
            row = {
                **asdict(figure),
                "figure_id": figure_id + new,
                "row_hash": figure.row_hash,
                "closed_at": moment,
                "closed_by": actor,
            }
            self._connection.execute(insert(published_figure), row)
            new += 1
        return new

    def closed(self, figure: Figure) -> ClosedFigure | None:
        """Return what was published for the same metric version, dimensions, period and zone, or None."""
        found = self._select(*(published_figure.c[name] == getattr(figure, name) for name in _KEY_NAMES))
        return found[0] if found else None

    def find(self, metric: str | None = None, period_start: date | None = None) -> list[ClosedFigure]:
        """Return the closed figures, of one metric and one period's first day if given, in the order of closing."""
        wanted = {"metric": metric, "period_start": period_start}
        return self._select(*(published_figure.c[name] == value for name, value in wanted.items() if value is not None))

    def changed(self) -> list[Problem]:
        """Return a problem for each closed figure that no longer is what was hashed when it was closed."""
        return [
            Problem("figure.changed", f"Closed figure {closed.figure_id} ({closed.figure.metric}) was changed.")
            for closed in self._select()
            if closed.figure.row_hash != closed.row_hash
        ]

    def _select(self, *conditions: Any) -> list[ClosedFigure]:
        own = [published_figure.c[name] for name in ("figure_id", "row_hash", "closed_at", "closed_by")]
        query = select(*own, *_FIGURE_COLUMNS).where(*conditions).order_by(own[0])
        return [
            ClosedFigure(figure_id, Figure(*said), row_hash, closed_at, closed_by)
            for figure_id, row_hash, closed_at, closed_by, *said in self._connection.execute(query)
        ]
