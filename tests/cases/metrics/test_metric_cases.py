"""Metric queries as cases: rows in, question, figures out, on every engine, beside a query written by hand.

A file holds `cases`, each with `says`, `given` rows per table (or `given_of`, the first case of another file), `steps`
to make, `as_of`, `query` as `parse_query` reads it, and `expect`: the rows of the answer in its order, in the columns
named: `start`, `complete`, dimensions, metrics, and `<metric>.compared`, `.change`, `.numerator`, `.denominator`.
Whole numbers are exact, ratios to four decimals.  `check_query` is DuckDB SQL that gives the same rows, values only.
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from cases.build import build
from cases.rows import table_of
from metrics.shop import context, library_metrics
from quanyu.engine import DuckDBEngine, Engine
from quanyu.metrics import AnswerRow, parse_query, query

HERE = Path(__file__).parent
KEYS = {"says", "given", "given_of", "steps", "as_of", "query", "expect", "check_query"}


def _load(path: Path) -> list[Any]:
    return YAML(typ="safe", pure=True).load(path)["cases"]


CASES = [
    pytest.param(case, id=f"{path.stem}: {case['says']}")
    for path in sorted(HERE.glob("*.yaml"))
    for case in _load(path)
]


def test_cases_have_known_keys_and_different_names() -> None:
    assert not [case.id for case in CASES if set(case.values[0]) - KEYS]
    assert len({case.id for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case_engine", ["duckdb"], indirect=True)
@pytest.mark.parametrize("case", CASES)
def test_metric_case(case: Mapping[str, Any], case_engine: Engine) -> None:
    _check(case, case_engine)


# A question costs seconds on Spark: the worked examples run there, the traps and periods share their queries' forms.
@pytest.mark.spark
@pytest.mark.parametrize("case_engine", ["spark"], indirect=True)
@pytest.mark.parametrize("case", [case for case in CASES if str(case.id).startswith("examples")])
def test_worked_example_on_spark(case: Mapping[str, Any], case_engine: Engine) -> None:
    _check(case, case_engine)


def _check(case: Mapping[str, Any], case_engine: Engine) -> None:
    given = _given(case)
    build(given, case.get("steps", ()), {"as_of": case["as_of"]}, engine=case_engine)
    for name, rows in given.items():
        if name not in case_engine.tables:
            case_engine.register(name, table_of(name, rows))
    asked, problems = parse_query(case["query"])
    assert asked is not None, problems
    answer = query(case_engine, library_metrics(), asked, context(case["as_of"].isoformat()))
    expected = case["expect"]
    got = [{name: _seen(row, name) for name in wanted} for row, wanted in zip(answer.rows, expected, strict=False)]
    assert got == expected
    assert len(answer.rows) == len(expected)
    if "check_query" in case and isinstance(case_engine, DuckDBEngine):
        by_hand = case_engine.connection.sql(case["check_query"]).fetchall()
        names = [*answer.by, *(column.name for column in answer.columns)]
        told = [tuple(_seen(row, name) for name in names) for row in answer.rows]
        assert told == [tuple(_plain(value) for value in row) for row in by_hand]


def _given(case: Mapping[str, Any]) -> Mapping[str, Any]:
    if "given_of" in case:
        return _load(HERE.parent / f"{case['given_of']}.yaml")[0]["given"]
    return case.get("given", {})


def _seen(row: AnswerRow, name: str) -> Any:
    if name == "start":
        return row.period.start
    if name == "complete":
        return row.is_complete
    if name in row.dimensions:
        return row.dimensions[name]
    metric, _, part = name.partition(".")
    return _plain(getattr(row.cells[metric], part or "value"))


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
