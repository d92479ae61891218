"""FAST+ and classic FAST: relations, layers, venues, value, reach (M-07 – M-12, M-41)."""

import datetime as dt
from dataclasses import dataclass

from quanyu.engine import tree as t
from quanyu.report.reading import Reader


@dataclass(frozen=True, slots=True)
class Capital:
    """One relation type, or all, at the end of one period (`fp_capital`)."""

    period_no: int
    period_start_date: dt.date
    date: dt.date
    is_complete: bool
    relation_type: str
    capital: int
    previous_capital: int
    new_persons: int
    ended_persons: int
    relations_per_person: float | None
    effective_private_rate: float | None


@dataclass(frozen=True, slots=True)
class Layer:
    """Persons of one closing layer in one period (`fp_layer_period`)."""

    period_no: int
    closing_layer: str | None
    persons: int
    deepened: int


@dataclass(frozen=True, slots=True)
class Deepening:
    """One period (`fp_deepening`)."""

    period_no: int
    previous_capital: int
    deepened: int
    deepened_cohort: int
    deepening_rate: float | None
    deepening_cohort_rate: float | None


@dataclass(frozen=True, slots=True)
class Venue:
    """One venue, or all, in one period (`fp_connection`)."""

    period_no: int
    venue: str
    visitors: int
    active_persons: int
    buyers: int
    connection: float | None
    attraction: float | None
    settling: float | None
    closing: float | None


@dataclass(frozen=True, slots=True)
class Clv:
    """One horizon at the end of one period (`fp_clv`)."""

    period_no: int
    horizon: str
    own_fen: int
    spread_fen: int
    net_fen: int
    spread_orders: int
    sharers: int
    spread_sales_share: float | None


@dataclass(frozen=True, slots=True)
class ClvCell:
    """One of the eight cells of layer, own and spread value (`clv_matrix`)."""

    layer_high: bool
    own_high: bool
    spread_high: bool
    persons: int
    own_fen: int
    spread_fen: int
    own_cut_fen: int | None


@dataclass(frozen=True, slots=True)
class FirstPurchase:
    """One segment by size and conversion (`first_purchase_matrix`)."""

    segment: str
    size: int
    buyers: int
    conversion: float | None
    cell: str


@dataclass(frozen=True, slots=True)
class Fast:
    """One period of classic FAST (`fast_period`)."""

    period_no: int
    date: dt.date
    fast_f: int
    opening_persons: int
    fast_a: float | None
    fast_s: int | None
    fast_t: float | None


@dataclass(frozen=True, slots=True)
class Reach:
    """Persons of one channel by whether they can be reached (`reach_reason`)."""

    channel_id: str
    reason: str
    persons: int
    channel_persons: int


@dataclass(frozen=True, slots=True)
class FastPlusData:
    """FAST+ of every period that is reported, matrices and reach as of the build date."""

    capital: tuple[Capital, ...] = ()
    layers: tuple[Layer, ...] = ()
    deepening: tuple[Deepening, ...] = ()
    venues: tuple[Venue, ...] = ()
    clv: tuple[Clv, ...] = ()
    matrix: tuple[ClvCell, ...] = ()
    first_purchase: tuple[FirstPurchase, ...] = ()
    fast: tuple[Fast, ...] = ()
    reach: tuple[Reach, ...] = ()

    @property
    def period(self) -> Capital | None:
        """Return all relations at the end of the last complete period, or of the running one when none is complete."""
        rows = sorted((row for row in self.capital if row.relation_type == "all"), key=lambda row: row.period_no)
        complete = [row for row in rows if row.is_complete]
        return (complete or rows)[-1] if rows else None


def read_fast_plus(read: Reader, as_of: dt.date) -> FastPlusData:
    """Return what the build knows of FAST+ and FAST; empty where it has no such table."""
    now = [t.col("date").eq(t.lit(as_of))]
    layers = {"persons": "count(*)", "deepened": "count(*) FILTER (WHERE deepened)"}
    return FastPlusData(
        capital=read.rows(Capital, "fp_capital"),
        layers=read.rows(Layer, "fp_layer_period", layers, name="fp_layer_period by closing_layer"),
        deepening=read.rows(Deepening, "fp_deepening"),
        venues=read.rows(Venue, "fp_connection"),
        clv=read.rows(Clv, "fp_clv"),
        matrix=read.rows(ClvCell, "clv_matrix", where=now),
        first_purchase=read.rows(FirstPurchase, "first_purchase_matrix", where=now),
        fast=read.rows(Fast, "fast_period"),
        reach=read.rows(Reach, "reach_reason", where=now),
    )
