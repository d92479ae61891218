"""What a build reads: the newest version of each thing among the rows known at the watermark."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from cases.build import rows_of
from cases.rows import Row, table_of
from quanyu.engine import DuckDBEngine
from quanyu.facts.current import landing_tables, make_current
from quanyu.tables import CONTRACTS


def _engine(rows: dict[str, Sequence[Row]]) -> DuckDBEngine:
    engine = DuckDBEngine(None, CONTRACTS, schema="landing")
    for name, listed in rows.items():
        engine.register(name, table_of(name, listed))
    engine.use_schema("b000001")
    return engine


def _orders(rows: Sequence[Row], watermark: int) -> list[tuple[str, int]]:
    engine = _engine({"order": rows})
    make_current(engine, "landing", watermark)
    return sorted((row["order_id"], row["paid_fen"]) for row in rows_of(engine, "order"))


VERSIONS: list[dict[str, Any]] = [
    {"order_id": "a", "paid_fen": 1, "batch_seq": 1, "version": "2024-01-01"},
    {"order_id": "a", "paid_fen": 2, "batch_seq": 2, "version": "2024-01-03"},
    {"order_id": "a", "paid_fen": 3, "batch_seq": 3, "version": "2024-01-02"},
    {"order_id": "b", "paid_fen": 4, "batch_seq": 3},
]


@pytest.mark.parametrize(
    ("watermark", "known"),
    [(0, []), (1, [("a", 1)]), (2, [("a", 2)]), (3, [("a", 2), ("b", 4)]), (9, [("a", 2), ("b", 4)])],
)
def test_a_build_knows_nothing_later_than_its_watermark(watermark: int, known: list[tuple[str, int]]) -> None:
    assert _orders(VERSIONS, watermark) == known


def test_a_late_delivery_of_an_older_version_changes_nothing() -> None:
    assert _orders(VERSIONS[:3], 3) == [("a", 2)]


def test_without_versions_the_last_in_the_raw_log_holds() -> None:
    rows = [{**row, "version": None} for row in VERSIONS[:3]]
    assert _orders(rows, 3) == [("a", 3)]
    same_batch = [{**row, "batch_seq": 1, "source_row": 9 - at} for at, row in enumerate(rows)]
    assert _orders(same_batch, 3) == [("a", 1)]


def test_a_version_beats_none_whenever_it_came() -> None:
    assert _orders([VERSIONS[0], {"order_id": "a", "paid_fen": 7, "batch_seq": 5}], 9) == [("a", 1)]


def test_a_table_without_versions_is_read_where_it_stands_up_to_the_watermark() -> None:
    engine = _engine({"order": [VERSIONS[0], VERSIONS[3]]})
    assert make_current(engine, "landing", 3) == [], "nothing is copied"
    later = 'INSERT INTO landing."order" SELECT * REPLACE (4 AS batch_seq, 9 AS paid_fen) FROM landing."order"'
    engine.connection.execute(later)
    assert sorted((row["order_id"], row["paid_fen"]) for row in rows_of(engine, "order")) == [("a", 1), ("b", 4)]


@pytest.mark.parametrize(
    ("later", "known"),
    [
        ([{"order_id": "c", "paid_fen": 5, "batch_seq": 3}], [("a", 1), ("b", 4), ("c", 5)]),
        ([{"order_id": "b", "paid_fen": 5, "batch_seq": 3}], [("a", 1), ("b", 5)]),
        (
            [{"order_id": "c", "paid_fen": 5, "batch_seq": 3}, {"order_id": "c", "paid_fen": 6, "batch_seq": 4}],
            [("a", 1), ("b", 4), ("c", 6)],
        ),
        # A batch numbered before those that were noted.
        ([{"order_id": "b", "paid_fen": 3, "batch_seq": 1}], [("a", 1), ("b", 4)]),
    ],
)
def test_what_was_noted_of_entities_hides_no_later_version(later: list[Row], known: list[tuple[str, int]]) -> None:
    earlier = [VERSIONS[0], {"order_id": "b", "paid_fen": 4, "batch_seq": 2}]
    engine = _engine({"order": earlier})
    assert make_current(engine, "landing", 2) == []
    engine.use_schema("landing")
    engine.register("order", table_of("order", [*earlier, *later]))
    engine.use_schema("b000002")
    for build in ("b000002", "b000003"):
        engine.use_schema(build)
        make_current(engine, "landing", 4)
        assert sorted((row["order_id"], row["paid_fen"]) for row in rows_of(engine, "order")) == known


def test_entities_that_differ_are_grouped_once(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = _engine({"order": [VERSIONS[0], VERSIONS[3]]})
    make_current(engine, "landing", 3)
    asked: list[str] = []
    answer = engine.answer

    def listen(sql: str) -> pa.Table:
        asked.append(sql)
        return answer(sql)

    monkeypatch.setattr(engine, "answer", listen)
    make_current(engine, "landing", 3)
    assert asked and not [sql for sql in asked if "GROUP BY" in sql]


def test_lines_keep_every_line_and_their_newest_version() -> None:
    rows = [
        {"order_id": "a", "line_no": 1, "paid_fen": 1, "batch_seq": 1},
        {"order_id": "a", "line_no": 2, "paid_fen": 2, "batch_seq": 1},
        {"order_id": "a", "line_no": 2, "paid_fen": 3, "batch_seq": 2},
    ]
    engine = _engine({"order_line": rows})
    make_current(engine, "landing", 2)
    assert sorted(row["paid_fen"] for row in rows_of(engine, "order_line")) == [1, 3]


def test_every_landing_table_has_an_entity_of_columns_it_holds() -> None:
    assert {"order", "order_line", "refund", "visit", "event", "coupon"} <= {table.name for table in landing_tables()}
