"""Every worked example of the domain, and its boundaries: rows in, figures out.

A file `tests/cases/<folder>/<name>.yaml` holds `cases`, each with `says`, `given` rows per table, `parameters`,
`snapshots`, the table(s) to make as `steps`, and what to `expect` of them: rows without order, in the columns named;
whole numbers exact, ratios to four decimals, null written as null.  With `where`, only rows that hold its values.
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from cases.build import FOLDERS, build, make_again, rows_of, values_of
from cases.rows import spread
from quanyu.engine import DuckDBEngine, Engine
from quanyu.tables import CONTRACTS

HERE = Path(__file__).parent
KEYS = {"says", "given", "parameters", "snapshots", "steps", "expect"}
# Worked examples that the steps of these folders compute; the rest of the domain's examples lie with other folders.
EXAMPLES = {
    "E-01b", "E-02", "E-03", "E-13", "E-14", "E-15", "E-16", "E-16b", "E-17", "E-18", "E-19", "E-20", "E-21", "E-22",
    "E-23", "E-25", "E-27", "E-28", "E-29", "E-30", "E-31", "E-37", "E-39", "E-40", "E-42",
}  # fmt: skip


def _cases() -> list[Any]:
    """Every case on DuckDB; the first of each file, the worked example itself, on Spark too: the steps it expects of.

    The rest of the agreement is `tests/conformance/test_steps.py`: every step on both engines over generated rows.
    """
    yaml = YAML(typ="safe", pure=True)
    found = []
    for path in sorted(path for folder in FOLDERS for path in (HERE / folder).glob("*.yaml")):
        for number, case in enumerate(yaml.load(path)["cases"]):
            name = f"{path.parent.name}/{path.stem}: {case['says']}"
            found.append(pytest.param("duckdb", case, id=name))
            if number == 0:
                found.append(pytest.param("spark", case, id=f"spark {name}", marks=pytest.mark.spark))
    return found


CASES = _cases()


def test_every_example_of_these_folders_is_a_case() -> None:
    names = {str(case.id).split("/")[1].split(":")[0] for case in CASES}
    assert EXAMPLES <= names


def test_cases_have_known_keys_and_different_names() -> None:
    assert not [case.id for case in CASES if set(case.values[1]) - KEYS]
    ids = [case.id for case in CASES]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("case_engine", "case"), CASES, indirect=["case_engine"])
def test_case(case_engine: Engine, case: Mapping[str, Any]) -> None:
    first = case_engine if isinstance(case_engine, DuckDBEngine) else DuckDBEngine(None, CONTRACTS, threads=1)
    given = (case["given"], case["steps"], case.get("parameters"))
    build(*given, engine=first, snapshots=case.get("snapshots", ()))
    if case_engine is not first:
        make_again(case_engine, first, case["expect"], values_of(case.get("parameters")))
    for table, expected in case["expect"].items():
        _check(case_engine, table, expected)


def _check(engine: Engine, table: str, expected: Any) -> None:
    where, rows = ({}, expected) if isinstance(expected, list) else (expected.get("where", {}), expected["rows"])
    rows = spread(rows)
    columns = list(rows[0]) if rows else ["*"]
    assert all(list(row) == columns for row in rows), f"{table}: expected rows name different columns"
    kept = [row for row in rows_of(engine, table) if all(_seen(row[name]) == value for name, value in where.items())]
    got = [tuple(_seen(row[name]) for name in columns) for row in kept] if rows else kept
    wanted = [tuple(_number(name, value) for name, value in row.items()) for row in rows]
    assert sorted(got, key=str) == sorted(wanted, key=str), f"{table} {columns}"


def _number(name: str, value: Any) -> Any:
    """Written out with {n}, a person is text in the file."""
    return int(value) if name == "person_id" and isinstance(value, str) else value


def _seen(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
