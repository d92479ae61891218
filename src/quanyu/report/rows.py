"""The rows a report reads; every field is a column of the table named, or a measure that `model.py` gives."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class OrderSource:
    """Orders of one source (`order_fact`)."""

    source: str
    orders: int
    valid_orders: int
    identified_orders: int
    first_date: date | None
    last_date: date | None
    net_fen: int | None
    identified_net_fen: int | None


@dataclass(frozen=True, slots=True)
class InvalidOrders:
    """Orders left out for one reason (`order_fact`); reason null: valid."""

    invalid_reason: str | None
    orders: int
    gross_fen: int


@dataclass(frozen=True, slots=True)
class Refunds:
    """Refunds by how their order was found (`refund_fact`)."""

    found_by: str
    refunds: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Sales:
    """One period of `sales_period`."""

    period_kind: str
    period_start_date: date
    period_end_date: date
    is_complete: bool
    gross_fen: int
    refunded_fen: int
    net_fen: int
    paid_orders: int
    orders: int
    buyers: int
    first_time_buyers: int
    repeat_buyers: int
    rebuyers: int
    previous_buyers: int
    identified_net_fen: int
    per_buyer_fen: int | None
    per_order_fen: int | None
    repurchase_rate: float | None
    rebuy_rate: float | None
    refund_rate: float | None


@dataclass(frozen=True, slots=True)
class PurchaseDays:
    """Purchase days of identified persons in one period (`purchase_day_fact`); the sum is null when there are none."""

    purchase_days: int
    net_fen: int | None


@dataclass(frozen=True, slots=True)
class NineIndicator:
    """One segment of one period (`nine_indicator`)."""

    period_kind: str
    period_start_date: date
    segment: str
    base: int | None
    buyers: int
    net_fen: int
    conversion_rate: float | None
    per_buyer_fen: int | None
    dormant_days: int


@dataclass(frozen=True, slots=True)
class RfmGroup:
    """Persons of one RFM group on one date (`rfm`)."""

    date: date
    code: str
    persons: int
    net_fen: int


@dataclass(frozen=True, slots=True)
class RfmBand:
    """Persons of one three-band cell on one date (`rfm`)."""

    date: date
    band_code: str
    persons: int
    net_fen: int


@dataclass(frozen=True, slots=True)
class RfmCut:
    """The cuts of one date (`rfm_cut`)."""

    date: date
    mode: str
    window_days: int
    persons: int
    recency_cut_days: int | None
    frequency_cut: int | None
    monetary_cut_fen: int | None
    recency_band_2_days: int | None
    recency_band_3_days: int | None
    frequency_band_2: int | None
    frequency_band_3: int | None
    monetary_band_2_fen: int | None
    monetary_band_3_fen: int | None


@dataclass(frozen=True, slots=True)
class Flow:
    """Persons who went from one stage to another between two snapshots (`flow`)."""

    model: str
    d0: date
    d1: date
    from_stage: str
    to_stage: str
    persons: int


@dataclass(frozen=True, slots=True)
class LifeStage:
    """Persons in one life-cycle stage on one date (`lifecycle`)."""

    date: date
    stage: str
    persons: int
    never_purchased: int
    reactivated: int


@dataclass(frozen=True, slots=True)
class LifeCut:
    """The thresholds of one date (`lifecycle_cut`)."""

    date: date
    q_dormant_days: int
    q_lost_days: int
    mature_days: int
    gaps: int
    source: str


@dataclass(frozen=True, slots=True)
class Cohort:
    """One month of first purchase in its n-th month after (`cohort_retention`)."""

    cohort_month: date
    period_no: int
    is_complete: bool
    persons: int
    buyers: int
    retention_rate: float | None


@dataclass(frozen=True, slots=True)
class Tier:
    """Persons of one value tier on one date (`value_tier`)."""

    date: date
    tier: str
    persons: int
    value_fen: int


@dataclass(frozen=True, slots=True)
class Concentration:
    """How concentrated value is on one date (`value_concentration`)."""

    date: date
    persons: int
    value_fen: int
    head_persons: int
    head_value_fen: int
    head_share: float | None
    gini: float | None


@dataclass(frozen=True, slots=True)
class LorenzPoint:
    """One point of the Lorenz curve (`value_lorenz`)."""

    date: date
    point_no: int
    person_share: float | None
    value_share: float | None


@dataclass(frozen=True, slots=True)
class Penetration:
    """One category in one group of buyers (`category_penetration`)."""

    period_start_date: date
    period_end_date: date
    group_code: str
    category_id: str
    group_buyers: int
    buyers: int
    net_fen: int
    penetration_rate: float | None


@dataclass(frozen=True, slots=True)
class Affinity:
    """One ordered pair of categories (`category_affinity`)."""

    category_a_id: str
    category_b_id: str
    buyers_all: int
    buyers_a: int
    buyers_b: int
    buyers_both: int
    affinity_rate: float | None
    lift: float | None


@dataclass(frozen=True, slots=True)
class CategoryLines:
    """How often a category and its parent stand together on order lines (`order_line_fact`)."""

    category_id: str | None
    parent_category_id: str | None
    lines: int


@dataclass(frozen=True, slots=True)
class CategoryName:
    """A category's names (`category`)."""

    category_id: str
    name_zh: str | None
    name_en: str | None


@dataclass(frozen=True, slots=True)
class Tgi:
    """One feature of one group against all (`tgi`)."""

    group_code: str
    dimension: str
    feature: str
    group_persons: int
    group_feature_persons: int
    group_share: float | None
    base_share: float | None
    tgi: float | None


@dataclass(frozen=True, slots=True)
class Coupons:
    """Coupons of one campaign over its batches (`coupon_summary`); sums are null where no batch knows them."""

    campaign_id: str | None
    batches: int
    batches_with_issued: int
    batches_with_order: int
    issued: int | None
    claimed: int
    redeemed: int
    valid_redeemed: int | None
    net_fen: int | None


@dataclass(frozen=True, slots=True)
class Campaign:
    """One arm of one campaign (`campaign_response`)."""

    campaign_id: str
    arm: str
    period_start_date: date
    period_end_date: date
    is_complete: bool
    targeted: int
    redeemers: int
    buyers: int
    net_fen: int
    before_buyers: int
    before_net_fen: int
    response_rate: float | None
    buyer_rate: float | None
