"""The synthetic retailer: the same rows for ever, exact counts, time order, and behaviour like a retailer's."""

import numpy as np
import pyarrow.compute as pc
import pytest
from benchmarks.maker import SIZES, World, world_checksum
from benchmarks.mix import draw, heavy

# Changes only on purpose: figures measured before and after a change of the maker are not comparable.
GOLDEN = "afae3cef34d1695f01dd22efab1bae2521fdd1cc2c39cb19fa5691d49a6160e9"


@pytest.fixture(scope="module")
def small() -> World:
    return World(SIZES["S"])


def test_the_tiny_world_never_changes():
    assert world_checksum(World(SIZES["XS"])) == GOLDEN


def test_draws_are_those_of_splitmix64():
    # SplitMix64 seeded with 0 begins so (Steele, Lea, Flood 2014; the values of the JDK and of xoshiro's authors).
    assert [int(one) for one in draw(np.arange(1, 3), 0)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


def test_sizes_are_exact(small):
    orders = sum(piece[0].num_rows for piece in small.orders())
    events = sum(piece[1].num_rows for piece in small.visits())
    persons = sum(piece.num_rows for piece in small.persons())
    assert (orders, events, persons) == (100_000, 1_000_000, 50_000)


def test_events_come_in_order_of_time_within_a_piece(small):
    for _, events in small.visits():
        moments = events["occurred_at"].to_numpy()
        assert (moments[1:] >= moments[:-1]).all()


def test_an_order_costs_what_its_lines_cost(small):
    for orders, lines, _ in small.orders():
        by_order = np.bincount(lines["number"].to_numpy(), weights=lines["paid_fen"].to_numpy())
        assert (by_order[orders["number"].to_numpy()] == orders["paid_fen"].to_numpy()).all()


def test_no_refund_exceeds_its_order(small):
    for orders, _, refunds in small.orders():
        paid = dict(zip(orders["number"].to_pylist(), orders["paid_fen"].to_pylist(), strict=True))
        backs = zip(refunds["number"].to_pylist(), refunds["amount_fen"].to_pylist(), strict=True)
        assert all(0 < amount <= paid[number] for number, amount in backs)


def test_heavy_persons_are_few_and_festivals_busy(small):
    counts = np.sort(small.order_counts)[::-1]
    assert 0.35 < counts[: len(counts) // 5].sum() / counts.sum() < 0.75
    days = np.concatenate([piece[0]["local_date"].to_numpy() for piece in small.orders()])
    singles = (days == np.datetime64("2025-11-11")).sum()
    quiet = (days == np.datetime64("2025-02-04")).sum()
    assert singles > 4 * quiet


def test_nobody_orders_before_joining(small):
    start = {}
    for piece in small.persons():
        start.update(zip(piece["person"].to_pylist(), piece["joined_at"].to_pylist(), strict=True))
    orders = next(small.orders())[0].slice(0, 2_000)
    firsts = zip(orders["person"].to_pylist(), pc.cast(orders["ordered_at"], "date32").to_pylist(), strict=True)
    assert all(day >= start[person].date() for person, day in firsts)


def test_power_law_stays_in_range():
    found = heavy(draw(np.arange(10_000), 1), 1_000)
    assert found.min() == 0 and found.max() < 1_000 and np.median(found) < 400
