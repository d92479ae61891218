"""Tables of analysis over groups: sales, cohorts, categories, coupons, campaigns (`domain.md` M-13 – M-27).

Periods are half-open: `period_end_date` is the first date outside.  Amounts per head are whole fen, rounded half up,
for display; the exact value is the quotient of the two columns beside it.
"""

from quanyu.tables.columns import PARAM_VERSION, count, day, fen, flag, rate, ref, text
from quanyu.tables.contract import Table

PERIOD_KINDS = ("day", "week", "month", "quarter", "year", "custom")
PERIOD = (
    text("period_kind", "周期类型", "Kind of period", null=False, values=PERIOD_KINDS),
    day("period_start_date", "周期开始日", "First day of the period", null=False),
    day("period_end_date", "周期结束日(不含)", "First day after the period", null=False),
)

SALES_PERIOD = Table(
    name="sales_period",
    grain="one period of one kind, over all channels",
    key=("period_kind", "period_start_date"),
    columns=(
        *PERIOD,
        flag("is_complete", "周期完整", "Period is complete"),
        fen("gross_fen", "成交金额(退款前)", "Gross sales", null=False),
        fen("refunded_fen", "退款金额", "Refunded", null=False),
        fen("net_fen", "净销售额", "Net sales", null=False),
        count("paid_orders", "支付订单数", "Paid orders"),
        count("paid_buyers", "支付人数(退款前)", "Persons who paid, before refunds"),
        count("orders", "有效订单数", "Valid orders"),
        count("buyers", "购买人数", "Buyers"),
        count("first_time_buyers", "首购人数", "First-time buyers"),
        count("repeat_buyers", "复购人数", "Buyers with two or more purchase days"),
        count("previous_buyers", "上期购买人数", "Buyers of the previous period"),
        count("rebuyers", "回购人数", "Buyers of both periods"),
        fen("identified_net_fen", "已识别净销售额", "Net sales with a person", null=False),
        fen("per_buyer_fen", "客单价", "Net sales per buyer"),
        fen("per_order_fen", "笔单价", "Net sales per order"),
        rate("repurchase_rate", "复购率", "Repurchase rate"),
        rate("rebuy_rate", "回购率", "Rebuy rate"),
        rate("refund_rate", "退款率", "Refund rate"),
    ),
    stage="analytics",
    zh="周期销售",
    en="Sales by period",
)

