"""Tables of FAST+ and classic FAST: Capital, layers, deepening, venues, value, crowd matrices (`domain.md` M-07 – M-12,
M-41).

Their periods are those of `fp_period` that are reported; `date` is the period's last day, of the running one the build
date.
"""

from quanyu.tables.columns import PARAM_VERSION, PSEUDONYM, count, day, fen, flag, person, rate, ref, text
from quanyu.tables.contract import Table
from quanyu.tables.private_domain import REACH_REASONS
from quanyu.tables.relations import RELATION_TYPES

VENUES = ("shop", "group", "live", "dedicated_service", "mini_program", "subscription", "member_centre")
LAYERS = ("l1", "l2", "l3", "l4", "l5")
CLV_CELLS = tuple(
    f"{layer}_{own}_{spread}" for layer in ("high", "low") for own in ("high", "low") for spread in ("high", "low")
)
MATRIX_CELLS = ("core", "opportunity", "maintain", "watch")
FP_PERIOD_COLUMNS = (
    count("period_no", "周期序号", "Number of the period"),
    day("period_start_date", "开始日期", "First day", null=False),
    day("date", "截至日期", "Last day, or the build date", null=False),
    flag("is_complete", "周期完整", "Period is complete"),
)

VENUE_DAY_FACT = Table(
    name="venue_day_fact",
    grain="one local date on which a person or anonymous visitor was in one private venue",
    key=("venue", "visitor", "local_date"),
    columns=(
        text("venue", "场域", "Venue", null=False, values=VENUES),
        # `person:<id>` or `visitor:<key>`.
        text("visitor", "访客", "Visitor", null=False, privacy=PSEUDONYM),
        person(null=True),
        day("local_date", "日期", "Date", null=False),
        flag("is_active", "场域内活跃", "Active in the venue"),
        flag("starts_relation", "当日建立关系", "Entered a relation there on the day"),
    ),
    stage="facts",
    zh="场域访问日",
    en="Venue day",
)

VENUE_ORDER_FACT = Table(
    name="venue_order_fact",
    grain="one valid order that a private venue brought: placed there, or the last venue visited within the window",
    key=("order_id",),
    columns=(
        ref("order_id", "订单号", "Order", "order_fact.order_id", null=False),
        person(),
        text("venue", "场域", "Venue", null=False, values=VENUES),
        day("local_date", "支付日期", "Date of payment", null=False),
        day("touch_date", "到访日期", "Date of the visit", null=False),
        fen("net_fen", "净销售额", "Net sales", null=False),
    ),
    stage="facts",
    zh="场域成交事实",
    en="Order of a venue",
)

