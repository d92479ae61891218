"""A made-up retailer without problems: persons who buy at a steady pace in stores of different size; or with some."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

from metrics.shop import context, library_metrics, order, warehouse
from quanyu.clock import Period
from quanyu.config import Workspace
from quanyu.definitions import load_workspace
from quanyu.definitions.playbook import Playbooks, load_playbooks
from quanyu.diagnosis import Baseline, Known, Outcome, Request, Rule, diagnose
from quanyu.engine import DuckDBEngine
from quanyu.metrics import Grain

FIRST = dt.date(2024, 1, 1)
AS_OF = dt.date(2024, 6, 30)
NOW = Period(dt.date(2024, 6, 1), dt.date(2024, 7, 1))
RULE = Rule(gap=Fraction(10, 100), z=Fraction("1.96"), persons=100, false_rate=Fraction(10, 100))
STORES = [f"S{number:02d}" for number in range(1, 21)]
Row = dict[str, Any]
Drop = Callable[[Row], float]


def no_problem(_: Row) -> float:
    """Return how likely an order is lost: never."""
    return 0.0


def make_orders(seed: int, persons: int = 4_000, lose: Drop = no_problem) -> list[Row]:
    """Return the orders of half a year: each person has a store of their own, a pace and a usual basket."""
    chance = Random(seed)
    days = (AS_OF - FIRST).days + 1
    rows: list[Row] = []
    for person in range(1, persons + 1):
        store = STORES[min(int(chance.paretovariate(1.2)) - 1, len(STORES) - 1)] if chance.random() < 0.5 else None
        store = store or chance.choice(STORES)
        pace, basket = chance.gammavariate(2, 0.4), chance.lognormvariate(4.5, 0.4)
        day = chance.expovariate(pace / 30)
        is_first = True
        while day < days:
            online = chance.random() < 0.4
            row = order(
                len(rows),
                FIRST + dt.timedelta(days=int(day)),
                int(basket * chance.lognormvariate(0, 0.5) * 100),
                person,
                ordered_channel_id="mini" if online else "pos",
                store_id=None if online else store,
                is_first_order=is_first,
            )
            row["refunded_fen"] = row["gross_fen"] // 2 if chance.random() < 0.05 else 0
            row["net_fen"] = row["gross_fen"] - row["refunded_fen"]
            if chance.random() >= lose(row):
                rows.append(row)
                is_first = False
            day += chance.expovariate(pace / 30)
    return rows


def make_lines(orders: Sequence[Row], seed: int, lose: Drop = no_problem) -> list[Row]:
    """Return two lines of each order, of four categories, but for those that are lost."""
    chance = Random(seed)
    lines = []
    for row in orders:
        for number in (1, 2):
            line = {key: row[key] for key in ("order_id", "person_id", "local_date", "store_id", "ordered_channel_id")}
            line |= {"line_no": number, "category_id": f"c{chance.randrange(4)}", "is_valid": True}
            line |= {"gross_fen": row["gross_fen"] // 2, "net_fen": row["net_fen"] // 2}
            if chance.random() >= lose(line):
                lines.append(line)
    return lines


def engine_of(rows: Sequence[Row], **tables: Sequence[Mapping[str, Any]]) -> DuckDBEngine:
    """Return an engine with the orders, their persons, and further tables."""
    persons = [{"person_id": number} for number in sorted({row["person_id"] for row in rows if row["person_id"]})]
    return warehouse(order_fact=rows, person=persons, **tables)


@cache
def workspace() -> Workspace:
    """Return an empty workspace."""
    root = Path(mkdtemp())
    (root / "quanyu.yaml").write_text("brand: demo\n", encoding="utf-8")
    found, problems = load_workspace(root)
    assert found is not None, problems
    return found


@cache
def playbooks() -> Playbooks:
    """Return the library's playbooks."""
    found, problems = load_playbooks(workspace())
    assert found is not None, problems
    return found


def known(engine: DuckDBEngine, as_of: dt.date = AS_OF) -> Known:
    """Return what a diagnosis of the engine's tables is made from."""
    here = workspace()
    context_ = context(as_of.isoformat())
    return Known(engine, library_metrics(), playbooks(), context_, here.industry, here.currency, Grain.QUARTER)


def diagnosed(engine: DuckDBEngine, *scenarios: str, rule: Rule = RULE, **more: Any) -> Outcome:
    """Return the diagnosis of June 2024, of all scenarios unless named."""
    names = scenarios or tuple(one.name for one in playbooks())
    said = {"period": NOW, "grain": Grain.MONTH, "previous": 4, "baseline": Baseline.PREVIOUS, **more}
    return diagnose(known(engine), Request(names, **said), rule)
