"""The values of the steps' parameters in one build, taken from the workspace's parameters by id."""

from datetime import date

from quanyu.definitions import Parameters
from quanyu.engine import Value

AFFINITY_CATEGORIES = 30
"""How many of the most bought top categories are paired; their pairs grow with its square."""

FP_PERIODS = 13
"""How many of the last FAST+ periods are reported; a person has a row in each."""


def step_values(parameters: Parameters, as_of: date, watermark: int, time_zone: str) -> dict[str, Value]:
    """Return a value for every `$parameter` that a step of the build may name."""
    dormant_fallback, lost_fallback = parameters.integers("P.life.fallback")
    key, main, ordinary, _ = parameters.integers("P.value_tier.cuts")
    return {
        "as_of": as_of,
        "watermark": watermark,
        "zone": time_zone,
        "param_version": parameters.version,
        "rfm_mode": parameters.text("P.rfm.mode"),
        "rfm_window_days": parameters.integer("P.rfm.window"),
        "rfm_scores": parameters.integer("P.rfm.scores"),
        "rfm_recency_cut": parameters.integer("P.rfm.cut.recency_days"),
        "rfm_frequency_cut": parameters.integer("P.rfm.cut.frequency"),
        "rfm_monetary_cut_fen": parameters.integer("P.rfm.cut.monetary_fen"),
        "life_gap_days": parameters.integer("P.life.gap_window"),
        "life_min_gaps": parameters.integer("P.life.min_gaps"),
        "life_dormant_pct": parameters.integer("P.life.q_dormant"),
        "life_lost_pct": parameters.integer("P.life.q_lost"),
        "life_mature_days": parameters.integer("P.life.m"),
        "life_dormant_fallback_days": dormant_fallback,
        "life_lost_fallback_days": lost_fallback,
        "tier_key_pct": key,
        "tier_main_pct": main,
        "tier_ordinary_pct": ordinary,
        "head_pct": parameters.integer("P.value_tier.head"),
        "affinity_categories": AFFINITY_CATEGORIES,
        "fp_period": parameters.text("P.fp.period"),
        "fp_periods": FP_PERIODS,
        "capital_subscription": parameters.text("P.fp.capital.subscription"),
        "capital_mini_program": parameters.text("P.fp.capital.mini_program"),
        "review_positive": parameters.integer("P.fp.review_positive"),
        "share_window_days": parameters.integer("P.fp.share_window"),
        "scope_days": parameters.integer("P.scope.orders"),
        "hard_bounce": parameters.integer("P.reach.hard_bounce"),
        "venue_pages": parameters.integer("P.fp.active.pages"),
        "venue_seconds": parameters.integer("P.fp.active.seconds"),
        "venue_window_days": parameters.integer("P.attr.venue"),
        "attr_ad_days": parameters.integer("P.attr.ad"),
        "attr_message_days": parameters.integer("P.attr.message"),
        "attr_share_days": parameters.integer("P.attr.share"),
        "attr_touch_days": parameters.integer("P.attr.touch"),
        "funnel_min_persons": parameters.integer("P.funnel.min_persons"),
        "core_action": parameters.text("P.aarrr.core_action"),
        "activation_days": parameters.integer("P.aarrr.activation"),
        "revenue_days": parameters.integer("P.channel.revenue_days"),
        "habit_days": parameters.integer("P.reach.habit"),
        "consult_days": parameters.integer("P.associate.consult"),
        "qr_join_days": parameters.integer("P.qr.join"),
        "link_days": parameters.integer("P.link.window"),
        "sla_first_reply_min": parameters.integer("P.sla.first_reply"),
        "sla_proposal_min": parameters.integer("P.sla.proposal"),
        "sla_done_min": parameters.integer("P.sla.done"),
        "risk_block": parameters.integer("P.risk.block"),
        "risk_review": parameters.integer("P.risk.review"),
        "risk_device_accounts": parameters.integer("P.risk.weight.device_accounts"),
        "risk_registrations": parameters.integer("P.risk.weight.device_registrations"),
        "risk_virtual_number": parameters.integer("P.risk.weight.virtual_number"),
        "risk_fast_claim": parameters.integer("P.risk.weight.claim_after_registration"),
        "risk_idle_claims": parameters.integer("P.risk.weight.claims_without_order"),
        "risk_referral_device": parameters.integer("P.risk.weight.referral_same_device"),
        "risk_known_good": parameters.integer("P.risk.weight.known_good"),
    }
