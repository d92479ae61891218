"""Landing tables of the market and around a sale: areas, ads, listings, service cases (`domain.md` §3.2 – §3.4)."""

from quanyu.tables.columns import (
    PERSONAL,
    PSEUDONYM,
    count,
    day,
    decimal,
    fen,
    flag,
    json,
    landed,
    moment,
    rate,
    ref,
    text,
    validity,
    visitor,
)

AREA = landed(
    "area",
    "地理区域",
    "Area",
    text("area_id", "地理区域", "Area", null=False),
    text("level", "层级", "Level"),
    text("name", "名称", "Name"),
    count("population", "人口", "Population", null=True),
    decimal("spend_index", "消费指数", "Spending index"),
    json("poi", "兴趣点", "Points of interest"),
    text("geometry", "边界(WKT)", "Boundary (WKT)"),
    day("as_of", "数据日期", "As of"),
    text("origin", "数据出处", "Origin of the figures"),
    about="area",
    entity=("area_id", "as_of"),
)

OUTLET_LEAD = landed(
    "outlet_lead",
    "网点线索",
    "Outlet lead",
    text("lead_id", "线索", "Lead", null=False),
    ref("area_id", "地理区域", "Area", "area.area_id"),
    # A shop's place on the map, never a person's home.
    text("place", "网点位置", "Place of the outlet"),
    decimal("score", "得分", "Score"),
    moment("proposed_at", "提出时间", "Proposed at"),
    moment("verified_at", "核实时间", "Verified at"),
    flag("verified_ok", "核实通过", "Verified as good", null=True),
    about="possible outlet",
    entity=("lead_id",),
)

BENCHMARK = landed(
    "benchmark",
    "行业基准",
    "Benchmark",
    ref("metric_code", "指标", "Metric", "metric_value.metric_code", null=False),
    text("industry", "行业", "Industry", null=False),
    text("segment", "细分", "Segment", null=False),
    text("period", "周期", "Period", null=False),
    rate("p25", "25分位", "25th percentile", unit="unit of the metric"),
    rate("p50", "中位数", "Median", unit="unit of the metric"),
    rate("p75", "75分位", "75th percentile", unit="unit of the metric"),
    rate("top", "标杆值", "Best in class", unit="unit of the metric"),
    day("as_of", "数据日期", "As of"),
    text("origin", "数据出处", "Origin of the figures"),
    about="benchmark",
    entity=("metric_code", "industry", "segment", "period"),
)

MARKET_SIZE = landed(
    "market_size",
    "市场规模",
    "Market size",
    ref("category_id", "品类", "Category", "category.category_id", null=False),
    ref("area_id", "地理区域", "Area", "area.area_id", null=False),
    text("period", "周期", "Period", null=False),
    count("persons", "品类人群", "Persons in the category", null=True),
    fen("sales_fen", "市场销售额", "Market sales"),
    day("as_of", "数据日期", "As of"),
    text("origin", "数据出处", "Origin of the figures"),
    about="market",
    entity=("category_id", "area_id", "period"),
)

AD_EXPOSURE = landed(
    "ad_exposure",
    "广告曝光",
    "Ad exposure",
    text("exposure_id", "曝光", "Exposure", null=False),
    moment("occurred_at", "发生时间", "Occurred at", null=False),
    day("local_date", "发生日期", "Date", null=False),
    visitor(),
    ref("channel_id", "渠道", "Channel", "channel.channel_id"),
    ref("touchpoint_id", "触点", "Touchpoint", "touchpoint.touchpoint_id"),
    ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
    text("creative_id", "创意", "Creative"),
    ref("audience_id", "人群包", "Audience", "audience.audience_id"),
    text("kind", "类型", "Kind", null=False, values=("impression", "click")),
    fen("cost_fen", "成本", "Cost"),
    about="ad exposure",
    entity=("exposure_id",),
    has_person=True,
)

CHANNEL_COST = landed(
    "channel_cost",
    "渠道费用",
    "Channel cost",
    day("date", "日期", "Date", null=False),
    ref("channel_id", "渠道", "Channel", "channel.channel_id", null=False),
    ref("campaign_id", "活动", "Campaign", "campaign.campaign_id"),
    fen("cost_fen", "费用", "Cost", null=False),
    about="channel, campaign and day",
    entity=("date", "channel_id", "campaign_id"),
)

