"""The weights by which what a person did fades with its age (E-16b)."""

from decimal import Decimal
from typing import Final

import pyarrow as pa

DAYS: Final = 365
_PLACES: Final = Decimal("0.000001")


def decay_weights(half_life: int) -> pa.Table:
    """Return rows of `decay_weight`: 2^(−age/half-life), to six places, for each age of the last `DAYS` days.

    Weights are decimals, so that sums of them are the same on every engine.
    """
    weights = [Decimal(2.0 ** (-age / half_life)).quantize(_PLACES) for age in range(DAYS)]
    return pa.table(
        {
            "age_days": pa.array(range(DAYS), pa.int64()),
            "weight": pa.array(weights, pa.decimal128(18, 6)),
        }
    )
