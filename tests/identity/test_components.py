"""The kernels: numba, whole arrays, SQL and brute force agree, on cold cases too."""

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.engine import kernel
from quanyu.identity import components as c
from quanyu.identity import evidence

EDGES = st.integers(1, 30).flatmap(
    lambda size: st.tuples(
        st.just(size), st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=40)
    )
)


def ends(edges) -> tuple[np.ndarray, np.ndarray]:
    both = np.array(edges, dtype=np.int32).reshape(-1, 2)
    return both[:, 0].copy(), both[:, 1].copy()


def brute_force(size: int, edges) -> list[int]:
    group = [{node} for node in range(size)]
    for one, other in edges:
        joined = group[one] | group[other]
        for node in joined:
            group[node] = joined
    return [min(one) for one in group]


def in_sql(size: int, edges) -> list[int]:
    """Hook every root to its smallest neighbour, jump to the roots, until no edge joins two roots."""
    a, b = ends(edges)
    connection = duckdb.connect()
    connection.register("edge", pa.table({"a": a, "b": b}))
    connection.execute("CREATE TABLE label AS SELECT range AS node, range AS root FROM range($n)", {"n": size})
    while True:
        connection.execute("""
            CREATE OR REPLACE TABLE hook AS
            SELECT greatest(x.root, y.root) AS root, min(least(x.root, y.root)) AS hooked
            FROM edge JOIN label AS x ON x.node = edge.a JOIN label AS y ON y.node = edge.b
            WHERE x.root <> y.root GROUP BY greatest(x.root, y.root)""")
        if connection.execute("SELECT count(*) FROM hook").fetchall() == [(0,)]:
            found = [row[0] for row in connection.execute("SELECT root FROM label ORDER BY node").fetchall()]
            connection.close()
            return found
        while connection.execute("SELECT count(*) FROM label JOIN hook USING (root)").fetchall() != [(0,)]:
            connection.execute("""
                CREATE OR REPLACE TABLE label AS
                SELECT label.node, coalesce(hook.hooked, label.root) AS root FROM label LEFT JOIN hook USING (root)""")


@given(EDGES)
def test_every_way_gives_the_components_of_brute_force(case):
    size, edges = case
    expected = brute_force(size, edges)
    assert c.union_find(size, *ends(edges)).tolist() == expected
    assert c.hook_and_jump(size, *ends(edges)).tolist() == expected


@pytest.mark.parametrize("seed", range(5))
def test_the_sql_form_gives_the_same_components(seed: int):
    random = np.random.default_rng(seed)
    size = 40
    edges = random.integers(0, size, (30, 2)).tolist()
    assert in_sql(size, edges) == c.union_find(size, *ends(edges)).tolist()


@pytest.mark.parametrize(
    ("size", "edges"),
    [
        (0, []),
        (1, []),
        (1, [(0, 0)]),
        (5, []),
        (20_000, [(node, (node + 1) % 20_000) for node in range(20_000)]),
        (20_000, [(19_999, node) for node in range(19_999)]),
        (20_000, [(node + 1, node) for node in range(19_999)]),
    ],
    ids=["nothing", "one identifier", "a pair with itself", "no pair", "a ring", "a giant hub", "a chain"],
)
def test_cold_cases(size: int, edges):
    one, other = c.union_find(size, *ends(edges)), c.hook_and_jump(size, *ends(edges))
    assert one.tolist() == other.tolist()
    assert len(set(one.tolist())) == (1 if edges else size)


@given(st.lists(st.integers(-(2**62), 2**62), unique=True, max_size=50), st.lists(st.integers(-100, 100), max_size=20))
def test_places_of_ids_are_the_same_with_and_without_numba(known, asked):
    ids = np.array(known, dtype=np.int64)
    wanted = np.array([*asked, *known[:5]], dtype=np.int64)
    place = {one: number for number, one in enumerate(known)}

    compiled = evidence.places_of(ids, [wanted])[0]

    assert compiled.tolist() == [place.get(one, -1) for one in wanted.tolist()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evidence, "IS_COMPILED", False)
        assert evidence.places_of(ids, [wanted])[0].tolist() == compiled.tolist()


def test_without_numba_a_kernel_is_the_function_itself():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "IS_COMPILED", False)
        assert kernel.compiled(brute_force) is brute_force
