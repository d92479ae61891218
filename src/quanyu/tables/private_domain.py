"""Fact tables of the private domain: relations, membership, reach, Capital, shares (`domain.md` M-08 – M-12).

Spans are half-open `[from_date, until_date)` on local dates; an open end is 9999-12-31.
"""

from quanyu.tables.columns import PSEUDONYM, count, day, fen, flag, identifier, moment, person, ref, text
from quanyu.tables.contract import Column, Table
from quanyu.tables.people import CONSENT_PURPOSES
from quanyu.tables.relations import RELATION_TYPES

REACH_REASONS = (
    "consent_withdrawn",
    "contact_deleted",
    "blocked",
    "unsubscribed",
    "relation_ended",
    "hard_bounced",
    "identifier_invalid",
)
SPREAD_KINDS = ("review", "share")


def span(*, zh: str = "有效") -> tuple[Column, Column]:
    """Return the two columns of a half-open span of local dates; an open end is 9999-12-31."""
    return (
        day("from_date", f"{zh}起始日", "From date", null=False),
        day("until_date", f"{zh}截止日(不含)", "Until date (exclusive)", null=False),
    )


RELATION_FACT = Table(
    name="relation_fact",
    grain="one relation of somebody with the brand that began by the build date, whichever landing table told it",
    key=("relation_id",),
    columns=(
        # Prefixed by the landing table: relation:…, membership:…, associate_contact:…, group_member:….
        text("relation_id", "关系", "Relation", null=False, privacy=PSEUDONYM),
        text("source", "来源", "Source", null=False),
        count("batch_seq", "批次序号", "Batch sequence"),
        count("source_row", "来源行号", "Source row"),
        identifier(null=True),
        person(null=True),
        text("type", "关系类型", "Relation type", null=False, values=RELATION_TYPES),
        ref("channel_id", "渠道", "Channel", "channel.channel_id"),
        ref("associate_id", "导购", "Associate", "associate.associate_id"),
        ref("group_id", "社群", "Group", "group_chat.group_id"),
        moment("started_at", "建立时间", "Started at", null=False),
        *span(),
        text("end_reason", "结束原因", "Why it ended"),
        ref("source_qr_id", "来源二维码", "Source QR code", "qr_code.qr_id"),
        ref("source_share_id", "来源分享", "Source share", "share.share_id"),
        ref("source_campaign_id", "来源活动", "Source campaign", "campaign.campaign_id"),
    ),
    stage="facts",
    zh="私域关系事实",
    en="Relation fact",
)

MEMBERSHIP_FACT = Table(
    name="membership_fact",
    grain="one membership that began by the build date",
    key=("member_id",),
    columns=(
        ref("member_id", "会员号", "Member", "membership.member_id", null=False, privacy=PSEUDONYM),
        person(null=True),
        # Null: the source names no moment of joining; the membership then holds from the first day there is.
        moment("joined_at", "入会时间", "Joined at"),
        *span(),
        ref("joined_channel_id", "入会渠道", "Joined on channel", "channel.channel_id"),
        ref("recruiter_associate_id", "招募导购", "Recruiting associate", "associate.associate_id"),
        ref("source_qr_id", "来源二维码", "Source QR code", "qr_code.qr_id"),
    ),
    stage="facts",
    zh="会员事实",
    en="Membership fact",
)

REACH_SPAN = Table(
    name="reach_span",
    grain="one maximal span of days on which a person is, or for one reason is not, reachable on a channel",
    key=("person_id", "channel_id", "from_date"),
    columns=(
        person(),
        # A relation that names no channel stands as `type:<relation type>`.
        text("channel_id", "渠道", "Channel", null=False),
        *span(),
        flag("reachable", "可触达", "Reachable"),
        text("reason", "不可触达原因", "Why not reachable", values=REACH_REASONS),
    ),
    stage="facts",
    zh="可触达时段",
    en="Reach span",
)

CONSENT_SPAN = Table(
    name="consent_span",
    grain="one answer of a person about one purpose and channel, with the days until the next answer",
    key=("person_id", "consent_id"),
    columns=(
        person(),
        text("consent_id", "同意记录", "Consent", null=False),
        text("purpose", "处理目的", "Purpose", null=False, values=CONSENT_PURPOSES),
        # As written in the consent: a channel, its code or its platform; null is every channel of the purpose.
        text("channel", "渠道", "Channel"),
        flag("granted", "是否同意", "Granted"),
        *span(),
    ),
    stage="facts",
    zh="同意时段",
    en="Consent span",
)

REACH_CHANNEL = Table(
    name="reach_channel",
    grain="one channel on which a person has, had or was sent something",
    key=("person_id", "channel_id"),
    columns=(
        person(),
        # A relation that names no channel stands as `type:<relation type>`.
        text("channel_id", "渠道", "Channel", null=False),
        text("code", "代码", "Code"),
        text("platform", "平台", "Platform"),
        # Null: a relation whose channel says nothing of its platform; any withdrawn marketing consent closes it.
        text("purpose", "适用同意目的", "Purpose whose consent covers it", values=CONSENT_PURPOSES),
        day("first_date", "最早日期", "First date", null=False),
    ),
    stage="facts",
    zh="触达渠道",
    en="Reach channel",
)

