"""Tables of growth: funnels, states between periods, acquisition, touchpoints, AARRR, preference, penetration of the
industry (`domain.md` M-14 – M-16, M-18, M-19, M-21).

Periods are half-open.  A rate whose rows have not been watched long enough counts only those that have: its base stands
beside it.
"""

from quanyu.tables.analytics import PERIOD
from quanyu.tables.columns import PARAM_VERSION, count, day, decimal, fen, flag, moment, person, rate, ref, text
from quanyu.tables.contract import Column, Privacy, Table, Type
from quanyu.tables.star import FIVE_R

GOALS = ("direct_sale", "private_relation", "store_traffic")
# `unknown` where nothing of the first day names a channel.
ACQUIRED_ON = text("channel_id", "获客渠道", "Acquired on channel", null=False)

FUNNEL_DEF = Table(
    name="funnel_def",
    grain="one funnel of library/funnels",
    key=("funnel",),
    columns=(
        text("funnel", "漏斗", "Funnel", null=False),
        text("name_zh", "中文名", "Chinese name", null=False),
        text("name_en", "英文名", "English name", null=False),
        count("steps", "步骤数", "Steps"),
        count("window_days", "窗口天数", "Window from step 1", unit="days"),
        # Null: a funnel of behaviour, not a link across quadrants (M-37).
        text("goal", "链路目标", "Goal of the link", values=GOALS),
    ),
    stage="definitions",
    zh="漏斗定义",
    en="Funnel definition",
)

# A person, or below zero the hash of a visitor key without one.
ACTOR = Column("actor_id", Type.KEY, "用户或访客", "Person or visitor", null=False, privacy=Privacy.PSEUDONYM)

FUNNEL_STEP = Table(
    name="funnel_step",
    grain="one way to take one step of one funnel; null conditions hold for anything",
    key=("funnel", "step_no", "way_no"),
    columns=(
        text("funnel", "漏斗", "Funnel", null=False),
        count("step_no", "步骤序号", "Step"),
        count("way_no", "方式序号", "Way of taking the step"),
        text("name_zh", "中文名", "Chinese name", null=False),
        text("name_en", "英文名", "English name", null=False),
        ref("type", "行为类型", "Event type", "event_type.code"),
        text("line", "线上/线下", "Online or offline", values=("online", "offline")),
        text("domain", "公域/私域", "Public or private domain", values=("public", "private")),
        text("role", "渠道角色", "Role of the channel", values=("traffic", "pool", "store")),
        ref("touchpoint_id", "触点", "Touchpoint", "touchpoint.touchpoint_id"),
        # On: a payment is a valid order (domain §2.0); off: anything paid, or an event that says so.
        flag("valid_orders", "仅有效订单", "Payments are valid orders"),
        # One act could be this step and an earlier one: it must come later, not at the same moment.
        flag("is_strict", "须晚于上一步", "Must come later than the step before"),
        count("window_days", "窗口天数", "Window from step 1", unit="days"),
    ),
    stage="definitions",
    zh="漏斗步骤",
    en="Funnel step",
)

ACT_NO = count("act_no", "行为种类序号", "Kind of act")
FUNNEL_NO = count("funnel_no", "漏斗序号", "Funnel number")

FUNNEL_WAY = Table(
    name="funnel_way",
    grain="one step of one funnel that one kind of act takes; kinds and funnels are numbered anew in every build",
    key=("act_no", "funnel_no", "step_no"),
    columns=(
        ACT_NO,
        FUNNEL_NO,
        text("funnel", "漏斗", "Funnel", null=False),
        count("step_no", "步骤序号", "Step"),
        flag("is_strict", "须晚于上一步", "Must come later than the step before"),
        count("window_days", "窗口天数", "Window from step 1", unit="days"),
        # What makes the kind; empty text: any type, channel or touchpoint that no way names, or none.
        text("type", "行为类型", "Event type", null=False),
        flag("is_valid", "有效订单", "A payment of a valid order"),
        text("channel_id", "渠道", "Channel", null=False),
        flag("in_store", "门店内", "In a store"),
        text("touchpoint_id", "触点", "Touchpoint", null=False),
    ),
    stage="analytics",
    zh="漏斗行为种类",
    en="Kinds of acts of funnels",
)