NINE_INDICATOR = Table(
    name="nine_indicator",
    grain="one status segment in one period; the status is fixed at the start of the period",
    key=("period_kind", "period_start_date", "segment"),
    columns=(
        *PERIOD,
        text("segment", "客群", "Segment", null=False, values=("new", "old", "dormant")),
        # Null where visits are unknown: new and old are then counted by buyers alone and have no conversion rate.
        count("base", "流量/数量", "Traffic (dormant: number)", null=True),
        count("buyers", "购买人数", "Buyers"),
        fen("net_fen", "净销售额", "Net sales", null=False),
        rate("conversion_rate", "转化率", "Conversion rate"),
        fen("per_buyer_fen", "客单价", "Net sales per buyer"),
        count("dormant_days", "休眠阈值", "Dormant after", unit="days"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="三新九指标",
    en="Nine indicators",
)

COHORT_RETENTION = Table(
    name="cohort_retention",
    grain="one month of first purchase in its n-th month after; period 0 is the month itself",
    key=("cohort_month", "period_no"),
    columns=(
        day("cohort_month", "首购月", "Month of first purchase", null=False),
        count("period_no", "第几个月", "Months after", unit="months"),
        flag("is_complete", "周期完整", "Month is complete"),
        count("persons", "同期群人数", "Persons in the cohort"),
        count("buyers", "购买人数", "Buyers in the month"),
        count("orders", "有效订单数", "Valid orders"),
        fen("net_fen", "净销售额", "Net sales", null=False),
        # Null for period 0: there is no later month yet.
        count("buyers_within", "期内回购人数", "Buyers again in months 1 to n", null=True),
        rate("retention_rate", "留存率(第n月)", "Retention rate, n-th month"),
        rate("within_rate", "留存率(n个月内)", "Retention rate, within n months"),
    ),
    stage="analytics",
    zh="同期群留存",
    en="Cohort retention",
)

ACTIVITY_RETENTION = Table(
    name="activity_retention",
    grain="the persons whose first event was on a date, on the n-th day after (0-30); day 0 is the date itself",
    key=("cohort_date", "day_no"),
    columns=(
        day("cohort_date", "首次活跃日", "First active day", null=False),
        count("day_no", "第几天", "Days after", unit="days"),
        count("persons", "同期群人数", "Persons in the cohort"),
        count("active", "当日活跃人数", "Active on the day"),
        count("returned", "当日及之前回访人数", "Active again on any day since the first, up to this one"),
        rate("retention_rate", "第N日留存率", "Day-N retention rate"),
        # Null on day 0, where nobody can have come back yet.
        rate("within_rate", "N日内留存率", "Within-N retention rate"),
    ),
    stage="analytics",
    zh="活跃留存",
    en="Activity retention",
)

CATEGORY_PENETRATION = Table(
    name="category_penetration",
    grain="one category in one group of buyers and period",
    key=("period_kind", "period_start_date", "group_code", "category_id"),
    columns=(
        *PERIOD,
        text("group_code", "客群", "Group of buyers", null=False),
        ref("category_id", "品类", "Category", "category.category_id", null=False),
        count("group_buyers", "客群购买人数", "Buyers in the group"),
        count("buyers", "品类购买人数", "Buyers of the category"),
        fen("net_fen", "净销售额", "Net sales", null=False),
        rate("penetration_rate", "品类渗透率", "Category penetration"),
    ),
    stage="analytics",
    zh="品类渗透",
    en="Category penetration",
)

CATEGORY_BREADTH = Table(
    name="category_breadth",
    grain="one group of buyers in one period",
    key=("period_kind", "period_start_date", "group_code"),
    columns=(
        *PERIOD,
        text("group_code", "客群", "Group of buyers", null=False),
        count("group_buyers", "客群购买人数", "Buyers in the group"),
        count("cross_buyers", "跨品类购买人数", "Buyers of two or more categories"),
        rate("cross_rate", "跨品类购买占比", "Share who buy two or more categories"),
    ),
    stage="analytics",
    zh="品类广度",
    en="Category breadth",
)

CATEGORY_AFFINITY = Table(
    name="category_affinity",
    grain="one ordered pair of categories bought by the same persons in one period",
    key=("period_kind", "period_start_date", "category_a_id", "category_b_id"),
    columns=(
        *PERIOD,
        ref("category_a_id", "品类甲", "Category A", "category.category_id", null=False),
        ref("category_b_id", "品类乙", "Category B", "category.category_id", null=False),
        count("buyers_all", "购买人数", "Buyers of anything"),
        count("buyers_a", "甲购买人数", "Buyers of A"),
        count("buyers_b", "乙购买人数", "Buyers of B"),
        count("buyers_both", "同时购买人数", "Buyers of both"),
        rate("affinity_rate", "连带购买率", "Share of A's buyers who buy B"),
        rate("lift", "提升度", "Lift", unit="ratio"),
    ),
    stage="analytics",
    zh="品类关联",
    en="Category affinity",
)

TGI = Table(
    name="tgi",
    grain="one feature of one dimension in one group against the base, as of a date",
    key=("date", "group_code", "dimension", "feature"),
    columns=(
        day("date", "截至日期", "As of", null=False),
        text("group_code", "客群", "Group", null=False),
        text("dimension", "维度", "Dimension", null=False),
        text("feature", "特征", "Feature", null=False),
        count("group_persons", "客群人数", "Persons in the group"),
        count("group_feature_persons", "客群中有特征人数", "Of them with the feature"),
        count("base_persons", "基准人数", "Persons in the base"),
        count("base_feature_persons", "基准中有特征人数", "Of them with the feature"),
        rate("group_share", "客群占比", "Share in the group"),
        rate("base_share", "基准占比", "Share in the base"),
        rate("tgi", "TGI", "TGI", unit="index, 100 = base"),
    ),
    stage="analytics",
    zh="目标群体指数",
    en="Target group index",
)

COUPON_SUMMARY = Table(
    name="coupon_summary",
    grain="one coupon batch",
    key=("batch_id",),
    columns=(
        ref("batch_id", "券批次", "Coupon batch", "coupon_batch.batch_id", null=False),
        ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
        count("issued", "发放数", "Issued", null=True),
        count("claimed", "领取数", "Claimed"),
        count("redeemed", "核销数", "Redeemed"),
        # Null where the source does not say which order redeemed a coupon.
        count("valid_redeemed", "有效核销数", "Redeemed by a valid order", null=True),
        fen("net_fen", "带动净销售额", "Net sales of the redeeming orders"),
        fen("cost_fen", "券成本", "Cost"),
        rate("claim_rate", "领取率", "Claim rate"),
        rate("redeem_rate", "核销率", "Redemption rate"),
        rate("net_redeem_rate", "有效核销率", "Valid redemption rate"),
        rate("gmv_per_cost", "券投产比", "Net sales per cost", unit="ratio"),
    ),
    stage="analytics",
    zh="优惠券汇总",
    en="Coupon summary",
)

CAMPAIGN_RESPONSE = Table(
    name="campaign_response",
    grain="one arm of one campaign, over the days of the campaign that are known",
    key=("campaign_id", "arm"),
    columns=(
        ref("campaign_id", "活动", "Campaign", "campaign.campaign_id", null=False),
        text("arm", "实验组", "Arm", null=False, values=("treatment", "holdout")),
        *PERIOD[1:],
        flag("is_complete", "活动已结束", "Campaign is over"),
        count("targeted", "触达人数", "Persons targeted"),
        count("redeemers", "用券人数", "Persons who redeemed a coupon"),
        count("buyers", "购买人数", "Buyers"),
        count("orders", "有效订单数", "Valid orders"),
        fen("net_fen", "净销售额", "Net sales", null=False),
        # The same number of days before the campaign: a reference, not a proof of effect.
        count("before_buyers", "活动前购买人数", "Buyers in as many days before"),
        fen("before_net_fen", "活动前净销售额", "Net sales in as many days before", null=False),
        rate("response_rate", "用券率", "Share who redeemed"),
        rate("buyer_rate", "购买率", "Share who bought"),
    ),
    stage="analytics",
    zh="活动响应",
    en="Campaign response",
)

ANALYTICS = (
    SALES_PERIOD,
    NINE_INDICATOR,
    COHORT_RETENTION,
    ACTIVITY_RETENTION,
    CATEGORY_PENETRATION,
    CATEGORY_BREADTH,
    CATEGORY_AFFINITY,
    TGI,
    COUPON_SUMMARY,
    CAMPAIGN_RESPONSE,
)
