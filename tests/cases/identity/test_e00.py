"""E-00 (domain M-38): five rows of identifiers are exactly two persons."""

import random

import pytest

from identity.world import RULES, World, persons, together
from quanyu.identity.resolve import resolve_full

ROWS = [("pA", "bt1"), ("dx", "pA"), ("uu1", "oo1"), ("M1", "uu1", "pA"), ("dx", "M2")]


def test_e00_gives_exactly_two_persons_and_the_device_follows_the_latest_login():
    world = World()
    for row in ROWS:
        world.see(*row)
    engine = world.engine()

    report = resolve_full(engine, RULES, [], watermark=1)

    assert persons(engine, world) == together("pA bt1 uu1 oo1 M1", "M2 dx")
    assert report.persons == 2
    assert report.conflicts == 0


def test_e00_does_not_depend_on_the_order_of_rows_or_batches():
    expected = None
    for seed in range(10):
        world, rows = World(), list(enumerate(ROWS))
        random.Random(seed).shuffle(rows)
        for moment, row in rows:
            world.clock = moment
            world.next_batch().see(*row)
        engine = world.engine()
        resolve_full(engine, RULES, [], watermark=world.batch)
        expected = expected or persons(engine, world)
        assert persons(engine, world) == expected


@pytest.mark.parametrize("count", [1, 3])
def test_a_device_alone_merges_nobody(count: int):
    world = World()
    for number in range(count):
        world.see(f"M{number}", "dx")
    engine = world.engine()

    assert resolve_full(engine, RULES, [], watermark=1).persons == count
