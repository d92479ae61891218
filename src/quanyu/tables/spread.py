"""Tables of spread and risk: referrals, their chains, persons under suspicion (`domain.md` M-31, M-40)."""

from quanyu.tables.analytics import PERIOD
from quanyu.tables.columns import (
    PARAM_VERSION,
    count,
    day,
    fen,
    flag,
    identifier,
    moment,
    person,
    rate,
    ref,
    text,
    visitor,
)
from quanyu.tables.contract import Table

VOID_REASONS = ("self_referral", "merged_person", "same_device", "refused", "unknown_share", "unknown_sharer")
RISK_RULES = (
    "device_accounts",
    "device_registrations",
    "virtual_number",
    "claim_after_registration",
    "claims_without_order",
    "referral_same_device",
    "known_good",
)
RISK_DECISIONS = ("none", "review", "blocked")

REFERRAL_FACT = Table(
    name="referral_fact",
    grain="one referral told by the build date, with the reason why it does not count, if any",
    key=("referral_id",),
    columns=(
        ref("referral_id", "推荐", "Referral", "referral.referral_id", null=False),
        ref("share_id", "分享", "Share", "share.share_id"),
        person("sharer_person_id", "分享用户", "Sharer", null=True),
        # Null: a visitor who never said who they are.
        person(null=True),
        visitor(),
        day("local_date", "邀请访问日期", "Date of the visit", null=False),
        flag("is_valid", "有效推荐", "Counts"),
        text("invalid_reason", "无效原因", "Why it does not count", values=VOID_REASONS),
        # The person's first valid referral decides; who was known before it is nobody's new person.
        flag("is_new", "带来新用户", "Brought a new person"),
        day("joined_date", "入会日期", "Joined on"),
        day("first_order_date", "首单日期", "First order on"),
        count("purchase_days", "购买天次", "Purchase days since"),
        fen("first_order_net_fen", "首单净销售额", "Net sales of the first order"),
    ),
    stage="analytics",
    zh="推荐事实",
    en="Referral fact",
)

REFERRAL_PERIOD = Table(
    name="referral_period",
    grain="one period: who shared in it, who was invited in it, and how far the invited came by the build date",
    key=("period_kind", "period_start_date"),
    columns=(
        *PERIOD,
        count("sharers", "分享人数", "Persons who shared"),
        count("shares", "分享次数", "Shares"),
        count("invited_visits", "邀请访问数", "Visits of invited, valid"),
        count("void_referrals", "无效推荐数", "Referrals that do not count"),
        count("new_persons", "带来新用户数", "New persons"),
        count("joined_persons", "入会人数", "Of them joined"),
        count("first_buyers", "首购人数", "Of them bought"),
        count("repeat_buyers", "复购人数", "Of them bought on two or more days"),
        fen("first_order_net_fen", "首单净销售额", "Net sales of their first orders", null=False),
        # Orders of the period that a share brought (M-12), new persons or not.
        fen("spread_net_fen", "分享带动净销售额", "Net sales through shares", null=False),
        fen("net_fen", "净销售额", "Net sales", null=False),
        rate("k_factor", "K因子", "New persons per sharer", unit="ratio"),
        rate("acceptance_rate", "邀请接受率", "New persons of invited visits"),
        rate("join_rate", "推荐入会率", "Joined of new persons"),
        rate("order_rate", "推荐首购率", "Bought of joined"),
        rate("repurchase_rate", "推荐复购率", "Bought again of bought"),
        rate("spread_share", "分享销售占比", "Share of net sales through shares"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="裂变周期",
    en="Referral by period",
)

REFERRAL_EXCLUSION = Table(
    name="referral_exclusion",
    grain="the referrals of one period that do not count for one reason",
    key=("period_kind", "period_start_date", "invalid_reason"),
    columns=(
        *PERIOD,
        text("invalid_reason", "无效原因", "Why they do not count", null=False, values=VOID_REASONS),
        count("referrals", "推荐数", "Referrals"),
    ),
    stage="analytics",
    zh="推荐排除",
    en="Referrals excluded",
)

SHARE_NODE = Table(
    name="share_node",
    grain="one share with the first share of its chain; shares of a circle have none and are not here",
    key=("share_id",),
    columns=(
        ref("share_id", "分享", "Share", "share.share_id", null=False),
        person(null=True),
        ref("root_share_id", "源头分享", "First share of the chain", "share.share_id", null=False),
        # Handing on one's own share adds no level.
        count("depth", "层级", "Level, 0 is the first share"),
        day("local_date", "分享日期", "Date", null=False),
    ),
    stage="analytics",
    zh="分享节点",
    en="Share in its chain",
)

REFERRAL_TREE = Table(
    name="referral_tree",
    grain="one chain of shares, by its first share",
    key=("root_share_id",),
    columns=(
        ref("root_share_id", "源头分享", "First share", "share.share_id", null=False),
        person("root_person_id", "发起用户", "Who began it", null=True),
        ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
        day("local_date", "发起日期", "Begun on", null=False),
        count("shares", "分享次数", "Shares"),
        count("persons", "分享人数", "Persons who shared"),
        count("depth", "传播深度", "Levels below the first share"),
        count("breadth", "传播广度", "Persons on the widest level"),
        count("new_persons", "带来新用户数", "New persons"),
        count("orders", "带动订单数", "Orders through its shares"),
        fen("net_fen", "带动净销售额", "Net sales through its shares", null=False),
    ),
    stage="analytics",
    zh="传播树",
    en="Chain of shares",
)

DEVICE_ACCOUNT = Table(
    name="device_account",
    grain="one person seen on one device",
    key=("device_id", "person_id"),
    columns=(
        identifier("device_id", "设备标识", "Device"),
        person(),
        # Null: the rows that tell it have no date.
        moment("first_at", "首次出现时间", "First seen there at"),
    ),
    stage="analytics",
    zh="设备账户",
    en="Account on a device",
)

RISK_SIGNAL = Table(
    name="risk_signal",
    grain="one risk rule that fires for one person as of the build",
    key=("person_id", "rule"),
    columns=(
        person(),
        text("rule", "风控规则", "Risk rule", null=False),
        count("weight", "权重", "Weight", unit="points"),
        day("first_date", "首次命中日期", "First fired on", null=False),
    ),
    stage="analytics",
    zh="风险信号",
    en="Risk signal",
)

PERSON_RISK = Table(
    name="person_risk",
    grain="one person for whom a risk rule fires, as of the build",
    key=("person_id",),
    columns=(
        person(),
        count("score", "风险分", "Risk score", unit="0-100"),
        text("decision", "处置", "Decision", null=False, values=RISK_DECISIONS),
        count("rules", "命中规则数", "Rules that fire"),
        # The last decision of a reviewer holds over the score.
        flag("is_reviewed", "已人工审核", "Decided by a person"),
        day("first_date", "首次命中日期", "First fired on", null=False),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="用户风险",
    en="Person at risk",
)

SPREAD = (
    REFERRAL_FACT,
    REFERRAL_PERIOD,
    REFERRAL_EXCLUSION,
    SHARE_NODE,
    REFERRAL_TREE,
    DEVICE_ACCOUNT,
    RISK_SIGNAL,
    PERSON_RISK,
)
