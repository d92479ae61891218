"""The metrics layer: definitions in YAML, queried by dimensions, periods and comparisons on any engine.

load_metrics(workspace) -> (Metrics | None, problems)
query(engine, metrics, MetricQuery(…), context) -> MetricAnswer
"""

from quanyu.metrics.answer import AnswerRow, Cell, MetricAnswer, MetricColumn
from quanyu.metrics.closing import Adjustment, adjustments, close_period, figures_of
from quanyu.metrics.context import BuiltTable, MetricContext, context_of
from quanyu.metrics.definition import Dimension, Metric, Metrics, Unit
from quanyu.metrics.explain import CellAddress, Explanation, explain
from quanyu.metrics.load import load_metrics
from quanyu.metrics.parse import parse_query
from quanyu.metrics.periods import Compare, Grain
from quanyu.metrics.request import Between, CampaignWindow, Latest, MetricQuery, Rolling
from quanyu.metrics.run import query

__all__ = [
    "Adjustment",
    "AnswerRow",
    "Between",
    "BuiltTable",
    "CampaignWindow",
    "Cell",
    "CellAddress",
    "Compare",
    "Dimension",
    "Explanation",
    "Grain",
    "Latest",
    "Metric",
    "MetricAnswer",
    "MetricColumn",
    "MetricContext",
    "MetricQuery",
    "Metrics",
    "Rolling",
    "Unit",
    "adjustments",
    "close_period",
    "context_of",
    "explain",
    "figures_of",
    "load_metrics",
    "parse_query",
    "query",
]
