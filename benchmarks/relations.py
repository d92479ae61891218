"""What ties the synthetic persons to the brand: memberships, relations, consent, shares and reviews.

Everything hangs on a person or an order of `maker.World`, so the world itself, and figures measured on it, stay as they
are.
"""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import calendar as cal
from benchmarks.mix import Bits, Ints, below, chance, draw, steep

# type, channel, how many of a thousand persons begin one, how many of a thousand of these end it
RELATIONS: Final = (
    ("shop_follow", "tmall", 420, 180),
    ("live_follow", "douyin", 160, 300),
    ("mini_program_user", "mini_program", 340, 60),
    ("subscription", "mini_program", 180, 240),
    ("dedicated_service", "mini_program", 220, 150),
    ("group_member", "mini_program", 140, 260),
)
PURPOSES: Final = ("marketing_sms", "marketing_wecom", "personalisation")
_DAY: Final = np.timedelta64(1, "D")
_END: Final = cal.utc(np.array([cal.DAYS * cal.DAY_SECONDS]))[0]


def memberships(people: pa.Table) -> pa.Table:
    """Return one row per member; one in thirty left again."""
    members = people.filter(people["is_member"])
    person, joined = members["person"].to_numpy(), members["joined_at"].to_numpy()
    left = joined + (10 + below(draw(person, 201), 600)) * _DAY
    has_left = chance(draw(person, 202), 33) & (left < _END)
    return pa.table(
        {
            "person": person,
            "joined_at": joined,
            "left_at": pa.array(left, mask=~has_left),
            "has_left": has_left,
            "identifier_id": members["member_id"],
        }
    )


def relations(people: pa.Table) -> pa.Table:
    """Return the relations of persons with a lasting identifier: begun some time after joining, some ended."""
    known = people.filter(pc.is_valid(people["primary_id"]))
    return pa.concat_tables(_relations(known, number, *one) for number, one in enumerate(RELATIONS))


def _relations(known: pa.Table, number: int, kind: str, channel: str, begun: int, ended: int) -> pa.Table:
    person, joined = known["person"].to_numpy(), known["joined_at"].to_numpy()
    salt = 210 + 10 * number
    started = joined + steep(draw(person, salt), 300) * _DAY
    ends = started + (1 + below(draw(person, salt + 1), 400)) * _DAY
    chosen = np.flatnonzero(chance(draw(person, salt + 2), begun) & (started < _END))
    holds = ~chance(draw(person, salt + 3), ended) | (ends >= _END)
    rows = len(chosen)
    return pa.table(
        {
            "number": person[chosen] * len(RELATIONS) + number,
            "type": _repeated(kind, rows),
            "channel": _repeated(channel, rows),
            "started_at": started[chosen],
            "ended_at": pa.array(ends[chosen], mask=holds[chosen]),
            "identifier_id": known["primary_id"].take(pa.array(chosen)),
        }
    )


def consents(people: pa.Table) -> pa.Table:
    """Return what persons said about purposes: asked when they joined, some withdrew later."""
    known = people.filter(pc.is_valid(people["primary_id"]))
    return pa.concat_tables(piece for number in range(len(PURPOSES)) for piece in _consents(known, number))


def _consents(known: pa.Table, number: int) -> list[pa.Table]:
    person, joined = known["person"].to_numpy(), known["joined_at"].to_numpy()
    salt = 280 + 10 * number
    granted = chance(draw(person, salt), 720)
    withdrawn = joined + (5 + below(draw(person, salt + 1), 500)) * _DAY
    again = granted & chance(draw(person, salt + 2), 70) & (withdrawn < _END)
    ids = known["primary_id"].to_numpy()
    return [
        _statements(person * 8 + 2 * number, number, granted, joined, ids),
        _statements(person[again] * 8 + 2 * number + 1, number, ~granted[again], withdrawn[again], ids[again]),
    ]


def _statements(number: Ints, purpose: int, granted: Bits, at: Bits, ids: Ints) -> pa.Table:
    texts = _repeated(PURPOSES[purpose], len(number))
    return pa.table({"number": number, "purpose": texts, "granted": granted, "occurred_at": at, "identifier_id": ids})


def shares(orders: pa.Table) -> pa.Table:
    """Return a share after one in twelve orders of somebody known."""
    return _after(orders, 310, 83, 3)


def reviews(orders: pa.Table) -> pa.Table:
    """Return a review after one in seven orders of somebody known, with its rating."""
    found = _after(orders, 320, 143, 20)
    return found.append_column("rating", pa.array(5 - steep(draw(found["number"].to_numpy(), 323), 5)))


def _after(orders: pa.Table, salt: int, per_thousand: int, days: int) -> pa.Table:
    happens = chance(draw(orders["number"].to_numpy(), salt), per_thousand)
    chosen = orders.filter(pc.and_(pc.is_valid(orders["identifier_id"]), pa.array(happens)))
    number = chosen["number"].to_numpy()
    at = chosen["ordered_at"].to_numpy() + (1 + below(draw(number, salt + 1), days)) * _DAY
    rows = pa.table(
        {
            "number": number,
            "channel": chosen["channel"],
            "occurred_at": at,
            "local_date": (at + np.timedelta64(cal.ZONE_SECONDS, "s")).astype("datetime64[D]"),
            "identifier_id": chosen["identifier_id"],
        }
    )
    return rows.filter(pa.array(at < _END))


def _repeated(text: str, rows: int) -> pa.Array:
    return pa.array([text]).take(pa.array(np.zeros(rows, dtype=np.int8)))
