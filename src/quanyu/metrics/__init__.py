"""The metrics layer: definitions in YAML, queried by dimensions, periods and comparisons on any engine.

load_metrics(workspace) -> (Metrics | None, problems)
query(engine, metrics, MetricQuery(…), context) -> MetricAnswer
"""

from quanyu.metrics.answer import AnswerRow, Cell, MetricAnswer, MetricColumn
from quanyu.metrics.context import BuiltTable, MetricContext, context_of
from quanyu.metrics.definition import Dimension, Metric, Metrics, Unit
from quanyu.metrics.load import load_metrics
from quanyu.metrics.periods import Compare, Grain
from quanyu.metrics.request import Between, CampaignWindow, Latest, MetricQuery, Rolling
from quanyu.metrics.run import query

__all__ = [
    "AnswerRow",
    "Between",
    "BuiltTable",
    "CampaignWindow",
    "Cell",
    "Compare",
    "Dimension",
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
    "context_of",
    "load_metrics",
    "query",
]
