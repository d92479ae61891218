"""What senders call things: names of events, of their properties and of traits → the words of the tables.

Names are compared without case, blanks, `_`, `-`, `.` and `$` (`plain`), so `Order Completed`, `order_completed` and
`$OrderCompleted` are one name.  Sources: Segment e-commerce v2 (RudderStack and PostHog use its names), Snowplow's
transactions (tr, ti), the retail demo of 神策, GrowingIO's order events, and the retail words of quanyu itself.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

_SEPARATORS = re.compile(r"[\s_\-.$]+")


def plain(name: str) -> str:
    """Return the name as names are compared: lower case, without separators; a name too long for one as it is."""
    return _plain(name) if len(name) < 200 else name


@lru_cache(maxsize=8192)
def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()


class Does(StrEnum):
    """What an event tells beside that it happened."""

    NOTHING = "nothing"
    PRODUCTS = "products"
    ORDER_PAID = "order_paid"
    ORDER_PLACED = "order_placed"
    ORDER_CHANGED = "order_changed"
    ORDER_CANCELLED = "order_cancelled"
    LINE = "line"
    REFUND = "refund"
    COUPON_CLAIMED = "coupon_claimed"
    COUPON_LOCKED = "coupon_locked"
    COUPON_FREED = "coupon_freed"
    COUPON_REDEEMED = "coupon_redeemed"
    SHARE = "share"
    VISIT_BEGUN = "visit_begun"
    VISIT_ENDED = "visit_ended"
    CONSENT = "consent"
    CONSENT_GIVEN = "consent_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"


# The type of events that no convention knows; no code of library/event_types, so they count for no stage or activity.
CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an event's name stands for: a code of `library/event_types` (or "custom"), and what else it tells."""

    type: str = CUSTOM
    does: Does = Does.NOTHING


def _meanings(*entries: tuple[str, Does, str]) -> dict[str, Meaning]:
    return {plain(name): Meaning(type_, does) for type_, does, names in entries for name in names.split("|")}


