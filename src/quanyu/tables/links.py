"""Tables of quadrants, links between them, and experience (`domain.md` M-37, M-39)."""

from quanyu.tables.analytics import PERIOD
from quanyu.tables.columns import PARAM_VERSION, count, day, fen, moment, person, rate, ref, text
from quanyu.tables.contract import Table

QUADRANTS = ("public_traffic", "public_store", "private_pool", "private_store")
LINES = ("online", "offline", "unknown")
CASE_MEASURES = ("first_reply", "proposal", "done")

QUADRANT_DAY = Table(
    name="quadrant_day",
    grain="one person in one half of one quadrant on one local date",
    key=("person_id", "local_date", "quadrant", "line"),
    columns=(
        day("local_date", "日期", "Date", null=False),
        text("quadrant", "四象限", "Quadrant", null=False, values=QUADRANTS),
        text("line", "线上/线下", "Online or offline", null=False, values=LINES),
        person(),
        # Null: only orders without a moment.
        moment("first_at", "首次时间", "First at"),
    ),
    stage="analytics",
    zh="象限日",
    en="Quadrant by day",
)

QUADRANT_PERIOD = Table(
    name="quadrant_period",
    grain="one quadrant, or its online or offline half, in one period",
    key=("period_kind", "period_start_date", "quadrant", "line"),
    columns=(
        *PERIOD,
        text("quadrant", "四象限", "Quadrant", null=False, values=QUADRANTS),
        text("line", "线上/线下", "Online or offline", null=False, values=("all", *LINES)),
        count("persons", "人数", "Persons"),
        count("events", "行为数", "Events"),
        count("orders", "有效订单数", "Valid orders"),
        fen("net_fen", "净销售额", "Net sales", null=False),
        # Null: no cost of its channels is known in the period.
        fen("cost_fen", "渠道费用", "Cost of its channels"),
        # Net sales less cost of goods and of channels; null while the cost of any line sold is not known.
        fen("margin_fen", "毛利(扣除渠道费用)", "Margin after cost of channels"),
    ),
    stage="analytics",
    zh="四象限周期",
    en="Quadrant by period",
)

LINK_STEP = Table(
    name="link_step",
    grain="one person leaving one quadrant for another one, or for none",
    key=("person_id", "from_date", "from_quadrant"),
    columns=(
        person(),
        text("from_quadrant", "离开象限", "From quadrant", null=False, values=QUADRANTS),
        day("from_date", "离开前末次日期", "Last date there before", null=False),
        text("to_quadrant", "进入象限", "To quadrant", values=QUADRANTS),
        day("to_date", "进入日期", "Next date"),
    ),
    stage="analytics",
    zh="链路步",
    en="Step between quadrants",
)

LINK_MATRIX = Table(
    name="link_matrix",
    grain="one ordered pair of quadrants in one period",
    key=("period_kind", "period_start_date", "from_quadrant", "to_quadrant"),
    columns=(
        *PERIOD,
        text("from_quadrant", "离开象限", "From quadrant", null=False, values=QUADRANTS),
        text("to_quadrant", "进入象限", "To quadrant", null=False, values=QUADRANTS),
        count("persons", "链路人数", "Persons who went"),
        count("from_persons", "离开象限人数", "Persons of the quadrant"),
        rate("link_rate", "链路率", "Share of its persons who went"),
        count("window_days", "链路窗口", "Window of a link", unit="days"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="链路矩阵",
    en="Link matrix",
)

LINK_SUMMARY = Table(
    name="link_summary",
    grain="one period: persons, buyers and orders that cross quadrants or lines",
    key=("period_kind", "period_start_date"),
    columns=(
        *PERIOD,
        count("persons", "出现人数", "Persons seen in a quadrant"),
        count("cross_persons", "跨象限人数", "Persons seen in two or more quadrants"),
        # Of buyers with an order whose line is known.
        count("buyers", "购买人数", "Buyers"),
        count("cross_line_buyers", "线上线下双线购买人数", "Buyers both online and offline"),
        # Of valid orders whose both lines are known.
        count("service_orders", "履约可知订单数", "Orders with known lines"),
        count("cross_service_orders", "跨线服务订单数", "Orders served on the other line"),
        rate("cross_domain_rate", "贯通率", "Share of persons in two or more quadrants"),
        rate("cross_line_buyer_rate", "双线购买率", "Share of buyers on both lines"),
        rate("cross_service_rate", "跨线服务率", "Share of orders served on the other line"),
    ),
    stage="analytics",
    zh="贯通周期",
    en="Links by period",
)

EXPERIENCE_PERIOD = Table(
    name="experience_period",
    grain="one measure of time over the service cases of one kind (or all) opened in one period",
    key=("period_kind", "period_start_date", "kind", "measure"),
    columns=(
        *PERIOD,
        text("kind", "工单类型", "Kind of case", null=False),
        text("measure", "时长", "Measure", null=False, values=CASE_MEASURES),
        count("cases", "工单数", "Cases opened"),
        count("measured_cases", "已完成该步工单数", "Cases that came so far"),
        count("sla_cases", "达标工单数", "Of them within the promised time"),
        # Nearest rank (M-39), in whole seconds.
        count("median_s", "中位数(秒)", "Median", null=True, unit="seconds"),
        count("p90_s", "P90(秒)", "90th percentile", null=True, unit="seconds"),
        count("sla_s", "服务承诺(秒)", "Promised time", unit="seconds"),
        rate("median_min", "中位数(分钟)", "Median", unit="minutes"),
        rate("p90_min", "P90(分钟)", "90th percentile", unit="minutes"),
        rate("sla_share", "达标率", "Share within the promised time"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="服务时效",
    en="Times of service",
)

NPS_TOUCHPOINT = Table(
    name="nps_touchpoint",
    grain="one touchpoint in one period; the last answer of each person there counts",
    key=("period_kind", "period_start_date", "touchpoint_id"),
    columns=(
        *PERIOD,
        ref("touchpoint_id", "触点", "Touchpoint", "touchpoint.touchpoint_id", null=False),
        text("journey_phase", "购买阶段", "Journey phase"),
        count("answers", "回答人数", "Answers"),
        count("promoters", "推荐者", "Promoters"),
        count("passives", "被动者", "Passives"),
        count("detractors", "贬损者", "Detractors"),
        count("net_promoters", "净推荐者", "Promoters less detractors"),
        rate("nps", "净推荐值", "NPS", unit="index -100 to 100"),
    ),
    stage="analytics",
    zh="触点净推荐值",
    en="NPS by touchpoint",
)

CARE_PERIOD = Table(
    name="care_period",
    grain="one month of the report and its members' birthdays",
    key=("period_kind", "period_start_date"),
    columns=(
        *PERIOD,
        count("birthday_members", "生日会员数", "Members with a birthday"),
        count("cared_members", "收到生日关怀会员数", "Of them cared for"),
        rate("care_coverage", "生日关怀覆盖率", "Coverage of birthday care"),
    ),
    stage="analytics",
    zh="关怀覆盖",
    en="Coverage of care",
)

LINKS = (
    QUADRANT_DAY,
    QUADRANT_PERIOD,
    LINK_STEP,
    LINK_MATRIX,
    LINK_SUMMARY,
    EXPERIENCE_PERIOD,
    NPS_TOUCHPOINT,
    CARE_PERIOD,
)
