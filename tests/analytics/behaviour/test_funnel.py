"""Funnels: the kernel, the portable query and brute force agree; E-14; filters, exclusions, splits, people."""

import datetime as dt
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.behaviour.logs import AS_OF, TYPES, WORDS, Act, acts, event_rows, log_of, order_row
from quanyu.analytics.behaviour import Log, funnel, read_funnel
from quanyu.analytics.behaviour.funnel import Exclusion, FunnelQuery, by_sql, reached_by
from quanyu.analytics.behaviour.words import Acts

STEPS = st.lists(
    st.builds(
        lambda types, channel: Acts(tuple(types), (("channel", (channel,)),) if channel else ()),
        st.lists(st.sampled_from(TYPES[:3]), min_size=1, max_size=2, unique=True),
        st.sampled_from(["app", None, None]),
    ),
    min_size=2,
    max_size=4,
)


@st.composite
def queries(draw: st.DrawFn) -> FunnelQuery:
    steps = tuple(draw(STEPS))
    exclude = []
    if draw(st.booleans()):
        after = draw(st.sampled_from([None, *range(1, len(steps))]))
        exclude.append(Exclusion(Acts((draw(st.sampled_from(TYPES)),)), after))
    window_s = draw(st.sampled_from([60, 300, 3_600]))
    return FunnelQuery(steps, window_s, tuple(exclude), draw(st.booleans()), valid_orders=False)


def brute_force(listed: list[Act], query: FunnelQuery) -> dict[int, tuple[int, tuple[int, ...]]]:
    """Return level and step times of the best attempt by person, by trying every chain of acts."""
    found = {}
    for person in {act[0] for act in listed}:
        own = [act for act in listed if act[0] == person]
        chains = [(one,) for one in own if _is(one, query.steps[0])]
        best: list[tuple[Act, ...]] = []
        while chains:
            best = chains
            step = len(chains[0])
            if step == len(query.steps):
                break
            chains = [(*chain, one) for chain, one in product(chains, own) if _follows(query, own, chain, one, step)]
        if best:
            # Deepest; of these the first to get there; of these the one that began last; then last at each step.
            told = min(
                ([act[1] for act in chain] for chain in best),
                key=lambda times: (times[-1], -times[0], *(-time for time in reversed(times))),
            )
            found[person] = (len(told), tuple(told))
    return found


def _is(act: Act, acts_: Acts) -> bool:
    return act[2] in acts_.types and all(act[3] in values for _, values in acts_.fields)


def _follows(query: FunnelQuery, own: list[Act], chain: tuple[Act, ...], one: Act, step: int) -> bool:
    last, later = chain[-1], any(query.steps[step].may_be(before) for before in query.steps[:step])
    in_order = one[1] > last[1] if later else one[1] >= last[1]
    inside = (one[1] - chain[0][1]) * 60 <= query.window_s
    between = [act for act in own if last[1] < act[1] < one[1]]
    ended = query.is_consecutive and between
    for exclusion in query.exclude:
        if exclusion.after in (None, step):
            ended = ended or any(_is(act, exclusion.acts) for act in between)
    return _is(one, query.steps[step]) and in_order and inside and not ended


