"""Tables of meaning and judgement: event types, metric values, diagnoses, privacy, audit (`domain.md` §3.8)."""

from quanyu.tables.analytics import PERIOD
from quanyu.tables.columns import (
    PARAM_VERSION,
    PSEUDONYM,
    count,
    flag,
    json,
    moment,
    person,
    rate,
    text,
)
from quanyu.tables.contract import Table
from quanyu.tables.diagnosis import DIAGNOSES
from quanyu.tables.facts import ACTIVITIES

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
            values=ACTIVITIES,
        ),
        flag("counts_as_active", "计为活跃", "Counts as active"),
        text("five_r_min_stage", "5R最低阶段", "Lowest 5R stage", values=("r1", "r2", "r3", "r4", "r5")),
        json("fp_active_for_venues", "计为活跃的场域", "Active for venues"),
    ),
    stage="definitions",
    zh="行为类型",
    en="Event type",
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
    METRIC_VALUE,
    *DIAGNOSES,
    CHECK_ANSWER,
    DATA_PURPOSE,
    PRIVACY_REQUEST,
    AUDIT_LOG,
)
