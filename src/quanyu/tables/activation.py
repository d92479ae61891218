"""Tables of action and its proof: audiences, journeys, experiments, attribution (`domain.md` §3.6)."""

from quanyu.tables.columns import (
    count,
    day,
    decimal,
    json,
    moment,
    person,
    ref,
    text,
)
from quanyu.tables.contract import Table

AUDIENCE = Table(
    name="audience",
    grain="one segment frozen for a use",
    key=("audience_id",),
    columns=(
        text("audience_id", "人群包", "Audience", null=False),
        json("definition", "定义", "Definition", null=False),
        moment("snapshot_at", "快照时间", "Frozen at", null=False),
        count("size", "人数", "Persons"),
        text("purpose", "处理目的", "Purpose", null=False),
        text("exported_to", "投放去向", "Exported to"),
    ),
    stage="activation",
    zh="人群包",
    en="Audience",
)

AUDIENCE_MEMBER = Table(
    name="audience_member",
    grain="one person in one audience",
    key=("audience_id", "person_id"),
    columns=(
        ref("audience_id", "人群包", "Audience", "audience.audience_id", null=False),
        person(),
        text("arm", "实验组", "Arm"),
    ),
    stage="activation",
    zh="人群包成员",
    en="Audience member",
)

JOURNEY = Table(
    name="journey",
    grain="one version of a journey",
    key=("journey_id", "journey_version"),
    columns=(
        text("journey_id", "旅程", "Journey", null=False),
        count("journey_version", "版本", "Version"),
        text("name_zh", "中文名", "Chinese name", null=False),
        text("name_en", "英文名", "English name", null=False),
        text("state", "状态", "State", null=False, values=("draft", "live", "paused", "ended")),
        ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
    ),
    stage="definitions",
    zh="旅程",
    en="Journey",
)

JOURNEY_STEP = Table(
    name="journey_step",
    grain="one step on the canvas of a version of a journey",
    key=("journey_id", "journey_version", "step_id"),
    columns=(
        ref("journey_id", "旅程", "Journey", "journey.journey_id", null=False),
        count("journey_version", "版本", "Version"),
        text("step_id", "步骤", "Step", null=False),
        text(
            "kind",
            "类型",
            "Kind",
            null=False,
            values=("trigger", "condition", "wait", "split", "ab", "channel", "task", "exit"),
        ),
        json("settings", "设置", "Settings"),
        json("next_steps", "后续步骤", "Next steps"),
    ),
    stage="definitions",
    zh="旅程步骤",
    en="Journey step",
)

JOURNEY_RUN = Table(
    name="journey_run",
    grain="one person entering one step of a journey",
    key=("run_id",),
    columns=(
        text("run_id", "旅程记录", "Run", null=False),
        ref("journey_id", "旅程", "Journey", "journey.journey_id", null=False),
        count("journey_version", "版本", "Version"),
        ref("step_id", "步骤", "Step", "journey_step.step_id", null=False),
        person(),
        moment("entered_at", "进入时间", "Entered at", null=False),
        moment("left_at", "离开时间", "Left at"),
    ),
    stage="activation",
    zh="旅程记录",
    en="Journey run",
)

FATIGUE_RULE = Table(
    name="fatigue_rule",
    grain="one frequency cap",
    key=("rule_id",),
    columns=(
        text("rule_id", "规则", "Rule", null=False),
        text("scope", "范围", "Scope", null=False, values=("global", "channel")),
        ref("channel_id", "渠道", "Channel", "channel.channel_id"),
        text("window_unit", "窗口单位", "Unit of the window", values=("minute", "hour", "day", "week", "month")),
        count("window_length", "窗口长度", "Length of the window"),
        count("max_sends", "最多触达次数", "Sends at most"),
        json("quiet_hours", "静默时段", "Quiet hours"),
        json("holidays", "节假日", "Holidays"),
        json("exempt", "豁免", "Exempt"),
    ),
    stage="definitions",
    zh="疲劳度规则",
    en="Frequency cap",
)

EXPERIMENT = Table(
    name="experiment",
    grain="one experiment",
    key=("experiment_id",),
    columns=(
        text("experiment_id", "实验", "Experiment", null=False),
        text("unit", "分流单位", "Unit", null=False),
        json("arms", "实验组", "Arms", null=False),
        text("hash_salt", "分流盐值", "Hash salt", null=False),
        day("starts_on", "开始日期", "First day"),
        day("ends_on", "结束日期", "Last day"),
    ),
    stage="definitions",
    zh="实验",
    en="Experiment",
)

ASSIGNMENT = Table(
    name="assignment",
    grain="one person in one experiment",
    key=("experiment_id", "person_id"),
    columns=(
        ref("experiment_id", "实验", "Experiment", "experiment.experiment_id", null=False),
        person(),
        text("arm", "实验组", "Arm", null=False),
        moment("assigned_at", "分流时间", "Assigned at", null=False),
    ),
    stage="measurement",
    zh="实验分流",
    en="Assignment",
)

ATTRIBUTION_TOUCH = Table(
    name="attribution_touch",
    grain="one touch credited for one order by one rule; the weights of an order and rule sum to 1",
    key=("touch_id", "order_id", "rule"),
    columns=(
        text("touch_id", "触达", "Touch", null=False),
        ref("order_id", "订单号", "Order", "order_fact.order_id", null=False),
        text("rule", "归因规则", "Rule", null=False),
        person(),
        ref("touchpoint_id", "触点", "Touchpoint", "touchpoint.touchpoint_id"),
        ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
        decimal("weight", "权重", "Weight", null=False, unit="ratio 0-1"),
    ),
    stage="measurement",
    zh="归因触点",
    en="Attribution touch",
)

ACTIVATION = (
    AUDIENCE,
    AUDIENCE_MEMBER,
    JOURNEY,
    JOURNEY_STEP,
    JOURNEY_RUN,
    FATIGUE_RULE,
    EXPERIMENT,
    ASSIGNMENT,
    ATTRIBUTION_TOUCH,
)
