"""Quadrants, spread, reach, associates, groups, codes, experience by month (M-17, M-28 – M-31, M-37, M-39)."""

import datetime as dt
from dataclasses import dataclass

from quanyu.engine import tree as t
from quanyu.report.reading import Reader


@dataclass(frozen=True, slots=True)
class Quadrant:
    """One quadrant, or a half of it, in one month (`quadrant_period`)."""

    period_start_date: dt.date
    quadrant: str
    line: str
    persons: int
    orders: int
    net_fen: int
    cost_fen: int | None
    margin_fen: int | None


@dataclass(frozen=True, slots=True)
class Link:
    """One ordered pair of quadrants in one month (`link_matrix`)."""

    period_start_date: dt.date
    from_quadrant: str
    to_quadrant: str
    persons: int
    from_persons: int
    link_rate: float | None
    window_days: int


@dataclass(frozen=True, slots=True)
class LinkSummary:
    """One month (`link_summary`)."""

    period_start_date: dt.date
    persons: int
    cross_persons: int
    cross_domain_rate: float | None
    cross_line_buyer_rate: float | None
    cross_service_rate: float | None


@dataclass(frozen=True, slots=True)
class Spread:
    """One month of referrals (`referral_period`)."""

    period_start_date: dt.date
    sharers: int
    shares: int
    invited_visits: int
    void_referrals: int
    new_persons: int
    joined_persons: int
    first_buyers: int
    repeat_buyers: int
    spread_net_fen: int
    k_factor: float | None
    acceptance_rate: float | None
    join_rate: float | None
    order_rate: float | None
    repurchase_rate: float | None
    spread_share: float | None


@dataclass(frozen=True, slots=True)
class Excluded:
    """Referrals that do not count, by reason (`referral_exclusion`)."""

    period_start_date: dt.date
    invalid_reason: str
    referrals: int


@dataclass(frozen=True, slots=True)
class Risk:
    """Persons by what was decided about their risk (`person_risk`)."""

    decision: str
    persons: int


@dataclass(frozen=True, slots=True)
class ReachCampaign:
    """One campaign (`reach_campaign`)."""

    campaign_id: str
    start_date: dt.date
    targeted: int
    delivered: int
    reach_rate: float | None
    open_rate: float | None
    click_rate: float | None
    delivered_conversion_rate: float | None
    unsubscribe_rate: float | None
    lift: float | None


@dataclass(frozen=True, slots=True)
class Associate:
    """One associate in one month (`associate_period`)."""

    period_start_date: dt.date
    associate_id: str
    net_contacts: int
    deletion_rate: float | None
    consult_conversion: float | None
    units_per_order: float | None
    buyers: int
    net_fen: int


@dataclass(frozen=True, slots=True)
class GroupLevel:
    """The groups of one kind in one month (`group_level_period`)."""

    period_start_date: dt.date
    level: str
    members: int
    active_rate: float | None
    group_conversion: float | None
    per_buyer_fen: int | None
    people_share: float | None
    sales_share: float | None
    value_index: float | None


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of one kind in one month (`qr_period`)."""

    period_start_date: dt.date
    kind: str
    activated_codes: int
    scanned_codes: int
    scanning_persons: int
    first_scan_rate: float | None
    scanner_join_rate: float | None
    out_of_area_share: float | None


@dataclass(frozen=True, slots=True)
class Nps:
    """One touchpoint in one month (`nps_touchpoint`)."""

    period_start_date: dt.date
    touchpoint_id: str
    answers: int
    promoters: int
    detractors: int
    nps: float | None


@dataclass(frozen=True, slots=True)
class Service:
    """One measure of time of service cases in one month (`experience_period`)."""

    period_start_date: dt.date
    kind: str
    measure: str
    cases: int
    median_min: float | None
    p90_min: float | None
    sla_share: float | None


@dataclass(frozen=True, slots=True)
class OperationsData:
    """Operations by month, every month there is; campaigns over their whole time, risk as of the build."""

    quadrants: tuple[Quadrant, ...] = ()
    links: tuple[Link, ...] = ()
    summary: tuple[LinkSummary, ...] = ()
    spread: tuple[Spread, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    risk: tuple[Risk, ...] = ()
    campaigns: tuple[ReachCampaign, ...] = ()
    associates: tuple[Associate, ...] = ()
    groups: tuple[GroupLevel, ...] = ()
    codes: tuple[Codes, ...] = ()
    nps: tuple[Nps, ...] = ()
    service: tuple[Service, ...] = ()


def read_operations(read: Reader) -> OperationsData:
    """Return what the build knows of operations; empty where it has no such table."""
    monthly = [t.col("period_kind").eq(t.lit("month"))]
    return OperationsData(
        quadrants=read.rows(Quadrant, "quadrant_period", where=monthly),
        links=read.rows(Link, "link_matrix", where=monthly),
        summary=read.rows(LinkSummary, "link_summary", where=monthly),
        spread=read.rows(Spread, "referral_period", where=monthly),
        excluded=read.rows(Excluded, "referral_exclusion", where=monthly),
        risk=read.rows(Risk, "person_risk", {"persons": "count(*)"}, name="person_risk by decision"),
        campaigns=read.rows(ReachCampaign, "reach_campaign"),
        associates=read.rows(Associate, "associate_period", where=monthly),
        groups=read.rows(GroupLevel, "group_level_period", where=monthly),
        codes=read.rows(Codes, "qr_period", where=monthly),
        nps=read.rows(Nps, "nps_touchpoint", where=monthly),
        service=read.rows(Service, "experience_period", where=monthly),
    )
