"""Makes the workspace of the invented brand: raw exports, and the truth beside them."""

from pathlib import Path
from typing import Final

import numpy as np

from quanyu.demo.brand import export_touch, touch
from quanyu.demo.brand.export_master import write_master
from quanyu.demo.brand.export_people import write_people
from quanyu.demo.brand.export_pool import write_pool
from quanyu.demo.brand.export_trade import write_trade
from quanyu.demo.brand.history import Piece
from quanyu.demo.brand.persons import World, make_people
from quanyu.demo.brand.pool import nobody, pool_acts
from quanyu.demo.brand.problems import count_lost, lost_orders, make_ring
from quanyu.demo.brand.sink import Sink
from quanyu.demo.brand.trade import make_orders, without_orders
from quanyu.demo.brand.truth import Truth
from quanyu.progress import Listener, Progress, silent

PERSONS_A_PIECE: Final = 20_000


def make_brand(world: World, root: Path, progress: Listener = silent) -> Sink:
    """Write exports and truth of a world into a folder, piece by piece of its persons."""
    sink, truth = Sink(root, world.chance), Truth(root / "truth")
    write_master(world, sink)
    for first in range(0, world.persons, PERSONS_A_PIECE):
        last = min(first + PERSONS_A_PIECE, world.persons)
        _write_persons(world, first, last, sink, truth)
        progress(Progress("brand", "exports", last, world.persons, "persons"))
    if world.with_problems:
        _write_ring(world, sink, truth)
    truth.close(world, sink)
    return sink


def _write_persons(world: World, first: int, last: int, sink: Sink, truth: Truth) -> None:
    people = make_people(world, first, last)
    planned, lines = make_orders(world, people)
    planned = touch.with_sharers(world, people, planned)
    cause = lost_orders(world, people, planned)
    clicks = touch.clicks(world, people, planned, cause)
    truth.lost(count_lost(people, planned, cause))
    orders, lines = without_orders(planned, lines, cause > 0)
    write_people(world, people, sink)
    pool = pool_acts(world, people, planned)
    write_pool(world, people, pool, sink)
    refused = write_trade(world, people, orders, lines, sink)
    ads, lives = touch.ads_seen(world, people), touch.live_views(world, people)
    sent = touch.messages(world, people)
    reviews, booked = touch.reviews(world, orders), touch.bookings(world, people)
    scanned = touch.scans(world, people, orders)
    is_good = export_touch.write_clicks(world, people, clicks, sink)
    export_touch.write_ads(world, people, ads, sink)
    export_touch.write_live_views(world, people, lives, sink)
    export_touch.write_messages(world, people, sent, sink)
    export_touch.write_shares(world, people, orders, sink)
    export_touch.write_coupons(world, people, orders, sink)
    export_touch.write_reviews(world, people, orders, reviews, sink)
    export_touch.write_services(world, people, orders, booked, scanned, sink)
    scanned_by = orders.at[scanned.at]
    piece = Piece(people, orders, refused, clicks, is_good, ads, lives, reviews, booked, scanned, scanned_by, sent,
                  pool)  # fmt: skip
    truth.piece(world, piece)


def _write_ring(world: World, sink: Sink, truth: Truth) -> None:
    people = make_ring(world)
    orders, lines = make_orders(world, people)
    clicks = touch.ring_clicks(people)
    write_people(world, people, sink)
    refused = write_trade(world, people, orders, lines, sink)
    is_good = export_touch.write_clicks(world, people, clicks, sink)
    export_touch.write_ring(world, people, sink)
    none, no = np.zeros(0, np.int64), np.zeros(0, np.bool_)
    unsent = touch.Sent(none, none, none, no, no, no, no)
    seen = touch.Seen(none, none, none, none)
    truth.piece(world, Piece(people, orders, refused, clicks, is_good, seen, seen, seen, seen, seen, none, unsent,
                             nobody()))  # fmt: skip
