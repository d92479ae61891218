"""Tables of one person over time: profile, days, value, assets (`domain.md` §3.1, §3.8)."""

from quanyu.tables.columns import (
    PARAM_VERSION,
    PERSONAL,
    SENSITIVE,
    count,
    day,
    fen,
    flag,
    json,
    person,
    ref,
    text,
)
from quanyu.tables.contract import Table

PERSON_DIM = Table(
    name="person_dim",
    grain="one person with the newest value of each attribute",
    key=("person_id",),
    columns=(
        person(),
        text("gender", "性别", "Gender", privacy=PERSONAL, values=("female", "male", "other")),
        day("birth_date", "出生日期", "Date of birth", privacy=PERSONAL),
        text("birth_md", "生日(月日)", "Birthday (month and day)", privacy=PERSONAL),
        text("city_id", "城市", "City", privacy=PERSONAL),
        ref("home_store_id", "常去门店", "Home store", "store.store_id", privacy=PERSONAL),
        json("household_event", "家庭事件", "Household events", privacy=SENSITIVE),
        ref("acquisition_channel_id", "获客渠道", "Acquired on channel", "channel.channel_id"),
        ref("acquisition_touchpoint_id", "获客触点", "Acquired at touchpoint", "touchpoint.touchpoint_id"),
        person("acquired_by_person_id", "推荐人", "Referrer", null=True),
        ref("acquired_by_associate_id", "招募导购", "Recruiting associate", "associate.associate_id"),
        text("status", "状态", "Status", null=False, values=("active", "deleted", "restricted")),
    ),
    stage="facts",
    zh="用户档案",
    en="Person profile",
)

PERSON_DAILY = Table(
    name="person_daily",
    grain="one person on one date",
    key=("person_id", "date"),
    columns=(
        person(),
        day("date", "日期", "Date", null=False),
        count("purchase_days_365", "近365天购买天次", "Purchase days, last 365 days"),
        fen("net_365_fen", "近365天净销售额", "Net sales, last 365 days", null=False),
        count("recency_days", "距最近购买天数", "Days since the last purchase day", null=True, unit="days"),
        flag("active", "当日活跃", "Active on the day"),
        count("visits", "访问次数", "Visits"),
    ),
    stage="facts",
    zh="用户日汇总",
    en="Person by day",
)

PERSON_ASSET = Table(
    name="person_asset",
    grain="one person in one scope since the first day in any 5R stage",
    key=("scope", "person_id"),
    columns=(
        text("scope", "范围", "Scope", null=False),
        person(),
        day("first_asset_date", "首次成为资产日期", "First day as an asset", null=False),
        PARAM_VERSION,
    ),
    stage="stages",
    zh="品牌人群资产",
    en="Brand asset",
)

PERSON_VALUE = Table(
    name="person_value",
    grain="one person's realised and predicted value as of a date",
    key=("date", "person_id"),
    columns=(
        day("date", "截至日期", "As of", null=False),
        person(),
        fen("own_fen", "自购价值", "Own value", null=False),
        fen("spread_fen", "传播价值", "Spread value", null=False),
        fen("clv_fen", "角色关系价值", "Realised CLV", null=False),
        fen("predicted_12m_fen", "未来12个月预测价值", "Predicted value, next 12 months"),
        PARAM_VERSION,
    ),
    stage="models",
    zh="用户价值",
    en="Person value",
)

CHANNEL_DIM = Table(
    name="channel_dim",
    grain="one channel in its newest version, placed in its quadrant",
    key=("channel_id",),
    columns=(
        ref("channel_id", "渠道", "Channel", "channel.channel_id", null=False),
        text("name_zh", "中文名", "Chinese name"),
        text("name_en", "英文名", "English name"),
        text("platform", "平台", "Platform"),
        text("domain", "公域/私域", "Domain", values=("public", "private")),
        text("role", "角色", "Role", values=("traffic", "pool", "store")),
        text("line", "线上/线下", "Online or offline", values=("online", "offline")),
        # Null: its domain or role is not known, or they contradict each other (a pool is private, traffic is public).
        text(
            "quadrant",
            "四象限",
            "Quadrant",
            values=("public_traffic", "public_store", "private_pool", "private_store"),
        ),
    ),
    stage="facts",
    zh="渠道维度",
    en="Channel dimension",
)

PERSONS = (PERSON_DIM, PERSON_DAILY, PERSON_ASSET, PERSON_VALUE, CHANNEL_DIM)
