"""Small logs of acts, drawn at random or written by hand, as tables of a build."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from cases.rows import table_of
from quanyu.analytics.behaviour import Log, Words
from quanyu.engine import DuckDBEngine
from quanyu.tables import CONTRACTS

AS_OF = dt.date(2024, 6, 30)
FIRST = dt.datetime(2024, 6, 1)
TYPES = ("product_view", "cart_added", "checkout", "review", "live_view")
CHANNELS = ("app", "shop", None)
WORDS = Words(TYPES, ("city",), AS_OF)

Act = tuple[int, int, str, str | None]
"""Person (below zero: a visitor), minute since the first day, type, channel."""

acts = st.lists(
    st.tuples(st.sampled_from([1, 2, 3, -1]), st.integers(0, 40), st.sampled_from(TYPES), st.sampled_from(CHANNELS)),
    max_size=24,
)


def event_rows(listed: Sequence[Act], minutes: int = 1, **more: Any) -> list[dict[str, Any]]:
    """Return the acts as rows of event_fact; a step of time is so many minutes."""
    rows = []
    for number, (person, step, kind, channel) in enumerate(listed):
        at = FIRST + dt.timedelta(minutes=step * minutes)
        who = {"person_id": person} if person > 0 else {"visitor_key": f"v{-person}"}
        row = {
            "event_id": f"e{number}",
            "occurred_at": at,
            "local_date": at.date(),
            "type": kind,
            "channel_id": channel,
        }
        rows.append({**row, **who, "counts_as_active": True, "activity": "deep", **more})
    return rows


_ENGINE: list[DuckDBEngine] = []


def log_of(events: Sequence[dict[str, Any]], orders: Sequence[dict[str, Any]] = (), **tables: Any) -> Log:
    """Return a build in memory with these events, orders and tables; one engine serves all."""
    if not _ENGINE:
        _ENGINE.append(DuckDBEngine(None, CONTRACTS, threads=1))
    engine = _ENGINE[0]
    engine.catalog.clear()
    fill(engine, events, orders, **tables)
    return Log(engine, AS_OF)


def fill(engine: Any, events: Sequence[dict[str, Any]], orders: Sequence[dict[str, Any]] = (), **tables: Any) -> None:
    """Make the tables of a build on an engine."""
    engine.register("event_fact", table_of("event_fact", list(events)))
    engine.register("order_fact", table_of("order_fact", list(orders)))
    for name, rows in tables.items():
        engine.register(name, table_of(name, list(rows)))


def order_row(number: int, person: int, day: int, net_fen: int = 100, **more: Any) -> dict[str, Any]:
    """Return a valid order of a person, paid at noon of a day of June 2024."""
    date = dt.date(2024, 6, day)
    paid = dt.datetime.combine(date, dt.time(12))
    row = {"order_id": f"o{number}", "person_id": person, "local_date": date, "paid_at": paid, "net_fen": net_fen}
    return {**row, "status": "paid", "is_valid": True, "gross_fen": net_fen, **more}
