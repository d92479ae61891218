"""RFM in every mode, value tiers and concentration against loops over small random populations.

One build holds many populations, one per snapshot date, so that hypothesis tries hundreds in a few runs.
"""

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.build import build, rows_of
from quanyu.engine import Engine

Person = tuple[int, int, int]
FIRST = dt.date(2024, 1, 1)
# Few different values make ties, which is where cuts go wrong; wide ones make long populations unlike each other.
PERSON = st.one_of(
    st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(1, 4)),
    st.tuples(st.integers(0, 364), st.integers(1, 40), st.integers(1, 10**9)),
)
POPULATIONS = st.lists(st.lists(PERSON, min_size=1, max_size=14), min_size=1, max_size=25)
DORMANT = 50


def _dates(populations: list[Any]) -> Iterator[tuple[dt.date, Any]]:
    return ((FIRST + dt.timedelta(days=number), people) for number, people in enumerate(populations))


def _build(populations: list[list[Person]], parameters: dict[str, Any]) -> Engine:
    rows = [
        {"date": date, "person_id": number, "recency_days": r, "frequency": f, "monetary_fen": m}
        for date, people in _dates(populations)
        for number, (r, f, m) in enumerate(people)
    ]
    cuts = [{"date": date, "q_dormant_days": DORMANT, "source": "measured"} for date, _ in _dates(populations)]
    return build({"rfm_measure": rows, "lifecycle_cut": cuts}, ["rfm"], parameters)


def _score(values: list[int], value: int, scores: int) -> int:
    """Right-closed quantiles: the score is one more than the quantiles (nearest rank) that lie below the value."""
    ordered, n = sorted(values), len(values)
    return 1 + sum(value > ordered[ceil(Fraction(k * n, scores)) - 1] for k in range(1, scores))


def _high(mode: str, values: list[int], value: int, given_cut: int | None) -> bool:
    n, ordered = len(values), sorted(values)
    if mode == "median":
        return 2 * value >= ordered[(n - 1) // 2] + ordered[n // 2]
    if mode == "quantile":
        return n * _score(values, value, 5) >= sum(_score(values, other, 5) for other in values)
    if given_cut is not None:
        return value >= given_cut
    return n * value >= sum(values)


@pytest.mark.parametrize("mode", ["standard", "fixed", "mean", "median", "quantile"])
@settings(max_examples=6)
@given(populations=POPULATIONS)
def test_groups_and_bands_are_what_a_loop_gives(mode: str, populations: list[list[Person]]) -> None:
    given_cuts: dict[str, list[int | None]] = {"standard": [-DORMANT, 2, None], "fixed": [-60, 3, 100_000]}
    engine = _build(populations, {"rfm_mode": mode, "rfm_frequency_cut": 2 if mode == "standard" else 3})
    got = {(row["date"], row["person_id"]): row for row in rows_of(engine, "rfm")}
    assert len(got) == sum(len(people) for people in populations)
    for date, people in _dates(populations):
        columns = [[-r for r, _, _ in people], [f for _, f, _ in people], [m for _, _, m in people]]
        for number in range(len(people)):
            code, bands = "", []
            for column, cut in zip(columns, given_cuts.get(mode, [None] * 3), strict=True):
                code += str(int(_high(mode, column, column[number], cut)))
                bands.append(_score(column, column[number], 3))
            row = got[date, number]
            assert row["code"] == code, (mode, people, number)
            assert row["band_code"] == "r{}f{}m{}".format(*bands), (people, number)


@settings(max_examples=6)
@given(populations=POPULATIONS)
def test_the_stored_cut_of_a_mean_is_the_smallest_whole_value_that_reaches_it(populations: list[list[Person]]) -> None:
    engine = _build(populations, {"rfm_mode": "mean"})
    cuts = {row["date"]: row for row in rows_of(engine, "rfm_cut")}
    for date, people in _dates(populations):
        means = [Fraction(sum(column), len(people)) for column in zip(*people, strict=True)]
        stored = [cuts[date][name] for name in ("recency_cut_days", "frequency_cut", "monetary_cut_fen")]
        assert stored == [floor(means[0]), ceil(means[1]), ceil(means[2])]


@pytest.mark.parametrize("scores", [2, 3, 10])
def test_the_number_of_scores_is_a_parameter(scores: int) -> None:
    people = [(0, 1, value * value) for value in range(1, 24)]
    engine = _build([people], {"rfm_mode": "quantile", "rfm_scores": scores})
    values = [m for _, _, m in people]
    by_hand = [_score(values, value, scores) for value in values]
    high = [value for value, score in zip(values, by_hand, strict=True) if score * len(values) >= sum(by_hand)]
    assert rows_of(engine, "rfm_cut")[0]["monetary_cut_fen"] == min(high)


VALUES = st.lists(st.lists(st.one_of(st.integers(0, 3), st.integers(0, 10**9)), min_size=1, max_size=45), max_size=20)


@settings(max_examples=8)
@given(populations=VALUES)
def test_tiers_head_gini_and_lorenz_are_what_a_loop_gives(populations: list[list[int]]) -> None:
    days = [
        {"person_id": 1000 * at + number, "local_date": date, "net_fen": value}
        for at, (date, values) in enumerate(_dates(populations))
        for number, value in enumerate(values)
        if value
    ]
    persons = [
        {"person_id": 1000 * at + number, "as_of": date, "first_seen_date": date}
        for at, (date, values) in enumerate(_dates(populations))
        for number, value in enumerate(values)
    ]
    snapshots = [date for date, _ in _dates(populations)] or [FIRST]
    given_rows = {"purchase_day_fact": days, "person_fact": persons, "person": [], "identifier_person": []}
    engine = build(given_rows, ["value_concentration", "value_lorenz"], snapshots=snapshots)
    tiers = rows_of(engine, "value_tier")
    concentration = {row["date"]: row for row in rows_of(engine, "value_concentration")}
    lorenz = rows_of(engine, "value_lorenz")
    everyone: list[tuple[int, int]] = []
    for at, (date, values) in enumerate(_dates(populations)):
        # A person known at one date stays in the rankings of the later ones.
        everyone += [(-value, 1000 * at + number) for number, value in enumerate(values)]
        ranked = sorted(everyone)
        n, total = len(ranked), -sum(value for value, _ in ranked)
        mine = sorted((row for row in tiers if row["date"] == date), key=lambda row: row["rank"])
        assert [(-row["value_fen"], row["person_id"]) for row in mine] == ranked
        places = [("key", 5), ("main", 20), ("ordinary", 70), ("tail", 100)]
        wanted = [
            next(name for name, pct in places if rank <= ceil(Fraction(pct * n, 100))) for rank in range(1, n + 1)
        ]
        assert [row["tier"] for row in mine] == wanted
        row = concentration[date]
        head = -sum(value for value, _ in ranked[: ceil(Fraction(n, 5))])
        assert (row["persons"], row["value_fen"], row["head_value_fen"]) == (n, total, head)
        assert row["head_share"] == (pytest.approx(head / total) if total else None)
        # Gini as half the mean absolute difference over the mean: another formula than the step's.
        differences = sum(abs(a - b) for a, _ in ranked for b, _ in ranked)
        assert row["gini"] == (pytest.approx(differences / (2 * n * total)) if total else None)
        points = [p for p in lorenz if p["date"] == date]
        assert max(point["person_share"] for point in points) == 1
        for point in points:
            least = ranked[::-1][: round(point["person_share"] * n)]
            assert point["value_share"] == (pytest.approx(-sum(v for v, _ in least) / total) if total else None)
