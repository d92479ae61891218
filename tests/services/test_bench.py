"""Measuring leaves the build as it was, reads what it says it reads, and counts the rounds' middle."""

import datetime as dt

import pytest

from cases.build import PARAMETERS, build
from quanyu.engine import DuckDBEngine
from quanyu.services.bench import QUESTIONS, Base, Question, measure, scan_tree
from quanyu.services.build import house_steps
from quanyu.tables import CONTRACTS

AS_OF = dt.date(2024, 6, 30)
RFM = next(question for question in QUESTIONS if question.name == "rfm_day")


@pytest.fixture
def engine() -> DuckDBEngine:
    orders = [{"order_id": f"o{n}", "identifier_id": n, "local_date": AS_OF, "paid_fen": n * 100} for n in range(1, 6)]
    events = [{"event_id": "e1", "identifier_id": 1, "local_date": AS_OF, "type": "view", "channel_id": "app"}]
    built = build({"order": orders, "event": events}, ["rfm", "activity_retention"])
    assert isinstance(built, DuckDBEngine)
    return built


def test_measuring_leaves_catalogue_and_tables_as_they_were(engine: DuckDBEngine) -> None:
    before, tables, rows = dict(engine.catalog), engine.tables_in("main"), engine.rows_of("rfm")
    found = measure(engine, RFM, PARAMETERS, AS_OF, rounds=2)
    assert found.rows == 5 + 1 + 5
    assert (engine.catalog, engine.tables_in("main"), engine.schema) == (before, tables, "main")
    assert engine.rows_of("rfm") == rows and "bench" not in engine.schemas()


def test_ratio_is_taken_to_every_base(engine: DuckDBEngine) -> None:
    found = measure(engine, RFM, PARAMETERS, AS_OF, rounds=3)
    assert set(found.ratios) == {"event", "purchase_day_fact"} and min(found.ratios.values()) > 0
    assert found.seconds == pytest.approx(sum(found.steps.values()), rel=0.9)


@pytest.mark.parametrize("base", sorted({base for one in QUESTIONS for base in one.bases}, key=str), ids=str)
def test_scan_reads_its_columns_and_is_not_answered_from_statistics(base: Base) -> None:
    columns = CONTRACTS[base.table].column_names
    assert set(base.columns) <= set(columns)
    # count() and max() alone would be answered from statistics; a sum beside them forces the reading.
    assert "SUM(" in scan_tree(base).sql()


def test_questions_name_steps_and_cover_every_big_one() -> None:
    steps = {step.name for step in house_steps()}
    asked = {name for question in QUESTIONS for name in question.steps}
    assert asked <= steps
    assert {"lifecycle", "value_tier", "flow", "sales_period", "nine_indicator", "order_fact"} <= asked


def test_every_question_has_a_name_of_its_own() -> None:
    names = [question.name for question in QUESTIONS]
    assert len(set(names)) == len(names) and all(isinstance(question, Question) for question in QUESTIONS)
