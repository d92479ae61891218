"""Landing tables of what people told us or were sent: members, attributes, consent, reviews, campaigns
(`domain.md` §3.1, §3.5–§3.7).
"""

from quanyu.tables.columns import (
    PSEUDONYM,
    SENSITIVE,
    count,
    day,
    fen,
    flag,
    landed,
    moment,
    ref,
    text,
)

CONSENT_PURPOSES = (
    "service",
    "marketing_sms",
    "marketing_wecom",
    "marketing_push",
    "personalisation",
    "share_with_partner",
    "sensitive",
    "ads_matching",
    "profiling_credit",
)

MEMBERSHIP = landed(
    "membership",
    "会员关系",
    "Membership",
    text("member_id", "会员号", "Member", null=False, privacy=PSEUDONYM),
    ref("programme_id", "会员计划", "Programme", "programme.programme_id"),
    moment("joined_at", "入会时间", "Joined at"),
    ref("joined_channel_id", "入会渠道", "Joined on channel", "channel.channel_id"),
    ref("recruiter_associate_id", "招募导购", "Recruiting associate", "associate.associate_id"),
    ref("source_qr_id", "来源二维码", "Source QR code", "qr_code.qr_id"),
    moment("left_at", "退会时间", "Left at"),
    text("status", "状态", "Status", null=False, values=("active", "frozen", "left")),
    day("paid_until_date", "付费会员到期日", "Paid until"),
    about="membership",
    entity=("member_id",),
    has_person=True,
)

PERSON_ATTRIBUTE = landed(
    "person_attribute",
    "用户属性",
    "Person attribute",
    text("attribute", "属性", "Attribute", null=False),
    # One column holds gender as well as children: it takes the strictest class that any of its values needs.
    text("value", "属性值", "Value", privacy=SENSITIVE),
    moment("observed_at", "获知时间", "Observed at"),
    about="attribute of a person",
    entity=("identifier_id", "attribute"),
    has_person=True,
    row_key=("attribute",),
)

CONSENT = landed(
    "consent",
    "同意",
    "Consent",
    text("consent_id", "同意记录", "Consent", null=False),
    text("purpose", "处理目的", "Purpose", null=False, values=CONSENT_PURPOSES),
    text("channel", "渠道", "Channel"),
    flag("granted", "是否同意", "Granted"),
    flag("separate", "单独同意", "Separate consent"),
    text("text_version", "告知文本版本", "Version of the text shown"),
    moment("occurred_at", "发生时间", "Occurred at", null=False),
    text("evidence", "凭证", "Evidence", privacy=PSEUDONYM),
    ref("partner_id", "合作方", "Partner", "partner.partner_id"),
    about="consent given or withdrawn",
    entity=("consent_id",),
    has_person=True,
)

REVIEW = landed(
    "review",
    "评价",
    "Review",
    text("review_id", "评价", "Review", null=False),
    ref("order_id", "订单号", "Order", "order.order_id"),
    ref("product_id", "商品", "Product", "product.product_id"),
    count("rating", "评分", "Rating", null=True, unit="stars 1-5"),
    text("sentiment", "情感", "Sentiment", values=("positive", "neutral", "negative")),
    flag("has_photo", "晒图", "Has a photo", null=True),
    moment("occurred_at", "评价时间", "Occurred at", null=False),
    day("local_date", "评价日期", "Date", null=False),
    about="review",
    entity=("review_id",),
    has_person=True,
)

SHARE = landed(
    "share",
    "分享",
    "Share",
    text("share_id", "分享", "Share", null=False),
    ref("content_id", "内容", "Content", "content.content_id"),
    ref("product_id", "商品", "Product", "product.product_id"),
    ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
    ref("channel_id", "渠道", "Channel", "channel.channel_id"),
    moment("occurred_at", "分享时间", "Occurred at", null=False),
    day("local_date", "分享日期", "Date", null=False),
    ref("parent_share_id", "上级分享", "Parent share", "share.share_id"),
    about="share",
    entity=("share_id",),
    has_person=True,
)

