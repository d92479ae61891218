"""The person that a condition is about, and sets of persons."""

from typing import Final

from quanyu.engine import query as q
from quanyu.engine import tree as t

PERSON: Final = "person_id"
ONE: Final = "one"
"""Alias of the person that a condition is about."""


def among(query: t.Query) -> t.Tree:
    """Return the condition that the person is one of the query's, which gives no null."""
    return q.is_in(t.col(PERSON, ONE), query)


def persons_tree(conditions: list[t.Tree]) -> t.Query:
    """Return the persons of all conditions (on `one.person_id`), one row each."""
    return t.select({PERSON: t.col(PERSON, ONE)}, "person", where=t.all_of(conditions), alias=ONE)
