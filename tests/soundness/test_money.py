"""E13: money is whole fen from landing to result; no double, no float, no division in any contract or step."""

import pytest
from sqlglot import exp

from cases.build import steps
from quanyu.engine import Step, house_sql
from quanyu.engine.column_types import PHYSICAL
from quanyu.tables import CONTRACTS
from quanyu.tables.contract import Type

STEPS = list(steps().values())


def _money_names() -> set[str]:
    return {column.name for table in CONTRACTS for column in table.columns if column.type is Type.FEN}


def test_money_is_64_bit_whole_numbers_on_every_engine() -> None:
    assert {physical[Type.FEN] for physical in PHYSICAL.values()} == {"BIGINT"}


def test_what_is_called_money_has_the_type_of_money() -> None:
    wrong = [
        f"{table.name}.{column.name}"
        for table in CONTRACTS
        for column in table.columns
        if (column.name.endswith("_fen") or column.unit == "fen") != (column.type is Type.FEN)
    ]
    assert wrong == []


def float_faults(tree: exp.Expr) -> list[str]:
    """Return casts to doubles, and outputs called money that hold a ratio."""
    kinds = (exp.DType.DOUBLE, exp.DType.FLOAT)
    found = [str(cast) for cast in tree.find_all(exp.Cast) if cast.to.this in kinds]
    for alias in tree.find_all(exp.Alias):
        if alias.alias.endswith("_fen") and alias.find(exp.SafeDivide):
            found.append(str(alias))
    return found


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_makes_no_double_of_money(step: Step) -> None:
    assert float_faults(step.tree) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CAST(o.net_fen AS DOUBLE) AS net_fen FROM order_fact AS o",
        "SELECT safe_divide(o.net_fen, 3) AS share_fen FROM order_fact AS o",
    ],
)
def test_a_planted_double_is_found(sql: str) -> None:
    tree, problems = house_sql.parse(sql, "planted.sql")
    assert tree is not None and not problems
    assert len(float_faults(tree)) == 1


def test_ratios_stand_only_in_columns_that_are_no_money() -> None:
    ratios = {column.name for table in CONTRACTS for column in table.columns if column.type is Type.RATIO}
    assert not ratios & _money_names()
