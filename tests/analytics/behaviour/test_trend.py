"""Trends and distributions: figures against plain counting; exact quantiles; people."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.behaviour.logs import FIRST, WORDS, acts, event_rows, log_of, order_row
from quanyu.analytics.behaviour import (
    DistributionQuery,
    TrendQuery,
    distribution,
    read_distribution,
    read_trend,
    trend,
)
from quanyu.analytics.behaviour.distribution import Measure
from quanyu.analytics.behaviour.periods import Grain, first_day, number_of
from quanyu.analytics.behaviour.words import Acts

EVERY = Acts(("checkout", "review"))


@settings(max_examples=8)
@given(acts, st.sampled_from(Grain), st.sampled_from([None, "channel", "city"]))
def test_trends_count_acts_and_people(listed, grain, by):
    links = [{"identifier_id": 1, "person_id": 1, "cluster_id": 1}]
    city = [{"identifier_id": 1, "attribute": "city", "value": "上海", "observed_at": FIRST}]
    log = log_of(event_rows(listed, 600), person_attribute=city, identifier_person=links)
    answer = trend(log, TrendQuery(EVERY, grain, by, start=dt.date(2024, 6, 1)))
    done = [
        (who, first_day(number_of((FIRST + dt.timedelta(minutes=600 * at)).date(), grain), grain).isoformat(), channel)
        for who, at, kind, channel in listed
        if kind in EVERY.types
    ]
    for day, split, count, people, cell in answer.grids[0].rows:
        named = {"channel": lambda who, channel: channel or "—", "city": lambda who, _: "上海" if who == 1 else "—"}
        whose = [
            who for who, when, channel in done if when == day and split in (None, named[by](who, channel) if by else 0)
        ]
        assert (count, people) == (len(whose), len(set(whose)))
        assert answer.people(cell).count == people


def test_a_running_period_is_told_as_far_as_it_goes():
    answer = trend(log_of(event_rows([(1, 0, "review", None)])), TrendQuery(EVERY, Grain.WEEK))
    assert answer.grids[0].rows[-1][0] == "2024-06-24"
    assert len(answer.grids[0].rows) == 13


def test_quantiles_are_values_that_somebody_has():
    made = [order_row(number, person, 2, 100 * person) for number, person in enumerate([1, 2, 2, 3, 3, 3])]
    answer = distribution(log_of([], made), DistributionQuery(Measure.SALES))
    assert dict(answer.grids[1].rows)["p50"] == 400
    assert dict(answer.grids[1].rows)["p90"] == 900
    assert dict(answer.grids[1].rows)["p0"] == 100


@settings(max_examples=8)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 5_000)), max_size=12),
    st.integers(1, 12),
    st.sampled_from([(), (0,), (1, 2, 5), (100, 2_000)]),
    st.sampled_from([Measure.ORDERS, Measure.SALES]),
)
def test_every_person_is_in_one_bin(bought, bins, edges, of):
    made = [order_row(number, person, 2, net) for number, (person, net) in enumerate(bought)]
    answer = distribution(log_of([], made), DistributionQuery(of, bins=bins, edges=edges))
    value = {}
    for person, net in bought:
        value[person] = value.get(person, 0) + (1 if of is Measure.ORDERS else net)
    seen = []
    for _, low, high, count, _, cell in answer.grids[0].rows:
        people = answer.people(cell).persons
        assert len(people) == count
        last = cell == list(answer.cells)[-1]
        assert all((low is None or value[one] >= low) and (value[one] < high or (last and value[one] == high))
                   for one in people)  # fmt: skip
        seen += people
    assert sorted(seen) == sorted(value)


def test_acts_and_days_of_acts():
    log = log_of(event_rows([(1, 0, "review", None), (1, 5, "review", None), (2, 0, "checkout", None)]))
    of_acts = distribution(log, DistributionQuery(Measure.ACTS, EVERY))
    assert dict(of_acts.grids[1].rows)["p100"] == 2
    of_days = distribution(log, DistributionQuery(Measure.DAYS, EVERY))
    assert dict(of_days.grids[1].rows)["p100"] == 1


@pytest.mark.parametrize(
    ("read", "said", "code"),
    [
        (read_trend, {}, "behaviour.empty"),
        (read_trend, {"acts": "review", "grain": "year"}, "behaviour.unknown_value"),
        (read_trend, {"acts": "review", "by": "town"}, "behaviour.breakdown"),
        (read_trend, {"acts": "review", "start": "1990-01-01"}, "behaviour.period"),
        (read_distribution, {"of": "acts"}, "behaviour.empty"),
        (read_distribution, {"of": "sales", "acts": "review"}, "behaviour.unknown_key"),
        (read_distribution, {"of": "sale"}, "behaviour.unknown_value"),
        (read_distribution, {"edges": [3, 1]}, "behaviour.number"),
        (read_distribution, {"edges": ["many"]}, "behaviour.number"),
        (read_distribution, {"bins": 0}, "behaviour.number"),
    ],
)
def test_wrong_questions_are_told(read, said, code):
    query, problems = read(said, WORDS)
    assert query is None
    assert [problem.code for problem in problems] == [code]
