"""A small made-up retailer with everything that goes wrong in real exports, the same for the same seed."""

import datetime as dt
from collections.abc import Sequence
from random import Random
from typing import Any

AS_OF = dt.date(2024, 6, 30)
FIRST = dt.date(2022, 11, 1)
SNAPSHOTS = [dt.date(2023, 12, 31), dt.date(2024, 3, 31), dt.date(2024, 5, 31), AS_OF]
IDENTIFIERS = 60
PRODUCTS = 8
Rows = list[dict[str, Any]]


def make_world(seed: int, orders: int = 300, *, with_receipts: bool = False) -> dict[str, Rows]:
    """Return rows per table: orders of every state, lines that add up to them, refunds of every kind, visits, events.

    A sixth of the orders has nobody, some dates lie after `AS_OF`; several identifiers are one person, some are nobody.
    With receipts, every refund names its order.
    """
    chance = Random(seed)
    made = [_order(chance, number) for number in range(orders)]
    lines = [line for order in made for line in _lines(chance, order)]
    refunds = [_refund(chance, number, made, lines, with_receipts) for number in range(orders // 3)]
    world = {
        "identifier_person": _persons(chance),
        "order": made,
        "order_line": lines,
        "refund": refunds,
        "product": [{"product_id": f"p{n}", "category_id": f"c{n // 2}" if n else None} for n in range(PRODUCTS)],
        "category": [{"category_id": f"c{n}", "parent_id": "top" if n else None} for n in range(PRODUCTS // 2)],
        "visit": [_visit(chance, number) for number in range(orders // 2)],
        "event": [
            {"event_id": f"e{n}", "identifier_id": chance.randint(1, IDENTIFIERS + 5), "local_date": _day(chance)}
            for n in range(orders // 4)
        ],
    }
    for name in ("order", "refund", "visit"):
        world[name] = [{**row, "source_row": number} for number, row in enumerate(world[name], start=1)]
    return world


def shuffled(rows: Sequence[Any], seed: int) -> list[Any]:
    """Return the rows in another order."""
    done = list(rows)
    Random(seed).shuffle(done)
    return done


def _day(chance: Random) -> dt.date:
    return FIRST + dt.timedelta(days=chance.randint(0, (AS_OF - FIRST).days + 20))


def _persons(chance: Random) -> Rows:
    rows: Rows = []
    for number in range(1, IDENTIFIERS + 6):
        kind = chance.random()
        person = chance.randint(1, number) if kind < 0.3 else number
        rows.append({"identifier_id": number, "person_id": None if kind > 0.95 else person, "cluster_id": number})
    return rows


def _order(chance: Random, number: int) -> dict[str, Any]:
    states = ["completed"] * 14 + ["placed", "cancelled", "refunded", "paid", "fulfilled"]
    return {
        "order_id": f"o{number}",
        "identifier_id": None if chance.random() < 1 / 6 else chance.randint(1, IDENTIFIERS),
        "local_date": None if chance.random() < 0.02 else _day(chance),
        "status": chance.choice(states),
        "test": chance.choice([True, None, None, False, False, False, False, False, False]),
        "staff": chance.random() < 0.05,
        "paid_fen": 0 if chance.random() < 0.05 else chance.randint(1, 30_000),
    }


def _lines(chance: Random, order: dict[str, Any]) -> Rows:
    count, left = chance.randint(0, 4), order["paid_fen"]
    rows: Rows = []
    for number in range(1, count + 1):
        paid = left if number == count else chance.randint(0, left)
        left -= paid
        rows.append(
            {
                "order_id": order["order_id"],
                "line_no": number,
                "product_id": f"p{chance.randint(0, PRODUCTS)}",
                "qty": chance.randint(1, 3),
                "paid_fen": paid,
                "is_gift": paid == 0 and chance.random() < 0.5,
            }
        )
    return rows


def _refund(chance: Random, number: int, orders: Rows, lines: Rows, with_receipts: bool) -> dict[str, Any]:
    line = chance.choice(lines)
    order = next(order for order in orders if order["order_id"] == line["order_id"])
    day = (order["local_date"] or AS_OF) + dt.timedelta(days=chance.randint(0, 30))
    row = {"refund_id": f"r{number:04}", "order_id": order["order_id"], "local_date": day}
    kind = chance.choice(["line", "order", "unknown line", "lost", "lost"] if not with_receipts else ["line", "order"])
    if kind == "line":
        return row | {"line_no": line["line_no"], "amount_fen": chance.randint(0, line["paid_fen"] + 1)}
    if kind == "unknown line":
        return row | {"line_no": 99, "amount_fen": chance.randint(0, order["paid_fen"])}
    if kind == "lost":
        part = chance.choice([1, 1, 2, 3])
        return row | {
            "order_id": f"C{number}",
            "product_id": line["product_id"],
            "identifier_id": order["identifier_id"],
            "qty": chance.choice([None, 1]),
            "amount_fen": line["paid_fen"] // part,
        }
    return row | {"amount_fen": int(order["paid_fen"] * chance.choice([0.3, 1, 1, 1.2]))}


def _visit(chance: Random, number: int) -> dict[str, Any]:
    day = _day(chance)
    named = chance.random() < 0.6
    return {
        "visit_id": f"v{number}",
        "identifier_id": chance.randint(1, IDENTIFIERS + 5) if named else None,
        "visitor_key": None if chance.random() < 0.1 else f"k{chance.randint(1, 40)}",
        "started_at": dt.datetime.combine(day, dt.time(3)),
        "local_date": day,
    }
