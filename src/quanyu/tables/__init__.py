"""Contracts of every relation the stages exchange (`domain.md` §3); `CONTRACTS` holds them by name."""

from quanyu.tables.activation import ACTIVATION
from quanyu.tables.analytics import ANALYTICS
from quanyu.tables.calendar import CALENDAR
from quanyu.tables.contract import Column, Contracts, Privacy, Table, Type
from quanyu.tables.facts import FACTS
from quanyu.tables.fastplus import FASTPLUS
from quanyu.tables.growth import GROWTH
from quanyu.tables.identity import IDENTITY
from quanyu.tables.judgement import JUDGEMENT
from quanyu.tables.links import LINKS
from quanyu.tables.loyalty import LOYALTY
from quanyu.tables.models import MODELS
from quanyu.tables.operation_periods import OPERATION_PERIODS
from quanyu.tables.operations import OPERATIONS
from quanyu.tables.people import PEOPLE
from quanyu.tables.persons import PERSONS
from quanyu.tables.places import PLACES
from quanyu.tables.private_domain import PRIVATE_DOMAIN
from quanyu.tables.relations import RELATIONS
from quanyu.tables.run import RUN
from quanyu.tables.segments import SEGMENTS
from quanyu.tables.spread import SPREAD
from quanyu.tables.stages import STAGES
from quanyu.tables.star import STAR
from quanyu.tables.tags import TAGS
from quanyu.tables.trade import TRADE

CONTRACTS = Contracts(
    [
        *TRADE,
        *PLACES,
        *PEOPLE,
        *OPERATIONS,
        *RELATIONS,
        *RUN,
        *IDENTITY,
        *FACTS,
        *PRIVATE_DOMAIN,
        *CALENDAR,
        *PERSONS,
        *STAGES,
        *MODELS,
        *ANALYTICS,
        *FASTPLUS,
        *STAR,
        *GROWTH,
        *OPERATION_PERIODS,
        *SPREAD,
        *LINKS,
        *TAGS,
        *SEGMENTS,
        *JUDGEMENT,
        *LOYALTY,
        *ACTIVATION,
    ]
)

__all__ = ["CONTRACTS", "Column", "Contracts", "Privacy", "Table", "Type"]
