"""CDNOW: our repeat-buying summary is the published one (Fader, Hardie and Lee 2005; BTYD, lifetimes)."""

import csv
import datetime as dt

import pytest

from cases.build import build, rows_of
from oracles.published import packaged

END = dt.date(1997, 9, 30)
Summary = dict[int, tuple[int, float, float]]


@pytest.fixture(scope="module")
def published() -> Summary:
    """Give frequency, recency and T in weeks, rounded to two decimals, by sample id."""
    with (packaged("lifetimes", "datasets") / "cdnow_customers_summary.csv").open(encoding="utf-8") as file:
        return {
            int(row["ID"]): (int(row["frequency"]), float(row["recency"]), float(row["T"]))
            for row in csv.DictReader(file)
        }


def _sample() -> list[dict[str, object]]:
    """Return the sample's purchases: master id, sample id, date, number of CDs, dollars."""
    lines = (packaged("lifetimes", "datasets") / "CDNOW_sample.txt").read_text(encoding="utf-8").splitlines()
    cells = [line.split() for line in lines if line.strip()]
    return [
        {
            "order_id": f"o{at}",
            "identifier_id": int(number),
            "local_date": dt.date(int(day[:4]), int(day[4:6]), int(day[6:])),
            "paid_fen": round(float(dollars) * 100),
        }
        for at, (_, number, day, _, dollars) in enumerate(cells)
    ]


def _summary(orders: list[dict[str, object]]) -> Summary:
    engine = build({"order": orders}, ["purchase_summary"], {"as_of": END})
    return {
        row["person_id"]: (row["frequency"], round(row["recency_days"] / 7, 2), round(row["age_days"] / 7, 2))
        for row in rows_of(engine, "purchase_summary")
    }


def test_the_sample_is_the_published_one(published: Summary) -> None:
    orders = _sample()
    assert len(orders) == 6_919
    assert len({order["identifier_id"] for order in orders}) == len(published) == 2_357


def test_every_buyer_has_the_published_frequency_recency_and_age(published: Summary) -> None:
    """A valid order has net sales: 8 people whose only purchase was free are no buyers here, 2,349 are equal."""
    orders = _sample()
    free = {order["identifier_id"] for order in orders if not order["paid_fen"]}
    paying = {order["identifier_id"] for order in orders if order["paid_fen"] and order["local_date"] <= END}
    got = _summary(orders)
    assert len(free - paying) == 8
    assert got == {number: row for number, row in published.items() if number not in free - paying}
    assert len(got) == 2_349


def test_with_free_purchases_valued_at_a_cent_all_2357_are_equal(published: Summary) -> None:
    orders = [{**order, "paid_fen": order["paid_fen"] or 1} for order in _sample()]
    assert _summary(orders) == published