MEANINGS = _meanings(
    (
        "page_view",
        Does.NOTHING,
        "page|screen|Page Viewed|Screen Viewed|Loaded a Page|Page View|$pageview|$screen|$AppViewScreen|$MPViewScreen"
        "|$MPPageView|pv|Product List Viewed|Product List Filtered|Category Viewed|Cart Viewed|浏览页面",
    ),
    (
        "product_view",
        Does.PRODUCTS,
        "Product Viewed|ViewProduct|View Item|ProductView|ProductDetailView|ProductDetailPageView|ViewProductDetail"
        "|CommodityDetail|CommodityDetailView|ViewCommodityDetail|ViewCommodity|GoodsDetail|GoodsDetailView|ViewGoods"
        "|浏览商品|浏览商品详情页",
    ),
    ("content_click", Does.PRODUCTS, "Product Clicked|CommodityClick|ProductClick|GoodsClick"),
    (
        "cart_added",
        Does.PRODUCTS,
        "Product Added|AddToShoppingCart|AddToCart|Added to Cart|Product Added to Cart|Wishlist Product Added to Cart"
        "|AddCart|cart_added|加购|加入购物车",
    ),
    (CUSTOM, Does.PRODUCTS, "Product Removed|RemoveFromCart|RemoveFromShoppingCart|Product Removed from Wishlist"),
    (
        "wishlist_added",
        Does.PRODUCTS,
        "Product Added to Wishlist|AddToWishlist|CollectProduct|ProductCollect|CollectionProduct|CollectCommodity"
        "|CommodityCollect|FavoriteProduct|AddFavorite|收藏|收藏商品",
    ),
    (
        "search",
        Does.NOTHING,
        "Products Searched|$search|SearchRequest|SearchProduct|ProductSearch|SendSearchRequest|Searched|搜索",
    ),
    ("ad_impression", Does.NOTHING, "Promotion Viewed|BannerShow|BannerView|AdShow|AdImpression"),
    ("ad_click", Does.NOTHING, "Promotion Clicked|BannerClick|AdClick"),
    ("checkout", Does.NOTHING, "Checkout|Checkout Started|Begin Checkout|InitiateCheckout|StartCheckout|发起结算"),
    (
        "comment",
        Does.PRODUCTS,
        "comment|Product Reviewed|ProductReview|CommentProduct|SubmitComment|ReviewSubmitted|评价商品",
    ),
    (
        "order_paid",
        Does.ORDER_PAID,
        "Order Completed|PayOrder|PayOrderSuccess|OrderPay|OrderPaid|OrderPaySuccess|PaySuccess|Purchase|Purchased"
        "|tr|Transaction|支付订单|支付成功",
    ),
    (
        "checkout",
        Does.ORDER_PLACED,
        "SubmitOrder|Order Placed|OrderSubmit|CreateOrder|Order Created|PlaceOrder|提交订单",
    ),
    (CUSTOM, Does.ORDER_CHANGED, "Order Updated|Order Edited|Order Fulfilled|Order Shipped|OrderUpdate"),
    (
        CUSTOM,
        Does.ORDER_CANCELLED,
        "Order Cancelled|Order Canceled|CancelOrder|CancelPayOrder|OrderCancel|取消订单|取消支付订单",
    ),
    (
        CUSTOM,
        Does.LINE,
        "SubmitOrderDetail|PayOrderDetail|SubmitOrderSku|PayOrderSku|PayOrderSuccessSku|PayOrderItem|SubmitOrderItem"
        "|ti|Transaction Item|支付订单详情|提交订单详情",
    ),
    (
        CUSTOM,
        Does.REFUND,
        "Order Refunded|RefundOrder|OrderRefund|RefundSuccess|ReturnOrder|Product Returned|ReturnGoods|退款|退货",
    ),
    (
        "coupon_claimed",
        Does.COUPON_CLAIMED,
        "Coupon Claimed|ReceiveDiscount|ReceiveCoupon|GetCoupon|GetDiscount|CouponReceive|领券|领取优惠券",
    ),
    (CUSTOM, Does.COUPON_LOCKED, "Coupon Applied"),
    (CUSTOM, Does.COUPON_FREED, "Coupon Removed"),
    (CUSTOM, Does.COUPON_REDEEMED, "Coupon Redeemed|UseDiscount|UseCoupon|CouponUse|使用优惠券|核销优惠券"),
    (
        "share",
        Does.SHARE,
        "Product Shared|Cart Shared|share|Shared|$MPShare|ShareClick|ShareProduct|ShareCommodity|ShareGoods"
        "|ShareSuccess|分享",
    ),
    (CUSTOM, Does.VISIT_BEGUN, "$AppStart|$MPLaunch|$startup|visit|Application Opened|Session Started|$session_start"),
    (CUSTOM, Does.VISIT_ENDED, "$AppEnd|$end|Session Ended|$session_end"),
    (
        "subscribed",
        Does.CONSENT_GIVEN,
        "subscribed|subscribe|Email Subscribed|SMS Subscribed|Newsletter Subscribed|订阅",
    ),
    ("unsubscribe", Does.CONSENT_WITHDRAWN, "unsubscribed|unsubscribe|Email Unsubscribed|SMS Unsubscribed|退订"),
    (CUSTOM, Does.CONSENT_GIVEN, "$opt_in|Opted In|Opt In|Consent Given|Consent Granted"),
    (CUSTOM, Does.CONSENT_WITHDRAWN, "$opt_out|Opted Out|Opt Out|Consent Withdrawn|Consent Revoked"),
    (
        CUSTOM,
        Does.CONSENT,
        "consent|Consent Updated|Consent Changed|Segment Consent Preference Updated|Consent Preference",
    ),
    (
        "member_joined",
        Does.NOTHING,
        "Signed Up|Account Created|Member Joined|RegisterSuccess|JoinMember|BecomeMember|入会",
    ),
    ("sign_in", Does.NOTHING, "Checked In|CheckIn|DailyCheckIn|签到"),
    ("store_visit", Does.NOTHING, "Store Visited|StoreVisit|StoreCheckIn|到店|到店签到"),
    ("live_view", Does.NOTHING, "LiveView|WatchLive|ViewLive|EnterLiveRoom|观看直播"),
    ("qr_scan", Does.NOTHING, "QR Scanned|ScanQRCode|ScanCode|QRScan|扫码"),
    ("vote", Does.NOTHING, "Vote|Voted|投票"),
    ("complaint", Does.NOTHING, "Complaint|Complained|投诉"),
    ("follow", Does.NOTHING, "Followed|Follow|关注"),
    ("unfollow", Does.NOTHING, "Unfollowed|Unfollow|取消关注"),
    ("like", Does.NOTHING, "Liked|Like|点赞"),
    ("consult", Does.NOTHING, "consult|ConsultService|ContactService|OnlineConsult|咨询|咨询客服"),
    ("redeem", Does.NOTHING, "redeem|Points Redeemed|PointsExchange|RedeemPoints|积分兑换"),
)


