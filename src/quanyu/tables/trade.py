"""Landing tables of goods and sales: orders, lines, refunds, products, coupons, promotions (`domain.md` §3.4, §3.5)."""

from quanyu.tables.columns import (
    PSEUDONYM,
    count,
    day,
    decimal,
    fen,
    flag,
    json,
    landed,
    moment,
    ref,
    text,
)

ORDER_STATES = ("placed", "paid", "fulfilled", "completed", "refunded", "cancelled")
FULFIL_TYPES = ("pickup", "express_30min", "delivery", "instore", "service")
COUPON_STATES = ("issued", "claimed", "locked", "redeemed", "returned", "expired", "void")

ORDER = landed(
    "order",
    "订单",
    "Order",
    text("order_id", "订单号", "Order", null=False),
    ref("member_id", "下单时会员号", "Member at purchase", "membership.member_id", privacy=PSEUDONYM),
    moment("paid_at", "支付时间", "Paid at"),
    day("local_date", "支付日期", "Date of payment"),
    text("status", "状态", "Status", null=False, values=ORDER_STATES),
    flag("test", "测试订单", "Test order", null=True),
    flag("staff", "员工购买", "Staff purchase", null=True),
    ref("ordered_channel_id", "下单渠道", "Ordered on channel", "channel.channel_id"),
    ref("paid_channel_id", "支付渠道", "Paid on channel", "channel.channel_id"),
    ref("fulfil_channel_id", "履约渠道", "Fulfilled by channel", "channel.channel_id"),
    ref("store_id", "门店", "Store", "store.store_id"),
    ref("associate_id", "导购", "Associate", "associate.associate_id"),
    fen("list_fen", "商品原价合计", "Goods at list price"),
    fen("discount_fen", "商品折扣", "Discounts"),
    fen("coupon_fen", "优惠券抵扣", "Paid by coupon"),
    fen("points_fen", "积分抵扣", "Paid by points"),
    fen("freight_fen", "运费", "Freight"),
    fen("paid_fen", "实付金额(不含运费)", "Paid amount without freight", null=False),
    ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
    ref("share_id", "分享", "Share", "share.share_id"),
    text("touch_id", "最后触点", "Last touch"),
    text("fulfil_type", "履约方式", "Fulfilment", values=FULFIL_TYPES),
    moment("promised_at", "承诺送达时间", "Promised at"),
    moment("fulfilled_at", "完成履约时间", "Fulfilled at"),
    flag("is_presale", "预售", "Presale", null=True),
    fen("deposit_fen", "定金", "Deposit"),
    about="order",
    entity=("order_id",),
    has_person=True,
)

ORDER_LINE = landed(
    "order_line",
    "订单行",
    "Order line",
    ref("order_id", "订单号", "Order", "order.order_id", null=False),
    count("line_no", "行号", "Line number"),
    ref("product_id", "商品", "Product", "product.product_id"),
    decimal("qty", "数量", "Quantity", null=False),
    fen("list_fen", "原价金额", "Amount at list price"),
    fen("discount_fen", "商品折扣", "Discounts"),
    fen("coupon_fen", "优惠券抵扣", "Paid by coupon"),
    fen("paid_fen", "实付金额", "Paid amount", null=False),
    fen("cost_fen", "成本", "Cost"),
    flag("is_gift", "赠品", "Gift", null=True),
    text("price_band", "价格带", "Price band"),
    about="line of an order",
    entity=("order_id", "line_no"),
)

REFUND = landed(
    "refund",
    "退款",
    "Refund",
    text("refund_id", "退款单号", "Refund", null=False),
    ref("order_id", "订单号", "Order", "order.order_id", null=False),
    count("line_no", "行号", "Line number", null=True),
    ref("product_id", "商品", "Product", "product.product_id"),
    decimal("qty", "数量", "Quantity"),
    fen("amount_fen", "退款金额", "Refunded amount", null=False),
    moment("refunded_at", "退款时间", "Refunded at", null=False),
    day("local_date", "退款日期", "Date of refund", null=False),
    text("reason", "原因", "Reason"),
    text("kind", "类型", "Kind", null=False, values=("return", "exchange", "price_adjust")),
    about="refund",
    entity=("refund_id",),
    has_person=True,
)

