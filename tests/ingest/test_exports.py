"""The sample exports of every named profile come out as the file beside them says, row by row."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ingest.workplace import Workplace

EXPORTS = Path(__file__).parents[1] / "data" / "exports"


def expected(name: str) -> dict[str, Any]:
    return YAML(typ="safe").load((EXPORTS / name / "EXPECTED.yaml").read_text(encoding="utf-8"))


@pytest.fixture(params=sorted(path.parent.name for path in EXPORTS.glob("*/EXPECTED.yaml")))
def export(request: pytest.FixtureRequest, place: Workplace) -> tuple[Workplace, dict[str, Any], Any]:
    wanted = expected(request.param)
    for source, told in wanted["sources"].items():
        for file in told["files"]:
            target = place.workspace.root / "data" / file
            target.parent.mkdir(exist_ok=True)
            shutil.copy(EXPORTS / request.param / file, target)
        paths = ", ".join(f"data/{file}" for file in told["files"])
        place.source(f"source: {source}\nprofile: {source}\npath: [{paths}]\n", source)
    return place, wanted, place.ingest()


def test_every_row_of_an_export_has_the_fate_it_should_have(export: Any) -> None:
    place, wanted, report = export
    assert [result.fate for result in report.files if result.fate != "imported"] == []
    with place.store.reading() as work:
        batches = work.segments.find()
        refused = {(Path(row.file).name, row.line, row.code) for row in work.quarantine.find()}
    for source, told in wanted["sources"].items():
        of_source = [batch for batch in batches if batch.source == source]
        for part in ("received", "stored", "quarantined", "duplicate"):
            assert (source, part, sum(getattr(batch, f"rows_{part}") for batch in of_source)) == (
                source,
                part,
                told[part],
            )
    assert refused == {(row["file"], row["line"], row["code"]) for row in wanted["quarantine"]}


def test_the_orders_of_an_export_add_up(export: Any) -> None:
    place, wanted, _ = export
    told = wanted["orders"]
    newest = (
        "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY order_id ORDER BY batch_seq DESC, source_row DESC) "
        'AS n FROM landing."order") WHERE n = 1'
    )
    lines = (
        "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY order_id, line_no ORDER BY batch_seq DESC) AS n "
        "FROM landing.order_line) WHERE n = 1"
    )
    refunded = "SELECT order_id, sum(amount_fen) AS back FROM landing.refund GROUP BY ALL"
    given_back = (
        "SELECT CAST(sum(CASE WHEN back > 0 THEN back WHEN status = 'refunded' THEN paid_fen ELSE 0 END) AS BIGINT) "
        f"FROM ({newest}) LEFT JOIN ({refunded}) USING (order_id)"
    )
    paid = "status NOT IN ('placed', 'cancelled')"
    found = {
        "orders": place.one(f"SELECT count(*) FROM ({newest})"),
        "lines": place.one(f"SELECT count(*) FROM ({lines})"),
        "units": place.one(f"SELECT CAST(coalesce(sum(qty), 0) AS BIGINT) FROM ({lines})"),
        "refunds": place.one("SELECT count(*) FROM landing.refund"),
        "refund_fen": place.one(given_back),
        "first_date": str(place.one(f"SELECT min(local_date) FROM ({newest}) WHERE {paid}")),
        "last_date": str(place.one(f"SELECT max(local_date) FROM ({newest}) WHERE {paid}")),
        "mobiles": place.one("SELECT count(*) FROM landing.identifier WHERE id_type = 'mobile'"),
    }
    assert found == {name: told[name] for name in found}
    by_status = place.engine.run_text(f"SELECT status, count(*) FROM ({newest}) GROUP BY status").fetchall()
    assert dict(by_status) == dict(told["by_status"])
