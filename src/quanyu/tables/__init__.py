"""Contracts of every relation the stages exchange (`domain.md` §3); `CONTRACTS` holds them by name."""

from quanyu.tables.analytics import ANALYTICS
from quanyu.tables.contract import Column, Contracts, Privacy, Table, Type
from quanyu.tables.facts import FACTS
from quanyu.tables.identity import IDENTITY
from quanyu.tables.models import MODELS
from quanyu.tables.people import PEOPLE
from quanyu.tables.places import PLACES
from quanyu.tables.run import RUN
from quanyu.tables.trade import TRADE

CONTRACTS = Contracts([*TRADE, *PLACES, *PEOPLE, *IDENTITY, *FACTS, *MODELS, *ANALYTICS, *RUN])

__all__ = ["CONTRACTS", "Column", "Contracts", "Privacy", "Table", "Type"]
