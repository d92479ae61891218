"""The values of the steps' parameters in one build, taken from the workspace's parameters by id."""

from datetime import date

from quanyu.definitions import Parameters
from quanyu.engine import Value

AFFINITY_CATEGORIES = 30
"""How many of the most bought top categories are paired; their pairs grow with its square."""


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
    }
