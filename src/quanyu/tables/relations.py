"""Landing tables of relations, associates, groups, content, spread, codes and partners (`domain.md` §3.6, §3.7)."""

from quanyu.tables.columns import (
    PERSONAL,
    PSEUDONYM,
    count,
    day,
    fen,
    flag,
    json,
    landed,
    moment,
    rate,
    ref,
    text,
    visitor,
)
from quanyu.tables.contract import Column, Type

RELATION_TYPES = (
    "member",
    "shop_follow",
    "live_follow",
    "group_member",
    "dedicated_service",
    "subscription",
    "mini_program_user",
)

QR_KINDS = ("item", "case", "cap", "pop", "parcel_card", "store", "associate", "group", "payment")

RELATION = landed(
    "relation",
    "私域关系",
    "Relation",
    text("relation_id", "关系", "Relation", null=False),
    text("type", "关系类型", "Type", null=False, values=RELATION_TYPES),
    ref("channel_id", "渠道", "Channel", "channel.channel_id"),
    ref("associate_id", "导购", "Associate", "associate.associate_id"),
    ref("group_id", "社群", "Group", "group_chat.group_id"),
    moment("started_at", "建立时间", "Started at", null=False),
    moment("ended_at", "结束时间", "Ended at"),
    text("end_reason", "结束原因", "Why it ended"),
    ref("source_qr_id", "来源二维码", "Source QR code", "qr_code.qr_id"),
    ref("source_share_id", "来源分享", "Source share", "share.share_id"),
    ref("source_campaign_id", "来源活动", "Source campaign", "campaign.campaign_id"),
    about="relation of a person with the brand",
    entity=("relation_id",),
    has_person=True,
    history=True,
)

ASSOCIATE = landed(
    "associate",
    "导购",
    "Associate",
    text("associate_id", "导购", "Associate", null=False),
    text("operator_id", "登录账号", "Operator account", privacy=PSEUDONYM),
    ref("store_id", "门店", "Store", "store.store_id"),
    text("wecom_userid", "企业微信账号", "WeCom account", privacy=PSEUDONYM),
    text("role", "岗位", "Role"),
    day("hired_on", "入职日期", "Hired on"),
    day("left_on", "离职日期", "Left on"),
    day("certified_on", "认证日期", "Certified on"),
    about="associate",
    entity=("associate_id",),
)

ASSOCIATE_CONTACT = landed(
    "associate_contact",
    "导购客户",
    "Associate's contact",
    ref("associate_id", "导购", "Associate", "associate.associate_id", null=False),
    text("external_userid", "企业微信外部联系人", "WeCom external user", privacy=PSEUDONYM),
    moment("added_at", "添加时间", "Added at"),
    text("add_way", "添加方式", "How added"),
    text("state_code", "渠道活码", "Channel code"),
    moment("deleted_by_person_at", "客户删除时间", "Deleted by the person at"),
    moment("deleted_by_staff_at", "员工删除时间", "Deleted by staff at"),
    about="contact of an associate; a person may have several associates",
    entity=("associate_id", "external_userid", "added_at"),
    has_person=True,
    history=True,
)

ASSOCIATE_DAILY = landed(
    "associate_daily",
    "导购日报",
    "Associate by day",
    ref("associate_id", "导购", "Associate", "associate.associate_id", null=False),
    day("date", "日期", "Date", null=False),
    count("new_applies", "新增申请数", "New applications", null=True),
    count("new_contacts", "新增客户数", "New contacts", null=True),
    count("chats", "聊天数", "Chats", null=True),
    count("messages", "消息数", "Messages", null=True),
    rate("reply_ratio", "回复占比", "Share of chats replied to"),
    rate("avg_first_reply_min", "平均首次回复时长", "Mean time to the first reply", unit="minutes"),
    count("deletions", "流失客户数", "Deletions", null=True),
    about="associate and day",
    entity=("associate_id", "date"),
)

