"""Attribution: kernel, portable query and brute force agree; credits add up; E-19; Shapley and Markov by definition."""

import datetime as dt
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.behaviour.logs import FIRST, WORDS, log_of, order_row
from quanyu.analytics.behaviour import AttributionQuery, Windows, attribution, credit, read_attribution
from quanyu.analytics.behaviour.attribution import RULES, UNITS, _by_kernel, by_sql
from quanyu.errors import UserError

POINTS = ("t1", "t2", "t3")
KINDS = ("ad_click", "message_click", "product_view")
touches = st.lists(
    st.tuples(st.sampled_from([1, 2, 3]), st.integers(0, 29), st.sampled_from(POINTS), st.sampled_from(KINDS)),
    max_size=16,
)
orders = st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.integers(1, 30), st.integers(-50, 5_000)), max_size=5)
WINDOWS = Windows(ad=10, message=3, share=5, other=6)
QUERY = AttributionQuery(start=dt.date(2024, 6, 8), end=dt.date(2024, 7, 1))


def touch_rows(listed):
    rows = []
    for number, (person, day, point, kind) in enumerate(listed):
        at = FIRST + dt.timedelta(days=day, hours=number % 24)
        row = {
            "event_id": f"e{number}",
            "occurred_at": at,
            "local_date": at.date(),
            "type": kind,
            "activity": "shallow",
        }
        rows.append({**row, "person_id": person, "touchpoint_id": point})
    return rows


def paths_by_hand(listed, bought):
    """Return per order its touches (touchpoint, age) in order of time, and the touches that no order followed."""
    rows = sorted(touch_rows(listed), key=lambda row: row["occurred_at"])
    days = {"ad_click": WINDOWS.ad, "message_click": WINDOWS.message, "product_view": WINDOWS.other}
    used, found = set(), {}
    for order in bought:
        if not QUERY.start <= order["local_date"] < QUERY.end:
            continue
        path = []
        for row in rows:
            age = (order["local_date"] - row["local_date"]).days
            after = row["occurred_at"] <= order["paid_at"]
            if row["person_id"] == order["person_id"] and 0 <= age <= days[row["type"]] and after:
                path.append((row["touchpoint_id"], age))
                used.add(row["event_id"])
        found[order["order_id"]] = path
    loose = [row for row in rows if row["event_id"] not in used and row["local_date"] >= QUERY.start]
    return found, loose


@settings(max_examples=8)
@given(touches, orders)
def test_kernel_query_and_brute_force_agree_and_credits_add_up(listed, bought):
    made = [order_row(number, who, day, net) for number, (who, day, net) in enumerate(bought)]
    log = log_of(touch_rows(listed), made)
    expected, loose = paths_by_hand(listed, made)
    answer = attribution(log, QUERY, WINDOWS)
    assert all(answer.people(cell).count == count for cell, count in answer.cells.items())
    names = tuple(row[0] for row in answer.grids[2].rows)
    kernel, query = _by_kernel(log, QUERY, WINDOWS, names), by_sql(log, QUERY, WINDOWS, names)
    for name in ("actor", "net_fen", "ends", "code", "age_days", "day"):
        assert getattr(kernel, name).tolist() == getattr(query, name).tolist()
    paths = np.split(kernel.code, kernel.ends[:-1]) if len(kernel.ends) else []
    ages = np.split(kernel.age_days, kernel.ends[:-1]) if len(kernel.ends) else []
    got = sorted(
        [(names[code], age) for code, age in zip(*both, strict=True)] for both in zip(paths, ages, strict=True)
    )
    assert got == sorted(expected.values())
    assert len(kernel.loose) == len(query.loose) == len(loose)
    assert np.array_equal(*(credit.transitions(one.code, one.ends, one.loose, one.loose_ends, len(names))
                            for one in (kernel, query)))  # fmt: skip
    counts, sales = answer.grids[0].rows, answer.grids[1].rows
    inside = [one for one in made if one["order_id"] in expected]
    for place in range(1, 1 + len(RULES)):
        if place == 1 + list(RULES).index("markov") and not any(expected.values()):
            continue
        assert round(sum(row[place] for row in counts[:-1]) * UNITS) == len(inside) * UNITS
        assert sum(row[place] for row in sales[:-1]) == sum(one["net_fen"] for one in inside)


