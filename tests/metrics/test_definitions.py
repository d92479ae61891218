"""Metric definitions: every mistake is answered with code, file, line and the nearest name; nothing hostile is read."""

import pytest

from metrics.shop import metrics_of

_FORM = """
m:
  label: {{zh: 甲, en: A}}
  description: {{zh: 甲, en: A}}
  unit: {unit}
  good: up
  owner: crm
  since: "2026-11"
  reference: M-42
  source: {source}
  {body}
  time: local_date
  dimensions: [{dimensions}]
"""


def _metric(body: str, unit: str = "money", source: str = "order_fact", dimensions: str = "") -> str:
    return _FORM.format(body=body, unit=unit, source=source, dimensions=dimensions)


def _codes(text: str) -> set[str]:
    metrics, problems = metrics_of({"library/metrics/a.yaml": text})
    assert metrics is None
    assert all(problem.where.file == "library/metrics/a.yaml" and problem.where.line for problem in problems)
    return {problem.code for problem in problems}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('expr: "sum(net_fen); DROP TABLE order_fact"', "config.sql_refused"),
        ("expr: DROP TABLE order_fact", "config.sql_refused"),
        ("expr: count(read_csv('/etc/passwd'))", "config.sql_refused"),
        ("expr: max(getenv('HOME'))", "config.sql_refused"),
        ("expr: (SELECT max(net_fen) FROM order_fact)", "config.sql_refused"),
        ("expr: sum(net_fen) / 2", "config.sql_refused"),
        ("expr: sum(net_fen) -- all of it", "config.sql_refused"),
        ("expr: max_by(net_fen, order_id)", "config.sql_refused"),
        ("expr: any_value(net_fen)", "config.nondeterministic"),
        ("expr: sum(net_fen * random())", "config.nondeterministic"),
        ("expr: max(now())", "config.nondeterministic"),
        ("expr: sum(CASE WHEN local_date = current_date THEN net_fen END)", "config.nondeterministic"),
        ("expr: approx_count_distinct(person_id)", "config.nondeterministic"),
        ("expr: sum(safe_divide(net_fen, gross_fen))", "config.float_money"),
        ("expr: sum(CAST(net_fen AS DOUBLE))", "config.float_money"),
        ("expr: sum(net_fem)", "config.reference"),
        ("expr: net_fen", "expression.measure"),
        ("expr: sum(sum(net_fen))", "expression.measure_nested"),
        ("expr: sum(net_fen) + gross_fen", "expression.measure_column"),
    ],
)
def test_hostile_and_inexact_expressions_are_refused(body: str, code: str) -> None:
    assert code in _codes(_metric(body))


def test_money_on_a_double_column_is_refused() -> None:
    text = _metric("expr: max(gini)", source="value_concentration").replace("time: local_date", "snapshot: date")
    assert _codes(text) == {"config.float_money"}


def test_unknown_names_are_answered_with_the_nearest() -> None:
    _, problems = metrics_of({"library/metrics/a.yaml": _metric("expr: sum(net_fem)", dimensions="chanel")})
    assert [(problem.code, problem.where.line, problem.remedy) for problem in problems] == [
        ("config.reference", 11, 'Did you mean "net_fen"?'),
        ("config.reference", 13, 'Did you mean "channel"?'),
    ]


def test_a_dimension_that_cannot_split_the_table_is_refused() -> None:
    _, problems = metrics_of({"library/metrics/a.yaml": _metric("expr: sum(net_fen)", dimensions="product")})
    assert [problem.message for problem in problems] == ['Dimension "product" cannot split order_fact.']


@pytest.mark.parametrize("name", ["channel", "period_start", "orders_rows"])
def test_a_metric_may_not_be_called_like_another_column_of_an_answer(name: str) -> None:
    assert _codes(_metric("expr: sum(net_fen)").replace("\nm:", f"\n{name}:")) == {"config.duplicate"}


