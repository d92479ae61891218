"""The overlay of a build: rows of persons computed since, kept beside it, and views that show both as one.

The build itself is never changed: its figures stay what they were.  A view gives the build's rows of whom nothing has
touched since, and the overlay's rows of those whom something has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyarrow as pa

from quanyu.engine import DuckDBEngine
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.engine.column_types import data_type
from quanyu.engine.embedded import empty_table
from quanyu.tables.contract import Table, Type

VIEWS: Final = "fresh"
"""Schema of the views that show a build and its overlay as one."""

NEXT: Final = "fresh_next"
"""Schema in which a refresh computes; the next one begins with an empty one."""

OWNERS: Final[Mapping[str, str]] = {
    "person_id": "touched_person",
    "identifier_id": "touched_identifier",
    "order_id": "touched_order",
}
"""By which column a table says whose a row is, and the table of those that were computed again since the build."""

NOW: Final[Mapping[str, str]] = {column: f"{marks}_now" for column, marks in OWNERS.items()}
"""The temporary tables of those that one refresh computes."""

_ROWS: Final = "fresh_rows"
_STATE: Final = "refresh_state"
_BELOW: Final = "row_of_build"
_ABOVE: Final = "row_of_overlay"


@dataclass(frozen=True, slots=True)
class State:
    """Which build the overlay lies on, up to which batch it knows, and when that was found (UTC)."""

    build_id: int
    watermark: int
    refreshed_at: datetime


def owner_of(table: Table) -> str | None:
    """Return the column that says whose the rows of a table are; None when none does."""
    return next((column for column in OWNERS if column in table.column_names), None)


def read_state(engine: DuckDBEngine) -> State | None:
    """Return what the overlay stands at, None without one."""
    if _STATE not in engine.tables_in(_ROWS):
        return None
    engine.catalog[_STATE] = f"{_ROWS}.{_STATE}"
    columns = {name: t.col(name) for name in ("build_id", "watermark", "refreshed_at")}
    rows = engine.query(t.select(columns, _STATE)).to_pylist()
    return State(**rows[-1]) if rows else None


def drop_overlay(engine: DuckDBEngine) -> None:
    """Drop every trace of an overlay; the build below it is not touched."""
    for schema in (VIEWS, NEXT, _ROWS):
        engine.drop_schema(schema)


def lay_overlay(engine: DuckDBEngine, names: Sequence[str], state: State) -> None:
    """Lay an empty overlay over tables of the build that the engine sees; each says whose its rows are."""
    drop_overlay(engine)
    home = engine.schema
    engine.use_schema(_ROWS)
    for name in names:
        _make_empty(engine, name, [(column.name, column.type) for column in engine.contracts[name].columns])
    for column, marks in OWNERS.items():
        _make_empty(engine, marks, [(column, Type.TEXT if column == "order_id" else Type.KEY)])
        engine.catalog[marks] = f"{_ROWS}.{marks}"
    _make_empty(engine, _STATE, [("build_id", Type.KEY), ("watermark", Type.KEY), ("refreshed_at", Type.TIME)])
    write_state(engine, state)
    engine.use_schema(VIEWS)
    for name in names:
        engine.catalog[_BELOW], engine.catalog[_ABOVE] = engine.catalog[name], f"{_ROWS}.{name}"
        engine.name_query(_view_of(engine.contracts[name]), name)
    del engine.catalog[_BELOW], engine.catalog[_ABOVE]
    engine.use_schema(home)


def publish(engine: DuckDBEngine, names: Sequence[str]) -> None:
    """Put what stands in schema `NEXT` of those in `NOW` into the overlay; in a transaction, with `write_state`."""
    home = engine.schema
    engine.use_schema(_ROWS)
    for column, marks in OWNERS.items():
        engine.remove_rows(marks, column, NOW[column])
        engine.insert_query(t.select({column: t.col(column)}, NOW[column]), marks)
    for name in names:
        contract = engine.contracts[name]
        column = owner_of(contract) or ""
        engine.catalog[_ABOVE] = f"{NEXT}.{name}"
        mine = q.is_in(t.col(column), t.select({column: t.col(column)}, NOW[column]))
        engine.remove_rows(name, column, NOW[column])
        engine.insert_query(t.select(_columns(contract), _ABOVE, where=mine), name)
    del engine.catalog[_ABOVE]
    engine.use_schema(home)


def attach_overlay(engine: DuckDBEngine, build_id: int) -> State | None:
    """Let the engine see a build with its overlay and return what the overlay stands at; None when it has none."""
    state = read_state(engine)
    if state is None or state.build_id != build_id:
        return None
    engine.attach_schema(VIEWS)
    return state


def _view_of(table: Table) -> t.Query:
    column = owner_of(table) or ""
    marked = t.select({column: t.col(column)}, OWNERS[column])
    untouched = t.any_of([t.is_null(t.col(column)), q.is_in(t.col(column), marked).not_()])
    return t.union_all([t.select(_columns(table), _BELOW, where=untouched), t.select(_columns(table), _ABOVE)])


def _columns(table: Table) -> dict[str, t.Tree]:
    return {name: t.col(name) for name in table.column_names}


def _make_empty(engine: DuckDBEngine, name: str, columns: Sequence[tuple[str, Type]]) -> None:
    typed = [(column, data_type(kind, engine.name)) for column, kind in columns]
    engine.run(empty_table(name, _ROWS, typed), name)


def write_state(engine: DuckDBEngine, state: State) -> None:
    """Say what the overlay stands at from now on."""
    home = engine.schema
    engine.use_schema(_ROWS)
    row = {
        "build_id": pa.array([state.build_id]),
        "watermark": pa.array([state.watermark]),
        "refreshed_at": pa.array([state.refreshed_at], pa.timestamp("us")),
    }
    engine.catalog[_STATE] = f"{_ROWS}.{_STATE}"
    engine.remove_rows(_STATE, "build_id", _STATE)
    with engine.lent("refresh_state_now", pa.table(row)):
        engine.insert_query(t.select({name: t.col(name) for name in row}, "refresh_state_now"), _STATE)
    engine.use_schema(home)
