"""Tables of a diagnosis: what was watched, which gaps are findings, what they are made of, what is advised.

Meaning: `domain.md` §3.8, §4.0.  They are made at the end of a build, out of its figures; money is whole minor units,
gaps and tests are ratios for reading.
"""

from quanyu.tables.analytics import PERIOD
from quanyu.tables.columns import PARAM_VERSION, count, fen, flag, json, rate, ref, text
from quanyu.tables.contract import Table

STATES = ("indicator", "analysis", "strategy", "operation")
BASELINES = ("previous", "last_year", "peers", "manual")
TESTS = ("proportion", "range", "threshold")
EFFECTS = ("amount", "rate", "mix", "overlap")
AUDIENCE_GATES = ("rule", "consent", "reach", "risk")

_UNIT_NOTE = "unit of the metric"

DIAGNOSIS = Table(
    name="diagnosis",
    grain="one scenario looked at in one period",
    key=("diagnosis_id",),
    columns=(
        text("diagnosis_id", "诊断", "Diagnosis", null=False),
        text("scenario", "运营场景", "Scenario", null=False),
        *PERIOD,
        text("baseline", "基线", "Baseline", null=False, values=BASELINES),
        text("state", "步骤", "Step", null=False, values=STATES),
        text("started_by", "发起人", "Started by"),
        count("indicators", "指标数", "Indicators watched"),
        count("computable", "可计算指标数", "Indicators that can be computed"),
        count("cells_tested", "检验次数", "Cells tested"),
        count("findings", "发现数", "Findings"),
        PARAM_VERSION,
    ),
    stage="diagnosis",
    zh="诊断",
    en="Diagnosis",
)

DIAGNOSIS_STEP = Table(
    name="diagnosis_step",
    grain="one step that a diagnosis has taken, in order",
    key=("diagnosis_id", "step_no"),
    columns=(
        ref("diagnosis_id", "诊断", "Diagnosis", "diagnosis.diagnosis_id", null=False),
        count("step_no", "序号", "Number of the step"),
        text("state", "步骤", "Step", null=False, values=STATES),
        text("says_zh", "结论(中文)", "What it found, in Chinese", null=False),
        text("says_en", "结论(英文)", "What it found, in English", null=False),
    ),
    stage="diagnosis",
    zh="诊断步骤",
    en="Step of a diagnosis",
)

DIAGNOSIS_INDICATOR = Table(
    name="diagnosis_indicator",
    grain="one metric that a scenario watches, as a whole, beside its baseline",
    key=("diagnosis_id", "metric_code"),
    columns=(
        ref("diagnosis_id", "诊断", "Diagnosis", "diagnosis.diagnosis_id", null=False),
        ref("metric_code", "指标", "Metric", "metric_value.metric_code", null=False),
        # FAST+ has periods of its own: of its metrics the last that had ended by the asked one.
        *PERIOD,
        count("weight", "权重", "Weight in the scenario"),
        text("unit", "单位", "Unit", null=False),
        flag("is_computable", "可计算", "Can be computed"),
        text("why_not_zh", "不可计算原因(中文)", "Why it cannot be computed, in Chinese"),
        text("why_not_en", "不可计算原因(英文)", "Why it cannot be computed, in English"),
        rate("value", "数值", "Value", unit=_UNIT_NOTE),
        rate("baseline_value", "基线", "Baseline", unit=_UNIT_NOTE),
        rate("gap", "差距", "Relative gap to the baseline", unit="ratio"),
        rate("sigma", "标准差", "Standard deviation of the previous periods", unit=_UNIT_NOTE),
        rate("z", "检验值", "z of a rate, or standard deviations from the baseline", unit="standard deviations"),
        count("base_persons", "人数基数", "Persons behind it", null=True),
        flag("is_finding", "构成发现", "Is a finding"),
        text("verdict", "判定", "What decided", null=False),
    ),
    stage="diagnosis",
    zh="诊断指标",
    en="Indicator of a diagnosis",
)