FP_CAPITAL = Table(
    name="fp_capital",
    grain="one relation type (or all) at the end of one period; types share persons and never add up",
    key=("period_no", "relation_type"),
    columns=(
        *FP_PERIOD_COLUMNS,
        text("relation_type", "关系类型", "Relation type", null=False, values=("all", *RELATION_TYPES)),
        count("capital", "可持续运营私域关系数", "Capital: persons"),
        count("relations", "关系数", "Relations that reach them"),
        count("previous_capital", "上期末私域关系数", "Capital at the end of the previous period"),
        count("new_persons", "新增人数", "Persons who came in"),
        count("ended_persons", "流失人数", "Persons who left"),
        count("net_persons", "净增人数", "Net change"),
        # Null: nobody is known to be active in any private venue at any time.
        count("effective_persons", "有效私域人数", "Of them active in a private venue in the period", null=True),
        rate("relations_per_person", "人均关系数", "Relations per person", unit="ratio"),
        rate("effective_private_rate", "有效私域率", "Effective private rate"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="可持续运营私域关系",
    en="Capital",
)

FP_LAYER_PERIOD = Table(
    name="fp_layer_period",
    grain="one person in one period: in Capital at its start or on any of its days",
    key=("period_no", "person_id"),
    columns=(
        *FP_PERIOD_COLUMNS,
        person(),
        # Null: not in Capital on that day.
        text("closing_layer", "期末分层", "Closing layer", values=LAYERS),
        count("closing_no", "期末层级", "Closing layer, 0 is out"),
        count("max_no", "期内最高层级", "Highest layer on any day of the period, 0 is none"),
        count("previous_no", "上期末层级", "Layer at the end of the previous period, 0 is out"),
        count("first_no", "期内首个层级", "First layer held in the period, 0 is none"),
        count("baseline_no", "基准层级", "Baseline: the previous closing layer, else the first layer held"),
        flag("deepened", "关系加深", "Deepened"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="周期关系分层",
    en="Relation layer by period",
)

FP_DEEPENING = Table(
    name="fp_deepening",
    grain="one period",
    key=("period_no",),
    columns=(
        *FP_PERIOD_COLUMNS,
        count("previous_capital", "上期末私域关系数", "Capital at the end of the previous period"),
        count("closing_capital", "期末私域关系数", "Capital at the end of the period"),
        count("deepened", "关系加深人数", "Persons who deepened"),
        count("deepened_cohort", "上期关系中加深人数", "Of the previous Capital, persons who deepened"),
        # May exceed 1 when many newcomers deepen; null without a previous Capital.
        rate("deepening_rate", "角色关系加深效率", "Deepening rate", unit="ratio"),
        rate("deepening_cohort_rate", "同期群加深效率", "Deepening rate of the previous Capital"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="角色关系加深",
    en="Deepening",
)

FP_CONNECTION = Table(
    name="fp_connection",
    grain="one private venue (or all) in one period; venues share persons and never add up",
    key=("period_no", "venue"),
    columns=(
        *FP_PERIOD_COLUMNS,
        text("venue", "场域", "Venue", null=False, values=("all", *VENUES)),
        count("visitors", "访问用户数", "Visitor keys, anonymous ones included"),
        count("active_persons", "活跃关系数", "Persons in Capital on a day on which they were active"),
        count("private_visitors", "全部私域访问用户数", "Visitor keys of all private venues"),
        count("unrelated_visitors", "无关系访客数", "Visitor keys without a relation before the period"),
        count("related_persons", "新建关系人数", "Of them persons with a new relation in the venue"),
        count("buyers", "成交人数", "Buyers of orders that the venue brought"),
        rate("connection", "场域引力", "Connection"),
        rate("attraction", "吸引进场", "Share of private visitors attracted"),
        rate("settling", "沉淀关系", "Share of visitors without relation who enter one"),
        rate("closing", "促成成交", "Share of visitors who buy"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="场域引力",
    en="Connection",
)

FP_CLV = Table(
    name="fp_clv",
    grain="one horizon at the end of one period: the period itself, or lifetime to its last day",
    key=("period_no", "horizon"),
    columns=(
        *FP_PERIOD_COLUMNS,
        text("horizon", "口径", "Horizon", null=False, values=("period", "lifetime")),
        fen("own_fen", "自购价值", "Own value", null=False),
        fen("spread_fen", "传播价值", "Spread value", null=False),
        # Own and spread count an order that a share brought twice: never GMV.
        fen("clv_fen", "角色关系价值合计(非GMV)", "Sum of CLV (never GMV)", null=False),
        fen("net_fen", "净销售额", "Net sales of all valid orders", null=False),
        count("spread_orders", "分享成交订单数", "Orders that shares brought"),
        count("sharers", "带来成交的分享人数", "Persons whose shares brought an order"),
        rate("spread_sales_share", "分享成交占比", "Share of net sales that shares brought"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="角色关系价值",
    en="CLV of relations",
)

CLV_MATRIX = Table(
    name="clv_matrix",
    grain="one of the eight cells of layer, own value and spread value, as of the build date",
    key=("date", "cell"),
    columns=(
        day("date", "截至日期", "As of", null=False),
        # Layer, own value, spread value, each high or low.
        text("cell", "矩阵单元", "Cell", null=False, values=CLV_CELLS),
        flag("layer_high", "高关系层级", "Layer L4 or L5"),
        flag("own_high", "高购买价值", "Own value at or above the median of buyers"),
        flag("spread_high", "有传播价值", "Spread value above 0"),
        count("persons", "人数", "Persons"),
        fen("own_fen", "自购价值", "Own value", null=False),
        fen("spread_fen", "传播价值", "Spread value", null=False),
        fen("clv_fen", "角色关系价值合计(非GMV)", "Sum of CLV (never GMV)", null=False),
        # The smallest own value that counts as high; null without a buyer.
        fen("own_cut_fen", "购买价值切分", "Cut of own value"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="CLV人群矩阵",
    en="CLV matrix",
)

FIRST_PURCHASE_MATRIX = Table(
    name="first_purchase_matrix",
    grain="one segment of people by where they were acquired, as of the build date",
    key=("date", "segment"),
    columns=(
        day("date", "截至日期", "As of", null=False),
        text("segment", "细分人群", "Segment", null=False),
        count("size", "人数", "Size"),
        count("buyers", "首购人数", "First-time buyers"),
        rate("conversion", "首购转化率", "First-purchase conversion"),
        rate("median_size", "人数中位数", "Median size", unit="persons"),
        rate("median_conversion", "转化率中位数", "Median conversion"),
        text("cell", "人群类型", "Cell", null=False, values=MATRIX_CELLS),
    ),
    stage="analytics",
    zh="首购人群矩阵",
    en="First-purchase matrix",
)

FAST_PERIOD = Table(
    name="fast_period",
    grain="one period of classic FAST: people in the terms of AIPL, never to be mixed with private relations",
    key=("period_no",),
    columns=(
        *FP_PERIOD_COLUMNS,
        count("fast_f", "可运营人群总量 F", "F: persons in AIPL on any day of the period"),
        count("opening_persons", "期初AIPL人数", "Persons in AIPL at the end of the previous period"),
        count("advanced_persons", "AIPL加深人数", "Of them in a higher stage at the end of the period"),
        rate("fast_a", "人群加深率 A", "A: share of them who advanced"),
        # Null: no membership is known at all.
        count("fast_s", "会员总量 S", "S: members at the end of the period", null=True),
        count("active_members", "活跃会员数", "Of them active in the period", null=True),
        rate("fast_t", "会员活跃率 T", "T: share of members who were active"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="经典FAST",
    en="FAST",
)

REACH_REASON = Table(
    name="reach_reason",
    grain="the persons of one channel who are reachable, or not for one reason, as of the build date",
    key=("date", "channel_id", "reason"),
    columns=(
        day("date", "截至日期", "As of", null=False),
        # A relation that names no channel stands as `type:<relation type>`.
        text("channel_id", "渠道", "Channel", null=False),
        text("reason", "触达状态", "Reachable, or why not", null=False, values=("reachable", *REACH_REASONS)),
        count("persons", "人数", "Persons"),
        count("channel_persons", "渠道人数", "Persons of the channel"),
        rate("share", "占比", "Share"),
    ),
    stage="analytics",
    zh="触达状态",
    en="Reachability by reason",
)

FASTPLUS = (
    VENUE_DAY_FACT,
    VENUE_ORDER_FACT,
    FP_CAPITAL,
    FP_LAYER_PERIOD,
    FP_DEEPENING,
    FP_CONNECTION,
    FP_CLV,
    CLV_MATRIX,
    FIRST_PURCHASE_MATRIX,
    FAST_PERIOD,
    REACH_REASON,
)
