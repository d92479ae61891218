"""What senders call the properties of events, the traits of people and the values of both → the words of the tables.

Names are compared as those of events are (`conventions.plain`).
"""

from quanyu.collect.conventions import plain


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

FULFILMENTS = {
    plain(said): fulfilment
    for fulfilment, names in {
        "pickup": "pickup|click_and_collect|store_pickup|自提|到店自提",
        "express_30min": "express_30min|instant|即时达|小时达",
        "delivery": "delivery|shipping|ship|express|快递|物流|配送",
        "instore": "instore|in_store|pos|门店|到店",
        "service": "service|服务",
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
