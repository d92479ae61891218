"""Tables of STAR: crowd assets, their structure, flows and value between two snapshots (`domain.md` M-01 – M-05).

`date` is the closing snapshot (D1) and `previous_date` the opening one (D0); the first snapshot has no opening one and
what needs it is null there.  Stages are those of model 5R; `r0` is outside the assets, `total` all opening assets.
"""

from quanyu.tables.columns import PARAM_VERSION, count, day, fen, person, rate, ref, text
from quanyu.tables.contract import Table

FIVE_R = ("r1", "r2", "r3", "r4", "r5")
FIVE_R_OUTSIDE = ("r0", *FIVE_R)
SPLITS = ("channel", "touchpoint")
NAMED_FLOWS = ("acquire", "reserve", "seed", "convert")
DIRECTIONS = ("deeper", "same", "shallower", "lost", "gained")
QUADRANTS = ("opportunity", "potential", "breakthrough", "exploration")

DATE = day("date", "截至日期", "As of (D1)", null=False)
PREVIOUS = day("previous_date", "期初日期", "Opening date (D0)")
OPENING = day("previous_date", "期初日期", "Opening date (D0)", null=False)
STAGE = text("stage", "5R阶段", "5R stage", null=False, values=FIVE_R)
SPLIT = text("split", "拆分方式", "Split by", null=False, values=SPLITS)

