"""Fact tables: the retail grains with person, net amount and validity resolved (`domain.md` §2.0, §3.4)."""

from quanyu.tables.columns import (
    PSEUDONYM,
    count,
    day,
    decimal,
    fen,
    flag,
    identifier,
    moment,
    person,
    ref,
    text,
    visitor,
)
from quanyu.tables.contract import Table
from quanyu.tables.trade import FULFIL_TYPES, ORDER_STATES

ACTIVITIES = ("passive", "shallow", "deep", "transaction", "negative")
INVALID_REASONS = ("unpaid", "cancelled", "test", "staff", "refunded", "zero_value", "gift_only")

ORDER_FACT = Table(
    name="order_fact",
    grain="one order known as of the build, net of the refunds known",
    key=("order_id",),
    columns=(
        text("order_id", "订单号", "Order", null=False),
        text("source", "来源", "Source", null=False),
        count("batch_seq", "批次序号", "Batch sequence"),
        count("source_row", "来源行号", "Source row"),
        identifier(null=True),
        person(null=True),
        ref("member_id", "下单时会员号", "Member at purchase", "membership.member_id", privacy=PSEUDONYM),
        moment("paid_at", "支付时间", "Paid at"),
        day("local_date", "支付日期", "Date of payment"),
        text("status", "状态", "Status", null=False, values=ORDER_STATES),
        ref("ordered_channel_id", "下单渠道", "Ordered on channel", "channel.channel_id"),
        ref("fulfil_channel_id", "履约渠道", "Fulfilled by channel", "channel.channel_id"),
        text("fulfil_type", "履约方式", "Fulfilment", values=FULFIL_TYPES),
        ref("store_id", "门店", "Store", "store.store_id"),
        ref("associate_id", "导购", "Associate", "associate.associate_id"),
        ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
        fen("gross_fen", "成交金额(退款前)", "Gross sales (paid, before refunds)", null=False),
        fen("discount_fen", "商品折扣", "Discounts"),
        fen("coupon_fen", "优惠券抵扣", "Paid by coupon"),
        fen("refunded_fen", "退款金额", "Refunded", null=False),
        fen("net_fen", "净销售额", "Net sales", null=False),
        decimal("units", "件数", "Units"),
        count("line_count", "行数", "Lines"),
        flag("is_valid", "有效订单", "Valid order"),
        text("invalid_reason", "无效原因", "Why invalid", values=INVALID_REASONS),
        count("person_order_no", "用户第几单", "Number among the person's valid orders", null=True),
        flag("is_first_order", "首单", "First order"),
    ),
    stage="facts",
    zh="订单事实",
    en="Order fact",
)

REFUND_FACT = Table(
    name="refund_fact",
    grain="one refund known as of the build, with the order it was found to belong to",
    key=("refund_id",),
    columns=(
        text("refund_id", "退款单号", "Refund", null=False),
        text("source", "来源", "Source", null=False),
        count("batch_seq", "批次序号", "Batch sequence"),
        count("source_row", "来源行号", "Source row"),
        # Null: no order of that number is known and none of the person's fits: the amount stands outside net sales.
        ref("order_id", "订单号", "Order", "order.order_id"),
        count("line_no", "行号", "Line number", null=True),
        fen("amount_fen", "退款金额", "Refunded amount", null=False),
        day("local_date", "退款日期", "Date of refund", null=False),
        text("found_by", "匹配方式", "How the order was found", null=False, values=("order", "person", "none")),
    ),
    stage="facts",
    zh="退款事实",
    en="Refund fact",
)

ORDER_LINE_FACT = Table(
    name="order_line_fact",
    grain="one order line known as of the build, net of its refunds",
    key=("order_id", "line_no"),
    columns=(
        ref("order_id", "订单号", "Order", "order_fact.order_id", null=False),
        count("line_no", "行号", "Line number"),
        person(null=True),
        day("local_date", "支付日期", "Date of payment"),
        ref("product_id", "商品", "Product", "product.product_id"),
        ref("category_id", "品类", "Category", "category.category_id"),
        ref("parent_category_id", "上级品类", "Parent category", "category.category_id"),
        text("brand_id", "品牌", "Brand"),
        ref("store_id", "门店", "Store", "store.store_id"),
        ref("ordered_channel_id", "下单渠道", "Ordered on channel", "channel.channel_id"),
        decimal("qty", "数量", "Quantity", null=False),
        fen("gross_fen", "成交金额(退款前)", "Gross sales (paid, before refunds)", null=False),
        fen("discount_fen", "商品折扣", "Discounts"),
        fen("coupon_fen", "优惠券抵扣", "Paid by coupon"),
        fen("refunded_fen", "退款金额", "Refunded", null=False),
        fen("net_fen", "净销售额", "Net sales", null=False),
        flag("is_valid", "有效行", "Valid line"),
    ),
    stage="facts",
    zh="订单行事实",
    en="Order line fact",
)

PURCHASE_DAY_FACT = Table(
    name="purchase_day_fact",
    grain="one local date on which a person has at least one valid order (天次)",
    key=("person_id", "local_date"),
    columns=(
        person(),
        day("local_date", "购买日期", "Date", null=False),
        count("orders", "有效订单数", "Valid orders"),
        fen("net_fen", "净销售额", "Net sales", null=False),
        count("purchase_day_no", "第几天次", "Number among the person's purchase days"),
        day("previous_local_date", "上一购买日", "Previous purchase day"),
        count("gap_days", "间隔天数", "Days since the previous one", null=True, unit="days"),
    ),
    stage="facts",
    zh="购买天次事实",
    en="Purchase day fact",
)

