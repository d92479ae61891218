"""Growth: AARRR, channel quality, touchpoints and funnels by month (M-14, M-16, M-19, M-21)."""

import datetime as dt
from dataclasses import dataclass

from quanyu.engine import tree as t
from quanyu.report.reading import Reader


@dataclass(frozen=True, slots=True)
class Aarrr:
    """One month (`aarrr`)."""

    period_start_date: dt.date
    is_complete: bool
    new_persons: int
    cost_fen: int | None
    activation_base: int
    retention_base: int
    active_persons: int
    buyers: int
    sharers: int
    shared_new_persons: int
    activation_rate: float | None
    retention_rate: float | None
    revenue_rate: float | None
    arpu_fen: int | None
    sharer_rate: float | None
    k_factor: float | None
    cac_person_fen: int | None
    activated_persons: int

    def rate(self, code: str) -> float | None:
        """Return the rate of activation or retention."""
        return self.activation_rate if code == "activation" else self.retention_rate

    def is_watched(self, code: str) -> bool:
        """Return whether every person of the month was watched long enough to activate, or to come back."""
        if code == "activation":
            return self.activation_base == self.new_persons
        return self.activation_base == self.new_persons and self.retention_base == self.activated_persons


@dataclass(frozen=True, slots=True)
class ChannelQuality:
    """The persons acquired on one channel in one month (`channel_quality`)."""

    period_start_date: dt.date
    channel_id: str
    new_persons: int
    cost_fen: int | None
    month_persons: int
    watched_persons: int
    first_purchase_rate: float | None
    retention_rate: float | None
    suspicious_share: float | None
    revenue_per_new_fen: int | None
    cac_person_fen: int | None
    cac_buyer_fen: int | None
    roi: float | None


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """One touchpoint in one month (`touchpoint_conversion`)."""

    period_start_date: dt.date
    touchpoint_id: str
    reached_persons: int
    any_touch_converters: int
    last_touch_converters: int
    any_touch_rate: float | None
    last_touch_rate: float | None


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One step of one funnel in one month (`funnel_period`)."""

    funnel: str
    period_start_date: dt.date
    step_no: int
    persons: int
    step_rate: float | None
    overall_rate: float | None
    is_weakest: bool


@dataclass(frozen=True, slots=True)
class FunnelName:
    """What a funnel is called (`funnel_def`)."""

    funnel: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class StepName:
    """What a step of a funnel is called (`funnel_step`)."""

    funnel: str
    step_no: int
    way_no: int
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class GrowthData:
    """Growth by month, every month there is."""

    aarrr: tuple[Aarrr, ...] = ()
    channels: tuple[ChannelQuality, ...] = ()
    touchpoints: tuple[Touchpoint, ...] = ()
    steps: tuple[FunnelStep, ...] = ()
    funnel_names: tuple[FunnelName, ...] = ()
    step_names: tuple[StepName, ...] = ()


def read_growth(read: Reader) -> GrowthData:
    """Return what the build knows of growth by month; empty where it has no such table."""
    monthly = [t.col("period_kind").eq(t.lit("month"))]
    return GrowthData(
        aarrr=read.rows(Aarrr, "aarrr", where=monthly),
        channels=read.rows(ChannelQuality, "channel_quality", where=monthly),
        touchpoints=read.rows(Touchpoint, "touchpoint_conversion", where=monthly),
        steps=read.rows(FunnelStep, "funnel_period", where=monthly),
        funnel_names=read.rows(FunnelName, "funnel_def"),
        step_names=read.rows(StepName, "funnel_step"),
    )
