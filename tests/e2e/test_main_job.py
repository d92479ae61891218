"""Five dirty exports in, one brand out: the figures of the build are those by which the exports were made."""

import os
import re
from typing import Any

import pytest

from e2e.shop import CHANNELS, expected, make_shop
from quanyu.engine import DuckDBEngine
from quanyu.services.build import BuildRequest, attach_build
from quanyu.services.project import Project, open_operations, open_project, open_warehouse
from quanyu.services.run import RunReport, RunRequest, run

# The mobiles of all buyers whom the makers of the exports invent.
MOBILE = re.compile(rb"1990000\d{4}")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, RunReport]:
    project = open_project(make_shop(tmp_path_factory.mktemp("shop") / "five"))
    return project, run(project, RunRequest())


def one(engine: DuckDBEngine, sql: str) -> Any:
    return engine.connection.execute(sql).fetchall()[0][0]


def test_every_row_is_accounted_for(shop: tuple[Project, RunReport]) -> None:
    _, report = shop
    assert report.ingest is not None
    told = [source for channel in CHANNELS for source in expected(channel)["sources"].values()]
    rows = report.ingest.rows
    assert rows.received == rows.stored + rows.quarantined + rows.duplicate == sum(one["received"] for one in told)
    assert rows.quarantined == sum(source["quarantined"] for source in told)


def test_orders_and_money_are_those_of_the_makers(shop: tuple[Project, RunReport]) -> None:
    project, _ = shop
    told = [expected(channel)["orders"] for channel in CHANNELS]
    with open_operations(project.workspace) as store, open_warehouse(project.workspace, read_only=True) as engine:
        schema = attach_build(store, engine).schema_name
        assert one(engine, f"SELECT count(*) FROM {schema}.order_fact") == sum(orders["orders"] for orders in told)
        paid = "status NOT IN ('placed', 'cancelled')"
        gross = one(engine, f"SELECT sum(gross_fen) FROM {schema}.order_fact WHERE {paid}")
        assert gross == sum(orders["gross_fen"] for orders in told)
        # Orders that are refunded as a whole by their status have no refund record of their own.
        refunded = one(engine, f"SELECT sum(refunded_fen) FROM {schema}.order_fact")
        assert refunded == sum(orders["refund_fen"] for orders in told)
        lost = one(engine, f"SELECT sum(amount_fen) FROM {schema}.refund_fact WHERE found_by = 'none'")
        assert lost == sum(orders["orphan_refund_fen"] for orders in told) > 0


def test_no_personal_value_of_the_exports_is_in_any_file_of_the_state(shop: tuple[Project, RunReport]) -> None:
    project, _ = shop
    state = project.workspace.state
    texts = [path.read_bytes() for path in state.rglob("*") if path.is_file() and os.access(path, os.R_OK)]
    assert any(b"PAR1" in text for text in texts)
    exported = b"".join(path.read_bytes() for path in (project.workspace.root / "data").rglob("*.csv"))
    assert MOBILE.search(exported)
    assert [MOBILE.findall(text) for text in texts if MOBILE.search(text)] == []


def test_a_second_run_reads_nothing_again_and_gives_the_same_figures(shop: tuple[Project, RunReport]) -> None:
    project, first = shop
    again = run(project, RunRequest())
    assert again.ingest is not None and again.ingest.rows.received == 0
    assert first.build is not None and again.build is not None
    made = [{one.table: one.rows for one in build.made} for build in (first.build, again.build)]
    assert made[0] == made[1]


def test_a_past_watermark_knows_only_what_had_been_read(shop: tuple[Project, RunReport]) -> None:
    project, first = shop
    assert first.build is not None
    early = run(project, RunRequest(BuildRequest(watermark=1)))
    assert early.build is not None
    rows = [{one.table: one.rows for one in build.made}["order_fact"] for build in (early.build, first.build)]
    assert 0 < rows[0] < rows[1]