def test_e_19():
    reached = {"t1": "abcd", "t2": "cde"}
    who = {letter: number for number, letter in enumerate("abcde", 1)}
    listed = [(who[one], day, point, "product_view") for day, point in enumerate(reached) for one in reached[point]]
    made = [order_row(number, who[one], 5) for number, one in enumerate("bce")]
    query = AttributionQuery(start=dt.date(2024, 6, 1), end=dt.date(2024, 6, 30))
    answer = attribution(log_of(touch_rows(listed), made), query, Windows(7, 7, 7, 7))
    any_touch = {row[0]: (row[2], row[1]) for row in answer.grids[2].rows}
    assert any_touch == {"t1": (2, 4), "t2": (2, 3)}
    assert {row[0]: row[1] for row in answer.grids[0].rows} == {"t1": 1, "t2": 2, "direct": 0, None: 3}


@settings(max_examples=8)
@given(st.lists(st.tuples(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), max_size=5)), max_size=6))
def test_shares_are_whole_add_up_and_are_the_same_without_a_compiler(given_):
    units = np.array([one for one, _ in given_], dtype=np.int64)
    weight = np.array([one for _, weights in given_ for one in weights], dtype=np.int64)
    ends = np.cumsum([len(weights) for _, weights in given_], dtype=np.int64)
    parts = credit.share(units, weight, ends)
    assert parts.tolist() == credit.share_arrays(units, weight, ends).tolist()
    for (total, weights), own in zip(given_, np.split(parts, ends[:-1]) if given_ else [], strict=True):
        if sum(weights):
            assert own.sum() == total
            assert all(abs(Fraction(total * one, sum(weights)) - int(part)) < 1
                       for one, part in zip(weights, own, strict=True))  # fmt: skip


@settings(max_examples=8)
@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=4), min_size=1, max_size=5))
def test_shapley_is_the_mean_over_all_orders_of_joining(paths):
    """A coalition earns the conversions whose touchpoints all belong to it."""

    def earned(coalition):
        return sum(set(path) <= coalition for path in paths)

    orders_ = list(permutations(range(3)))
    expected = [
        sum(Fraction(earned(set(one[: one.index(player) + 1])) - earned(set(one[: one.index(player)])))
            for one in orders_) / len(orders_)
        for player in range(3)
    ]  # fmt: skip
    code = np.array([one for path in paths for one in path], dtype=np.int64)
    ends = np.cumsum([len(path) for path in paths], dtype=np.int64)
    weight = credit.shapley_weights(code, ends)
    parts = credit.share(np.full(len(paths), 6, dtype=np.int64), weight, ends)
    assert [sum(parts[code == player].tolist()) for player in range(3)] == [value * 6 for value in expected]


def test_markov_removal_of_a_chain_worked_by_hand():
    """Paths 0>1>won, 1>won, 0>lost: from the start 2/3 to 0; 0 goes to 1 half the time; 1 always wins: P = 2/3.

    Without 0 only the third that begins at 1 converts: effect 1 - (1/3)/(2/3) = 1/2. Without 1 nothing does: 1.
    """
    code, ends = np.array([0, 1, 1], dtype=np.int64), np.array([2, 3], dtype=np.int64)
    loose, loose_ends = np.array([0], dtype=np.int64), np.array([1], dtype=np.int64)
    counts = credit.transitions(code, ends, loose, loose_ends, 2)
    assert credit.removal_effects(counts).tolist() == pytest.approx([1 / 2, 1])


def test_weights_of_positions():
    ends = np.array([1, 3, 7], dtype=np.int64)
    parts = credit.share(np.full(3, 100, dtype=np.int64), credit.position_weights(ends), ends)
    assert parts.tolist() == [100, 50, 50, 40, 10, 10, 40]


def test_weight_halves_with_the_half_life():
    assert credit.decay_weights(np.array([0, 7, 14], dtype=np.int64), 7).tolist() == [1_000_000, 500_000, 250_000]


def test_incremental_effects_come_from_hold_outs_alone():
    holds = {"campaign_id": "c1", "start_date": dt.date(2024, 6, 1), "treatment_persons": 100, "treatment_buyers": 20,
             "holdout_persons": 50, "holdout_buyers": 5, "lift": 0.1}  # fmt: skip
    said = AttributionQuery("campaign")
    log = log_of([], [order_row(1, 1, 2)], reach_campaign=[holds])
    answer = attribution(log, said, WINDOWS)
    assert answer.grids[3].rows == (("c1", 100, 20, 50, 5, 0.1, 10.0),)
    without = attribution(log_of([], [order_row(1, 1, 2)]), said, WINDOWS)
    assert "not computable" in without.notes[0].en


def test_wrong_questions_are_told():
    _, problems = read_attribution({"by": "touchpiont", "window": 0, "of": "member_joind"}, WORDS)
    assert [one.code for one in problems] == ["behaviour.number", "behaviour.unknown_value", "behaviour.event_type"]
    with pytest.raises(UserError, match="Not computable"):
        log = log_of([])
        log.engine.catalog.pop("order_fact")
        attribution(log, AttributionQuery(), WINDOWS)