_RATIO = """
{name}:
  label: {{zh: 甲, en: A}}
  description: {{zh: 甲, en: A}}
  unit: ratio
  good: up
  owner: crm
  since: "2026-11"
  reference: M-42
  numerator: {numerator}
  denominator: {denominator}
"""


def _ratio(name: str, numerator: str, denominator: str = "orders") -> str:
    return _RATIO.format(name=name, numerator=numerator, denominator=denominator)


def test_metrics_made_of_themselves_are_refused() -> None:
    _, problems = metrics_of({"library/metrics/a.yaml": _ratio("x", "y") + _ratio("y", "x")})
    assert [(problem.code, problem.message) for problem in problems] == [
        ("config.cycle", "x → y → x: the metric is made of itself."),
        ("config.cycle", "y → x → y: the metric is made of itself."),
    ]


def test_ratios_name_metrics_of_tables_that_exist() -> None:
    assert _codes(_ratio("x", "gmv2")) == {"config.reference"}
    assert _codes(_ratio("x", "refund_rate")) == {"config.value"}


@pytest.mark.parametrize(
    "body",
    ["where: is_valid", "expr: count(*)\n  having: count(*) > 1", "expr: count(*)\n  snapshot: local_date"],
)
def test_a_metric_says_one_thing_in_one_way(body: str) -> None:
    assert _codes(_metric(body, unit="count")) <= {"config.required", "config.exclusive"}


def test_a_workspace_overrides_a_metric_and_its_version_changes_with_its_meaning_only(library) -> None:
    text = library["orders"].text
    relabelled, _ = metrics_of({"library/metrics/a.yaml": text.replace("Valid orders", "Our orders")})
    changed, _ = metrics_of({"library/metrics/a.yaml": text.replace("where: is_valid", "where: NOT is_valid")})
    assert relabelled is not None and changed is not None
    assert relabelled["orders"].label.en == "Our orders"
    assert not relabelled["orders"].built_in
    assert relabelled["orders"].version == library["orders"].version
    assert changed["orders"].version != library["orders"].version
    assert changed["per_order_value"].version != library["per_order_value"].version


_DIMENSION = """
d:
  label: {{zh: 甲, en: A}}
  {more}
  lookup:
    table: {table}
    match: {match}
    value: {value}
    keys: {{order_fact: {key}}}
"""


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (
            {"table": "order_line_fact", "match": "order_id", "value": "category_id", "key": "order_id"},
            {"config.fan_out"},
        ),
        ({"table": "stage_snapshot", "match": "person_id", "value": "stage", "key": "person_id"}, {"config.fan_out"}),
        ({"table": "store", "match": "store_id", "value": "regoin_id", "key": "store_id"}, {"config.reference"}),
        ({"table": "stores", "match": "store_id", "value": "name", "key": "store_id"}, {"config.reference"}),
        ({"table": "store", "match": "store_id", "value": "max(name)", "key": "store_id"}, {"config.sql_refused"}),
        ({"table": "value_concentration", "match": "date", "value": "gini", "key": "local_date"}, {"config.float"}),
    ],
)
def test_lookups_find_one_exact_value_or_are_refused(said: dict[str, str], codes: set[str]) -> None:
    _, problems = metrics_of({"library/dimensions/a.yaml": _DIMENSION.format(more="", **said)})
    assert {problem.code for problem in problems} == codes


def test_the_library_is_whole(library) -> None:
    assert len(library) >= 45
    references = {metric.reference for metric in library}
    assert {"M-13", "M-15", "M-18", "M-20", "M-22", "M-23", "M-25", "M-27", "M-38", "M-42"} <= references
    assert all(metric.label.zh and metric.label.en and metric.owner for metric in library)
    assert "客单价" in library["per_customer_value"].label.zh and "笔单价" in library["per_order_value"].label.zh
    assert "已识别" in library["per_customer_value"].description.zh
