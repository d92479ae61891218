"""STAR: crowd assets, structure, flow and value between the last two snapshots (M-01 – M-05)."""

import datetime as dt
from dataclasses import dataclass

from quanyu.engine import tree as t
from quanyu.report.reading import Reader

SHOWN_PLACES = 12


@dataclass(frozen=True, slots=True)
class Scale:
    """One stage on one date (`star_scaling`)."""

    date: dt.date
    stage: str
    persons: int
    new_persons: int | None
    old_persons: int | None
    returned_persons: int | None
    previous_persons: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """One stage in one channel or at one touchpoint (`star_scaling_channel`)."""

    split: str
    split_id: str
    stage: str
    persons: int
    new_persons: int | None


@dataclass(frozen=True, slots=True)
class Overlap:
    """One stage over all channels or touchpoints (`star_overlap`)."""

    split: str
    stage: str
    dedup_total: int
    sum_of_channels: int
    overlap: int


@dataclass(frozen=True, slots=True)
class Unidentified:
    """Visitors nobody identified (`star_unidentified`)."""

    split: str
    split_id: str
    visitors: int


@dataclass(frozen=True, slots=True)
class Structure:
    """One stage's share (`star_structure`)."""

    date: dt.date
    stage: str
    share: float | None
    previous_share: float | None
    benchmark_share: float | None


@dataclass(frozen=True, slots=True)
class Health:
    """The assets on one date (`star_health`)."""

    date: dt.date
    previous_date: dt.date | None
    asset_persons: int
    previous_asset_persons: int | None
    deep_share: float | None
    tvd_previous: float | None
    tvd_benchmark: float | None
    benchmark_origin: str | None


@dataclass(frozen=True, slots=True)
class Movement:
    """Where the persons of one opening stage went (`star_movement`)."""

    stage: str
    base_persons: int
    deeper_persons: int
    same_persons: int
    shallower_persons: int
    lost_persons: int
    gained_persons: int | None
    forward_rate: float | None
    stay_rate: float | None
    reverse_rate: float | None
    lost_rate: float | None


@dataclass(frozen=True, slots=True)
class NamedFlow:
    """One named flow (`star_named_flow`)."""

    named_flow: str
    persons: int
    outside_persons: int
    base_persons: int | None
    rate: float | None


@dataclass(frozen=True, slots=True)
class Returning:
    """What one opening stage brought (`star_returning`)."""

    stage: str
    persons: int | None
    buyers: int
    net_fen: int
    per_buyer_fen: int | None
    conversion_rate: float | None
    repurchase_rate: float | None


@dataclass(frozen=True, slots=True)
class Quadrants:
    """Styles of one product quadrant (`product_quadrant`)."""

    quadrant: str | None
    styles: int
    asset_persons: int
    inflow_persons: int


@dataclass(frozen=True, slots=True)
class StarData:
    """STAR at `as_of`, and the scale and structure of every snapshot."""

    scale: tuple[Scale, ...] = ()
    structure: tuple[Structure, ...] = ()
    health: tuple[Health, ...] = ()
    places: tuple[Place, ...] = ()
    overlap: tuple[Overlap, ...] = ()
    unidentified: tuple[Unidentified, ...] = ()
    movement: tuple[Movement, ...] = ()
    named: tuple[NamedFlow, ...] = ()
    returning: tuple[Returning, ...] = ()
    quadrants: tuple[Quadrants, ...] = ()


def read_star(read: Reader, as_of: dt.date) -> StarData:
    """Return what the build knows of STAR; empty where it has no such table."""
    now = [t.col("date").eq(t.lit(as_of))]
    by_channel = [*now, t.col("split").eq(t.lit("channel"))]
    sums = {"styles": "count(*)", "asset_persons": "sum(asset_persons)", "inflow_persons": "sum(inflow_persons)"}
    return StarData(
        scale=read.rows(Scale, "star_scaling"),
        structure=read.rows(Structure, "star_structure", where=now),
        health=read.rows(Health, "star_health"),
        places=read.rows(Place, "star_scaling_channel", where=by_channel),
        overlap=read.rows(Overlap, "star_overlap", where=by_channel),
        unidentified=read.rows(Unidentified, "star_unidentified", where=[*now, t.col("split").eq(t.lit("all"))]),
        movement=read.rows(Movement, "star_movement", where=now),
        named=read.rows(NamedFlow, "star_named_flow", where=now),
        returning=read.rows(Returning, "star_returning", where=now),
        quadrants=read.rows(Quadrants, "product_quadrant", sums, name="product_quadrant by quadrant"),
    )
