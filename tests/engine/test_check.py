"""A key that the shape of a query proves is not counted again; every other is."""

import pytest

from quanyu.engine import house_sql
from quanyu.engine.adapters.check import proves_key


@pytest.mark.parametrize(
    ("sql", "proven"),
    [
        ("SELECT p AS a, d AS b, sum(x) AS s FROM t GROUP BY p, d", True),
        ("SELECT month_start(p) AS a, d AS b FROM t GROUP BY month_start(p), d", True),
        ("SELECT p AS a, 1 AS b FROM t GROUP BY p", True),
        ("SELECT DISTINCT p AS a, d AS b FROM t", True),
        ("SELECT DISTINCT p AS a, d AS b, x FROM t", False),
        ("SELECT p AS a, d AS b, sum(x) AS s FROM t GROUP BY p, d, x", False),
        ("SELECT p AS a, x AS b FROM t GROUP BY p, d, x", False),
        ("SELECT p AS a, d AS b FROM t", False),
        ("SELECT p AS a, d AS b FROM t GROUP BY p, d UNION ALL SELECT p AS a, d AS b FROM u GROUP BY p, d", False),
    ],
)
def test_shape_proves_the_key(sql: str, proven: bool) -> None:
    tree, problems = house_sql.parse(sql, "x.sql")
    assert tree is not None and not problems
    assert proves_key(tree, ("a", "b")) is proven
