"""Tables of reach, associates, groups and codes by period (`domain.md` M-17, M-28 – M-30).

Periods are half-open months, quarters and years of `report_period`.  Persons are canonical:
a campaign reaches one once.
"""

from quanyu.tables.analytics import PERIOD, PERIOD_KINDS
from quanyu.tables.columns import (
    PARAM_VERSION,
    count,
    day,
    decimal,
    fen,
    flag,
    identifier,
    moment,
    person,
    rate,
    ref,
    text,
)
from quanyu.tables.contract import Table
from quanyu.tables.relations import QR_KINDS

MESSAGE_FACT = Table(
    name="message_fact",
    grain="one message planned by the build date; what happened to it later is not known yet",
    key=("message_id",),
    columns=(
        ref("message_id", "消息", "Message", "message.message_id", null=False),
        text("source", "来源", "Source", null=False),
        count("batch_seq", "批次序号", "Batch sequence"),
        count("source_row", "来源行号", "Source row"),
        identifier(null=True),
        person(null=True),
        ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
        ref("channel_id", "渠道", "Channel", "channel.channel_id"),
        ref("content_id", "内容", "Content", "content.content_id"),
        ref("associate_id", "导购", "Associate", "associate.associate_id"),
        day("local_date", "计划日期", "Date planned", null=False),
        # Kept back before sending: no consent, frequency cap, not reachable, hold-out (SKIP_REASONS).
        flag("is_skipped", "发送前拦截", "Kept back before sending"),
        # Null: not sent, or a task that its associate has not confirmed. What follows proves what comes before it.
        moment("sent_at", "发送时间", "Sent at"),
        moment("delivered_at", "送达时间", "Delivered at"),
        moment("opened_at", "打开时间", "Opened at"),
        moment("clicked_at", "点击时间", "Clicked at"),
        moment("unsub_at", "退订时间", "Unsubscribed at"),
        text("fail_reason", "未送达原因", "Why it failed or was skipped"),
        flag("is_marketing", "营销消息", "Marketing", null=True),
        fen("cost_fen", "成本", "Cost"),
    ),
    stage="facts",
    zh="消息事实",
    en="Message fact",
)

