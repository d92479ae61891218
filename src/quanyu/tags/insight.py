"""What can be said of tags in a build: coverage, distribution, drift, accuracy and lift (TAG-04, TAG-17)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import pyarrow as pa

from quanyu.definitions.tag import Tag
from quanyu.engine import DuckDBEngine, parse_expression
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.engine.column_types import arrow_schema
from quanyu.errors import InternalError, Where
from quanyu.stats.stability import stability_index
from quanyu.tables.tags import TAG_INSIGHT, TAG_VALUE
from quanyu.tags.history import BEFORE, OPEN_END, TABLE
from quanyu.tags.needs import WhyNot
from quanyu.tags.values import FEATURES

PERSONS_BEFORE: Final = "person_fact_before"
"""The name under which the engine sees the persons of the build before."""

LIFT_DAYS: Final = 30
SHOWN_VALUES: Final = 200
"""The most values of a tag that `tag_value` lists; the rest of a long list is told by the coverage."""

_WHOLE: Final = "CAST(CAST(floor(number) AS BIGINT) AS VARCHAR)"
_STEP: Final = (
    "CASE WHEN number < 0 THEN '<0' WHEN number < 1 THEN '0' ELSE "
    f"CASE WHEN substr({_WHOLE}, 1, 1) = '1' THEN '1' WHEN substr({_WHOLE}, 1, 1) IN ('2', '3', '4') THEN '2' "
    f"ELSE '5' END || substr('000000000000000000', 1, length({_WHOLE}) - 1) END"
)
"""The step that a number falls into, named by its lower end: 0, 1, 2, 5, 10, 20, 50, 100 …; `<0` below 0."""

_SHOWN: Final[Mapping[str, str]] = {"number": _STEP, "date": "substr(value, 1, 7)"}
"""How values are counted by type of value; flags and categories as they are."""

Counts = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Insight:
    """The rows of `tag_insight` and `tag_value`."""

    tags: pa.Table
    values: pa.Table


def look_at(engine: DuckDBEngine, tags: Sequence[Tag], why_not: Mapping[str, WhyNot], as_of: date) -> Insight:
    """Return what the build that the engine sees says of its tags."""
    now = _counts(engine, TABLE, tags, OPEN_END)
    before = _counts(engine, BEFORE, tags, OPEN_END) if BEFORE in engine.catalog else {}
    persons = _count(engine, FEATURES)
    persons_before = _count(engine, PERSONS_BEFORE) if before and PERSONS_BEFORE in engine.catalog else 0
    changed = _changed(engine)
    lifts = _Lifts(engine, tags, as_of)
    listed: list[dict[str, Any]] = []
    values: list[dict[str, Any]] = []
    for tag in tags:
        reason = why_not.get(tag.code)
        counted = now.get(tag.code, {})
        earlier = before.get(tag.code) if before else None
        held = sum(counted.values())
        truth = _truth(engine, tag) if tag.truth is not None and reason is None else (None, None)
        latest, begun = changed.get(tag.code, (None, 0))
        comparable = reason is None and earlier is not None and persons_before
        listed.append(
            {
                "tag_code": tag.code,
                "is_computable": reason is None,
                "why_not_zh": reason.zh if reason else None,
                "why_not_en": reason.en if reason else None,
                "base_persons": persons,
                "persons": None if reason else held,
                "coverage": None if reason or not persons else held / persons,
                "value_count": None if reason else len(counted),
                "changed_on": latest,
                "changed_persons": None if reason else (begun if latest == as_of else 0),
                "psi": _psi(counted, persons, earlier or {}, persons_before) if comparable else None,
                "truth_persons": truth[0],
                "accuracy": None if not truth[0] or truth[1] is None else truth[1] / truth[0],
                "review_on": date.fromisoformat(tag.inherited["review_on"]),
            }
        )
        values += _values(tag, counted, earlier, lifts)
    return Insight(
        pa.Table.from_pylist(listed, schema=arrow_schema(TAG_INSIGHT)),
        pa.Table.from_pylist(values, schema=arrow_schema(TAG_VALUE)),
    )


def _values(
    tag: Tag, counted: Mapping[str, int], earlier: Mapping[str, int] | None, lifts: "_Lifts"
) -> list[dict[str, Any]]:
    whole = sum(counted.values())
    first = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_VALUES]
    rows = []
    for value, persons in first:
        held, buyers, lift = lifts.of(tag.code, value)
        rows.append(
            {
                "tag_code": tag.code,
                "value": value,
                "persons": persons,
                "share": persons / whole,
                "persons_before": None if earlier is None else earlier.get(value, 0),
                "held_persons": held,
                "held_buyers": buyers,
                "lift": lift,
            }
        )
    return rows


def _psi(now: Mapping[str, int], persons: int, before: Mapping[str, int], persons_before: int) -> float | None:
    """No value is a value too: a tag that half of its persons lost has moved."""
    values = sorted({*now, *before})
    new = [*(now.get(value, 0) for value in values), persons - sum(now.values())]
    old = [*(before.get(value, 0) for value in values), max(persons_before - sum(before.values()), 0)]
    return stability_index(new, old)


class _Lifts:
    """How much likelier the holders of a value were to buy in the days that followed, than everybody then known.

    lift = (buyers among the holders / holders) / (buyers among all / all), of the persons known `LIFT_DAYS` before.
    """

    def __init__(self, engine: DuckDBEngine, tags: Sequence[Tag], as_of: date) -> None:
        day = as_of - timedelta(days=LIFT_DAYS)
        known = t.col("first_seen_date") <= t.lit(day)
        bought = t.col("orders_30") > t.lit(0)
        buyers = t.select({"person_id": t.col("person_id")}, FEATURES, where=t.all_of([known, bought]))
        self.base = _count(engine, FEATURES, known)
        self.base_buyers = _count(engine, FEATURES, t.all_of([known, bought.copy()]))
        holds = t.all_of([t.col("from_date") <= t.lit(day), t.col("to_date") > t.lit(day)])
        self.held = _counted(engine, TABLE, tags, holds)
        bought_then = t.all_of([holds.copy(), q.is_in(t.col("person_id"), buyers)])
        self.buyers = _counted(engine, TABLE, tags, bought_then) if self.held else {}

    def of(self, code: str, value: str) -> tuple[int | None, int | None, float | None]:
        """Return holders, buyers among them and lift of a value; null when nobody held it then."""
        held = self.held.get(code, {}).get(value)
        if not held:
            return None, None, None
        buyers = self.buyers.get(code, {}).get(value, 0)
        base_rate = self.base_buyers / self.base if self.base else 0
        return held, buyers, (buyers / held) / base_rate if base_rate else None


def _counts(engine: DuckDBEngine, table: str, tags: Sequence[Tag], to_date: date) -> Counts:
    return _counted(engine, table, tags, t.col("to_date").eq(t.lit(to_date)))


def _counted(engine: DuckDBEngine, table: str, tags: Sequence[Tag], where: t.Tree) -> Counts:
    found: Counts = {}
    for kind in ("flag", "category", "number", "date"):
        codes = [t.col("tag_code").eq(t.lit(tag.code)) for tag in tags if tag.shape.type == kind]
        if not codes:
            continue
        value = step_tree(kind)
        columns = {"code": t.col("tag_code"), "value": value, "persons": t.count()}
        among = t.all_of([t.any_of(codes), where.copy()])
        query = t.select(columns, table, where=among, group=[t.col("tag_code"), value.copy()])
        for row in engine.query(query).to_pylist():
            found.setdefault(str(row["code"]), {})[str(row["value"])] = int(row["persons"])
    return found


def step_tree(kind: str) -> t.Tree:
    """Return the value that counts tell of a row of `person_tag`: of numbers the step, of dates the month."""
    if kind not in _SHOWN:
        return t.col("value")
    tree, problems = parse_expression(_SHOWN[kind], ("value", "number"), Where())
    if tree is None:
        raise InternalError("; ".join(str(problem) for problem in problems))
    return tree


def _changed(engine: DuckDBEngine) -> dict[str, tuple[date, int]]:
    """The latest day on which a value of each tag began, and how many began on it."""
    columns = {"code": t.col("tag_code"), "day": t.col("from_date"), "persons": t.count()}
    days = t.select(columns, TABLE, group=[t.col("tag_code"), t.col("from_date")])
    found: dict[str, tuple[date, int]] = {}
    for row in engine.query(days).to_pylist():
        if str(row["code"]) not in found or row["day"] > found[str(row["code"])][0]:
            found[str(row["code"])] = (row["day"], int(row["persons"]))
    return found


def _truth(engine: DuckDBEngine, tag: Tag) -> tuple[int, int]:
    """The persons whose value and truth are both known, and those of them for whom they agree."""
    if tag.value is None or tag.truth is None:
        raise InternalError(f"{tag.code} has no value or no truth")
    known = t.all_of([t.not_null(tag.value.copy()), t.not_null(tag.truth.copy())])
    right = t.all_of([known.copy(), tag.value.copy().eq(tag.truth.copy())])
    return _count(engine, FEATURES, known), _count(engine, FEATURES, right)


def _count(engine: DuckDBEngine, table: str, where: t.Tree | None = None) -> int:
    return int(engine.query(t.select({"rows": t.count()}, table, where=where)).to_pylist()[0]["rows"])
