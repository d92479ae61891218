"""Retention, states and stickiness: kernel, portable query and brute force agree; E-15; people."""

import datetime as dt
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.behaviour.logs import AS_OF, FIRST, WORDS, event_rows, log_of
from quanyu.analytics.behaviour import (
    StatesQuery,
    StickinessQuery,
    read_retention,
    read_states,
    read_stickiness,
    retention,
    states,
    stickiness,
)
from quanyu.analytics.behaviour.periods import Grain, first_day, last_full, number_of
from quanyu.analytics.behaviour.retention import Cohorts, Reading, RetentionQuery, returns
from quanyu.analytics.behaviour.words import Acts
from quanyu.errors import UserError

DAY = 1_440
days = st.lists(
    st.tuples(st.sampled_from([1, 2, 3]), st.integers(0, 27), st.sampled_from(["checkout", "review"]), st.just(None)),
    max_size=20,
)
BASES = st.sampled_from([Acts(("checkout",)), Acts(("review",)), Acts(("checkout", "review"))])
questions = st.builds(
    RetentionQuery, BASES, BASES, st.sampled_from(Grain), st.sampled_from(Reading), st.sampled_from(Cohorts),
    st.integers(1, 12),
)  # fmt: skip


def brute_force(listed, query: RetentionQuery) -> dict[str, int]:
    """Return every cell, person by person and period by period."""

    def numbers(person, basis):
        dates = {(FIRST + dt.timedelta(days=day)).date() for who, day, kind, _ in listed if who == person
                 and kind in basis.types}  # fmt: skip
        return sorted({number_of(date, query.grain) for date in dates})

    cells: Counter[str] = Counter()
    for person, basis, back in ((person, query.begin, query.back) for person in (1, 2, 3)):
        begins, backs = numbers(person, basis), numbers(person, back)
        for cohort in begins[:1] if query.cohorts is Cohorts.FIRST else begins:
            day = first_day(cohort, query.grain).isoformat()
            known = range(min(query.periods, last_full(AS_OF, query.grain) - cohort) + 1)
            cells[f"cohort:{day}"] += 1
            cells.update({f"{day}+{number}": _came({one - cohort for one in backs}, number, query) for number in known})
    return dict(cells)


def _came(after: set[int], number: int, query: RetentionQuery) -> int:
    return int(
        {
            Reading.ON: number in after or number == 0,
            Reading.WITHIN: number == 0 or any(one in after for one in range(1, number + 1)),
            Reading.ROLLING: number == 0 or any(one >= number for one in after),
        }[query.reading]
    )


def told(found):
    rows = zip(found.actor.tolist(), found.cohort.tolist(), found.back.tolist(), found.last.tolist(), strict=True)
    return sorted(rows)


@settings(max_examples=8)
@given(days, questions)
def test_kernel_query_and_brute_force_agree_and_every_cell_is_its_people(listed, query):
    log = log_of(event_rows(listed, DAY))
    answer = retention(log, query)
    assert dict(answer.cells) == brute_force(listed, query)
    assert all(answer.people(cell).count == count for cell, count in answer.cells.items())
    assert told(returns(log, query, by_sql=True)) == told(returns(log, query, by_sql=False))


def test_e_15():
    active = {1: (0, 1, 7), 2: (0, 3), 3: (0,), 4: (0, 7)}
    log = log_of(event_rows([(who, day, "review", None) for who, days_ in active.items() for day in days_], DAY))
    rates = {}
    for reading in ("on", "within"):
        query, problems = read_retention({"begin": "review", "reading": reading, "periods": 7}, WORDS)
        assert problems == []
        rates[reading] = {row[1]: row[4] for row in retention(log, query).grids[0].rows if row[0] == "2024-06-01"}[7]
    assert rates == {"on": 2 / 4, "within": 3 / 4}


def test_a_period_that_has_not_ended_has_no_figure():
    log = log_of(event_rows([(1, 27, "review", None)], DAY))
    answer = retention(log, RetentionQuery(Acts(("review",)), Acts(("review",)), periods=30))
    assert [row[1] for row in answer.grids[0].rows if row[0] == "2024-06-28"] == [0, 1, 2]


def test_purchases_and_activity_are_the_days_of_the_build():
    bought = [{"person_id": 1, "local_date": dt.date(2024, 6, day)} for day in (1, 4)]
    log = log_of([], purchase_day_fact=bought)
    answer = retention(log, RetentionQuery("purchase", "purchase", periods=5))
    assert answer.cells["2024-06-01+3"] == 1
    with pytest.raises(UserError, match=r"Not computable, because the build has no active_day"):
        retention(log, RetentionQuery())


@settings(max_examples=8)
@given(days, st.sampled_from(Grain))
def test_states_are_told_person_by_person(listed, grain):
    log = log_of(event_rows(listed, DAY))
    every = Acts(("checkout", "review"))
    answer = states(log, StatesQuery(every, grain, dt.date(2024, 5, 1)))
    present = {(who, number_of((FIRST + dt.timedelta(days=day)).date(), grain)) for who, day, _, _ in listed}
    for cell, count in answer.cells.items():
        day, _, state = cell.partition(":")
        number = number_of(dt.date.fromisoformat(day), grain)
        expected = set()
        for who in (1, 2, 3):
            now, before = (who, number) in present, (who, number - 1) in present
            earlier = any(person == who and other < number - 1 for person, other in present)
            is_in = {"new": now and not before and not earlier, "retained": now and before, "lost": before and not now,
                     "returned": now and not before and earlier}[state]  # fmt: skip
            expected |= {who} if is_in else set()
        assert set(answer.people(cell).persons) == expected
        assert count == len(expected)


@settings(max_examples=8)
@given(days)
def test_stickiness_counts_everybody_once_in_each_span(listed):
    answer = stickiness(log_of(event_rows(listed, DAY)), StickinessQuery(Acts(("checkout", "review"))))
    for row in answer.grids[0].rows:
        number = (dt.date.fromisoformat(row[0]) - FIRST.date()).days
        expected = [len({who for who, day, _, _ in listed if number - span < day <= number}) for span in (1, 7, 30)]
        assert list(row[1:4]) == expected
    assert all(answer.people(cell).count == count for cell, count in answer.cells.items())


def test_wrong_questions_are_told_with_the_nearest_name():
    _, problems = read_retention({"grain": "dya", "reading": "in", "periods": 1_000, "begin": "reveiw"}, WORDS)
    codes = [problem.code for problem in problems]
    assert sorted(codes) == ["behaviour.event_type", "behaviour.number", "behaviour.unknown_value",
                             "behaviour.unknown_value"]  # fmt: skip
    assert any('"day"' in problem.remedy for problem in problems)
    assert read_states({"grain": "year"}, WORDS)[1][0].code == "behaviour.unknown_value"
    assert read_stickiness({"start": "1990-01-01"}, WORDS)[1][0].code == "behaviour.period"