REACH_CAMPAIGN = Table(
    name="reach_campaign",
    grain="one campaign that targeted somebody, over its whole time; every count is of persons",
    key=("campaign_id",),
    columns=(
        ref("campaign_id", "活动", "Campaign", "campaign.campaign_id", null=False),
        day("start_date", "首次触达日期", "First day", null=False),
        flag("is_complete", "转化窗口完整", "Every click had its whole window"),
        count("targeted", "圈选人数", "Persons targeted"),
        count("eligible", "可发人数", "Persons eligible"),
        count("sent", "发送人数", "Persons sent to"),
        count("delivered", "送达人数", "Persons reached"),
        count("opened", "打开人数", "Persons who opened"),
        count("clicked", "点击人数", "Persons who clicked"),
        count("converted", "转化人数", "Persons who clicked and bought in the window"),
        count("unsubscribed", "退订人数", "Persons who unsubscribed"),
        count("timed", "偏好时段已知人数", "Persons sent to whose preferred hours are known"),
        count("right_timed", "偏好时段内发送人数", "Of them sent to in those hours"),
        fen("cost_fen", "触达成本", "Cost of the messages"),
        rate("eligible_rate", "可发率", "Eligible of targeted"),
        rate("sent_rate", "发送率", "Sent of eligible"),
        rate("delivery_rate", "送达率", "Delivered of sent"),
        rate("open_rate", "打开率", "Opened of delivered"),
        rate("click_rate", "点击率", "Clicked of opened"),
        rate("conversion_rate", "点击转化率", "Converted of clicked"),
        rate("delivered_conversion_rate", "送达转化率", "Converted of delivered"),
        rate("reach_rate", "触达率", "Delivered of targeted"),
        rate("unsubscribe_rate", "退订率", "Unsubscribed of delivered"),
        rate("right_time_share", "适时发送占比", "Share sent in the preferred hours"),
        # Null without a hold-out: nothing says what would have happened without the campaign.
        count("treatment_persons", "触达组人数", "Persons in treatment", null=True),
        count("treatment_buyers", "触达组购买人数", "Buyers in treatment", null=True),
        count("holdout_persons", "对照组人数", "Persons held out", null=True),
        count("holdout_buyers", "对照组购买人数", "Buyers held out", null=True),
        rate("lift", "增量购买率", "Buyer rate above the hold-out", unit="ratio, difference"),
        rate("relative_lift", "相对提升", "Lift relative to the hold-out", unit="ratio"),
        rate("right_people_index", "人群精准度", "Buyer rate of the audience over the hold-out's", unit="ratio"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="精准触达",
    en="Reach by campaign",
)

ASSOCIATE_ORDER = Table(
    name="associate_order",
    grain="one valid order credited to an associate",
    key=("order_id",),
    columns=(
        ref("order_id", "订单号", "Order", "order_fact.order_id", null=False),
        ref("associate_id", "导购", "Associate", "associate.associate_id", null=False),
        person(null=True),
        day("local_date", "支付日期", "Date of payment", null=False),
        fen("net_fen", "净销售额", "Net sales", null=False),
        decimal("units", "件数", "Units"),
        # Else the associate whom the person added last.
        flag("is_named", "订单指明导购", "Named by the order"),
    ),
    stage="analytics",
    zh="导购成交",
    en="Order credited to an associate",
)

ASSOCIATE_PERIOD = Table(
    name="associate_period",
    grain="one associate in one period with anything to their name",
    key=("period_kind", "period_start_date", "associate_id"),
    columns=(
        *PERIOD,
        ref("associate_id", "导购", "Associate", "associate.associate_id", null=False),
        ref("store_id", "门店", "Store", "store.store_id"),
        # Of the daily figures where they exist, else of the contacts themselves; the rest of the daily figures is null.
        count("new_applies", "新增申请数", "New applications", null=True),
        count("new_contacts", "新增客户数", "New contacts"),
        count("deletions", "流失客户数", "Deletions"),
        count("net_contacts", "净增客户数", "Net new contacts"),
        count("chats", "聊天数", "Chats", null=True),
        count("messages", "消息数", "Messages", null=True),
        count("recruited_members", "招募会员数", "Members recruited"),
        count("tasks", "任务数", "Tasks due"),
        count("tasks_done", "完成任务数", "Of them done"),
        count("consulting_persons", "咨询人数", "Persons with a two-way chat"),
        count("consulting_buyers", "咨询后购买人数", "Of them buyers within the window"),
        count("orders", "归因有效订单数", "Valid orders credited"),
        count("buyers", "归因购买人数", "Buyers credited"),
        fen("net_fen", "归因净销售额", "Net sales credited", null=False),
        count("unit_orders", "件数已知订单数", "Orders with known units"),
        decimal("units", "件数", "Units"),
        rate("deletion_rate", "流失率", "Deletions of new contacts"),
        rate("task_rate", "任务完成率", "Tasks done"),
        rate("consult_conversion", "咨询转化率", "Buyers of consulting persons"),
        rate("units_per_order", "连带率", "Units per order", unit="units"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="导购周期",
    en="Associate by period",
)

CONTACT_EFFECT = Table(
    name="contact_effect",
    grain="one period: spending of buyers with an associate's contact beside that of others; a correlation, no effect",
    key=("period_kind", "period_start_date"),
    columns=(
        *PERIOD,
        count("contact_buyers", "有导购好友购买人数", "Buyers with a contact"),
        fen("contact_net_fen", "有导购好友净销售额", "Their net sales", null=False),
        count("other_buyers", "无导购好友购买人数", "Buyers without"),
        fen("other_net_fen", "无导购好友净销售额", "Their net sales", null=False),
        rate("spend_ratio", "客单价倍数", "Spending per buyer with a contact over without", unit="ratio"),
    ),
    stage="analytics",
    zh="导购好友对比",
    en="Buyers with and without a contact",
)

GROUP_ORDER = Table(
    name="group_order",
    grain="one valid order that the person's last click in a group brought",
    key=("order_id",),
    columns=(
        ref("order_id", "订单号", "Order", "order_fact.order_id", null=False),
        ref("group_id", "社群", "Group", "group_chat.group_id", null=False),
        person(),
        day("local_date", "支付日期", "Date of payment", null=False),
        fen("net_fen", "净销售额", "Net sales", null=False),
    ),
    stage="analytics",
    zh="社群成交",
    en="Order brought by a group",
)

GROUP_PERSON = Table(
    name="group_person",
    grain="one person in one group in one longer period",
    key=("period_kind", "period_start_date", "group_id", "person_id"),
    columns=(
        text("period_kind", "周期类型", "Kind of period", null=False, values=PERIOD_KINDS),
        day("period_start_date", "周期开始日", "First day of the period", null=False),
        ref("group_id", "社群", "Group", "group_chat.group_id", null=False),
        text("level", "社群类型", "Kind of group", null=False),
        person(),
        flag("is_member", "期末成员", "Member at the end"),
        flag("is_joined", "本期入群", "Joined in the period"),
        flag("is_departed", "本期退群", "Left in the period"),
        flag("is_active", "活跃", "Active in the period"),
        flag("is_clicker", "点击", "Clicked in the period"),
        count("orders", "归因有效订单数", "Valid orders credited"),
        fen("net_fen", "归因净销售额", "Net sales credited", null=False),
    ),
    stage="analytics",
    zh="社群用户周期",
    en="Person in a group by period",
)

GROUP_FIGURES = (
    count("members", "期末成员数", "Members at the end"),
    count("joined", "入群人数", "Joined"),
    count("departed", "退群人数", "Left"),
    count("active", "活跃人数", "Speakers, clickers, buyers"),
    count("clickers", "点击人数", "Clickers"),
    count("buyers", "归因购买人数", "Buyers credited"),
    count("orders", "归因有效订单数", "Valid orders credited"),
    fen("net_fen", "归因净销售额", "Net sales credited", null=False),
    rate("active_rate", "活跃率", "Active of members at the end", unit="ratio"),
    rate("group_conversion", "社群转化率", "Buyers of clickers", unit="ratio"),
    fen("per_buyer_fen", "社群客单价", "Net sales per buyer"),
    rate("shop_share", "占全店净销售额", "Share of all net sales"),
)

GROUP_PERIOD = Table(
    name="group_period",
    grain="one group in one period; a person counts once in a group",
    key=("period_kind", "period_start_date", "group_id"),
    columns=(
        *PERIOD,
        ref("group_id", "社群", "Group", "group_chat.group_id", null=False),
        text("level", "社群类型", "Kind of group", null=False),
        *GROUP_FIGURES,
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="社群周期",
    en="Group by period",
)

GROUP_LEVEL_PERIOD = Table(
    name="group_level_period",
    grain="the groups of one kind in one period; a person counts once in a kind",
    key=("period_kind", "period_start_date", "level"),
    columns=(
        *PERIOD,
        text("level", "社群类型", "Kind of group", null=False),
        *GROUP_FIGURES,
        rate("people_share", "人数占比", "Share of all group members"),
        rate("sales_share", "销售占比", "Share of all groups' net sales"),
        rate("value_index", "价值指数", "100 × share of sales / share of people", unit="index"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="社群类型周期",
    en="Kind of group by period",
)

QR_PERIOD = Table(
    name="qr_period",
    grain="the codes of one kind in one period; codes as of its end, scans within it",
    key=("period_kind", "period_start_date", "kind"),
    columns=(
        *PERIOD,
        text("kind", "码类型", "Kind of code", null=False, values=(*QR_KINDS, "unknown")),
        count("activated_codes", "累计激活码数", "Codes activated by the end"),
        count("scanned_codes", "累计首扫码数", "Of them with a first consumer scan"),
        count("new_scanned_codes", "本期首扫码数", "First scans in the period"),
        count("consumer_scans", "消费者扫码次数", "Consumer scans"),
        count("merchant_scans", "商户扫码次数", "Merchant scans"),
        # A visitor key where nobody is known; of it nothing can be said about joining.
        count("scanners", "扫码者数", "Different scanners"),
        count("repeat_scanners", "重复扫码者数", "Scanners of two or more scans"),
        count("scanning_persons", "扫码人数", "Persons who scanned"),
        count("joined_persons", "扫码入私域人数", "Of them entered the private domain within a day"),
        count("located_scans", "区域已知扫码次数", "Consumer scans whose regions are known"),
        count("out_of_area_scans", "窜货扫码次数", "Of them outside the code's region"),
        rate("first_scan_rate", "首扫率", "First-scanned of activated codes"),
        rate("scanner_join_rate", "扫码入会率", "Joined of scanning persons"),
        rate("scans_per_scanner", "人均扫码次数", "Scans per scanner", unit="scans"),
        rate("out_of_area_share", "窜货占比", "Share of scans out of area"),
        PARAM_VERSION,
    ),
    stage="analytics",
    zh="一物一码周期",
    en="Codes by period",
)

STORE_PASSER = Table(
    name="store_passer",
    grain="one longer period in which a store counted its visitors",
    key=("period_kind", "period_start_date"),
    columns=(
        *PERIOD,
        count("visitors", "未识别客流", "Visitors whom nobody knows"),
    ),
    stage="analytics",
    zh="未识别客流",
    en="Unknown visitors of stores",
)

OPERATION_PERIODS = (
    MESSAGE_FACT,
    REACH_CAMPAIGN,
    ASSOCIATE_ORDER,
    ASSOCIATE_PERIOD,
    CONTACT_EFFECT,
    GROUP_ORDER,
    GROUP_PERSON,
    GROUP_PERIOD,
    GROUP_LEVEL_PERIOD,
    QR_PERIOD,
    STORE_PASSER,
)