def meaning(event: str) -> Meaning:
    """Return what an event's name stands for.

    A name no convention knows that is written like a code (`fitting_booked`) is its own type, so that a type of
    `library/event_types`, built in or the workspace's own, is met by sending its code; every other name is "custom".
    """
    known = MEANINGS.get(plain(event))
    if known is None and _PAGE_OF_NAME.fullmatch(event):
        return Meaning("page_view")
    if known is None and _CODE.fullmatch(event):
        return Meaning(event)
    return known or Meaning()


# Segment's and RudderStack's name of a named page or screen call.
_PAGE_OF_NAME = re.compile(r"Viewed .{1,200} (Page|Screen)")
_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


def _fields(**names: str) -> dict[str, tuple[str, ...]]:
    return {field: tuple(plain(name) for name in said.split()) for field, said in names.items()}


# What stands where: our word ← the senders' names of it, the most exact first.
FIELDS = _fields(
    # an order
    order_id="order_id order_no order_number order_sn order_code transaction_id tr_id ti_id 订单号 订单id",
    paid_amount="paid_amount 商品实付金额",
    subtotal="subtotal sub_total goods_amount goods_total products_amount items_amount",
    total=(
        "total order_actual_amount actual_amount actual_pay_amount pay_amount payment_amount real_pay_amount"
        " order_amount order_total total_amount total_price tr_tt amount grand_total value 实付金额 订单金额"
    ),
    revenue="revenue",
    freight="shipping freight shipping_fee delivery_fee transportation_costs postage tr_sh 运费",
    tax="tax tr_tx",
    discount="discount discount_amount order_discount total_discount 折扣金额",
    coupon_amount="coupon_amount coupon_discount voucher_amount 优惠券金额",
    points_amount="points_amount points_discount points_deduction 积分抵扣",
    deposit="deposit deposit_amount 定金",
    currency="currency currency_code tr_cu ti_cu 币种",
    status="status order_status 订单状态",
    paid_time="paid_at pay_time paid_time payment_time 支付时间",
    fulfilled_time="fulfilled_at",
    promised_time="promised_at",
    pay_success="is_success pay_success success 支付成功",
    ordered_channel_id="ordered_channel_id",
    paid_channel_id="paid_channel_id",
    fulfil_channel_id="fulfil_channel_id",
    order_type="order_type 订单类型",
    fulfil_type="fulfil_type fulfilment_type fulfillment_type delivery_type",
    is_presale="is_presale presale",
    is_staff="staff is_staff staff_purchase",
    is_test="test is_test test_order is_debug debug",
    points_earned="points_earned earned_points",
    points_used="points_used used_points",
    payments="payments payment_methods payment_method pay_method 支付方式",
    checkout_id="checkout_id cart_id",
    # a product, a line
    sku="sku sku_id sku_code commodity_sku goods_sku ti_sk",
    product_id="product_id spu_id commodity_id goods_id item_id product_no product_code 商品id",
    product_name="product_name commodity_name goods_name item_name ti_nm 商品名称",
    category_id=(
        "category_id category product_category commodity_category goods_category first_category second_category ti_ca"
        " first_commodity"
    ),
    quantity="quantity qty commodity_quantity product_quantity goods_quantity goods_num ti_qu 数量",
    price="price unit_price present_price sale_price commodity_price product_price goods_price sku_price ti_pr 单价",
    list_price="list_price original_price market_price regular_price tag_price 原价",
    line_amount="paid_amount line_amount line_total item_total total_price_of_commodity actual_amount pay_amount total",
    line_discount="discount line_discount discount_amount",
    line_coupon_amount="coupon_amount coupon_discount",
    line_no="line_no line_number order_line_no item_no",
    cost="cost line_cost cost_amount",
    unit_cost="unit_cost cost_price",
    is_gift="is_gift gift 赠品",
    # a refund
    refund_id="refund_id refund_no return_id return_no refund_sn 退款单号",
    refund_amount="refund_amount refunded_amount refund_total total amount revenue value 退款金额",
    refund_line_amount="refund_amount refunded_amount line_amount line_total item_total total_price_of_commodity",
    refund_kind="refund_type refund_kind return_type kind",
    reason="refund_reason return_reason reason cancel_reason 退款原因",
    original_line="original_line_id original_line_no line_no line_number",
    # a coupon
    coupon_no="coupon_no coupon_sn user_coupon_id coupon_instance_id voucher_no",
    coupon_batch_id="coupon_batch_id batch_id",
    coupon_code=(
        "coupon_id coupon_code coupon discount_id voucher_id promo_code coupon_name discount_name 优惠券id 优惠券名称"
    ),
    order_coupon="coupon coupon_code coupon_id voucher_code",
    expires="expires_on expire_date valid_until",
    # where and with whom
    channel_id="channel_id sales_channel channel 渠道",
    store_id="store_id shop_id store_code store_no 门店id",
    pos_id="pos_id pos_no terminal_id",
    associate_id="associate_id guide_id salesperson_id clerk_id 导购id",
    member_no="member_no member_number vip_no",
    touchpoint_id="touchpoint_id",
    group_id="group_id group_chat_id",
    content_id="content_id article_id",
    campaign_id="campaign_id activity_id promotion_id utm_id",
    sent_message_id="message_id msg_id",
    qr_id="qr_id qrcode_id qr_code_id",
    share_id="share_id",
    parent_share_id="parent_share_id from_share_id",
    share_via="share_via share_method share_channel share_type",
    keyword="keyword query search_keyword search_term search_query key_word 搜索词 关键词",
    duration_s="event_duration duration_s",
    value="value rating",
    # where it stood
    page_url="page_url url current_url page_location",
    page_path="page_path path url_path pathname screen_path",
    page_title="page_title title",
    screen="screen_name page_name",
    referrer="page_referrer referrer referrer_url refr",
    utm_source="utm_source campaign_source",
    utm_medium="utm_medium campaign_medium",
    utm_campaign="utm_campaign campaign_name campaign_campaign",
    utm_term="utm_term campaign_term",
    utm_content="utm_content campaign_content",
    visit_id="session_id visit_id sid session",
    user_agent="user_agent ua raw_user_agent useragent",
    platform="platform lib os",
    # a consent
    purpose="purpose consent_purpose",
    consent_channel="channel consent_channel subscription_channel medium",
    granted="granted consent is_granted value state opt_in subscribed",
    separate="separate separate_consent",
    text_version="text_version policy_version version",
    partner_id="partner_id",
    is_bot="is_bot bot",
)

