"""Asks a running server from Python: `Client(address, key).metrics.query(["net_sales"], by=["channel"], rolling=30)`.

Thin over `/api/v1` (docs/api.md): the names are those of the API, answers are what it says, and nothing is kept here.
Needs nothing but the standard library.
"""

from quanyu.client.calls import ApiError, Json
from quanyu.client.subjects import Client

__all__ = ["ApiError", "Client", "Json"]
