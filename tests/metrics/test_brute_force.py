"""Any query total equals plain Python over the same rows; periods are half-open in every zone."""

import datetime as dt
from collections import defaultdict
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rows import table_of
from metrics.shop import context, library_metrics, order
from quanyu.clock import Period, business_date
from quanyu.engine import DuckDBEngine
from quanyu.metrics import Between, Compare, Grain, MetricQuery, query
from quanyu.metrics.periods import NATURAL, compared, natural, natural_periods, start_of
from quanyu.tables import CONTRACTS

AS_OF = dt.date(2024, 3, 31)
ENGINE = DuckDBEngine(None, CONTRACTS, threads=1)
DATES = st.dates(dt.date(2023, 12, 1), AS_OF)
CHANNELS = st.sampled_from([None, "tmall", "jd"])
ROWS = st.lists(
    st.tuples(DATES, st.one_of(st.none(), st.integers(1, 4)), CHANNELS, st.integers(-5, 50), st.booleans()),
    min_size=1,
    max_size=25,
)


def _figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The metrics of some orders, by hand."""
    valid = [row for row in rows if row["is_valid"]]
    identified = [row for row in valid if row["person_id"] is not None]
    persons = {row["person_id"] for row in identified}
    days: dict[int, set[dt.date]] = defaultdict(set)
    for row in identified:
        days[row["person_id"]].add(row["local_date"])
    repeat = sum(len(dates) >= 2 for dates in days.values())
    known = sum(row["net_fen"] for row in identified)
    return {
        "net_sales": sum(row["net_fen"] for row in valid),
        "orders": len(valid),
        "buyers": len(persons),
        "repeat_buyers": repeat,
        "repurchase_rate": float(Fraction(repeat, len(persons))) if persons else None,
        "per_customer_value": _half_away(Fraction(known, len(persons))) if persons else None,
    }


def _half_away(exact: Fraction) -> int:
    size = int(abs(exact) + Fraction(1, 2))
    return size if exact >= 0 else -size


@given(ROWS, st.sampled_from([*NATURAL, Grain.NONE]), st.booleans(), st.sampled_from(list(Compare)))
@settings(max_examples=25)
def test_any_total_is_what_python_counts(given_rows, grain: Grain, split: bool, compare: Compare) -> None:
    rows = [
        order(n, date, net, person, ordered_channel_id=channel, is_valid=valid)
        for n, (date, person, channel, net, valid) in enumerate(given_rows)
    ]
    ENGINE.register("order_fact", table_of("order_fact", rows))
    first = min(row["local_date"] for row in rows)
    names = ("net_sales", "orders", "buyers", "repeat_buyers", "repurchase_rate", "per_customer_value")
    asked = MetricQuery(
        names,
        by=("channel",) if split else (),
        grain=grain,
        range=Between(start_of(grain, first), AS_OF + dt.timedelta(days=1)),
        compare=compare,
    )
    answer = query(ENGINE, library_metrics(), asked, context(AS_OF.isoformat()))
    seen = 0
    for row in answer.rows:
        inside = [one for one in rows if row.period.start <= one["local_date"] < row.period.end]
        own = [one for one in inside if not split or one["ordered_channel_id"] == row.dimensions["channel"]]
        assert {name: cell.value for name, cell in row.cells.items()} == _figures(own)
        seen += sum(one["is_valid"] for one in own)
        base = row.compared_period
        if base is not None and base.end > first:
            before = [one for one in rows if base.start <= one["local_date"] < base.end]
            before = [one for one in before if not split or one["ordered_channel_id"] == row.dimensions["channel"]]
            assert {name: cell.compared for name, cell in row.cells.items()} == _figures(before)
    # No row of the fact is lost between the periods and groups; one without a valid order has no group.
    assert seen == sum(row["is_valid"] for row in rows)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)), st.sampled_from(NATURAL))
def test_every_day_belongs_to_one_natural_period_and_periods_leave_no_gap(day: dt.date, grain: Grain) -> None:
    period = natural(grain, day)
    assert period.start <= day < period.end
    following = natural(grain, period.end)
    assert following.start == period.end
    assert compared(following, Compare.PREVIOUS, grain) == period
    assert natural_periods(grain, period.start, following.end) == (period, following)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)), st.integers(1, 800), st.sampled_from(list(Grain)))
def test_a_compared_period_is_never_empty_and_lies_before(start: dt.date, days: int, grain: Grain) -> None:
    period = Period(start, start + dt.timedelta(days=days)) if grain is Grain.NONE else natural(grain, start)
    for compare in (Compare.PREVIOUS, Compare.LAST_YEAR):
        base = compared(period, compare, grain)
        assert base is not None and base.days >= 1 and base.start < period.start
        assert abs(base.days - period.days) <= (3 if grain is not Grain.NONE else 1)


ZONES = st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/London", "Pacific/Apia", "Australia/Lord_Howe"])


@given(st.datetimes(dt.datetime(2010, 1, 1), dt.datetime(2030, 1, 1)), ZONES)
def test_a_moment_falls_in_one_day_of_its_zone_however_long_the_day_is(moment: dt.datetime, zone: str) -> None:
    local = business_date(moment.replace(tzinfo=dt.UTC), zone)
    day = natural(Grain.DAY, local)
    begins = dt.datetime.combine(day.start, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)
    ends = dt.datetime.combine(day.end, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)
    assert begins <= moment.replace(tzinfo=dt.UTC) < ends
    assert (ends - begins) >= dt.timedelta(hours=22)


@pytest.mark.parametrize("zone", ["Europe/London"])
def test_days_of_23_and_25_hours_are_days(zone: str) -> None:
    spring, autumn = dt.date(2024, 3, 31), dt.date(2024, 10, 27)
    for date, hours in ((spring, 23), (autumn, 25)):
        begins = dt.datetime.combine(date, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)
        moments = [begins + dt.timedelta(hours=hour) for hour in range(hours + 1)]
        assert [business_date(one, zone) == date for one in moments] == [True] * hours + [False]