def told(reached) -> dict[int, tuple[int, tuple[int, ...]]]:
    first = int(np.datetime64("2024-06-01", "us").astype(np.int64))
    return {
        int(actor): (int(level), tuple(int(time - first) // 60_000_000 for time in times[:level]))
        for actor, level, times in zip(reached.actor, reached.level, reached.times, strict=True)
    }


@settings(max_examples=8)
@given(acts, queries())
def test_kernel_query_and_brute_force_agree(listed, query):
    log = log_of(event_rows(listed))
    expected = brute_force(listed, query)
    kernel, _ = reached_by(log, query)
    got = told(kernel)
    assert {max(person, -1): value for person, value in got.items()} == expected
    assert told(by_sql(log, query, ())) == got


@settings(max_examples=8)
@given(acts, queries())
def test_parts_of_persons_give_the_same(listed, query):
    log = log_of(event_rows(listed))
    assert told(reached_by(Log(log.engine, AS_OF, largest=3), query)[0]) == told(reached_by(log, query)[0])


@settings(max_examples=8)
@given(acts, queries(), st.sampled_from([None, "channel", "city"]))
def test_every_cell_is_its_people(listed, query, by):
    who = [{"identifier_id": 1, "attribute": "city", "value": "上海", "observed_at": dt.datetime(2024, 6, 1)}]
    links = [{"identifier_id": 1, "person_id": 1, "cluster_id": 1}]
    log = log_of(event_rows(listed), person_attribute=who, identifier_person=links)
    split = FunnelQuery(query.steps, query.window_s, by=by, valid_orders=False)
    answer = funnel(log, split, 1)
    for cell, count in answer.cells.items():
        people = answer.people(cell)
        assert people.count == count == len({*people.persons, *people.visitors})
    if by is not None:
        whole = answer.cells["reached:1"]
        assert sum(count for cell, count in answer.cells.items() if cell.startswith("reached:1@")) == whole


def test_e_14():
    view, cart, order, pay = "product_view", "cart_added", "checkout", "order_paid"
    day = 1_440
    listed = [(1, 0, view), (1, 1, cart), (1, 2, order), (1, 3, pay), (2, 0, view), (2, 1, cart), (3, 0, cart),
              (4, 0, view), (4, 8 * day, cart), (5, 0, view), (5, 1, order),
              (6, 0, view), (6, 1, cart), (6, 2, order), (6, 3, pay), (6, 4, view)]  # fmt: skip
    query, problems = read_funnel({"steps": [view, cart, order, pay], "window": 7, "valid_orders": False}, WORDS)
    assert problems == []
    rows = funnel(log_of(event_rows([(*one, None) for one in listed])), query, 2).grids[0].rows
    assert [row[3] for row in rows] == [5, 3, 2, 2]
    assert [row[4] for row in rows] == [None, 0.6, 2 / 3, 1.0]
    assert rows[-1][5] == 0.4


def test_an_order_is_a_checkout_and_a_valid_payment():
    orders = [order_row(1, 1, 2), order_row(2, 2, 2, is_valid=False, invalid_reason="refunded")]
    query, _ = read_funnel({"steps": ["checkout", "order_paid"]}, WORDS)
    assert funnel(log_of([], orders), query, 1).cells["reached:2"] == 1
    query, _ = read_funnel({"steps": ["checkout", "order_paid"], "valid_orders": False}, WORDS)
    assert funnel(log_of([], orders), query, 1).cells["reached:2"] == 2


def test_a_category_of_an_order_is_that_of_its_lines():
    lines = [
        {"order_id": f"o{one}", "line_no": 1, "category_id": category, "product_id": "p", "is_valid": True}
        for one, category in ((1, "tea"), (2, "pots"))
    ]
    log = log_of([], [order_row(1, 1, 2), order_row(2, 2, 2)], order_line_fact=lines)
    query, problems = read_funnel({"steps": ["checkout", "order_paid category=tea"]}, WORDS)
    assert problems == []
    answer = funnel(log, query, 1)
    assert answer.cells["reached:1"] == 2
    assert answer.people("reached:2").persons == (1,)
    assert told(by_sql(log, query, ())) == told(reached_by(log, query)[0])


def test_a_visitor_that_became_known_is_the_person():
    seen = event_rows([(-1, 0, "product_view", None), (1, 1, "cart_added", None)])
    known = [{**row, "visitor_key": "v1"} for row in seen]
    query, _ = read_funnel({"steps": ["product_view", "cart_added"]}, WORDS)
    assert funnel(log_of(known), query, 1).people("reached:2").persons == (1,)


def test_attempts_begin_in_the_period_and_may_end_after_it():
    listed = [(1, 1_439, "product_view", None), (1, 1_441, "cart_added", None), (2, 1_441, "product_view", None)]
    said = {"steps": ["product_view", "cart_added"], "start": "2024-06-01", "end": "2024-06-02"}
    query, _ = read_funnel(said, WORDS)
    answer = funnel(log_of(event_rows(listed)), query, 1)
    assert (answer.cells["reached:1"], answer.cells["reached:2"]) == (1, 1)


@pytest.mark.parametrize(
    ("said", "code", "remedy"),
    [
        ({"steps": []}, "behaviour.empty", "two steps"),
        ({"steps": ["product_view"]}, "behaviour.empty", "two steps"),
        ({"steps": ["product_veiw", "checkout"]}, "behaviour.event_type", '"product_view"'),
        ({"steps": ["checkout"] * 1_000}, "behaviour.too_many", "20"),
        ({"steps": ["checkout", "review"], "window": 0}, "behaviour.window", "7d"),
        ({"steps": ["checkout", "review"], "window": "soon"}, "behaviour.window", "7d"),
        ({"steps": ["checkout", "review"], "by": "chanel"}, "behaviour.breakdown", '"channel"'),
        ({"steps": ["checkout chanel=app", "review"]}, "behaviour.field", '"channel"'),
        ({"steps": ["checkout", "review"], "start": "2024-06-02", "end": "2024-06-01"}, "behaviour.period", "outside"),
        ({"steps": ["checkout", "review"], "start": "June"}, "behaviour.date", "2026-01-31"),
        ({"steps": ["checkout", "review"], "widow": 7}, "behaviour.unknown_key", '"window"'),
        ({"steps": ["checkout", "review"], "exclude": [{"after": 9, "acts": "review"}]}, "behaviour.exclusion", "1"),
    ],
)
def test_a_wrong_question_is_told_with_what_to_do(said, code, remedy):
    query, problems = read_funnel(said, WORDS)
    assert query is None
    assert [problem.code for problem in problems] == [code]
    assert remedy in problems[0].remedy


def test_every_problem_is_told_at_once():
    _, problems = read_funnel({"steps": ["nothing", "checkout"], "window": 0, "by": "?"}, WORDS)
    assert [one.code for one in problems] == ["behaviour.event_type", "behaviour.window", "behaviour.breakdown"]