FUNNEL_ACT = Table(
    name="funnel_act",
    grain="one moment at which a person or visitor did one kind of act that takes a step of any funnel",
    key=("actor_id", "occurred_at", "act_no"),
    columns=(
        ACTOR,
        moment("occurred_at", "发生时间", "Occurred at", null=False),
        ACT_NO,
        day("local_date", "发生日期", "Date", null=False),
    ),
    stage="analytics",
    zh="漏斗行为",
    en="Act of a funnel",
)

FUNNEL_REACH = Table(
    name="funnel_reach",
    grain="one person or visitor who took step 1 of one funnel in one month, with the deepest step of those attempts",
    key=("funnel_no", "actor_id", "month_date"),
    columns=(
        FUNNEL_NO,
        ACTOR,
        day("month_date", "开始月份", "Month of step 1", null=False),
        count("steps", "最深步骤", "Deepest step"),
    ),
    stage="analytics",
    zh="漏斗到达",
    en="Steps reached",
)

FUNNEL_PERIOD = Table(
    name="funnel_period",
    grain="one step of one funnel in one period: persons (or visitors) whose attempt began in it",
    key=("funnel", "period_kind", "period_start_date", "step_no"),
    columns=(
        text("funnel", "漏斗", "Funnel", null=False),
        *PERIOD,
        count("step_no", "步骤序号", "Step"),
        flag("is_complete", "窗口完整", "Every attempt had its whole window"),
        count("persons", "人数", "Persons who reached the step"),
        count("previous_persons", "上一步人数", "Persons who reached the step before", null=True),
        count("first_persons", "第一步人数", "Persons who reached step 1"),
        rate("step_rate", "步骤转化率", "Share of the step before"),
        rate("overall_rate", "累计转化率", "Share of step 1"),
        flag("is_weakest", "最弱环节", "Weakest step"),
    ),
    stage="analytics",
    zh="漏斗",
    en="Funnel by period",
)

ACTIVE_DAY = Table(
    name="active_day",
    grain="one local date on which a person did something that counts as active, visited or bought",
    key=("person_id", "local_date"),
    columns=(
        person(),
        day("local_date", "活跃日期", "Date", null=False),
    ),
    stage="analytics",
    zh="活跃日",
    en="Active day",
)

ACTIVE_PERIOD = Table(
    name="active_period",
    grain="one period in which a person was active",
    key=("period_kind", "period_start_date", "person_id"),
    columns=(
        *PERIOD[:2],
        person(),
        day("previous_start_date", "上一活跃周期开始日", "First day of the active period before"),
    ),
    stage="analytics",
    zh="活跃周期",
    en="Active period",
)

PERIOD_STATE = Table(
    name="period_state",
    grain="one state of persons between one period and the one before it",
    key=("period_kind", "period_start_date", "state"),
    columns=(
        *PERIOD,
        flag("is_complete", "周期完整", "Period is complete"),
        text("state", "活跃状态", "State", null=False, values=("new", "retained", "lost", "returned")),
        count("persons", "人数", "Persons"),
    ),
    stage="analytics",
    zh="周期活跃状态",
    en="States between periods",
)

ACTIVE_RETENTION = Table(
    name="active_retention",
    grain="one status segment in one period; the status is fixed at the start of the period",
    key=("period_kind", "period_start_date", "segment"),
    columns=(
        *PERIOD,
        flag("is_complete", "周期完整", "Period is complete"),
        text("segment", "客群", "Segment", null=False, values=("all", "new", "old", "dormant")),
        # Active in the period before; of dormant persons: all of them.
        count("base_persons", "基数人数", "Persons in the base"),
        count("active_persons", "本期活跃人数", "Of them active in the period"),
        rate("retention_rate", "活跃留存率(休眠:唤醒率)", "Active retention (dormant: wake rate)"),
    ),
    stage="analytics",
    zh="活跃留存",
    en="Active retention",
)

