"""Tables of the stage engine: rules, days of signals, spans of stages, counts of items (`domain.md` §2.0, §3.8, M-05).

Spans are half-open `[from_date, until_date)` on local dates; an open end is 9999-12-31.  A scope is `brand`,
`category:<id>` or `spu:<id>`.
"""

from typing import Final

from quanyu.tables.columns import PARAM_VERSION, PSEUDONYM, count, day, flag, person, ref, text
from quanyu.tables.contract import Column, Table
from quanyu.tables.private_domain import span

SPAN_MODELS = ("5r", "aipl", "fp_layer", "identity_state")
STAGE_MODELS = (*SPAN_MODELS, "lifecycle", "rfm", "value_tier")
CONDITION_SHAPES = ("days", "lifetime", "period", "span")


def flow_columns(models: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the columns of a flow of some models: persons from one stage to another between two dates (M-03)."""
    return (
        text("model", "模型", "Model", null=False, values=models),
        text("scope", "范围", "Scope", null=False),
        day("d0", "期初日期", "Opening date", null=False),
        day("d1", "期末日期", "Closing date", null=False),
        text("from_stage", "期初阶段", "From stage", null=False),
        text("to_stage", "期末阶段", "To stage", null=False),
        count("persons", "人数", "Persons"),
        PARAM_VERSION,
    )


STAGE_DEF = Table(
    name="stage_def",
    grain="one stage of one model of the stage rules, lowest first",
    key=("model", "stage"),
    columns=(
        text("model", "模型", "Model", null=False, values=SPAN_MODELS),
        text("stage", "阶段", "Stage", null=False),
        count("stage_no", "阶段序号", "Number of the stage, 1 is the lowest"),
        text("model_zh", "模型中文名", "Chinese name of the model", null=False),
        text("model_en", "模型英文名", "English name of the model", null=False),
        text("name_zh", "中文名", "Chinese name", null=False),
        text("name_en", "英文名", "English name", null=False),
        # Items have stages of their own: the rules hold for the events and lines of one category or style too.
        flag("for_items", "适用于商品", "Holds for items too"),
        PARAM_VERSION,
    ),
    stage="definitions",
    zh="阶段定义",
    en="Stage definition",
)

STAGE_RULE = Table(
    name="stage_rule",
    grain="one condition of one rule: a stage is reached while all conditions of one of its rules hold",
    key=("model", "rule_code", "condition_no"),
    columns=(
        text("model", "模型", "Model", null=False, values=SPAN_MODELS),
        text("stage", "阶段", "Stage", null=False),
        count("stage_no", "阶段序号", "Number of the stage, 1 is the lowest"),
        # `<stage>.<number>`: the place of the rule in its stage.
        text("rule_code", "规则", "Rule", null=False),
        count("rule_no", "规则序号", "Number of the rule in its model"),
        count("conditions", "条件数", "Conditions of the rule"),
        count("condition_no", "条件序号", "Condition"),
        flag("for_items", "适用于商品", "Holds for items too"),
        PARAM_VERSION,
    ),
    stage="definitions",
    zh="阶段规则",
    en="Stage rule",
)

STAGE_CONDITION = Table(
    name="stage_condition",
    grain="one signal that one condition listens to",
    key=("condition_no", "signal"),
    columns=(
        count("condition_no", "条件序号", "Condition"),
        text("signal", "信号", "Signal", null=False),
        # days: so many different days in a window; lifetime: ever; period: in the running FAST+ period; span: while the
        # signal itself lasts.
        text("shape", "形式", "Shape", null=False, values=CONDITION_SHAPES),
        count("days", "天数", "Different days", unit="days"),
        count("window_days", "窗口天数", "Window", null=True, unit="days"),
        count("window_months", "窗口月数", "Window", null=True, unit="months"),
    ),
    stage="definitions",
    zh="阶段条件",
    en="Condition of stages",
)

STAGE_SIGNAL = Table(
    name="stage_signal",
    grain="one type of event that some condition listens to; types used alike share a signal",
    key=("type",),
    columns=(
        ref("type", "行为类型", "Event type", "event_type.code", null=False),
        text("signal", "信号", "Signal", null=False),
    ),
    stage="definitions",
    zh="阶段信号",
    en="Signal of stages",
)

SIGNAL_DAY = Table(
    name="signal_day",
    grain="one local date on which a person gave one signal",
    key=("person_id", "signal", "local_date"),
    columns=(
        person(),
        text("signal", "信号", "Signal", null=False),
        day("local_date", "日期", "Date", null=False),
        text("evidence_event_id", "依据记录", "Evidence", null=False, privacy=PSEUDONYM),
    ),
    stage="stages",
    zh="信号日",
    en="Signal day",
)

CONDITION_PIECE = Table(
    name="condition_piece",
    grain="the days on which one condition holds because of one record of a person; pieces overlap",
    key=("condition_no", "person_id", "from_date", "signal"),
    columns=(
        count("condition_no", "条件序号", "Condition"),
        person(),
        text("signal", "信号", "Signal", null=False),
        *span(),
    ),
    stage="stages",
    zh="条件片段",
    en="Piece of a condition",
)

CONDITION_SPAN = Table(
    name="condition_span",
    grain="one maximal span of days on which a condition of a rule of several conditions holds for a person",
    key=("condition_no", "person_id", "from_date"),
    columns=(
        count("condition_no", "条件序号", "Condition"),
        person(),
        *span(),
    ),
    stage="stages",
    zh="条件时段",
    en="Span of a condition",
)

RULE_SPAN = Table(
    name="rule_span",
    grain="one maximal span of days on which all conditions of a rule of several conditions hold for a person",
    key=("model", "rule_no", "person_id", "from_date"),
    columns=(
        text("model", "模型", "Model", null=False, values=SPAN_MODELS),
        count("rule_no", "规则序号", "Number of the rule in its model"),
        count("stage_no", "阶段序号", "Number of the stage, 1 is the lowest"),
        person(),
        *span(),
    ),
    stage="stages",
    zh="规则时段",
    en="Span of a rule",
)

RULE_PIECE = Table(
    name="rule_piece",
    grain="the days on which a rule of a stage holds because of one record; pieces overlap",
    key=(),
    columns=(
        text("model", "模型", "Model", null=False, values=SPAN_MODELS),
        count("rule_no", "规则序号", "Number of the rule"),
        count("stage_no", "阶段序号", "Number of the stage, 1 is the lowest"),
        person(),
        *span(),
    ),
    stage="stages",
    zh="规则片段",
    en="Piece of a rule",
)

STAGE_TURN = Table(
    name="stage_turn",
    grain="one day on which a person's stage of a model becomes another, or ends",
    key=("model", "person_id", "from_date"),
    columns=(
        text("model", "模型", "Model", null=False, values=SPAN_MODELS),
        person(),
        day("from_date", "开始日期", "From", null=False),
        count("stage_no", "阶段序号", "Number of the stage, 1 is the lowest, 0 none"),
        count("pack", "依据编码", "End, beginning and rule of what it rests on"),
    ),
    stage="stages",
    zh="阶段转换",
    en="Turn of a stage",
)

STAGE_SPAN = Table(
    name="stage_span",
    grain="one maximal span of days on which a person has one stage of a model; the highest stage satisfied",
    key=("model", "scope", "person_id", "from_date"),
    columns=(
        text("model", "模型", "Model", null=False, values=SPAN_MODELS),
        text("scope", "范围", "Scope", null=False),
        person(),
        text("stage", "阶段", "Stage", null=False),
        count("stage_no", "阶段序号", "Number of the stage, 1 is the lowest"),
        *span(),
        # The latest record, on the day the span begins, that the winning rule rests on.
        text("evidence_event_id", "依据记录", "Evidence", privacy=PSEUDONYM),
        day("evidence_date", "依据日期", "Date of the evidence"),
        text("rule_code", "规则", "Rule", null=False),
        PARAM_VERSION,
    ),
    stage="stages",
    zh="阶段时段",
    en="Stage span",
)

STAGE_CODE = Table(
    name="stage_code",
    grain="one stage of a model that anybody ever had, with small numbers for both",
    key=("model", "scope", "stage"),
    columns=(
        text("model", "模型", "Model", null=False, values=STAGE_MODELS),
        text("scope", "范围", "Scope", null=False),
        text("stage", "阶段", "Stage", null=False),
        count("model_no", "模型序号", "Number of the model"),
        count("stage_code", "阶段编码", "Number of the stage in its model"),
        PARAM_VERSION,
    ),
    stage="stages",
    zh="阶段编码",
    en="Code of a stage",
)

HISTORY_DATES: Final = 25
"""Snapshot dates that `stage_history` has columns for: two years of months and the opening."""

STAGE_HISTORY = Table(
    name="stage_history",
    grain="one person in one model: the stage on every snapshot date, side by side",
    key=("model_no", "person_id"),
    columns=(
        count("model_no", "模型序号", "Number of the model (stage_code)"),
        person(),
        *(
            count(f"stage_{number}", f"第{number}个快照的阶段编码", f"Code of the stage on snapshot {number}, 0 none")
            for number in range(1, HISTORY_DATES + 1)
        ),
    ),
    stage="stages",
    zh="阶段历程",
    en="History of stages",
)

ITEM_WINDOW = Table(
    name="item_window",
    grain="one signal of a condition of the stages of items: its window at the last snapshot and at the build",
    key=("condition_no", "signal"),
    columns=(
        count("condition_no", "条件序号", "Number of the condition"),
        text("signal", "信号", "Signal", null=False),
        count("days", "天数", "Days wanted"),
        day("d0", "期初日期", "Snapshot before"),
        day("d1", "期末日期", "Build date", null=False),
        day("since_0_date", "期初窗口起始", "First day of the window at the snapshot before"),
        day("since_1_date", "期末窗口起始", "First day of the window at the build", null=False),
    ),
    stage="stages",
    zh="商品阶段窗口",
    en="Window of a stage of items",
)

ITEM_DAY = Table(
    name="item_day",
    grain="a signal of a person about an item on a day, inside some window of the stages of items; may repeat",
    key=(),
    columns=(
        text("kind", "商品层级", "Kind of item", null=False, values=("spu", "category")),
        text("item_id", "商品", "Item", null=False),
        person(),
        text("signal", "信号", "Signal", null=False),
        day("local_date", "日期", "Date", null=False),
    ),
    stage="stages",
    zh="商品行为日",
    en="Day of an item",
)

STAGE_SCOPE_FLOW = Table(
    name="stage_scope_flow",
    grain="one pair of stages of one item between the snapshot before the build date and the build date",
    key=("model", "scope", "d0", "d1", "from_stage", "to_stage"),
    columns=flow_columns(SPAN_MODELS),
    stage="stages",
    zh="商品阶段流转",
    en="Stage flow of items",
)

STAGE_SCOPE_COUNT = Table(
    name="stage_scope_count",
    grain="the persons in one stage of one item on one date: the build date and the snapshot before it",
    key=("model", "scope", "date", "stage"),
    columns=(
        text("model", "模型", "Model", null=False, values=SPAN_MODELS),
        text("scope", "范围", "Scope", null=False),
        day("date", "截至日期", "As of", null=False),
        text("stage", "阶段", "Stage", null=False),
        count("persons", "人数", "Persons"),
        PARAM_VERSION,
    ),
    stage="stages",
    zh="商品阶段人数",
    en="Stage count of items",
)

STAGES = (
    STAGE_DEF,
    STAGE_RULE,
    STAGE_CONDITION,
    STAGE_SIGNAL,
    SIGNAL_DAY,
    CONDITION_PIECE,
    CONDITION_SPAN,
    RULE_SPAN,
    RULE_PIECE,
    STAGE_TURN,
    STAGE_SPAN,
    STAGE_CODE,
    STAGE_HISTORY,
    ITEM_WINDOW,
    ITEM_DAY,
    STAGE_SCOPE_FLOW,
    STAGE_SCOPE_COUNT,
)