ASSOCIATE_TASK = landed(
    "associate_task",
    "导购任务",
    "Associate's task",
    text("task_id", "任务", "Task", null=False),
    ref("associate_id", "导购", "Associate", "associate.associate_id", null=False),
    ref("audience_id", "人群包", "Audience", "audience.audience_id"),
    moment("due_at", "截止时间", "Due at"),
    moment("done_at", "完成时间", "Done at"),
    text("result", "结果", "Result"),
    about="task of an associate",
    entity=("task_id",),
)

GROUP_CHAT = landed(
    "group_chat",
    "社群",
    "Group",
    text("group_id", "社群", "Group", null=False),
    text("name", "社群名称", "Group name"),
    text("level", "社群类型", "Kind of group"),
    ref("owner_associate_id", "群主导购", "Owning associate", "associate.associate_id"),
    text("region_id", "区域", "Region"),
    json("charter", "群规", "Charter"),
    moment("founded_at", "建群时间", "Founded at"),
    moment("dissolved_at", "解散时间", "Dissolved at"),
    about="group",
    entity=("group_id",),
)

GROUP_MEMBER = landed(
    "group_member",
    "群成员",
    "Group member",
    ref("group_id", "社群", "Group", "group_chat.group_id", null=False),
    moment("joined_at", "入群时间", "Joined at", null=False),
    moment("left_at", "退群时间", "Left at"),
    text("inviter_id", "邀请人", "Inviter", privacy=PSEUDONYM),
    about="member of a group",
    entity=("group_id", "identifier_id", "joined_at"),
    has_person=True,
    history=True,
)

CONTENT = landed(
    "content",
    "内容",
    "Content",
    text("content_id", "内容", "Content", null=False),
    text(
        "kind",
        "类型",
        "Kind",
        values=("article", "short_video", "live", "goods_card", "poster", "script", "coupon_card"),
    ),
    json("tags", "内容标签", "Tags"),
    json("product_ids", "关联商品", "Products"),
    about="piece of content",
    entity=("content_id",),
)

LIVE_ROOM = landed(
    "live_room",
    "直播间",
    "Live room",
    text("live_room_id", "直播间", "Live room", null=False),
    ref("channel_id", "渠道", "Channel", "channel.channel_id"),
    ref("associate_id", "主播导购", "Associate", "associate.associate_id"),
    text("name", "名称", "Name"),
    about="live room",
    entity=("live_room_id",),
)

LIVE_DAILY = landed(
    "live_daily",
    "直播日报",
    "Live room by day",
    ref("live_room_id", "直播间", "Live room", "live_room.live_room_id", null=False),
    day("date", "日期", "Date", null=False),
    count("viewers", "观看人数", "Viewers", null=True),
    count("long_viewers", "观看60秒以上人数", "Viewers of 60 seconds or more", null=True),
    count("comments", "评论数", "Comments", null=True),
    count("likes", "点赞数", "Likes", null=True),
    count("orders", "订单数", "Orders", null=True),
    about="live room and day",
    entity=("live_room_id", "date"),
)

REFERRAL = landed(
    "referral",
    "推荐",
    "Referral",
    text("referral_id", "推荐", "Referral", null=False),
    ref("share_id", "分享", "Share", "share.share_id"),
    visitor(),
    moment("visited_at", "访问时间", "Visited at"),
    moment("joined_at", "注册时间", "Joined at"),
    ref("first_order_id", "首单", "First order", "order.order_id"),
    flag("valid", "有效", "Valid", null=True),
    text("invalid_reason", "无效原因", "Why invalid"),
    about="person referred by a share",
    entity=("referral_id",),
    has_person=True,
)

