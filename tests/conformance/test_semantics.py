"""Plain SQL that the allow-list lets through means the same on every engine: the cases of semantics.yaml."""

import pytest

from conformance.rows import read_yaml, values
from quanyu.engine import Engine, house_sql

CASES = read_yaml("semantics.yaml")


def test_case_names_are_unique() -> None:
    names = [case["name"] for case in CASES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_engines_agree(engine: Engine, case: dict[str, object]) -> None:
    tree, problems = house_sql.parse(str(case["sql"]), "semantics.yaml")
    assert tree is not None and not problems, problems
    assert values(engine.query(tree, {})) == case["answer"]


def test_every_node_kind_of_the_allow_list_is_in_a_case() -> None:
    trees = [house_sql.parse(str(case["sql"]), "semantics.yaml")[0] for case in CASES]
    seen = {type(node) for tree in trees if tree is not None for node in tree.walk()}
    written_otherwise = {"Placeholder", "Var"}
    allowed = {
        *house_sql.STRUCTURE, *house_sql.OPERATORS, *house_sql.SCALARS, *house_sql.AGGREGATES, *house_sql.WINDOW_ONLY
    }  # fmt: skip
    assert {kind.__name__ for kind in allowed - seen} <= written_otherwise
