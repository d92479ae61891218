"""Report periods and snapshot dates: natural, half-open, gapless, for every day that a build may have."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.errors import InternalError
from quanyu.facts.calendar import next_start, period_start, report_periods, snapshot_dates, snapshots_on

KINDS = ("day", "week", "month", "quarter", "year")
DAYS = st.dates(dt.date(1999, 1, 1), dt.date(2101, 12, 31))
DAY = dt.timedelta(days=1)


@given(day=DAYS, kind=st.sampled_from(KINDS))
def test_a_day_lies_in_exactly_one_period_and_periods_touch(day: dt.date, kind: str) -> None:
    start = period_start(kind, day)
    end = next_start(kind, start)
    assert start <= day < end
    assert period_start(kind, end) == end
    assert period_start(kind, end - DAY) == start


@pytest.mark.parametrize(
    ("kind", "day", "start", "end"),
    [
        ("week", "2024-06-30", "2024-06-24", "2024-07-01"),
        ("week", "2024-12-31", "2024-12-30", "2025-01-06"),
        ("month", "2024-02-29", "2024-02-01", "2024-03-01"),
        ("month", "2023-02-28", "2023-02-01", "2023-03-01"),
        ("month", "2024-12-31", "2024-12-01", "2025-01-01"),
        ("quarter", "2024-03-31", "2024-01-01", "2024-04-01"),
        ("quarter", "2024-04-01", "2024-04-01", "2024-07-01"),
        ("quarter", "2024-12-31", "2024-10-01", "2025-01-01"),
        ("year", "2024-12-31", "2024-01-01", "2025-01-01"),
        ("year", "2100-02-28", "2100-01-01", "2101-01-01"),
    ],
)
def test_periods_are_the_calendar_s(kind: str, day: str, start: str, end: str) -> None:
    begun = period_start(kind, dt.date.fromisoformat(day))
    assert (begun.isoformat(), next_start(kind, begun).isoformat()) == (start, end)


@given(first=st.dates(dt.date(2019, 1, 1), dt.date(2024, 12, 31)), days=st.integers(0, 500))
def test_report_periods_cover_first_to_build_date_without_gap(first: dt.date, days: int) -> None:
    as_of = first + dt.timedelta(days=days)
    rows = report_periods(first, as_of).to_pylist()
    for kind in KINDS:
        mine = [row for row in rows if row["period_kind"] == kind]
        assert mine[0]["period_start_date"] <= first < mine[0]["period_end_date"]
        assert mine[-1]["period_start_date"] <= as_of < mine[-1]["period_end_date"]
        assert [row["period_no"] for row in mine] == list(range(1, len(mine) + 1))
        for before, after in itertools.pairwise(mine):
            assert before["period_end_date"] == after["period_start_date"]
            assert after["previous_start_date"] == before["period_start_date"]
            assert before["is_complete"]
        assert mine[-1]["is_complete"] == (mine[-1]["period_end_date"] - DAY == as_of)


def test_a_leap_february_is_complete_on_its_29th() -> None:
    for day, complete in (("2024-02-28", False), ("2024-02-29", True), ("2023-02-28", True)):
        (row,) = [
            row
            for row in report_periods(dt.date.fromisoformat(day), dt.date.fromisoformat(day)).to_pylist()
            if row["period_kind"] == "month"
        ]
        assert row["is_complete"] is complete


def test_snapshots_are_month_ends_and_the_build_date() -> None:
    got = snapshot_dates(dt.date(2023, 12, 31), dt.date(2024, 3, 15), 13).to_pylist()
    assert [(row["date"].isoformat(), row["previous_date"] and row["previous_date"].isoformat()) for row in got] == [
        ("2023-12-31", None),
        ("2024-01-31", "2023-12-31"),
        ("2024-02-29", "2024-01-31"),
        ("2024-03-15", "2024-02-29"),
    ]
    assert [row["date_no"] for row in got] == [1, 2, 3, 4]


def test_a_build_on_a_month_end_has_it_once_and_months_are_limited() -> None:
    got = snapshot_dates(dt.date(2020, 1, 1), dt.date(2024, 2, 29), 2).column("date").to_pylist()
    assert [day.isoformat() for day in got] == ["2023-12-31", "2024-01-31", "2024-02-29"]


def test_a_month_end_before_the_first_order_is_no_snapshot() -> None:
    assert snapshot_dates(dt.date(2024, 3, 1), dt.date(2024, 3, 15), 13).num_rows == 1


@given(st.lists(DAYS, min_size=1, max_size=6))
def test_chosen_snapshots_are_sorted_and_each_knows_the_one_before(days: list[dt.date]) -> None:
    rows = snapshots_on(days).to_pylist()
    assert [row["date"] for row in rows] == sorted(set(days))
    assert [row["previous_date"] for row in rows] == [None, *sorted(set(days))[:-1]]


def test_more_snapshots_than_the_history_has_columns_are_refused() -> None:
    days = [dt.date(2024, 1, 1) + number * DAY for number in range(26)]
    assert len(snapshots_on(days[:25])) == 25
    with pytest.raises(InternalError, match="26 snapshot dates"):
        snapshots_on(days)
