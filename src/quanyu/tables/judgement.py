"""Tables of meaning and judgement: event types, tags, metric values, diagnoses, privacy, audit (`domain.md` §3.8)."""

from quanyu.tables.analytics import PERIOD
from quanyu.tables.columns import (
    PARAM_VERSION,
    PSEUDONYM,
    SENSITIVE,
    count,
    day,
    fen,
    flag,
    json,
    moment,
    person,
    rate,
    ref,
    text,
    validity,
)
from quanyu.tables.contract import Table

EVENT_TYPE = Table(
    name="event_type",
    grain="one type of event and what it counts as",
    key=("code",),
    columns=(
        text("code", "行为类型", "Event type", null=False),
        text("name_zh", "中文名", "Chinese name", null=False),
        text("name_en", "英文名", "English name", null=False),
        text(
            "activity",
            "互动深度",
            "Depth of activity",
            null=False,
            values=("passive", "shallow", "deep", "transaction", "negative"),
        ),
        flag("counts_as_active", "计为活跃", "Counts as active"),
        text("five_r_min_stage", "5R最低阶段", "Lowest 5R stage", values=("r1", "r2", "r3", "r4", "r5")),
        json("fp_active_for_venues", "计为活跃的场域", "Active for venues"),
    ),
    stage="definitions",
    zh="行为类型",
    en="Event type",
)

TAG_DEF = Table(
    name="tag_def",
    grain="one tag definition",
    key=("tag_code",),
    columns=(
        text("tag_code", "标签", "Tag", null=False),
        text("name_zh", "中文名", "Chinese name", null=False),
        text("name_en", "英文名", "English name", null=False),
        ref("parent_code", "上级标签", "Parent tag", "tag_def.tag_code"),
        text("volatility", "静态/动态", "Volatility", null=False, values=("static", "dynamic")),
        text("measure", "定性/定量", "Measure", null=False, values=("qualitative", "quantitative")),
        text("origin", "来源分类", "Origin", null=False, values=("base", "business", "smart")),
        text("derivation", "生成方式", "Derivation", null=False, values=("fact", "model", "predict")),
        text("value_type", "值类型", "Type of value", null=False),
        text("rule", "规则", "Rule"),
        text("refresh", "更新频率", "Refresh"),
        day("review_on", "复核日期", "Review on"),
        text("sensitivity", "敏感级别", "Sensitivity", null=False, values=("none", "personal", "sensitive")),
    ),
    stage="definitions",
    zh="标签定义",
    en="Tag definition",
)

PERSON_TAG = Table(
    name="person_tag",
    grain="one value of one tag of one person while it holds",
    key=("person_id", "tag_code", "valid_from"),
    columns=(
        person(),
        ref("tag_code", "标签", "Tag", "tag_def.tag_code", null=False),
        # Tags of any class share the column: it takes the strictest.
        text("value", "标签值", "Value", privacy=SENSITIVE),
        rate("score", "得分", "Score", unit="unit of the tag"),
        text("source", "来源", "Source", null=False),
        *validity(),
    ),
    stage="tags",
    zh="用户标签",
    en="Person's tag",
    history=True,
)

METRIC_VALUE = Table(
    name="metric_value",
    grain="one metric in one period and one combination of dimension values",
    key=("metric_code", "period_kind", "period_start_date", "dims"),
    columns=(
        text("metric_code", "指标", "Metric", null=False),
        *PERIOD,
        json("dims", "维度", "Dimension values, keys sorted; {} for the total", null=False),
        text("unit", "单位", "Unit", null=False),
        # Money, counts and points stay whole numbers; a ratio whose base is zero has neither.
        count("amount", "数值(金额/计数)", "Value of money, counts and points", null=True),
        rate("ratio", "数值(比率)", "Value of ratios and averages", unit="unit of the metric"),
        count("numerator", "分子", "Numerator", null=True),
        count("denominator", "分母", "Denominator", null=True),
        PARAM_VERSION,
    ),
    stage="metrics",
    zh="指标值",
    en="Metric value",
)

DIAGNOSIS = Table(
    name="diagnosis",
    grain="one diagnosis",
    key=("diagnosis_id",),
    columns=(
        text("diagnosis_id", "诊断", "Diagnosis", null=False),
        text("scenario", "运营场景", "Scenario", null=False),
        *PERIOD,
        text("state", "步骤", "Step", null=False, values=("indicator", "analysis", "strategy", "operation")),
        text("started_by", "发起人", "Started by"),
    ),
    stage="diagnosis",
    zh="诊断",
    en="Diagnosis",
)

