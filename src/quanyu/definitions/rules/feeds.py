"""Feeds must name landing tables, their columns, and everything these tables cannot do without."""

from collections.abc import Iterator

from quanyu.config import Workspace
from quanyu.definitions.source import Feed, Source
from quanyu.errors import Problem, did_you_mean
from quanyu.tables import CONTRACTS, Table, Type
from quanyu.tables.columns import PROVENANCE

_FILLED_BY_INGEST = frozenset({"identifier_id", *(column.name for column in PROVENANCE)})

_PROOFS = ("channel", "text_version", "evidence")

LANDING = tuple(
    table.name for table in CONTRACTS if table.stage == "ingest" and table.column("recorded_at") is not None
)
"""Names of the tables a feed may fill."""


def mappable(table: Table) -> tuple[str, ...]:
    """Return the columns of a landing table that a mapping gives; ingest fills the others."""
    return tuple(name for name in table.column_names if name not in _FILLED_BY_INGEST)


def date_origin(table: Table) -> str | None:
    """Return the time column whose date in the workspace's zone fills `local_date` when that is not mapped, or None.

    It is the table's first time: `paid_at` of an order, `occurred_at` of an event.
    """
    if table.column("local_date") is None:
        return None
    return next((name for name in mappable(table) if _is_time(table, name)), None)


def _is_time(table: Table, name: str) -> bool:
    column = table.column(name)
    return column is not None and column.type is Type.TIME


def check_feeds(source: Source, workspace: Workspace) -> Iterator[Problem]:
    """Yield the problems of tables, names, columns and identifiers of every feed."""
    seen: dict[str, int] = {}
    for number, feed in enumerate(source.feeds):
        where = source.place("feeds", number)
        if feed.name in seen:
            remedy = 'Give one of them another "name".'
            yield Problem("config.duplicate", f'Two feeds are named "{feed.name}".', remedy, where)
        seen[feed.name] = number
        if feed.table not in LANDING:
            remedy = did_you_mean(feed.table, LANDING) or f"Known tables: {', '.join(LANDING)}."
            place = source.place("feeds", number, "table")
            yield Problem("config.reference", f'Table "{feed.table}" does not exist.', remedy, place)
            continue
        table = CONTRACTS[feed.table]
        yield from _check_columns(source, number, feed, table)
        yield from _check_identifiers(source, number, feed, table, workspace)
        if table.name == "consent" and not {*_PROOFS} & {*feed.columns}:
            message = "Nothing says how the consent was given."
            remedy = f"Map one of {', '.join(_PROOFS)}: a consent nobody can prove is none."
            yield Problem("consent.proof_missing", message, remedy, source.place("feeds", number, "columns"))


def _check_columns(source: Source, number: int, feed: Feed, table: Table) -> Iterator[Problem]:
    known = mappable(table)
    for name in feed.columns:
        if name not in known:
            message = f'Table "{table.name}" has no column "{name}" to map.'
            remedy = did_you_mean(name, known) or f"Known columns: {', '.join(known)}."
            yield Problem("config.reference", message, remedy, source.place("feeds", number, "columns", name))
    given = {*feed.columns, "local_date"} if date_origin(table) in feed.columns else {*feed.columns}
    for column in table.columns:
        if column.name in known and not column.null and column.name not in given:
            message = f'Table "{table.name}" needs a value for "{column.name}" ({column.zh}, {column.en}).'
            remedy = "Map it from a column, or give a constant with {value: …}."
            yield Problem("config.required", message, remedy, source.place("feeds", number, "columns"))


def _check_identifiers(
    source: Source, number: int, feed: Feed, table: Table, workspace: Workspace
) -> Iterator[Problem]:
    if feed.identifiers and table.column("identifier_id") is None:
        message = f'Rows of "{table.name}" do not point at a person.'
        remedy = "Put the identifiers on the feed that names the person (such as the order's)."
        yield Problem("config.value", message, remedy, source.place("feeds", number, "identifiers"))
    known = tuple(rule.id_type for rule in workspace.identity)
    for position, identifier in enumerate(feed.identifiers):
        if identifier.type not in known:
            message = f'Unknown type of identifier "{identifier.type}".'
            remedy = did_you_mean(identifier.type, known) or f"Known types: {', '.join(known)}."
            where = source.place("feeds", number, "identifiers", position, "type")
            yield Problem("config.reference", message, remedy, where)
