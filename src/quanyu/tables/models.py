"""Tables of stages and consumer models: snapshots, flows, RFM, life cycle, value tiers (`domain.md` §3.8, M-22 – M-25).

Every row carries the date it is as of, and `param_version`, the version of the parameters it was computed with.
"""

from quanyu.tables.columns import PARAM_VERSION, count, day, fen, flag, person, rate, text
from quanyu.tables.contract import Table
from quanyu.tables.stages import STAGE_MODELS, flow_columns

LIFECYCLE_STAGES = ("intro", "growth", "mature", "dormant", "lost")
VALUE_TIERS = ("key", "main", "ordinary", "tail")
RFM_CODES = ("111", "110", "101", "100", "011", "010", "001", "000")

AS_OF = day("date", "截至日期", "As of", null=False)

STAGE_SNAPSHOT = Table(
    name="stage_snapshot",
    grain="one person's stage in one model and scope on one date; the highest stage satisfied",
    key=("model", "scope", "date", "person_id"),
    columns=(
        text("model", "模型", "Model", null=False, values=STAGE_MODELS),
        text("scope", "范围", "Scope", null=False),
        AS_OF,
        person(),
        text("stage", "阶段", "Stage", null=False),
        text("evidence_event_id", "依据记录", "Evidence"),
        PARAM_VERSION,
    ),
    stage="stages",
    zh="阶段快照",
    en="Stage snapshot",
)

FLOW = Table(
    name="flow",
    grain="one pair of stages between two snapshots of one model and scope; a missing stage is `none`",
    key=("model", "scope", "d0", "d1", "from_stage", "to_stage"),
    columns=flow_columns(STAGE_MODELS),
    stage="stages",
    zh="阶段流转",
    en="Stage flow",
)

PURCHASE_SUMMARY = Table(
    name="purchase_summary",
    grain="one buyer as of the build date, summed up as models of repeat buying need it",
    key=("person_id",),
    columns=(
        person(),
        count("frequency", "复购次数", "Frequency (repeat purchase days)"),
        count("recency_days", "首末购间隔", "Recency (first to last purchase day)", unit="days"),
        count("age_days", "观察时长", "T (first purchase day to the build date)", unit="days"),
        fen("repeat_net_fen", "复购净销售额", "Net sales of the repeat purchase days", null=False),
    ),
    stage="models",
    zh="购买摘要",
    en="Purchase summary",
)

RFM_MEASURE = Table(
    name="rfm_measure",
    grain="one person with a valid order in the window that ends on the date",
    key=("date", "person_id"),
    columns=(
        AS_OF,
        person(),
        count("recency_days", "最近一次消费", "Recency", unit="days"),
        count("frequency", "消费频率", "Frequency", unit="purchase days"),
        fen("monetary_fen", "消费金额", "Monetary value", null=False),
    ),
    stage="models",
    zh="RFM原始值",
    en="RFM measures",
)

RFM_CUT = Table(
    name="rfm_cut",
    grain="the cut values of one RFM run; a value at the cut counts as high",
    key=("cut_id",),
    columns=(
        text("cut_id", "切分", "Cut", null=False),
        AS_OF,
        text("mode", "切分方式", "Mode", null=False, values=("standard", "fixed", "mean", "median", "quantile")),
        count("window_days", "观察窗口", "Window", unit="days"),
        count("persons", "人数", "Persons"),
        count("recency_cut_days", "最近一次消费切分", "Recency cut (high: at most)", null=True, unit="days"),
        count("frequency_cut", "消费频率切分", "Frequency cut (high: at least)", null=True, unit="purchase days"),
        fen("monetary_cut_fen", "消费金额切分", "Monetary cut (high: at least)"),
        # Where a band begins; null when no value reaches it (all persons alike).
        count("recency_band_2_days", "近度中档起点", "Recency: medium band from", null=True, unit="days"),
        count("recency_band_3_days", "近度高档起点", "Recency: high band from", null=True, unit="days"),
        count("frequency_band_2", "频率中档起点", "Frequency: medium band from", null=True, unit="purchase days"),
        count("frequency_band_3", "频率高档起点", "Frequency: high band from", null=True, unit="purchase days"),
        fen("monetary_band_2_fen", "金额中档起点", "Monetary value: medium band from"),
        fen("monetary_band_3_fen", "金额高档起点", "Monetary value: high band from"),
        PARAM_VERSION,
    ),
    stage="models",
    zh="RFM切分",
    en="RFM cut",
)