ACQUISITION = Table(
    name="acquisition",
    grain="one person with a first day, and where they came from",
    key=("person_id",),
    columns=(
        person(),
        day("acquired_date", "获客日期", "First seen", null=False),
        ACQUIRED_ON,
        ref("touchpoint_id", "获客触点", "Acquired at touchpoint", "touchpoint.touchpoint_id"),
        flag("is_shared", "由分享带来", "Came through another person's share"),
    ),
    stage="analytics",
    zh="获客",
    en="Acquisition",
)

CHANNEL_QUALITY = Table(
    name="channel_quality",
    grain="the persons acquired on one channel in one period",
    key=("period_kind", "period_start_date", "channel_id"),
    columns=(
        *PERIOD,
        ACQUIRED_ON,
        count("new_persons", "新用户", "New persons"),
        # Null: the channel is not known to be free, and no cost of the period is known.
        fen("cost_fen", "获客成本", "Cost"),
        count("month_persons", "已满30天新用户", "New persons seen 30 days ago or more"),
        count("first_buyers", "30天首购人数", "Of them buyers within 30 days"),
        count("retained_persons", "30天留存人数", "Of them active again within 30 days"),
        count("watched_persons", "已满观察期新用户", "New persons watched for the whole revenue window"),
        fen("cohort_net_fen", "观察期净销售额", "Their net sales in the window", null=False),
        # To be reviewed or blocked (M-40); null when no rule of risk fires for anybody.
        count("suspicious_persons", "可疑人数", "Suspicious persons", null=True),
        rate("first_purchase_rate", "30天首购率", "First purchase rate, 30 days"),
        rate("retention_rate", "30天留存率", "Retention within 30 days"),
        rate("suspicious_share", "可疑占比", "Suspicious share"),
        fen("revenue_per_new_fen", "新用户人均净销售额", "Net sales per new person"),
        fen("cac_person_fen", "单个新用户成本", "Cost per new person"),
        fen("cac_buyer_fen", "单个首购用户成本", "Cost per first buyer"),
        rate("roi", "投产比", "Return on cost", unit="ratio"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="渠道质量",
    en="Channel quality",
)

TOUCHPOINT_CONVERSION = Table(
    name="touchpoint_conversion",
    grain="one touchpoint in one period",
    key=("period_kind", "period_start_date", "touchpoint_id"),
    columns=(
        *PERIOD,
        ref("touchpoint_id", "触点", "Touchpoint", "touchpoint.touchpoint_id", null=False),
        flag("is_complete", "窗口完整", "Every touch had its whole window"),
        count("reached_persons", "触达人数", "Persons reached"),
        count("any_touch_converters", "任意触点转化人数", "Of them buyers within the window of a touch"),
        count("last_touch_converters", "末次触点转化人数", "Buyers credited to the touchpoint"),
        rate("any_touch_rate", "任意触点转化率", "Conversion, any touch"),
        rate("last_touch_rate", "末次触点转化率", "Conversion, last touch"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="触点转化",
    en="Touchpoint conversion",
)

NEWCOMER_DAY = Table(
    name="newcomer_day",
    grain="the persons first seen on one day",
    key=("acquired_date",),
    columns=(
        day("acquired_date", "获客日期", "First seen", null=False),
        count("new_persons", "新用户", "New persons"),
        count("shared_new_persons", "分享带来新用户", "New persons through shares"),
        count("activation_base", "已满激活期新用户", "New persons whose time to activate is over"),
        count("activated_persons", "激活人数", "Of them with the core action"),
        count("retention_base", "已满留存期激活用户", "Activated persons whose time to come back is over"),
        count("retained_persons", "留存人数", "Of them active again"),
    ),
    stage="analytics",
    zh="新用户按日",
    en="Newcomers by day",
)

AARRR = Table(
    name="aarrr",
    grain="one period: acquisition, activation, retention, revenue, referral with their numerators and bases",
    key=("period_kind", "period_start_date"),
    columns=(
        *PERIOD,
        flag("is_complete", "周期完整", "Period is complete"),
        count("new_persons", "新用户", "New persons"),
        fen("cost_fen", "获客成本", "Cost"),
        count("activation_base", "已满激活期新用户", "New persons whose time to activate is over"),
        count("activated_persons", "激活人数", "Of them with the core action"),
        count("retention_base", "已满留存期激活用户", "Activated persons whose time to come back is over"),
        count("retained_persons", "留存人数", "Of them active again"),
        count("active_persons", "活跃人数", "Active persons"),
        count("buyers", "购买人数", "Buyers"),
        fen("net_fen", "净销售额", "Net sales of identified persons", null=False),
        count("sharers", "分享人数", "Persons who shared"),
        count("shared_new_persons", "分享带来新用户", "New persons through shares"),
        rate("activation_rate", "激活率", "Activation rate"),
        rate("retention_rate", "留存率", "Retention rate"),
        rate("revenue_rate", "变现率", "Share of active persons who buy"),
        fen("arpu_fen", "人均净销售额(ARPU)", "Net sales per active person"),
        rate("sharer_rate", "分享率", "Share of active persons who share"),
        rate("k_factor", "K因子", "New persons per sharer", unit="ratio"),
        fen("cac_person_fen", "单个新用户成本", "Cost per new person"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="AARRR增长",
    en="AARRR",
)

DECAY_WEIGHT = Table(
    name="decay_weight",
    grain="the weight of an act by its age: half of it after each half-life",
    key=("age_days",),
    columns=(
        count("age_days", "距今天数", "Age", unit="days"),
        decimal("weight", "权重", "Weight"),
    ),
    stage="analytics",
    zh="衰减权重",
    en="Decay weight",
)

CATEGORY_PREFERENCE = Table(
    name="category_preference",
    grain="one person and category with an act of the last year, as of the build",
    key=("person_id", "category_id"),
    columns=(
        person(),
        ref("category_id", "品类", "Category", "category.category_id", null=False),
        decimal("score", "偏好得分", "Score"),
        count("acts", "行为数", "Acts"),
        day("last_date", "最近日期", "Last act", null=False),
        count("rank", "偏好排名", "Rank among the person's categories"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="品类偏好",
    en="Category preference",
)

ASSET_PENETRATION = Table(
    name="asset_penetration",
    grain="one category among the persons of one 5R stage (or `total`), as of the build",
    key=("stage", "category_id"),
    columns=(
        day("date", "截至日期", "As of", null=False),
        text("stage", "5R阶段", "5R stage", null=False, values=(*FIVE_R, "total")),
        ref("category_id", "品类", "Category", "category.category_id", null=False),
        count("stage_persons", "阶段人数", "Persons in the stage"),
        count("persons", "有品类行为人数", "Of them with an act in the category"),
        rate("penetration_rate", "品类渗透率(人群)", "Category penetration of assets"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="人群品类渗透",
    en="Category penetration of assets",
)

INDUSTRY_PENETRATION = Table(
    name="industry_penetration",
    grain="one category whose market is known, as of the build",
    key=("category_id",),
    columns=(
        ref("category_id", "品类", "Category", "category.category_id", null=False),
        day("date", "截至日期", "As of", null=False),
        text("period", "市场数据周期", "Period of the market's figures", null=False),
        count("market_persons", "品类人群", "Persons in the market", null=True),
        count("buyers", "品牌购买人数", "Buyers of the brand in the category, last 365 days"),
        count("asset_persons", "品牌5R人群", "5R persons of the brand", null=True),
        rate("buyer_penetration", "行业渗透率(购买)", "Industry penetration, buyers"),
        rate("asset_penetration", "行业渗透率(人群资产)", "Industry penetration, assets"),
        text("origin", "数据出处", "Origin of the figures"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="行业渗透",
    en="Industry penetration",
)

GROWTH = (
    FUNNEL_DEF,
    FUNNEL_STEP,
    FUNNEL_WAY,
    FUNNEL_ACT,
    FUNNEL_REACH,
    FUNNEL_PERIOD,
    ACTIVE_DAY,
    ACTIVE_PERIOD,
    PERIOD_STATE,
    ACTIVE_RETENTION,
    ACQUISITION,
    CHANNEL_QUALITY,
    TOUCHPOINT_CONVERSION,
    NEWCOMER_DAY,
    AARRR,
    DECAY_WEIGHT,
    CATEGORY_PREFERENCE,
    ASSET_PENETRATION,
    INDUSTRY_PENETRATION,
)