PAYMENT_ATTEMPT = landed(
    "payment_attempt",
    "支付尝试",
    "Payment attempt",
    text("attempt_id", "支付尝试", "Payment attempt", null=False),
    ref("order_id", "订单号", "Order", "order.order_id"),
    moment("occurred_at", "发生时间", "Occurred at", null=False),
    text("result", "结果", "Result"),
    count("latency_ms", "耗时", "Latency", null=True, unit="milliseconds"),
    text("idempotency_key", "幂等键", "Idempotency key"),
    about="payment attempt",
    entity=("attempt_id",),
)

CHANNEL_LISTING = landed(
    "channel_listing",
    "渠道商品",
    "Channel listing",
    ref("product_id", "商品", "Product", "product.product_id", null=False),
    ref("channel_id", "渠道", "Channel", "channel.channel_id", null=False),
    fen("price_fen", "售价", "Price"),
    flag("on_sale", "在售", "On sale", null=True),
    decimal("stock", "库存", "Stock"),
    *validity(),
    about="product on a channel",
    entity=("product_id", "channel_id", "valid_from"),
    history=True,
)

INVENTORY_RESERVATION = landed(
    "inventory_reservation",
    "库存预占",
    "Inventory reservation",
    text("reservation_id", "预占", "Reservation", null=False),
    ref("product_id", "商品", "Product", "product.product_id", null=False),
    text("reservation_key", "幂等键", "Idempotency key"),
    text("state", "状态", "State", values=("held", "used", "released", "expired")),
    moment("expires_at", "到期时间", "Expires at"),
    about="reservation of stock",
    entity=("reservation_id",),
    has_person=True,
)

SERVICE_BOOKING = landed(
    "service_booking",
    "服务预约",
    "Service booking",
    text("booking_id", "预约", "Booking", null=False),
    ref("store_id", "门店", "Store", "store.store_id"),
    text("service", "服务项目", "Service"),
    moment("occurred_at", "预约时间", "Booked for", null=False),
    text("status", "状态", "Status"),
    about="booking of a service",
    entity=("booking_id",),
    has_person=True,
)

SERVICE_CASE = landed(
    "service_case",
    "服务工单",
    "Service case",
    text("case_id", "工单", "Case", null=False),
    ref("opened_channel_id", "发起渠道", "Opened on channel", "channel.channel_id"),
    ref("served_channel_id", "服务渠道", "Served on channel", "channel.channel_id"),
    text("kind", "类型", "Kind", values=("return", "repair", "consult", "install", "complaint")),
    moment("opened_at", "发起时间", "Opened at", null=False),
    moment("first_reply_at", "首次响应时间", "First reply at"),
    moment("proposal_at", "方案时间", "Proposal at"),
    moment("done_at", "完成时间", "Done at"),
    count("satisfaction", "满意度", "Satisfaction", null=True, privacy=PERSONAL),
    about="service case",
    entity=("case_id",),
    has_person=True,
)

STORED_VALUE_ACCOUNT = landed(
    "stored_value_account",
    "储值账户",
    "Stored-value account",
    text("account_id", "储值账户", "Account", null=False, privacy=PSEUDONYM),
    fen("balance_fen", "余额", "Balance", null=False, privacy=PERSONAL),
    about="stored-value account",
    entity=("account_id",),
    has_person=True,
)

STORED_VALUE_LEDGER = landed(
    "stored_value_ledger",
    "储值流水",
    "Stored-value ledger",
    text("entry_id", "流水", "Entry", null=False),
    ref("account_id", "储值账户", "Account", "stored_value_account.account_id", null=False, privacy=PSEUDONYM),
    text("kind", "类型", "Kind", null=False, values=("topup", "bonus", "spend", "refund", "adjust")),
    fen("amount_fen", "金额(增加为正)", "Amount (an increase is positive)", null=False),
    ref("channel_id", "渠道", "Channel", "channel.channel_id"),
    ref("order_id", "订单号", "Order", "order.order_id"),
    moment("occurred_at", "发生时间", "Occurred at", null=False),
    about="entry of a stored-value account",
    entity=("entry_id",),
)

OPERATIONS = (
    AREA,
    OUTLET_LEAD,
    BENCHMARK,
    MARKET_SIZE,
    AD_EXPOSURE,
    CHANNEL_COST,
    PAYMENT_ATTEMPT,
    CHANNEL_LISTING,
    INVENTORY_RESERVATION,
    SERVICE_BOOKING,
    SERVICE_CASE,
    STORED_VALUE_ACCOUNT,
    STORED_VALUE_LEDGER,
)