PRODUCT = landed(
    "product",
    "商品",
    "Product",
    text("product_id", "商品", "Product (SKU)", null=False),
    text("spu_id", "款", "Style (SPU)"),
    text("name", "商品名称", "Product name"),
    ref("category_id", "品类", "Category", "category.category_id"),
    text("brand_id", "品牌", "Brand"),
    fen("list_fen", "吊牌价", "List price"),
    day("launch_on", "上市日期", "Launch date"),
    json("attrs", "商品属性", "Attributes"),
    flag("is_hero", "主推商品", "Hero product", null=True),
    about="product (SKU)",
    entity=("product_id",),
)

CATEGORY = landed(
    "category",
    "品类",
    "Category",
    text("category_id", "品类", "Category", null=False),
    ref("parent_id", "上级品类", "Parent category", "category.category_id"),
    text("name_zh", "中文名", "Chinese name"),
    text("name_en", "英文名", "English name"),
    count("cycle_days", "购买周期", "Purchase cycle", null=True, unit="days"),
    about="category",
    entity=("category_id",),
)

PROMOTION = landed(
    "promotion",
    "商品促销",
    "Promotion",
    ref("product_id", "商品", "Product", "product.product_id", null=False),
    ref("store_id", "门店", "Store", "store.store_id", null=False),
    day("week_start_date", "促销周开始日", "First day of the week", null=False),
    text("display_placement", "陈列位置", "Display placement"),
    text("mailer_placement", "海报位置", "Mailer placement"),
    about="promoted product in a store and week",
    entity=("product_id", "store_id", "week_start_date", "display_placement", "mailer_placement"),
)

COUPON_BATCH = landed(
    "coupon_batch",
    "优惠券批次",
    "Coupon batch",
    text("batch_id", "券批次", "Coupon batch", null=False),
    ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
    text("kind", "券类型", "Kind", values=("amount", "percent", "gift", "freight", "other")),
    fen("face_fen", "面额", "Face value"),
    decimal("percent_off", "折扣比例", "Share taken off", unit="ratio 0-1"),
    fen("min_spend_fen", "使用门槛", "Minimum spend"),
    count("issued", "发放数", "Issued", null=True),
    day("starts_on", "开始日期", "First day"),
    day("ends_on", "结束日期", "Last day"),
    text("scope", "适用范围", "Scope"),
    about="coupon batch",
    entity=("batch_id",),
)

COUPON = landed(
    "coupon",
    "优惠券",
    "Coupon",
    text("coupon_id", "券", "Coupon", null=False),
    ref("batch_id", "券批次", "Coupon batch", "coupon_batch.batch_id", null=False),
    ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
    text("state", "状态", "State", null=False, values=COUPON_STATES),
    moment("claimed_at", "领取时间", "Claimed at"),
    day("claimed_date", "领取日期", "Date of claim"),
    ref("claimed_channel_id", "领取渠道", "Claimed on channel", "channel.channel_id"),
    moment("redeemed_at", "核销时间", "Redeemed at"),
    day("redeemed_date", "核销日期", "Date of redemption"),
    ref("redeemed_channel_id", "核销渠道", "Redeemed on channel", "channel.channel_id"),
    ref("order_id", "占用或核销的订单", "Order that holds or redeemed it", "order.order_id"),
    moment("returned_at", "退回时间", "Returned at"),
    day("expires_on", "到期日", "Expires on"),
    about="coupon of a person",
    entity=("coupon_id",),
    has_person=True,
)

COUPON_PRODUCT = landed(
    "coupon_product",
    "券适用商品",
    "Coupon product",
    ref("batch_id", "券批次", "Coupon batch", "coupon_batch.batch_id", null=False),
    ref("product_id", "商品", "Product", "product.product_id", null=False),
    about="product that a coupon batch covers",
    entity=("batch_id", "product_id"),
)

TRADE = (ORDER, ORDER_LINE, REFUND, PRODUCT, CATEGORY, PROMOTION, COUPON_BATCH, COUPON, COUPON_PRODUCT)