# Words that are a product's only inside a list of products.
IN_PRODUCT = {
    plain(said): plain(name)
    for said, name in (
        ("id", "product_id"),
        ("name", "product_name"),
        ("num", "qty"),
        ("number", "qty"),
        ("count", "qty"),
    )
}

PRODUCT_LISTS = tuple(
    plain(name)
    for name in "products items lines line_items order_items order_lines commodities goods goods_list product_list "
    "commodity_list item_list sku_list 商品列表".split()
)

STATUSES = {
    plain(said): status
    for status, names in {
        "placed": "placed|pending|created|submitted|unpaid|待付款|待支付",
        "paid": "paid|processing|shipped|待发货|已支付|已付款|已发货",
        "fulfilled": "fulfilled|delivered|已签收|已收货",
        "completed": "completed|complete|closed_won|已完成|交易成功",
        "refunded": "refunded|returned|已退款",
        "cancelled": "cancelled|canceled|voided|已取消|已关闭",
    }.items()
    for said in names.split("|")
}

REFUND_KINDS = {
    plain(said): kind
    for kind, names in {
        "return": "return|refund|return_refund|退货|退货退款|仅退款",
        "exchange": "exchange|换货",
        "price_adjust": "price_adjust|price_adjustment|price_match|差价|价保",
    }.items()
    for said in names.split("|")
}

