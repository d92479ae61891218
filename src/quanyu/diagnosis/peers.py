"""The medians of the industry that a workspace was told (`benchmark`)."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from quanyu.engine import Engine
from quanyu.engine import tree as t

_TABLE: Final = "benchmark"


def peer_medians(engine: Engine, metrics: Sequence[str], industry: str | None) -> dict[str, Fraction]:
    """Return the newest median of each metric: of the industry where it is known, else of any; none without benchmarks.

    Ties go to the first industry, segment and period by name.
    """
    if _TABLE not in engine.tables:
        return {}
    names = ("metric_code", "industry", "segment", "period", "p50", "as_of")
    known = t.all_of([t.any_of([t.col("metric_code").eq(t.lit(name)) for name in metrics]), t.not_null(t.col("p50"))])
    rows = engine.query(t.select({name: t.col(name) for name in names}, _TABLE, where=known), {}).to_pylist()
    rows.sort(key=lambda row: (row["industry"], row["segment"], row["period"]), reverse=True)
    rows.sort(key=lambda row: (row["industry"] == industry, row["as_of"] is not None, str(row["as_of"] or "")))
    # Later rows take the place of earlier ones: what stands last is the industry's own and newest.
    return {row["metric_code"]: Fraction(Decimal(str(row["p50"]))) for row in rows}