STAR_SCALING = Table(
    name="star_scaling",
    grain="one 5R stage on one snapshot date",
    key=("date", "stage"),
    columns=(
        DATE,
        PREVIOUS,
        STAGE,
        count("persons", "人群资产", "Persons in the stage"),
        count("new_persons", "新用户", "Persons who became an asset in the period", null=True),
        count("old_persons", "老用户", "Persons who were an asset at the opening date", null=True),
        count("returned_persons", "回流用户", "Persons who were an asset before, not at the opening date", null=True),
        count("previous_persons", "期初人群资产", "Persons in the stage at the opening date", null=True),
        count("grown_persons", "净增人数", "Persons more than at the opening date", null=True),
        rate("growth_rate", "人群资产增长率", "Growth", unit="ratio"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="品牌人群资产(STAR-S)",
    en="STAR scaling",
)

CONTACT_SPAN = Table(
    name="contact_span",
    grain="one person's last contact on a channel or touchpoint, while no later one is known; counted in snapshots",
    key=("split", "split_id", "person_id", "from_no"),
    columns=(
        SPLIT,
        text("split_id", "渠道或触点", "Channel or touchpoint", null=False),
        person(),
        count("from_no", "起始快照序号", "First snapshot that knows it"),
        count("until_no", "截止快照序号(不含)", "First snapshot that knows a later one"),
        day("last_date", "最近接触日期", "Date of the contact", null=False),
    ),
    stage="analytics",
    zh="接触区间",
    en="Contact span",
)

STAR_SCALING_CHANNEL = Table(
    name="star_scaling_channel",
    grain="one 5R stage in one channel (or at one touchpoint) on one snapshot date; persons stand in several channels",
    key=("date", "split", "split_id", "stage"),
    columns=(
        DATE,
        SPLIT,
        text("split_id", "渠道或触点", "Channel or touchpoint", null=False),
        STAGE,
        count("persons", "人群资产", "Persons with a contact there inside their stage's window"),
        count("new_persons", "新用户", "Of them new in the period", null=True),
        count("old_persons", "老用户", "Of them assets at the opening date", null=True),
        count("returned_persons", "回流用户", "Of them back after a break", null=True),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="分渠道人群资产",
    en="STAR scaling by channel",
)

STAR_OVERLAP = Table(
    name="star_overlap",
    grain="one 5R stage (or `total`) on one snapshot date, seen over all channels or touchpoints",
    key=("date", "split", "stage"),
    columns=(
        DATE,
        SPLIT,
        text("stage", "5R阶段", "5R stage", null=False, values=(*FIVE_R, "total")),
        count("dedup_total", "去重人数", "Persons with a contact anywhere"),
        count("sum_of_channels", "分渠道人数合计", "Sum over the channels"),
        count("overlap", "重叠人次", "Sum less persons"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="渠道重叠",
    en="Overlap of channels",
)

STAR_UNIDENTIFIED = Table(
    name="star_unidentified",
    grain="one channel, touchpoint, or `all` of them, on one snapshot date: visitors without a person",
    key=("date", "split", "split_id"),
    columns=(
        DATE,
        text("split", "拆分方式", "Split by", null=False, values=("all", *SPLITS)),
        text("split_id", "渠道或触点", "Channel or touchpoint", null=False),
        count("visitors", "未识别访客", "Visitor keys without a person, inside the window of what they did"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="未识别访客",
    en="Unidentified visitors",
)

STAR_STRUCTURE = Table(
    name="star_structure",
    grain="one 5R stage on one snapshot date; every stage has a row",
    key=("date", "stage"),
    columns=(
        DATE,
        PREVIOUS,
        STAGE,
        count("persons", "人群资产", "Persons in the stage"),
        count("asset_persons", "人群资产总量", "Persons in any stage"),
        rate("share", "阶段占比", "Share of the stage"),
        rate("previous_share", "期初阶段占比", "Share at the opening date"),
        rate("benchmark_share", "行业基准占比", "Share in the benchmark"),
        text("benchmark_origin", "基准出处", "Origin of the benchmark"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="结构健康度(STAR-T)",
    en="STAR structure",
)

STAR_HEALTH = Table(
    name="star_health",
    grain="the crowd assets on one snapshot date",
    key=("date",),
    columns=(
        DATE,
        PREVIOUS,
        count("asset_persons", "人群资产总量", "Persons in any stage"),
        count("previous_asset_persons", "期初人群资产总量", "Persons in any stage at the opening date", null=True),
        count("grown_persons", "净增人数", "Persons more than at the opening date", null=True),
        count("deep_persons", "深度人群", "Persons in R3 to R5"),
        rate("growth_rate", "人群资产增长率", "Growth", unit="ratio"),
        rate("deep_share", "深度人群占比", "Share of R3 to R5"),
        rate("tvd_previous", "与期初结构距离", "Distance to the opening structure (TVD)"),
        rate("tvd_benchmark", "与行业基准距离", "Distance to the benchmark (TVD)"),
        text("benchmark_origin", "基准出处", "Origin of the benchmark"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="人群资产健康度",
    en="Health of the crowd assets",
)

STAR_FLOW = Table(
    name="star_flow",
    grain="one pair of 5R stages between two snapshots; every pair has a row but r0 to r0",
    key=("date", "from_stage", "to_stage"),
    columns=(
        DATE,
        OPENING,
        text("from_stage", "期初阶段", "From stage", null=False, values=FIVE_R_OUTSIDE),
        text("to_stage", "期末阶段", "To stage", null=False, values=FIVE_R_OUTSIDE),
        text("direction", "流转方向", "Direction", null=False, values=DIRECTIONS),
        count("persons", "人数", "Persons"),
        # Null in row r0: the population outside the assets has no countable size.
        count("base_persons", "期初阶段人数", "Persons in the opening stage", null=True),
        rate("rate", "流转率", "Share of the opening stage"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="交互活跃度(STAR-A)",
    en="STAR flow",
)

STAR_MOVEMENT = Table(
    name="star_movement",
    grain="one opening 5R stage (or `total`, all opening assets) between two snapshots",
    key=("date", "stage"),
    columns=(
        DATE,
        OPENING,
        text("stage", "期初阶段", "Opening stage", null=False, values=(*FIVE_R, "total")),
        count("base_persons", "期初人数", "Persons in the opening stage"),
        count("deeper_persons", "加深人数", "Persons who went deeper"),
        count("same_persons", "维持人数", "Persons who stayed"),
        count("shallower_persons", "变浅人数", "Persons who went back, still an asset"),
        count("lost_persons", "流失人数", "Persons who left the assets"),
        # Persons who came from outside stand in the total alone.
        count("gained_persons", "新增人数", "Persons who came from outside", null=True),
        rate("forward_rate", "正向流转率", "Forward rate"),
        rate("stay_rate", "维持率", "Stay rate"),
        rate("reverse_rate", "逆向流转率(含流失)", "Reverse rate, lost included"),
        rate("lost_rate", "流失率", "Lost rate"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="人群流转汇总",
    en="Movement by opening stage",
)

STAR_NAMED_FLOW = Table(
    name="star_named_flow",
    grain="one named flow between two snapshots; the flows overlap",
    key=("date", "named_flow"),
    columns=(
        DATE,
        OPENING,
        text("named_flow", "命名流转", "Named flow", null=False, values=NAMED_FLOWS),
        count("persons", "人数", "Persons"),
        count("outside_persons", "其中来自R0", "Of them from outside the assets"),
        count("inside_persons", "其中来自资产", "Of them from the assets"),
        # Null where the flow begins outside the assets alone.
        count("base_persons", "期初人数", "Persons in the opening stages of the flow", null=True),
        rate("rate", "流入率", "Persons from the assets / persons in the opening stages"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="拉新蓄水种草转化",
    en="Named flows",
)

STAR_RETURNING = Table(
    name="star_returning",
    grain="one opening 5R stage between two snapshots; `r0` came in the period, `total` is all opening assets",
    key=("date", "stage"),
    columns=(
        DATE,
        OPENING,
        text("stage", "期初阶段", "Opening stage", null=False, values=(*FIVE_R_OUTSIDE, "total")),
        count("persons", "期初人数", "Persons in the opening stage", null=True),
        count("buyers", "购买人数", "Buyers"),
        count("repeat_buyers", "复购人数", "Buyers with two or more purchase days"),
        fen("net_fen", "净销售额", "Net sales", null=False),
        fen("per_buyer_fen", "客单价", "Net sales per buyer"),
        rate("conversion_rate", "转化率", "Conversion rate"),
        rate("repurchase_rate", "复购率", "Repurchase rate"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="价值创造度(STAR-R)",
    en="STAR returning",
)

PRODUCT_QUADRANT = Table(
    name="product_quadrant",
    grain="one style (SPU) at the build date against the snapshot before",
    key=("spu_id",),
    columns=(
        text("spu_id", "款", "Style (SPU)", null=False),
        ref("category_id", "品类", "Category", "category.category_id"),
        DATE,
        OPENING,
        count("asset_persons", "款5R人群", "5R persons of the style"),
        count("category_asset_persons", "品类5R人群", "5R persons of the category", null=True),
        count("opening_persons", "期初R1与R2人数", "Persons in R1 or R2 at the opening date"),
        count("inflow_persons", "流入R3人数", "Of them in R3 now"),
        count("outside_inflow_persons", "R0流入R3人数", "Persons in R3 now from outside"),
        rate("asset_share", "款人群占比", "Share of the category's 5R persons"),
        rate("inflow_rate", "R3流入率", "R3 inflow rate"),
        text("quadrant", "商品象限", "Product quadrant", values=QUADRANTS),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="商品四象限",
    en="Product quadrant",
)

STAR = (
    STAR_SCALING,
    CONTACT_SPAN,
    STAR_SCALING_CHANNEL,
    STAR_OVERLAP,
    STAR_UNIDENTIFIED,
    STAR_STRUCTURE,
    STAR_HEALTH,
    STAR_FLOW,
    STAR_MOVEMENT,
    STAR_NAMED_FLOW,
    STAR_RETURNING,
    PRODUCT_QUADRANT,
)
