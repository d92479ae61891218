"""Coverage, distribution, drift, accuracy, lift and missing data of tags, each by hand."""

import datetime as dt
import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from cases.rows import table_of
from quanyu.engine import DuckDBEngine
from quanyu.services.tag_answers import tags_of as tags_of_person
from quanyu.services.tags import tag_rows
from quanyu.tables import CONTRACTS
from quanyu.tags.history import BEFORE, make_person_tags
from quanyu.tags.insight import PERSONS_BEFORE, look_at
from quanyu.tags.needs import WhyNot
from tags.library import tags_of, with_features

CODES = ("gender", "bought", "net_365", "first_bought_on", "income_level")
TAGS = [tags_of().by_code[code] for code in CODES]
FIRST, LAST = dt.date(2024, 5, 1), dt.date(2024, 6, 1)


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(None, CONTRACTS, threads=1)
    yield made
    made.close()


def _build(engine: DuckDBEngine, schema: str, rows: list[dict[str, Any]], as_of: dt.date) -> None:
    engine.use_schema(schema)
    with_features([{"person_id": number, **row} for number, row in enumerate(rows, start=1)], engine)
    engine.register("person_fact", table_of("person_fact", [{"person_id": n + 1} for n in range(len(rows))]))
    make_person_tags(engine, TAGS, as_of, 400)


def _looked(engine: DuckDBEngine, as_of: dt.date, why: dict[str, WhyNot] | None = None) -> tuple[Any, Any]:
    told = look_at(engine, TAGS, why or {}, as_of)
    tags = {row["tag_code"]: row for row in told.tags.to_pylist()}
    values = {(row["tag_code"], row["value"]): row for row in told.values.to_pylist()}
    return tags, values


def test_coverage_counts_who_has_a_value_and_numbers_fall_into_steps(engine: DuckDBEngine):
    rows = [{"orders": 1, "orders_365": 1, "net_365_fen": net} for net in (0, 1, 4, 5, 19, 20, 99, 100, -3)]
    _build(engine, "b0", [*rows, {"gender": "female"}], FIRST)
    tags, values = _looked(engine, FIRST)
    assert tags["bought"]["persons"] == 9
    assert tags["bought"]["coverage"] == pytest.approx(0.9)
    assert tags["gender"]["value_count"] == 1
    steps = {value: row["persons"] for (code, value), row in values.items() if code == "net_365"}
    assert steps == {"<0": 1, "0": 1, "1": 1, "2": 1, "5": 1, "10": 1, "20": 1, "50": 1, "100": 1}
    assert tags["bought"]["psi"] is None


def test_drift_counts_having_no_value_as_a_value(engine: DuckDBEngine):
    _build(engine, "b0", [{"gender": "female"}, {"gender": "male"}, {}, {}], FIRST)
    engine.catalog[BEFORE], engine.catalog[PERSONS_BEFORE] = "b0.person_tag", "b0.person_fact"
    _build(engine, "b1", [{"gender": "female"}, {"gender": "female"}, {"gender": "male"}, {}], LAST)
    tags, values = _looked(engine, LAST)
    # female .25 → .5, male .25 → .25, none .5 → .25.
    assert tags["gender"]["psi"] == pytest.approx(0.25 * math.log(2) - 0.25 * math.log(0.5))
    assert tags["gender"]["changed_persons"] == 2
    assert tags["gender"]["changed_on"] == LAST
    assert values["gender", "female"]["persons_before"] == 1


def test_lift_compares_holders_with_everybody_known_before(engine: DuckDBEngine):
    known = {"first_seen_date": FIRST}
    _build(engine, "b0", [{"gender": "female"}, {"gender": "female"}, {"gender": "male"}, {}], FIRST)
    engine.catalog[BEFORE], engine.catalog[PERSONS_BEFORE] = "b0.person_tag", "b0.person_fact"
    rows = [
        {"gender": "female", "orders_30": 1, **known},
        {"gender": "female", **known},
        {"gender": "male", **known},
        {**known},
    ]
    _build(engine, "b1", rows, LAST)
    _, values = _looked(engine, LAST)
    female = values["gender", "female"]
    assert (female["held_persons"], female["held_buyers"]) == (2, 1)
    assert female["lift"] == pytest.approx(0.5 / 0.25)
    assert values["gender", "male"]["lift"] == 0


def test_a_prediction_is_judged_by_the_truth_where_it_is_known(engine: DuckDBEngine):
    rich = {"orders_365": 1, "net_365_fen": 300_000, "full_price_lines": 1, "lines": 1}
    poor = {"orders_365": 1, "net_365_fen": 100, "full_price_lines": 0, "lines": 1}
    rows = [{**rich, "income": "250K+"}, {**rich, "income": "15-24K"}, {**poor, "income": "15-24K"}, {**poor}]
    _build(engine, "b0", rows, FIRST)
    tags, _ = _looked(engine, FIRST)
    assert tags["income_level"]["truth_persons"] == 3
    assert tags["income_level"]["accuracy"] == pytest.approx(2 / 3)
    assert tags["gender"]["accuracy"] is None


def test_a_tag_without_data_has_no_figures_but_a_reason(engine: DuckDBEngine):
    _build(engine, "b0", [{}], FIRST)
    tags, _ = _looked(engine, FIRST, {"gender": WhyNot("无法计算，因为……", "Not computable because …")})
    assert tags["gender"]["is_computable"] is False
    assert tags["gender"]["why_not_en"] == "Not computable because …"
    assert [tags["gender"][name] for name in ("persons", "coverage", "value_count", "psi")] == [None] * 4


def test_the_value_of_a_sensitive_tag_is_hidden_in_the_answer_about_a_person(engine: DuckDBEngine):
    rich = {"gender": "female", "orders_365": 1, "net_365_fen": 300_000, "full_price_lines": 1, "lines": 1}
    _build(engine, "b0", [rich], FIRST)
    engine.register("tag_def", tag_rows(tags_of()))
    build: Any = SimpleNamespace(as_of=FIRST)
    held = {row["tag_code"]: row["value"] for row in tags_of_person(engine, build, 1, FIRST)}
    assert held["gender"] == "female"
    assert held["income_level"] == "*"
