"""A published build stays what it was, whatever lands after it."""

from pathlib import Path
from typing import Any

from quanyu.services.build import attach_build
from quanyu.services.ingest import at_work
from quanyu.services.project import open_project
from quanyu.services.run import Part, RunRequest, run

LATE = """order,paid at,state,member,mobile,sku,amount
o1,2026-01-05 10:00:00,void,m2,,s1,1.00
o77,2026-02-10 10:00:00,done,m1,,s1,7.00
"""


def orders(root: Path) -> list[dict[str, Any]]:
    with at_work(open_project(root), "test") as (store, engine):
        attach_build(store, engine)
        return sorted(engine.rows_of("order").to_pylist(), key=lambda row: row["order_id"])


def test_what_lands_after_a_build_is_not_in_it(shop: Path):
    before = orders(shop)
    (shop / "data" / "orders-late.csv").write_text(LATE, encoding="utf-8")
    run(open_project(shop), RunRequest(parts=frozenset({Part.INGEST})))
    with at_work(open_project(shop), "test") as (_, engine):
        landed = engine.answer(
            "SELECT order_id FROM landing.\"order\" WHERE order_id LIKE '%o77' OR order_id LIKE '%o1'"
        )
    assert landed.num_rows == 3, "the late rows did not land"
    assert orders(shop) == before
