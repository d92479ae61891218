"""Questions about behaviour, asked of a published build: one typed query object each, and the people behind every cell.

read_funnel(values, words) -> query or None, problems     (read_retention, read_states, …)
funnel(log, query, …) -> Answer                           (retention, states, stickiness, paths, …)
Answer.people(cell) -> People
"""

from quanyu.analytics.behaviour.answer import Answer, Column, Grid, Note, People, Unit
from quanyu.analytics.behaviour.attribution import AttributionQuery, Windows, attribution, read_attribution
from quanyu.analytics.behaviour.distribution import DistributionQuery, distribution, read_distribution
from quanyu.analytics.behaviour.funnel import FunnelQuery, funnel, read_funnel
from quanyu.analytics.behaviour.log import Log, attribute_names
from quanyu.analytics.behaviour.path import PathQuery, paths, read_path
from quanyu.analytics.behaviour.retention import RetentionQuery, read_retention, retention
from quanyu.analytics.behaviour.states import (
    StatesQuery,
    StickinessQuery,
    read_states,
    read_stickiness,
    states,
    stickiness,
)
from quanyu.analytics.behaviour.trend import TrendQuery, read_trend, trend
from quanyu.analytics.behaviour.words import FIELDS, Acts, Words

__all__ = [
    "FIELDS",
    "Acts",
    "Answer",
    "AttributionQuery",
    "Column",
    "DistributionQuery",
    "FunnelQuery",
    "Grid",
    "Log",
    "Note",
    "PathQuery",
    "People",
    "RetentionQuery",
    "StatesQuery",
    "StickinessQuery",
    "TrendQuery",
    "Unit",
    "Windows",
    "Words",
    "attribute_names",
    "attribution",
    "distribution",
    "funnel",
    "paths",
    "read_attribution",
    "read_distribution",
    "read_funnel",
    "read_path",
    "read_retention",
    "read_states",
    "read_stickiness",
    "read_trend",
    "retention",
    "states",
    "stickiness",
    "trend",
]