ACTIVITY_DAY_FACT = Table(
    name="activity_day_fact",
    grain="one local date on which a person has at least one event or visit (活跃日)",
    key=("person_id", "local_date"),
    columns=(
        person(),
        day("local_date", "活跃日期", "Date", null=False),
        count("events", "行为数", "Events"),
        count("active_events", "活跃行为数", "Events of types that count as active"),
        count("visits", "访问次数", "Visits"),
    ),
    stage="facts",
    zh="活跃日事实",
    en="Activity day fact",
)

VISIT_FACT = Table(
    name="visit_fact",
    grain="one visit known as of the build",
    key=("visit_id",),
    columns=(
        ref("visit_id", "访问", "Visit", "visit.visit_id", null=False),
        text("source", "来源", "Source", null=False),
        count("batch_seq", "批次序号", "Batch sequence"),
        count("source_row", "来源行号", "Source row"),
        identifier(null=True),
        person(null=True),
        visitor(),
        ref("channel_id", "渠道", "Channel", "channel.channel_id"),
        moment("started_at", "开始时间", "Started at", null=False),
        moment("ended_at", "结束时间", "Ended at"),
        day("local_date", "访问日期", "Date", null=False),
        count("pages", "浏览页数", "Pages", null=True),
        flag("is_bounce", "跳出", "Bounce", null=True),
    ),
    stage="facts",
    zh="访问事实",
    en="Visit fact",
)

EVENT_FACT = Table(
    name="event_fact",
    grain="one thing a person or visitor did or received, whichever landing table told it",
    key=("event_id",),
    columns=(
        # Prefixed where no event tells it: ad:, message:, message_click:, qr_scan:, booking:, relation:.
        text("event_id", "行为", "Event", null=False, privacy=PSEUDONYM),
        moment("occurred_at", "发生时间", "Occurred at", null=False),
        day("local_date", "发生日期", "Date", null=False),
        identifier(null=True),
        person(null=True),
        visitor(),
        ref("type", "行为类型", "Event type", "event_type.code", null=False),
        # Null: a type that `event_type` does not know; it counts for nothing.
        text("activity", "互动深度", "Depth of activity", values=ACTIVITIES),
        flag("counts_as_active", "计为活跃", "Counts as active"),
        ref("channel_id", "渠道", "Channel", "channel.channel_id"),
        ref("touchpoint_id", "触点", "Touchpoint", "touchpoint.touchpoint_id"),
        ref("store_id", "门店", "Store", "store.store_id"),
        ref("associate_id", "导购", "Associate", "associate.associate_id"),
        ref("group_id", "社群", "Group", "group_chat.group_id"),
        ref("content_id", "内容", "Content", "content.content_id"),
        ref("product_id", "商品", "Product", "product.product_id"),
        ref("category_id", "品类", "Category", "category.category_id"),
        ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
        ref("message_id", "消息", "Message", "message.message_id"),
        ref("qr_id", "二维码", "QR code", "qr_code.qr_id"),
        ref("share_id", "分享", "Share", "share.share_id"),
        count("duration_s", "时长", "Duration", null=True, unit="seconds"),
        ref("visit_id", "访问", "Visit", "visit.visit_id", privacy=PSEUDONYM),
    ),
    stage="facts",
    zh="行为事实",
    en="Event fact",
)

PERSON_FACT = Table(
    name="person_fact",
    grain="one person as of a date; purchases are valid orders, money is net",
    key=("person_id", "as_of"),
    columns=(
        person(),
        day("as_of", "截至日期", "As of", null=False),
        day("first_seen_date", "首次出现日期", "First seen"),
        day("last_active_date", "最近活跃日期", "Last active"),
        day("first_purchase_date", "首次购买日期", "First purchase day"),
        day("last_purchase_date", "最近购买日期", "Last purchase day"),
        day("cohort_month", "首购月", "Month of first purchase"),
        ref("first_channel_id", "首购渠道", "Channel of first purchase", "channel.channel_id"),
        count("orders", "有效订单数", "Valid orders"),
        count("orders_365", "近365天有效订单数", "Valid orders, last 365 days"),
        count("purchase_days", "购买天次", "Purchase days"),
        count("purchase_days_365", "近365天购买天次", "Purchase days, last 365 days"),
        fen("net_fen", "累计净销售额", "Net sales", null=False),
        fen("net_365_fen", "近365天净销售额", "Net sales, last 365 days", null=False),
        count("recency_days", "距最近购买天数", "Days since the last purchase day", null=True, unit="days"),
    ),
    stage="facts",
    zh="用户事实",
    en="Person fact",
)

PERSON_STORE = Table(
    name="person_store",
    grain="one store that a person belongs to on the build's date",
    key=("person_id", "store_id"),
    columns=(
        person(),
        ref("store_id", "门店", "Store", "store.store_id", null=False),
        # Null: a store that no source describes.
        text("region_id", "区域", "Region"),
        flag("has_bought", "近期在此购买", "Bought there of late"),
        flag("is_enrolled", "由此入会", "Enrolled by an associate of it"),
        flag("is_served", "由此服务", "Looked after by an associate of it"),
    ),
    stage="facts",
    zh="用户归属门店",
    en="Store of a person",
)

PERSON_BRAND = Table(
    name="person_brand",
    grain="one brand of which a person bought of late",
    key=("person_id", "brand_id"),
    columns=(person(), text("brand_id", "品牌", "Brand", null=False)),
    stage="facts",
    zh="用户归属品牌",
    en="Brand of a person",
)

FACTS = (
    REFUND_FACT,
    ORDER_FACT,
    ORDER_LINE_FACT,
    PURCHASE_DAY_FACT,
    ACTIVITY_DAY_FACT,
    VISIT_FACT,
    EVENT_FACT,
    PERSON_FACT,
    PERSON_STORE,
    PERSON_BRAND,
)