CAMPAIGN = landed(
    "campaign",
    "营销活动",
    "Campaign",
    text("campaign_id", "活动", "Campaign", null=False),
    text("name", "活动名称", "Campaign name"),
    text("kind", "活动类型", "Kind"),
    text("scenario", "运营场景", "Scenario"),
    text("battle", "微型战役", "Micro-campaign", values=("capital", "deepening", "connection", "clv")),
    text("phase", "阶段", "Phase", values=("warmup", "burst", "encore")),
    text("goal_metric", "目标指标", "Goal metric"),
    fen("budget_fen", "预算", "Budget"),
    ref("diagnosis_id", "诊断", "Diagnosis", "diagnosis.diagnosis_id"),
    day("starts_on", "开始日期", "First day"),
    day("ends_on", "结束日期", "Last day"),
    text("node", "营销节点", "Calendar node"),
    about="campaign",
    entity=("campaign_id",),
)

CAMPAIGN_TARGET = landed(
    "campaign_target",
    "活动触达名单",
    "Campaign target",
    ref("campaign_id", "活动", "Campaign", "campaign.campaign_id", null=False),
    text("arm", "实验组", "Arm", values=("treatment", "holdout")),
    moment("targeted_at", "圈选时间", "Targeted at"),
    about="person targeted by a campaign",
    entity=("campaign_id", "identifier_id"),
    has_person=True,
)

# Reasons that keep a message back before it is sent; any other fail_reason is a failure of sending.
SKIP_REASONS = ("no_consent", "fatigue", "quiet_hours", "unreachable", "holdout")

MESSAGE = landed(
    "message",
    "消息",
    "Message",
    text("message_id", "消息", "Message", null=False),
    ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
    ref("step_id", "步骤", "Step", "journey_step.step_id"),
    ref("channel_id", "渠道", "Channel", "channel.channel_id"),
    ref("content_id", "内容", "Content", "content.content_id"),
    ref("associate_id", "导购", "Associate", "associate.associate_id"),
    # Where the source knows only when it sent, that moment.
    moment("planned_at", "计划时间", "Planned at", null=False),
    # A mass send of WeCom is a task: nothing is sent until its associate confirms it.
    moment("task_issued_at", "任务下发时间", "Task issued at"),
    moment("confirmed_at", "导购确认时间", "Confirmed at"),
    moment("sent_at", "发送时间", "Sent at"),
    moment("delivered_at", "送达时间", "Delivered at"),
    moment("opened_at", "打开时间", "Opened at"),
    moment("clicked_at", "点击时间", "Clicked at"),
    moment("unsub_at", "退订时间", "Unsubscribed at"),
    text("fail_reason", "未送达原因", "Why it failed or was skipped"),
    flag("is_marketing", "营销消息", "Marketing", null=True),
    fen("cost_fen", "成本", "Cost"),
    about="message planned for a person, sent by whichever system",
    entity=("message_id",),
    has_person=True,
)

RISK_EVENT = landed(
    "risk_event",
    "风险事件",
    "Risk event",
    text("risk_id", "风险记录", "Risk record", null=False),
    text("rule", "风控规则", "Rule", null=False),
    # Of a rule that is not ours; ours take theirs from the parameters.
    count("weight", "权重", "Weight", null=True, unit="points"),
    text("decision", "处置", "Decision", values=("none", "review", "blocked")),
    moment("occurred_at", "发生时间", "Occurred at", null=False),
    text("reviewer", "审核人", "Reviewer", privacy=PSEUDONYM),
    text("appeal", "申诉", "Appeal", privacy=SENSITIVE),
    about="firing of a risk rule for a person, or a decision on it",
    entity=("risk_id",),
    has_person=True,
)

PEOPLE = (MEMBERSHIP, PERSON_ATTRIBUTE, CONSENT, REVIEW, SHARE, CAMPAIGN, CAMPAIGN_TARGET, MESSAGE, RISK_EVENT)
