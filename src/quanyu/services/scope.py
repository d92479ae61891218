"""The part of the brand that somebody reaches, as a condition on figures; the one place that makes it."""

from typing import Final

from quanyu.metrics.request import Bounds
from quanyu.services.permissions import Scope

ALL: Final = Scope()
"""The whole brand."""


def bounds_of(scope: Scope) -> Bounds:
    """Return what every row behind a figure must have to be told to whoever reaches a scope; nothing for all of it.

    Somebody given stores and regions reaches these stores as far as they are in these regions.
    """
    kinds = (("store", scope.stores), ("store_region", scope.regions), ("product_brand", scope.brands))
    return tuple((dimension, tuple(sorted(ids))) for dimension, ids in kinds if ids is not None)