FINDING = Table(
    name="finding",
    grain="one statement of a diagnosis with its evidence",
    key=("finding_id",),
    columns=(
        text("finding_id", "诊断发现", "Finding", null=False),
        ref("diagnosis_id", "诊断", "Diagnosis", "diagnosis.diagnosis_id", null=False),
        text("rule_code", "规则", "Rule", null=False),
        ref("metric_code", "指标", "Metric", "metric_value.metric_code", null=False),
        json("dims", "维度", "Dimension values", null=False),
        text("unit", "单位", "Unit", null=False),
        count("amount", "数值(金额/计数)", "Value of money, counts and points", null=True),
        count("baseline_amount", "基线(金额/计数)", "Baseline of money, counts and points", null=True),
        rate("ratio", "数值(比率)", "Value of ratios", unit="unit of the metric"),
        rate("baseline_ratio", "基线(比率)", "Baseline of ratios", unit="unit of the metric"),
        rate("gap", "差距", "Relative gap to the baseline", unit="ratio"),
        fen("impact_fen", "影响金额", "Money at stake"),
        text("severity", "严重程度", "Severity", null=False, values=("critical", "high", "medium", "low", "info")),
        text("evidence", "依据查询", "Evidence query", null=False),
    ),
    stage="diagnosis",
    zh="诊断发现",
    en="Finding",
)

RECOMMENDATION = Table(
    name="recommendation",
    grain="one proposed action for one finding",
    key=("rec_id",),
    columns=(
        text("rec_id", "策略建议", "Recommendation", null=False),
        ref("finding_id", "诊断发现", "Finding", "finding.finding_id", null=False),
        text("playbook", "打法", "Playbook", null=False),
        json("audience_def", "人群定义", "Audience"),
        text("action", "动作", "Action"),
        ref("channel_id", "渠道", "Channel", "channel.channel_id"),
        ref("benefit_id", "权益", "Benefit", "benefit.benefit_id"),
        text("timing", "时机", "Timing"),
        ref("proof_metric", "验证指标", "Metric of proof", "metric_value.metric_code"),
        count("audience_size", "人数", "Persons", null=True),
        text("accepted_by", "采纳人", "Accepted by"),
        ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
    ),
    stage="diagnosis",
    zh="策略建议",
    en="Recommendation",
)

CHECK_ANSWER = Table(
    name="check_answer",
    grain="one answer to one item of a checklist",
    key=("checklist", "item", "answered_at"),
    columns=(
        text("checklist", "自查表", "Checklist", null=False),
        text("item", "自查项", "Item", null=False),
        count("answer", "得分", "Answer", unit="0-2"),
        text("evidence", "依据", "Evidence"),
        text("answered_by", "填写人", "Answered by"),
        moment("answered_at", "填写时间", "Answered at", null=False),
    ),
    stage="diagnosis",
    zh="自查评分",
    en="Checklist answer",
)

DATA_PURPOSE = Table(
    name="data_purpose",
    grain="one field and purpose of processing it",
    key=("field_name", "purpose"),
    columns=(
        text("field_name", "字段", "Field", null=False),
        text("purpose", "处理目的", "Purpose", null=False),
        text("lawful_basis", "合法性基础", "Lawful basis", null=False),
        count("retention_days", "保存期限", "Retention", null=True, unit="days"),
        text("owner", "责任人", "Owner", null=False),
    ),
    stage="definitions",
    zh="数据用途",
    en="Data purpose",
)

PRIVACY_REQUEST = Table(
    name="privacy_request",
    grain="one request of a person about their data",
    key=("request_id",),
    columns=(
        text("request_id", "请求", "Request", null=False),
        person(),
        text("kind", "类型", "Kind", null=False, values=("access", "correct", "delete", "withdraw", "explain")),
        moment("received_at", "收到时间", "Received at", null=False),
        moment("due_at", "办理期限", "Due at", null=False),
        moment("done_at", "办结时间", "Done at"),
    ),
    stage="services",
    zh="个人信息请求",
    en="Privacy request",
)

AUDIT_LOG = Table(
    name="audit_log",
    grain="one thing somebody did",
    key=("entry_id",),
    columns=(
        text("entry_id", "记录", "Entry", null=False),
        text("actor", "操作人", "Actor", null=False, privacy=PSEUDONYM),
        text("action", "操作", "Action", null=False),
        count("person_count", "涉及人数", "Persons concerned", null=True),
        text("purpose", "目的", "Purpose"),
        moment("occurred_at", "发生时间", "Occurred at", null=False),
    ),
    stage="services",
    zh="审计日志",
    en="Audit log",
)

JUDGEMENT = (
    EVENT_TYPE,
    TAG_DEF,
    PERSON_TAG,
    METRIC_VALUE,
    DIAGNOSIS,
    FINDING,
    RECOMMENDATION,
    CHECK_ANSWER,
    DATA_PURPOSE,
    PRIVACY_REQUEST,
    AUDIT_LOG,
)