SEND_FAILURE_SPAN = Table(
    name="send_failure_span",
    grain="one failed send that closes a channel, until the next send that was taken",
    key=("person_id", "channel_id", "message_id"),
    columns=(
        person(),
        text("channel_id", "渠道", "Channel", null=False),
        ref("message_id", "消息", "Message", "message.message_id", null=False),
        *span(),
        text("reason", "不可触达原因", "Why not reachable", null=False, values=REACH_REASONS),
    ),
    stage="facts",
    zh="发送失败时段",
    en="Send failure span",
)

REACH_BLOCK = Table(
    name="reach_block",
    grain="one thing that keeps a person from being reached on a channel, with its days; blocks may overlap",
    key=("person_id", "channel_id", "from_date", "reason"),
    columns=(
        person(),
        text("channel_id", "渠道", "Channel", null=False),
        *span(),
        text("reason", "不可触达原因", "Why not reachable", null=False, values=REACH_REASONS),
    ),
    stage="facts",
    zh="触达障碍",
    en="Reach block",
)

RELATION_GAP = Table(
    name="relation_gap",
    grain="one maximal span of days on which a person who had relations on a channel has none there",
    key=("person_id", "channel_id", "from_date"),
    columns=(
        person(),
        text("channel_id", "渠道", "Channel", null=False),
        *span(),
        text("reason", "不可触达原因", "Why not reachable", null=False, values=REACH_REASONS),
    ),
    stage="facts",
    zh="关系中断时段",
    en="Relation gap",
)

CAPITAL_RELATION = Table(
    name="capital_relation",
    grain="one span of days on which one relation puts its person in Capital: it holds, counts and reaches the person",
    key=("relation_id", "from_date"),
    columns=(
        person(),
        ref("relation_id", "关系", "Relation", "relation_fact.relation_id", null=False, privacy=PSEUDONYM),
        text("type", "关系类型", "Relation type", null=False, values=RELATION_TYPES),
        *span(),
    ),
    stage="facts",
    zh="可运营关系",
    en="Relation in Capital",
)

CAPITAL_SPAN = Table(
    name="capital_span",
    grain="one maximal span of days on which a person is in the brand's Capital (M-08)",
    key=("person_id", "from_date"),
    columns=(
        person(),
        *span(),
        ref(
            "evidence_id",
            "依据关系",
            "Relation that opened the span",
            "relation_fact.relation_id",
            null=False,
            privacy=PSEUDONYM,
        ),
    ),
    stage="facts",
    zh="可运营关系时段",
    en="Capital span",
)

SHARE_ORDER_FACT = Table(
    name="share_order_fact",
    grain="one valid order that a share of another person brought (M-12: last share, window, depth 1)",
    key=("order_id",),
    columns=(
        ref("order_id", "订单号", "Order", "order_fact.order_id", null=False),
        person("person_id", "下单用户", "Buyer"),
        ref("share_id", "分享", "Share", "share.share_id", null=False),
        person("sharer_person_id", "分享用户", "Sharer"),
        moment("shared_at", "分享时间", "Shared at", null=False),
        day("local_date", "支付日期", "Date of payment", null=False),
        fen("net_fen", "净销售额", "Net sales", null=False),
    ),
    stage="facts",
    zh="分享成交事实",
    en="Order brought by a share",
)

SPREAD_FACT = Table(
    name="spread_fact",
    grain="one successful spread of a person: a positive review of a bought product, or an order that a share brought",
    key=("spread_id",),
    columns=(
        text("spread_id", "传播", "Spread", null=False),
        person(),
        day("local_date", "传播成功日期", "Date it succeeded", null=False),
        text("kind", "传播方式", "Kind", null=False, values=SPREAD_KINDS),
        ref("order_id", "订单号", "Order", "order_fact.order_id"),
        person("referred_person_id", "被分享用户", "Referred person", null=True),
    ),
    stage="facts",
    zh="成功传播事实",
    en="Successful spread",
)

FP_PERIOD = Table(
    name="fp_period",
    grain="one period in which relation layers are counted (M-09), of the kind of the industry profile",
    key=("period_no",),
    columns=(
        count("period_no", "周期序号", "Number of the period"),
        day("period_start_date", "开始日期", "First day", null=False),
        # Inclusive; of the running period the build date.
        day("period_end_date", "结束日期(含)", "Last day (inclusive)", null=False),
        day("previous_end_date", "上期结束日期", "Last day of the previous period", null=False),
        flag("is_complete", "周期完整", "Period is complete"),
        flag("is_reported", "纳入报告", "Among the last periods, which the tables of FAST+ report"),
    ),
    stage="facts",
    zh="关系分层周期",
    en="Period of relation layers",
)

PRIVATE_DOMAIN = (
    RELATION_FACT,
    MEMBERSHIP_FACT,
    CONSENT_SPAN,
    REACH_CHANNEL,
    SEND_FAILURE_SPAN,
    REACH_BLOCK,
    RELATION_GAP,
    REACH_SPAN,
    CAPITAL_RELATION,
    CAPITAL_SPAN,
    SHARE_ORDER_FACT,
    SPREAD_FACT,
    FP_PERIOD,
)
