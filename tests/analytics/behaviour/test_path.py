"""Paths: kernel, portable query and brute force agree; pins, loops, patterns, the rest; people."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.behaviour.logs import WORDS, acts, event_rows, log_of
from quanyu.analytics.behaviour import PathQuery, paths, read_path
from quanyu.analytics.behaviour.path import END, START, Found, by_sql, found_in, node_names
from quanyu.errors import UserError

PATTERNS = ((), ("review", "checkout"), ("checkout", "...", "review"), ("review", "*", "review"),
            ("*", "review"), ("checkout", "...", "review", "*"))  # fmt: skip
questions = st.builds(
    PathQuery,
    gap_s=st.sampled_from([60, 300]),
    steps=st.integers(2, 4),
    begin=st.sampled_from([None, None, "review"]),
    pattern=st.sampled_from(PATTERNS),
    repeats=st.booleans(),
    top=st.integers(1, 3),
)


def sessions_of(listed, query: PathQuery, names: tuple[str, ...]) -> list[tuple[int, list[str]]]:
    """Return actor and nodes of every session, one act after another."""
    found: list[tuple[int, list[str]]] = []
    before = None
    for who, minute, place in sorted((act[0], act[1], names.index(act[2])) for act in listed):
        if before is None or before[0] != who or (minute - before[1]) * 60 > query.gap_s:
            found.append((who, []))
        nodes = found[-1][1]
        if query.repeats or not nodes or nodes[-1] != names[place]:
            nodes.append(names[place])
        before = (who, minute)
    return found


def _path(nodes: list[str], query: PathQuery) -> tuple[str, ...] | None:
    if query.goal is not None:
        if query.goal not in nodes:
            return None
        last = len(nodes) - nodes[::-1].index(query.goal)
        return tuple(nodes[max(0, last - query.steps) : last])
    if query.begin is not None and query.begin not in nodes:
        return None
    first = 0 if query.begin is None else nodes.index(query.begin)
    return tuple(nodes[first : first + query.steps])


def _matches(nodes: list[str], pattern: tuple[str, ...]) -> bool:
    said = "".join({"*": "<[^<>]*>", "...": "(?:<[^<>]*>)*"}.get(one, f"<{one}>") for one in pattern)
    return re.search(said, "".join(f"<{node}>" for node in nodes)) is not None


def told(found: Found):
    def rows(*columns):
        return sorted(zip(*(column.tolist() for column in columns), strict=True))

    return (
        found.sessions,
        rows(found.path_actor, found.path),
        rows(found.step_actor, found.step, found.step_times),
        rows(found.loop_actor, found.loop, found.loop_times),
        rows(found.hit_actor, found.hit_times),
    )


def check(listed, query: PathQuery) -> None:
    log = log_of(event_rows(listed))
    names = node_names(log, query)
    answer = paths(log, query)
    sessions = sessions_of(listed, query, names)
    known = [(who, path) for who, nodes in sessions if (path := _path(nodes, query)) is not None]
    grids = {grid.name: grid.rows for grid in answer.grids}
    shown = {row[1]: (row[2], row[4]) for row in grids["paths"] if row[0] is not None}
    for text, counts in shown.items():
        whose = [who for who, path in known if " > ".join(path) == text]
        assert counts == (len(whose), len(set(whose)))
    assert sum(row[2] for row in grids["paths"]) == len(known)
    moves = [(who, *pair) for who, nodes in sessions for pair in zip([START, *nodes], [*nodes, END], strict=True)]
    assert sum(row[2] for row in grids["steps"]) == len(moves)
    for one, other, times, _, people, _ in grids["steps"]:
        whose = [who for who, a, b in moves if (a, b) == (one, other)]
        assert (times, people) == (len(whose), len(set(whose)))
    loops = [
        (a, b) for _, nodes in sessions for a, b, c in zip(nodes, nodes[1:], nodes[2:], strict=False) if a == c != b
    ]
    assert all(row[2] == loops.count((row[0], row[1])) for row in grids["loops"])
    assert bool(loops) == bool(grids["loops"])
    if query.pattern:
        whose = [who for who, nodes in sessions if _matches(nodes, query.pattern)]
        assert (grids["pattern"][0][1], grids["pattern"][0][3]) == (len(whose), len(set(whose)))
    assert all(answer.people(cell).count == count for cell, count in answer.cells.items())
    assert told(by_sql(log, query, names)) == told(found_in(log, query, names))


EVERY = [(3, 90, "review", None), (3, 91, "checkout", None), (3, 200, "checkout", None)]


@settings(max_examples=8)
@given(acts, questions)
def test_kernel_query_and_brute_force_agree_and_every_cell_is_its_people(listed, query):
    check([*listed, *EVERY], query)


@settings(max_examples=8)
@given(acts, st.integers(2, 4))
def test_paths_to_an_end(listed, steps):
    check([*listed, *EVERY], PathQuery(steps=steps, goal="review"))


def test_nodes_may_be_a_field():
    listed = [(1, 0, "review", "app"), (1, 1, "checkout", "app"), (1, 2, "review", "shop"), (1, 3, "review", None)]
    answer = paths(log_of(event_rows(listed)), PathQuery(by="channel"))
    assert answer.grids[0].rows[0][1] == "app > shop"


def test_an_unknown_node_is_answered_with_the_nearest():
    log = log_of(event_rows([(1, 0, "review", None)]))
    with pytest.raises(UserError) as caught:
        paths(log, PathQuery(begin="reveiw"))
    assert caught.value.problems[0].remedy == 'Did you mean "review"?'


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"gap": 0}, "behaviour.window"),
        ({"steps": 1_000}, "behaviour.number"),
        ({"from": "a", "to": "b"}, "behaviour.pins"),
        ({"pattern": "* > *"}, "behaviour.pattern"),
        ({"by": "stage"}, "behaviour.breakdown"),
        ({"acts": "reveiw"}, "behaviour.event_type"),
    ],
)
def test_wrong_questions_are_told(said, code):
    query, problems = read_path(said, WORDS)
    assert query is None
    assert [problem.code for problem in problems] == [code]


def test_a_pattern_is_written_with_arrows():
    query, _ = read_path({"pattern": "review > ... > checkout"}, WORDS)
    assert query.pattern == ("review", "...", "checkout")