SURVEY_ANSWER = landed(
    "survey_answer",
    "问卷回答",
    "Survey answer",
    text("answer_id", "回答", "Answer", null=False),
    text("survey_id", "问卷", "Survey", null=False),
    ref("touchpoint_id", "触点", "Touchpoint", "touchpoint.touchpoint_id"),
    count("score", "得分", "Score", null=True, privacy=PERSONAL),
    moment("occurred_at", "回答时间", "Occurred at", null=False),
    about="answer to a survey",
    entity=("answer_id",),
    has_person=True,
)

QR_CODE = landed(
    "qr_code",
    "一物一码",
    "QR code",
    text("qr_id", "二维码", "QR code", null=False),
    text("kind", "类型", "Kind", values=QR_KINDS),
    text("qr_batch_id", "码批次", "Batch of codes"),
    ref("product_id", "商品", "Product", "product.product_id"),
    text("region_id", "投放区域", "Region"),
    ref("partner_id", "渠道商", "Partner", "partner.partner_id"),
    text("state", "状态", "State"),
    moment("activated_at", "激活时间", "Activated at"),
    moment("first_scan_at", "首次扫码时间", "First scan at"),
    moment("rewarded_at", "领奖时间", "Rewarded at"),
    about="QR code",
    entity=("qr_id",),
)

QR_SCAN = landed(
    "qr_scan",
    "扫码",
    "QR scan",
    text("scan_id", "扫码记录", "Scan", null=False),
    ref("qr_id", "二维码", "QR code", "qr_code.qr_id", null=False),
    visitor(),
    text("scanner", "扫码人", "Scanner", values=("consumer", "merchant")),
    moment("occurred_at", "扫码时间", "Occurred at", null=False),
    Column("lat", Type.RATIO, "纬度", "Latitude", unit="degrees", privacy=PERSONAL),
    Column("lon", Type.RATIO, "经度", "Longitude", unit="degrees", privacy=PERSONAL),
    text("region_id", "扫码区域", "Region"),
    flag("first_scan", "首次扫码", "First scan", null=True),
    flag("rewarded", "已领奖", "Rewarded", null=True),
    about="scan of a code",
    entity=("scan_id",),
    has_person=True,
)

PARTNER = landed(
    "partner",
    "合作方",
    "Partner",
    text("partner_id", "合作方", "Partner", null=False),
    text("kind", "类型", "Kind", values=("channel_merchant", "mall", "brand", "provider", "affiliate")),
    text("region_id", "区域", "Region"),
    text("contract", "合同", "Contract"),
    about="partner",
    entity=("partner_id",),
)

PARTNER_MEMBER = landed(
    "partner_member",
    "渠道会员",
    "Partner member",
    ref("partner_id", "合作方", "Partner", "partner.partner_id", null=False),
    fen("purchases_fen", "进货额", "Purchases"),
    fen("sales_fen", "动销额", "Sales"),
    text("rebate_rule", "返利规则", "Rebate rule"),
    about="partner in the partners' programme; the identifier is its contact person",
    entity=("partner_id",),
    has_person=True,
)

PARTNER_REBATE = landed(
    "partner_rebate",
    "渠道返利流水",
    "Partner rebate",
    text("entry_id", "流水", "Entry", null=False),
    ref("partner_id", "合作方", "Partner", "partner.partner_id", null=False),
    text("kind", "类型", "Kind", null=False, values=("earn", "pay", "reverse", "adjust")),
    fen("amount_fen", "金额", "Amount", null=False),
    moment("occurred_at", "发生时间", "Occurred at", null=False),
    about="entry of a partner's rebate",
    entity=("entry_id",),
)

RELATIONS = (
    RELATION,
    ASSOCIATE,
    ASSOCIATE_CONTACT,
    ASSOCIATE_DAILY,
    ASSOCIATE_TASK,
    GROUP_CHAT,
    GROUP_MEMBER,
    CONTENT,
    LIVE_ROOM,
    LIVE_DAILY,
    REFERRAL,
    SURVEY_ANSWER,
    QR_CODE,
    QR_SCAN,
    PARTNER,
    PARTNER_MEMBER,
    PARTNER_REBATE,
)