FINDING = Table(
    name="finding",
    grain="one gap of a diagnosis that passed the rule, with its evidence",
    key=("finding_id",),
    columns=(
        text("finding_id", "诊断发现", "Finding", null=False),
        ref("diagnosis_id", "诊断", "Diagnosis", "diagnosis.diagnosis_id", null=False),
        count("rank_no", "排名", "Rank by impact among all findings of the build"),
        # A finding about the same group of persons or places with more at stake: one problem, seen in several metrics.
        ref("lead_finding_id", "主发现", "Finding it belongs to", "finding.finding_id"),
        text("rule_code", "规则", "Rule", null=False, values=TESTS),
        ref("metric_code", "指标", "Metric", "metric_value.metric_code", null=False),
        *PERIOD,
        json("dims", "维度", "Dimension values; {} for the whole", null=False),
        text("unit", "单位", "Unit", null=False),
        # Money, counts and points are whole; a baseline is a mean, rounded to whole for reading.
        count("amount", "数值(金额/计数)", "Value of money, counts and points", null=True),
        count("baseline_amount", "基线(金额/计数)", "Baseline of money, counts and points", null=True),
        rate("ratio", "数值(比率)", "Value of ratios and averages", unit=_UNIT_NOTE),
        rate("baseline_ratio", "基线(比率)", "Baseline of ratios and averages", unit=_UNIT_NOTE),
        rate("gap", "差距", "Relative gap to the baseline", unit="ratio"),
        rate("sigma", "标准差", "Standard deviation of the previous periods", unit=_UNIT_NOTE),
        rate("z", "检验值", "z of a rate, or standard deviations from the baseline", unit="standard deviations"),
        rate("p_value", "p值", "Chance of such a gap without a problem"),
        count("tests", "同批检验次数", "Cells tested beside it"),
        count("base_persons", "人数基数", "Persons behind it"),
        count("affected_persons", "影响人数", "Gap times persons"),
        fen("per_person_fen", "人均价值", "Value of one person", null=True),
        fen("impact_fen", "影响金额", "Money at stake"),
        text("severity", "严重程度", "Severity", null=False, values=("critical", "high", "medium", "low", "info")),
        text("playbook", "打法", "Playbook", null=False),
        text("playbook_zh", "打法名称(中文)", "Name of the playbook in Chinese", null=False),
        text("playbook_en", "打法名称(英文)", "Name of the playbook in English", null=False),
        text("says_zh", "结论(中文)", "What it says, in Chinese", null=False),
        text("says_en", "结论(英文)", "What it says, in English", null=False),
        json("evidence", "依据查询", "Question of the metrics layer that gives the figure", null=False),
        PARAM_VERSION,
    ),
    stage="diagnosis",
    zh="诊断发现",
    en="Finding",
)

FINDING_PART = Table(
    name="finding_part",
    grain="what one value of one dimension contributed to a finding's gap; a dimension's parts add up to the gap",
    key=("finding_id", "dimension", "part_no", "effect"),
    columns=(
        ref("finding_id", "诊断发现", "Finding", "finding.finding_id", null=False),
        text("dimension", "拆解维度", "Dimension", null=False),
        count("part_no", "序号", "Number of the value"),
        # Null: the rows that have no value of the dimension; of the effect overlap: what no single value caused.
        text("value", "维度值", "Value of the dimension"),
        text("value_zh", "维度值名称(中文)", "Name of the value in Chinese"),
        text("value_en", "维度值名称(英文)", "Name of the value in English"),
        text("effect", "作用", "Effect", null=False, values=EFFECTS),
        count("contribution", "贡献", "Contribution; amounts in their unit, ratios in millionths"),
        rate("share", "占比", "Share of the gap", unit="ratio"),
    ),
    stage="diagnosis",
    zh="发现拆解",
    en="Part of a finding",
)

RECOMMENDATION = Table(
    name="recommendation",
    grain="one proposed action for one audience of one finding",
    key=("rec_id",),
    columns=(
        text("rec_id", "策略建议", "Recommendation", null=False),
        ref("finding_id", "诊断发现", "Finding", "finding.finding_id", null=False),
        text("playbook", "打法", "Playbook", null=False),
        text("audience_code", "人群", "Audience", null=False),
        text("audience_zh", "人群(中文)", "Audience in Chinese", null=False),
        text("audience_en", "人群(英文)", "Audience in English", null=False),
        json("audience_def", "人群定义", "Audience as a rule", null=False),
        text("action_zh", "动作(中文)", "Action in Chinese", null=False),
        text("action_en", "动作(英文)", "Action in English", null=False),
        text("channel", "触达方式", "Means of reaching them", null=False),
        ref("channel_id", "渠道", "Channel", "channel.channel_id"),
        text("benefit_zh", "权益(中文)", "Benefit in Chinese", null=False),
        text("benefit_en", "权益(英文)", "Benefit in English", null=False),
        ref("benefit_id", "权益", "Benefit", "benefit.benefit_id"),
        text("timing_zh", "时机(中文)", "Timing in Chinese", null=False),
        text("timing_en", "时机(英文)", "Timing in English", null=False),
        ref("proof_metric", "验证指标", "Metric of proof", "metric_value.metric_code"),
        # Null: it cannot be said, because a table the rule needs is not known here; never 0 in its place.
        count("audience_size", "符合规则人数", "Persons who meet the rule", null=True),
        count("contactable_size", "可触达人数", "Of them who consented, can be reached and are not blocked", null=True),
        text("accepted_by", "采纳人", "Accepted by"),
        ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
    ),
    stage="diagnosis",
    zh="策略建议",
    en="Recommendation",
)

AUDIENCE_STEP = Table(
    name="audience_step",
    grain="how many persons of a recommendation's audience are left after one gate",
    key=("rec_id", "step_no"),
    columns=(
        ref("rec_id", "策略建议", "Recommendation", "recommendation.rec_id", null=False),
        count("step_no", "序号", "Number of the gate"),
        text("gate", "关卡", "Gate", null=False, values=AUDIENCE_GATES),
        count("before", "之前人数", "Persons before", null=True),
        count("after", "之后人数", "Persons after", null=True),
        text("why_unknown", "无法计算原因", "Why it cannot be said"),
    ),
    stage="diagnosis",
    zh="人群漏斗",
    en="Audience step by step",
)

DIAGNOSES = (
    DIAGNOSIS,
    DIAGNOSIS_STEP,
    DIAGNOSIS_INDICATOR,
    FINDING,
    FINDING_PART,
    RECOMMENDATION,
    AUDIENCE_STEP,
)