# Traits whose meaning every tag, model and report knows; other traits keep the sender's name.
ATTRIBUTES = {
    plain(said): attribute
    for attribute, names in {
        "gender": "gender sex 性别",
        "birthday": "birthday birth_date date_of_birth dob 生日 出生日期",
        "age": "age 年龄",
        "age_group": "age_group age_range 年龄段",
        "city": "city city_name 城市",
        "region": "region province state 大区 省份",
        "occupation": "occupation job profession 职业",
        "income": "income income_level 收入",
        "marital_status": "marital_status marriage 婚姻状况",
        "household_size": "household_size family_size 家庭人数",
        "children": "children has_children kids 子女情况",
        "home_ownership": "home_ownership 住房情况",
        "household_composition": "household_composition 家庭构成",
        "card_level": "card_level member_level membership_level vip_level tier 会员等级",
        "tmall_bound": "tmall_bound 天猫会员绑定",
    }.items()
    for said in names.split()
}

# Traits that are identifiers, where the decoder took none of that type.
TRAIT_IDENTIFIERS = {
    plain(said): id_type
    for id_type, names in {
        "mobile": "mobile phone phone_number mobile_phone cellphone 手机号 手机",
        "email": "email email_address 邮箱",
        "openid": "openid wx_openid",
        "unionid": "unionid wx_unionid",
        "external_userid": "external_userid",
        "member_id": "member_id member_no 会员号",
    }.items()
    for said in names.split()
}

# What names or reaches a person: never in clear in a table, so it is kept out of attributes and properties.
DIRECT = frozenset(
    plain(name)
    for name in (
        "phone mobile mobile_phone cellphone phone_number telephone tel fax email email_address first_name last_name "
        "middle_name full_name real_name user_name nick_name nickname username avatar address street address1 address2 "
        "shipping_address billing_address home_address delivery_address postal_address receiver receiver_name "
        "consignee receiver_phone receiver_mobile consignee_name consignee_phone contact_name contact_phone id_card "
        "id_number id_no identity_card passport passport_no ip ip_address bank_card card_number password wechat_id "
        "wechat qq latitude longitude 手机号 手机 电话 姓名 真实姓名 昵称 邮箱 地址 收货地址 收货人 身份证 身份证号"
    ).split()
)
# Objects that describe a person: a `name` in one of these is a person's.
PERSON_OBJECTS = frozenset("user customer buyer traits contact person member receiver recipient".split())

PURPOSES = {
    plain(said): purpose
    for purpose, names in {
        "service": "service functional necessary essential 服务",
        "marketing_sms": "marketing_sms sms 短信",
        "marketing_wecom": "marketing_wecom wecom 企微 企业微信",
        "marketing_push": "marketing_push push app_push 推送",
        "personalisation": "personalisation personalization 个性化推荐",
        "share_with_partner": "share_with_partner partner third_party 第三方共享",
        "sensitive": "sensitive 敏感信息",
        "ads_matching": "ads_matching advertising ads targeting 广告匹配",
        "profiling_credit": "profiling_credit credit",
    }.items()
    for said in names.split()
}

# Traits that give or withdraw consent: purpose and channel as far as the name says them, and whether true means yes.
CONSENT_TRAITS: dict[str, tuple[str | None, str | None, bool]] = {
    plain(name): said
    for names, said in (
        (
            "consent consents marketing_consent accepts_marketing subscribed subscribe opt_in opted_in",
            (None, None, True),
        ),
        ("sms_subscribed sms_opt_in sms_consent accepts_sms", ("marketing_sms", "sms", True)),
        ("wecom_subscribed wecom_opt_in wecom_consent", ("marketing_wecom", "wecom", True)),
        ("push_subscribed push_opt_in push_enabled push_consent", ("marketing_push", "push", True)),
        ("email_subscribed email_opt_in email_consent", (None, "email", True)),
        ("unsubscribed opt_out opted_out do_not_contact", (None, None, False)),
        ("sms_opt_out sms_unsubscribed", ("marketing_sms", "sms", False)),
        ("push_opt_out push_unsubscribed", ("marketing_push", "push", False)),
        ("email_opt_out email_unsubscribed", (None, "email", False)),
    )
    for name in names.split()
}
