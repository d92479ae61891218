"""The part of the brand that somebody reaches, as a condition on figures and persons; the one place that makes it."""

from datetime import date
from typing import Final

from quanyu.engine import DuckDBEngine
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.metrics.request import Bounds
from quanyu.services.permissions import Scope
from quanyu.services.tag_answers import held_on

ALL: Final = Scope()
"""The whole brand."""

_PERSON: Final = "person_id"


def bounds_of(scope: Scope) -> Bounds:
    """Return what every row behind a figure must have to be told to whoever reaches a scope; nothing for all of it.

    Somebody given stores and regions reaches these stores as far as they are in these regions.
    """
    kinds = (("store", scope.stores), ("store_region", scope.regions), ("product_brand", scope.brands))
    return tuple((dimension, tuple(sorted(ids))) for dimension, ids in kinds if ids is not None)


def persons_within(scope: Scope, persons: t.Query) -> t.Query:
    """Return those of a query that gives `person_id` whom somebody of a scope reaches; all of them for the whole brand.

    A person belongs to stores by `person_store` and to brands by `person_brand`; given both, to one of each.
    """
    kinds = (("store_id", scope.stores), ("region_id", scope.regions))
    places = [(name, ids) for name, ids in kinds if ids is not None]
    parts = [_persons("person_store", places)] if places else []
    if scope.brands is not None:
        parts.append(_persons("person_brand", [("brand_id", scope.brands)]))
    if not parts:
        return persons
    reached = [q.is_in(t.col(_PERSON), part) for part in parts]
    return t.select({_PERSON: t.col(_PERSON)}, persons, where=t.all_of(reached))


def is_within(engine: DuckDBEngine, scope: Scope, person_id: int) -> bool:
    """Return whether somebody of a scope reaches a person of the attached build."""
    if scope.is_all:
        return True
    one = t.select({_PERSON: t.col(_PERSON)}, "person", where=t.col(_PERSON).eq(t.lit(person_id)))
    return bool(engine.query(persons_within(scope, one)).num_rows)


def count_members(engine: DuckDBEngine, scope: Scope, day: date) -> dict[str, int]:
    """Return how many persons of each segment somebody of a scope reaches on a day; one without any is left out."""
    held = t.select({_PERSON: t.col(_PERSON)}, "segment_member", where=t.all_of(held_on(day)))
    reached = q.is_in(t.col(_PERSON), persons_within(scope, held))
    columns = {"segment": t.col("segment"), "persons": t.count()}
    where = t.all_of([*held_on(day), reached])
    rows = engine.query(t.select(columns, "segment_member", where=where, group=[t.col("segment")])).to_pylist()
    return {str(row["segment"]): int(row["persons"]) for row in rows}


def _persons(table: str, kept: list[tuple[str, frozenset[str]]]) -> t.Query:
    """Return the persons with a row of a table that has one of the ids in each column; nobody for an empty set."""
    where = [t.col(name).isin(*(t.lit(one) for one in sorted(ids))) if ids else t.lit(False) for name, ids in kept]
    return t.select({_PERSON: t.col(_PERSON)}, table, where=t.all_of(where))