RFM = Table(
    name="rfm",
    grain="one person with a valid order in the window, as of a date",
    key=("date", "person_id"),
    columns=(
        AS_OF,
        person(),
        count("recency_days", "最近一次消费", "Recency", unit="days"),
        count("frequency", "消费频率", "Frequency", unit="purchase days"),
        fen("monetary_fen", "消费金额", "Monetary value", null=False),
        flag("recency_high", "最近一次消费高", "Recency is high"),
        flag("frequency_high", "消费频率高", "Frequency is high"),
        flag("monetary_high", "消费金额高", "Monetary value is high"),
        text("code", "RFM分群", "RFM group", null=False, values=RFM_CODES),
        text("band_code", "RFM三档编码", "Three-band code"),
        text("cut_id", "切分", "Cut", null=False),
        PARAM_VERSION,
    ),
    stage="models",
    zh="RFM",
    en="RFM",
)

LIFECYCLE_CUT = Table(
    name="lifecycle_cut",
    grain="the life-cycle thresholds of one date",
    key=("date",),
    columns=(
        AS_OF,
        count("q_dormant_days", "休眠阈值", "Dormant after", unit="days"),
        count("q_lost_days", "流失阈值", "Lost after", unit="days"),
        count("mature_days", "成熟期天次", "Purchase days of the mature stage"),
        count("gaps", "购买间隔样本数", "Gaps measured"),
        text("source", "阈值来源", "Where the thresholds come from", null=False, values=("measured", "fallback")),
        PARAM_VERSION,
    ),
    stage="models",
    zh="生命周期阈值",
    en="Life-cycle thresholds",
)

LIFECYCLE = Table(
    name="lifecycle",
    grain="one person's life-cycle stage as of a date",
    key=("date", "person_id"),
    columns=(
        AS_OF,
        person(),
        text("stage", "生命周期阶段", "Life-cycle stage", null=False, values=LIFECYCLE_STAGES),
        # For persons who never bought: days since the last active event or the registration.
        count("recency_days", "距最近购买或活跃天数", "Days since last purchase or activity", null=True, unit="days"),
        count("purchase_days", "购买天次", "Purchase days"),
        count("purchase_days_365", "近365天购买天次", "Purchase days, last 365 days"),
        flag("never_purchased", "从未购买", "Never purchased"),
        flag("reactivated", "重新激活", "Reactivated"),
        PARAM_VERSION,
    ),
    stage="models",
    zh="生命周期",
    en="Life cycle",
)

VALUE_TIER = Table(
    name="value_tier",
    grain="one person's value tier as of a date; rank 1 is the most valuable",
    key=("date", "person_id"),
    columns=(
        AS_OF,
        person(),
        text("tier", "价值分层", "Value tier", null=False, values=VALUE_TIERS),
        fen("value_fen", "价值", "Value", null=False),
        count("rank", "排名", "Rank"),
        PARAM_VERSION,
    ),
    stage="models",
    zh="价值分层",
    en="Value tier",
)

VALUE_CONCENTRATION = Table(
    name="value_concentration",
    grain="how concentrated value is, as of a date",
    key=("date",),
    columns=(
        AS_OF,
        count("persons", "人数", "Persons"),
        fen("value_fen", "总价值", "Total value", null=False),
        count("head_persons", "头部人数(前20%)", "Persons in the top 20%"),
        fen("head_value_fen", "头部价值", "Value of the top 20%", null=False),
        rate("head_share", "头部贡献占比", "Share of the top 20%"),
        rate("gini", "基尼系数", "Gini coefficient"),
        PARAM_VERSION,
    ),
    stage="models",
    zh="价值集中度",
    en="Value concentration",
)

VALUE_LORENZ = Table(
    name="value_lorenz",
    grain="one point of the Lorenz curve of value, persons from least to most valuable",
    key=("date", "point_no"),
    columns=(
        AS_OF,
        count("point_no", "点序号", "Point"),
        rate("person_share", "累计人数占比", "Cumulative share of persons"),
        rate("value_share", "累计价值占比", "Cumulative share of value"),
    ),
    stage="models",
    zh="价值洛伦兹曲线",
    en="Lorenz curve of value",
)

MODELS = (
    STAGE_SNAPSHOT,
    FLOW,
    PURCHASE_SUMMARY,
    RFM_MEASURE,
    RFM,
    RFM_CUT,
    LIFECYCLE,
    LIFECYCLE_CUT,
    VALUE_TIER,
    VALUE_CONCENTRATION,
    VALUE_LORENZ,
)
