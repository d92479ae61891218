"""Every house function gives the same answer on every engine: the rows of functions.yaml."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest

from conformance.rows import read_yaml, values
from quanyu.engine import Engine, house_sql
from quanyu.engine.functions import HOUSE_FUNCTIONS

ROWS = read_yaml("functions.yaml")
SCALARS = [name for name, function in HOUSE_FUNCTIONS.items() if not function.aggregate]
AGGREGATES = [name for name, function in HOUSE_FUNCTIONS.items() if function.aggregate]


def test_every_house_function_has_rows_and_no_row_is_of_an_unknown_one() -> None:
    assert set(ROWS) == set(HOUSE_FUNCTIONS)
    assert all(len(rows) >= 3 for rows in ROWS.values())


def test_every_house_function_has_a_row_with_null() -> None:
    assert not [name for name, rows in ROWS.items() if "NULL" not in str(rows)]


@pytest.mark.parametrize("name", SCALARS)
@pytest.mark.parametrize("hidden", [False, True], ids=["literal", "column"])
def test_function_gives_its_rows(engine: Engine, name: str, hidden: bool) -> None:
    calls = [f"{name}({', '.join(_seen(argument, hidden) for argument in row[:-1])})" for row in ROWS[name]]
    sql = "SELECT " + ", ".join(f"{call} AS c{at}" for at, call in enumerate(calls)) + " FROM probe"
    (answer,) = values(_ask(engine, sql))
    wanted = [row[-1] for row in ROWS[name]]
    assert dict(zip(calls, answer, strict=True)) == dict(zip(calls, wanted, strict=True))
    assert [type(value) for value in answer] == [type(value) for value in wanted]


@pytest.mark.parametrize("name", AGGREGATES)
def test_aggregate_gives_its_rows(engine: Engine, name: str) -> None:
    for case in ROWS[name]:
        given = " UNION ALL ".join(f"SELECT {x} AS x, {key} AS k FROM probe" for x, key in case["rows"])
        answer = values(_ask(engine, f"WITH given AS ({given}) SELECT {name}(x, k) AS answer FROM given"))
        assert answer == [[case["answer"]]], case


def test_rows_hold_a_leap_day_a_year_end_and_both_clock_changes() -> None:
    dates = {row[-1] for name in ("add_days", "add_months", "local_date", "week_start") for row in ROWS[name]}
    assert {dt.date(2024, 2, 29), dt.date(2025, 1, 1), dt.date(2024, 3, 31), dt.date(2024, 10, 28)} <= dates


def _seen(argument: str, hidden: bool) -> str:
    return f"CASE WHEN id = 1 THEN {argument} END" if hidden else argument


def _ask(engine: Engine, sql: str) -> pa.Table:
    tree, problems = house_sql.parse(sql, "functions.yaml")
    assert tree is not None and not problems, problems
    return engine.query(tree, {})


def test_every_house_function_is_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "engine.md").read_text(encoding="utf-8")
    lines = [f"- `{name}({', '.join(one.arguments)})`: {one.gives}" for name, one in HOUSE_FUNCTIONS.items()]
    assert [line for line in lines if line not in page.splitlines()] == []
