"""Conditions on stages: which one somebody had on a day, and turns from one to another."""

from datetime import timedelta

from quanyu.definitions.segment_rule import ChangedShape, StageShape
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.segments.ground import Ground
from quanyu.segments.persons import PERSON, among

OUTSIDE = "none"
"""The name of having no stage of a model at all."""


def staged(ground: Ground, said: StageShape) -> t.Tree:
    """Return the condition that somebody had one of the stages on a day, the build's when none is said."""
    day = t.lit(ground.as_of if said.on is None else min(said.on, ground.as_of))
    where = [_of_model(said.model, "span"), _is_one("span", said.is_)]
    where += [t.col("from_date", "span") <= day, t.col("until_date", "span") > day.copy()]
    return among(t.select({PERSON: t.col(PERSON, "span")}, "stage_span", where=t.all_of(where), alias="span"))


def changed(ground: Ground, said: ChangedShape) -> t.Tree:
    """Return the condition that somebody's stage turned, in the last days, from one of some to one of others.

    Nothing said of a side means any stage, or none.  A turn happens on the first day of what follows.
    """
    ways = []
    if not said.to or any(stage != OUTSIDE for stage in said.to):
        ways.append(_entered(ground, said))
    if not said.to or OUTSIDE in said.to:
        ways.append(_left(ground, said))
    return t.any_of(ways)


def _entered(ground: Ground, said: ChangedShape) -> t.Tree:
    """Return who began a stage; the span before it, if it ended on that day, says what it came from."""
    turned = [_of_model(said.model, "now"), *_inside(ground, "from_date", "now", said.days)]
    stages = tuple(stage for stage in said.to if stage != OUTSIDE)
    if stages:
        turned.append(_is_one("now", stages))
    query = t.select({PERSON: t.col(PERSON, "now")}, "stage_span", where=t.all_of(turned), alias="now")
    touch = t.col("until_date", "old").eq(t.col("from_date", "now"))
    query = q.join_rows(query, _spans(said.model), "old", t.all_of([_same("old", "now"), touch]), keep=True)
    return among(query.where(_came_from(said, "old")) if said.from_ else query)


def _left(ground: Ground, said: ChangedShape) -> t.Tree:
    """Return who ended a stage without beginning another."""
    turned = [_of_model(said.model, "old"), *_inside(ground, "until_date", "old", said.days)]
    if said.from_:
        turned.append(_is_one("old", said.from_))
    query = t.select({PERSON: t.col(PERSON, "old")}, "stage_span", where=t.all_of(turned), alias="old")
    touch = t.col("from_date", "now").eq(t.col("until_date", "old"))
    query = q.join_rows(query, _spans(said.model), "now", t.all_of([_same("now", "old"), touch]), keep=True)
    return among(query.where(t.is_null(t.col(PERSON, "now"))))


def _came_from(said: ChangedShape, alias: str) -> t.Tree:
    ways = []
    stages = tuple(stage for stage in said.from_ if stage != OUTSIDE)
    if stages:
        ways.append(t.all_of([t.not_null(t.col(PERSON, alias)), _is_one(alias, stages)]))
    if OUTSIDE in said.from_:
        ways.append(t.is_null(t.col(PERSON, alias)))
    return t.any_of(ways)


def _spans(model: str) -> t.Query:
    names = (PERSON, "stage", "from_date", "until_date")
    return t.select({name: t.col(name) for name in names}, "stage_span", where=_of_model(model, "relation"))


def _of_model(model: str, alias: str) -> t.Tree:
    return t.all_of([t.col("model", alias).eq(t.lit(model)), t.col("scope", alias).eq(t.lit("brand"))])


def _is_one(alias: str, stages: tuple[str, ...]) -> t.Tree:
    return t.any_of([t.col("stage", alias).eq(t.lit(stage)) for stage in stages])


def _same(one: str, other: str) -> t.Tree:
    return t.col(PERSON, one).eq(t.col(PERSON, other))


def _inside(ground: Ground, column: str, alias: str, days: int) -> list[t.Tree]:
    first = ground.as_of - timedelta(days=days - 1)
    return [t.col(column, alias) >= t.lit(first), t.col(column, alias) <= t.lit(ground.as_of)]
