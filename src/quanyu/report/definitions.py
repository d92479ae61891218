"""What every figure means: its table, its source in the domain reference, whether more of it is good.

Names and formulas are words and stand in the message files under `definitions.<id>`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric: the table that has it, the section of the domain reference, `wish` (up, down or empty: neither)."""

    id: str
    table: str
    source: str
    wish: str = ""


_ALL = (
    Definition("rows_received", "reconciliation", "E5"),
    Definition("rows_stored", "reconciliation", "E5"),
    Definition("rows_quarantined", "reconciliation", "E5", "down"),
    Definition("rows_duplicate", "reconciliation", "E5"),
    Definition("orders_known", "order_fact", "§2.0"),
    Definition("orders_valid", "order_fact", "§2.0"),
    Definition("orders_invalid", "order_fact", "§2.0"),
    Definition("identified_orders", "order_fact", "M-38", "up"),
    Definition("identified_share", "order_fact", "M-38", "up"),
    Definition("persons", "person_fact", "§2.0"),
    Definition("input_rows", "order_fact", "§3"),
    Definition("refunds_matched", "refund_fact", "§2.0"),
    Definition("net_sales", "sales_period", "M-42", "up"),
    Definition("gross_sales", "sales_period", "M-42", "up"),
    Definition("identified_net_sales", "sales_period", "M-42", "up"),
    Definition("buyers", "sales_period", "M-42", "up"),
    Definition("orders", "sales_period", "M-42", "up"),
    Definition("first_time_buyers", "sales_period", "M-42", "up"),
    Definition("per_buyer", "sales_period", "M-42", "up"),
    Definition("per_order", "sales_period", "M-42", "up"),
    Definition("repurchase_rate", "sales_period", "M-42", "up"),
    Definition("rebuy_rate", "sales_period", "M-42", "up"),
    Definition("refund_rate", "sales_period", "M-42", "down"),
    Definition("purchase_days", "purchase_day_fact", "§2.0", "up"),
    Definition("frequency", "purchase_day_fact", "§2.0", "up"),
    Definition("value_per_day", "purchase_day_fact", "M-42", "up"),
    Definition("contribution", "purchase_day_fact", "Shapley 1953; Sun 1998"),
    Definition("nine_base", "nine_indicator", "M-13", "up"),
    Definition("nine_dormant", "nine_indicator", "M-13", "down"),
    Definition("nine_conversion", "nine_indicator", "M-13", "up"),
    Definition("nine_per_buyer", "nine_indicator", "M-13", "up"),
    Definition("nine_buyers", "nine_indicator", "M-13", "up"),
    Definition("nine_net_sales", "nine_indicator", "M-13", "up"),
    Definition("rfm_persons", "rfm", "M-22"),
    Definition("rfm_share", "rfm", "M-22"),
    Definition("rfm_net_sales", "rfm", "M-22"),
    Definition("rfm_per_person", "rfm", "M-22"),
    Definition("rfm_cut", "rfm_cut", "M-22"),
    Definition("flow", "flow", "M-03"),
    Definition("life_persons", "lifecycle", "M-23"),
    Definition("life_share", "lifecycle", "M-23"),
    Definition("life_reactivated", "lifecycle", "M-23", "up"),
    Definition("life_never", "lifecycle", "M-23", "down"),
    Definition("life_cut", "lifecycle_cut", "M-23"),
    Definition("cohort_persons", "cohort_retention", "M-15"),
    Definition("retention", "cohort_retention", "M-15", "up"),
    Definition("tier_persons", "value_tier", "M-25"),
    Definition("tier_value", "value_tier", "M-25"),
    Definition("tier_share", "value_tier", "M-25"),
    Definition("head_share", "value_concentration", "M-25"),
    Definition("gini", "value_concentration", "M-25"),
    Definition("lorenz", "value_lorenz", "M-25"),
    Definition("tgi", "tgi", "M-20"),
    Definition("penetration", "category_penetration", "M-18", "up"),
    Definition("category_buyers", "category_penetration", "M-18", "up"),
    Definition("category_net_sales", "category_penetration", "M-18", "up"),
    Definition("affinity", "category_affinity", "M-18"),
    Definition("affinity_buyers", "category_affinity", "M-18"),
    Definition("lift", "category_affinity", "M-18"),
    Definition("coupon_issued", "coupon_summary", "M-27"),
    Definition("coupon_claimed", "coupon_summary", "M-27"),
    Definition("coupon_redeemed", "coupon_summary", "M-27", "up"),
    Definition("coupon_valid", "coupon_summary", "M-27", "up"),
    Definition("coupon_net_sales", "coupon_summary", "M-27", "up"),
    Definition("campaign_targeted", "campaign_response", "M-27"),
    Definition("campaign_redeemers", "campaign_response", "M-27", "up"),
    Definition("campaign_response", "campaign_response", "M-27", "up"),
    Definition("campaign_buyers", "campaign_response", "M-27", "up"),
    Definition("campaign_buyer_rate", "campaign_response", "M-27", "up"),
    Definition("campaign_net_sales", "campaign_response", "M-27", "up"),
    Definition("quality_checked", "data_quality", "house §4"),
    Definition("quality_failed", "data_quality", "house §4", "down"),
)

DEFINITIONS = {definition.id: definition for definition in _ALL}
