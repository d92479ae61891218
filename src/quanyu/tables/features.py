"""Features of persons: one wide row per person as of the build's date, and the parts it is joined from (TAG-01).

Windows of n days end on the build's date.  A column is null for everybody when what it needs is not known
(`FEATURE_NEEDS`), and null for one person when there is nothing to say: who never bought has no last purchase.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from quanyu.tables.columns import (
    PERSONAL,
    SENSITIVE,
    count,
    day,
    decimal,
    fen,
    flag,
    person,
    text,
)
from quanyu.tables.contract import Column, Privacy, Table


def _n(name: str, zh: str, en: str, unit: str = "") -> Column:
    return count(name, zh, en, null=True, unit=unit)


def _is(name: str, zh: str, en: str) -> Column:
    return flag(name, zh, en, null=True)


def _told(name: str, zh: str, en: str, privacy: Privacy = PERSONAL) -> Column:
    return text(name, zh, en, privacy=privacy)


TRAITS: Final = (
    _told("gender", "性别", "Gender"),
    _told("birthday", "生日", "Birthday"),
    _told("age_group", "年龄段", "Age group"),
    _told("city", "城市", "City"),
    _told("region", "大区", "Region"),
    _told("occupation", "职业", "Occupation"),
    _told("income", "收入", "Income", SENSITIVE),
    _told("marital_status", "婚姻状况", "Marital status"),
    _told("household_size", "家庭人数", "Household size"),
    _told("children", "子女情况", "Children", SENSITIVE),
    _told("home_ownership", "住房情况", "Home ownership"),
    _told("household_composition", "家庭构成", "Household composition"),
    text("card_level", "会员等级", "Card level"),
    text("tmall_bound", "天猫会员绑定", "Bound to Tmall"),
    _is("birthday_in_30_days", "30天内生日", "Birthday within 30 days"),
)

TRADE: Final = (
    _n("orders", "有效订单数", "Valid orders"),
    _n("orders_30", "近30天订单数", "Orders in 30 days"),
    _n("orders_90", "近90天订单数", "Orders in 90 days"),
    _n("orders_365", "近365天订单数", "Orders in 365 days"),
    fen("net_fen", "累计净消费", "Net sales, lifetime"),
    fen("net_30_fen", "近30天净消费", "Net sales in 30 days"),
    fen("net_90_fen", "近90天净消费", "Net sales in 90 days"),
    fen("net_365_fen", "近365天净消费", "Net sales in 365 days"),
    fen("net_before_365_fen", "前一年净消费", "Net sales of the 365 days before"),
    fen("order_value_fen", "客单价", "Net sales per order"),
    fen("largest_order_fen", "最大单笔", "Largest order"),
    fen("discount_fen", "优惠金额", "Discounts"),
    fen("gross_fen", "毛额", "Gross sales"),
    _n("purchase_days", "购买天数", "Purchase days"),
    day("first_purchase_date", "首购日", "First purchase"),
    day("last_purchase_date", "末购日", "Last purchase"),
    _n("recency_days", "距上次购买", "Days since the last purchase", "days"),
    _n("gap_days", "平均购买间隔", "Mean days between purchases", "days"),
    _n("discount_orders", "优惠订单数", "Orders with a discount"),
    _n("coupon_orders", "用券订单数", "Orders with a coupon"),
    _n("campaign_orders", "活动订单数", "Orders of a campaign"),
    _n("pickup_orders", "自提订单数", "Orders picked up"),
    _n("express_orders", "即时配送订单数", "Orders delivered at once"),
    _n("served_orders", "导购订单数", "Orders served by an associate"),
    _n("weekend_orders", "周末订单数", "Orders on weekends"),
    _n("night_orders", "夜间订单数", "Orders from 21:00 to 05:59"),
    _n("morning_orders", "上午订单数", "Orders from 06:00 to 11:59"),
    _n("afternoon_orders", "下午订单数", "Orders from 12:00 to 17:59"),
    _n("evening_orders", "晚间订单数", "Orders from 18:00 to 20:59"),
    _n("cancelled_orders", "取消订单数", "Orders cancelled"),
    _n("refunded_orders", "退款订单数", "Orders with a refund"),
    fen("refunded_fen", "退款金额", "Refunds"),
    _n("stores", "到过的门店数", "Stores bought in"),
    text("home_store_id", "常去门店", "Home store"),
    text("home_city", "常购城市", "City bought in most"),
    text("home_region", "常购区域", "Region bought in most"),
    text("main_channel_id", "主要渠道", "Main channel"),
    text("first_channel_id", "首购渠道", "Channel of the first purchase"),
    _n("channels", "购买渠道数", "Channels bought on"),
)

PLACES_BOUGHT: Final = (
    _n("online_orders", "线上订单数", "Orders online"),
    _n("offline_orders", "线下订单数", "Orders offline"),
    _n("private_orders", "私域订单数", "Orders in private channels"),
    text("online_channel_id", "线上主要渠道", "Main channel online"),
)

BASKET: Final = (
    decimal("units", "购买件数", "Units"),
    _n("products", "购买商品数", "Products bought"),
    _n("again_products", "复购商品数", "Products bought on two days or more"),
    fen("unit_price_fen", "件单价", "Net sales per unit"),
    fen("dearest_unit_fen", "最贵单件", "Dearest unit"),
    _n("full_price_lines", "正价行数", "Lines at full price"),
    _n("lines", "商品行数", "Order lines"),
)

BASKET_CLASSES: Final = (
    _n("categories", "购买品类数", "Categories bought"),
    _n("brands", "购买品牌数", "Brands bought"),
)

CONDUCT: Final = (
    _n("events_30", "近30天行为数", "Events in 30 days"),
    _n("events_90", "近90天行为数", "Events in 90 days"),
    _n("active_days_30", "近30天活跃天数", "Active days in 30 days"),
    _n("active_days_90", "近90天活跃天数", "Active days in 90 days"),
    day("last_event_date", "最近行为日", "Last event"),
    _n("views_30", "近30天浏览商品", "Product views in 30 days"),
    _n("carts_30", "近30天加购", "Carts in 30 days"),
    day("last_cart_date", "最近加购日", "Last cart"),
    _n("wishes_90", "近90天收藏", "Wishlist in 90 days"),
    _n("searches_90", "近90天搜索", "Searches in 90 days"),
    _n("brand_searches_90", "近90天品牌搜索", "Brand searches in 90 days"),
    _n("live_views_90", "近90天看直播", "Live views in 90 days"),
    _n("likes_90", "近90天点赞评论", "Likes and comments in 90 days"),
    _n("consults_90", "近90天咨询", "Consultations in 90 days"),
    _n("sign_ins_30", "近30天签到", "Sign-ins in 30 days"),
    _n("store_visits_90", "近90天到店", "Store visits in 90 days"),
    _n("scans_90", "近90天扫码", "QR scans in 90 days"),
    _n("complaints_365", "近365天投诉", "Complaints in 365 days"),
    _n("ad_clicks_90", "近90天点广告", "Ad clicks in 90 days"),
    _n("night_events_90", "近90天夜间行为", "Events from 21:00 to 05:59 in 90 days"),
    _n("morning_events_90", "近90天上午行为", "Events from 06:00 to 11:59 in 90 days"),
    _n("afternoon_events_90", "近90天下午行为", "Events from 12:00 to 17:59 in 90 days"),
    _n("evening_events_90", "近90天晚间行为", "Events from 18:00 to 20:59 in 90 days"),
)

VISITS: Final = (
    _n("visits_30", "近30天访问", "Visits in 30 days"),
    _n("visits_90", "近90天访问", "Visits in 90 days"),
    _n("bounces_90", "近90天跳出", "Bounces in 90 days"),
)

MESSAGES: Final = (
    _n("sent_90", "近90天收到消息", "Messages sent in 90 days"),
    _n("opened_90", "近90天打开消息", "Messages opened in 90 days"),
    _n("clicked_90", "近90天点击消息", "Messages clicked in 90 days"),
    _n("failed_90", "近90天发送失败", "Messages failed in 90 days"),
    _n("unsubscribed", "退订次数", "Unsubscriptions"),
)

COUPONS: Final = (
    _n("coupons_held", "可用券数", "Coupons held"),
    _n("coupons_expiring", "7天内到期券数", "Coupons that expire within 7 days"),
    _n("coupons_redeemed", "核销券数", "Coupons redeemed"),
    _n("coupons_claimed", "领券数", "Coupons claimed"),
)

REVIEWS: Final = (
    _n("reviews", "评价数", "Reviews"),
    _n("bad_reviews", "差评数", "Negative reviews"),
    _n("photo_reviews", "晒图数", "Reviews with a photo"),
)

SHARES: Final = (
    _n("shares_90", "近90天分享", "Shares in 90 days"),
    _n("shares", "分享数", "Shares"),
    _n("invited", "邀请人数", "Persons invited"),
)

SERVICE: Final = (
    _n("cases_365", "近365天服务单", "Service cases in 365 days"),
    _n("open_cases", "未办结服务单", "Open service cases"),
)

SURVEYS: Final = (_n("last_score", "最近评分", "Last survey score", "0-10"),)

BONDS: Final = (
    _is("is_member", "是会员", "Is a member"),
    _is("has_wecom", "有企微好友关系", "Is a WeCom contact"),
    _is("in_group", "在社群", "Is in a group"),
    _is("follows_shop", "关注店铺", "Follows a shop"),
    _is("follows_live", "关注直播间", "Follows a live room"),
    _is("subscribes", "关注公众号", "Subscribes to an account"),
    _is("uses_mini_program", "使用小程序", "Uses the mini-program"),
    _n("relation_types", "关系类型数", "Types of live relations"),
    _n("ended_relations", "已结束关系数", "Relations ended"),
    day("first_relation_date", "首次建立关系", "First relation"),
    text("associate_id", "专属导购", "Associate"),
    day("joined_date", "入会日", "Joined"),
    text("joined_channel_id", "入会渠道", "Channel of joining"),
)

CONSENTS: Final = (
    _is("allows_sms", "同意短信营销", "Consents to SMS"),
    _is("allows_wecom", "同意企微营销", "Consents to WeCom"),
    _is("allows_push", "同意推送营销", "Consents to push"),
    _is("allows_personalisation", "同意个性化推荐", "Consents to personalisation"),
    _is("allows_ads_matching", "同意广告匹配", "Consents to ads matching"),
)

REACH: Final = (
    _n("reach_channels", "可触达渠道数", "Channels that reach"),
    _n("blocked_channels", "不可触达渠道数", "Channels that do not reach any more"),
    _is("reached_by_wecom", "企微可触达", "Reached by WeCom"),
    _is("reached_by_sms", "短信可触达", "Reached by SMS"),
    _is("reached_by_push", "推送可触达", "Reached by push"),
    text("block_reason", "不可触达原因", "Why not reached"),
)

JUDGED: Final = (
    text("rfm_code", "RFM分群", "RFM code"),
    text("lifecycle", "生命周期", "Life cycle"),
    _is("reactivated", "刚唤醒", "Just reactivated"),
    text("value_tier", "价值分层", "Value tier"),
    text("stage_5r", "5R阶段", "5R stage"),
    _n("stage_5r_no", "5R阶段序号", "Number of the 5R stage"),
    _n("stage_5r_no_30", "30天前5R阶段序号", "Number of the 5R stage 30 days before"),
    text("stage_aipl", "AIPL阶段", "AIPL stage"),
    text("fp_layer", "FAST+层级", "FAST+ layer"),
    text("identity_state", "身份状态", "State of identity"),
    _n("dormant_days", "沉睡阈值", "Days after which buyers are dormant", "days"),
    fen("clv_fen", "客户终身价值", "Lifetime value with spread"),
    fen("spread_fen", "传播价值", "Value of spread"),
    _n("risk_score", "风险分", "Risk score", "0-100"),
    text("risk_decision", "风险结论", "Risk decision"),
)

TASTES: Final = ("category", "brand", "product", "channel", "content", "activity")
"""The families of preference that fade with time: product in three depths, channel, content, activity (ANA-16)."""

_TASTE_WORDS: Final = {
    "category": ("品类", "category"),
    "brand": ("品牌", "brand"),
    "product": ("商品", "product"),
    "channel": ("渠道", "channel"),
    "content": ("内容", "content"),
    "activity": ("活动", "activity"),
}

TASTE: Final = tuple(
    column
    for family in TASTES
    for zh, en in (_TASTE_WORDS[family],)
    for column in (
        text(f"top_{family}", f"最偏好的{zh}", f"Preferred {en}"),
        text(f"second_{family}", f"次偏好的{zh}", f"Second preferred {en}"),
        decimal(f"{family}_score", f"{zh}偏好得分", f"Score of the preferred {en}", unit="weight"),
        decimal(f"{family}_total", f"{zh}偏好总分", f"Score of every {en}", unit="weight"),
    )
)

PERSON_TASTE = Table(
    name="person_taste",
    grain="one thing a person is drawn to, of one family of preference",
    key=("person_id", "family", "item"),
    columns=(
        person(),
        text("family", "偏好类别", "Family", null=False, values=TASTES),
        text("item", "偏好对象", "Item", null=False),
        decimal("score", "偏好得分", "Score", unit="weight"),
        count("acts", "行为次数", "Acts"),
        day("last_date", "最近日期", "Last act", null=False),
        count("place", "名次", "Place, 1 is first"),
    ),
    stage="tags",
    zh="用户偏好",
    en="Person's preference",
)


def _part(name: str, zh: str, en: str, *columns: Column) -> Table:
    return Table(
        name=name,
        grain=f"one person with {en.lower()}, as of the build's date",
        key=("person_id",),
        columns=(person(), *columns),
        stage="tags",
        zh=zh,
        en=en,
    )


FEATURE_TRAIT = _part("feature_trait", "属性特征", "Attributes told", *TRAITS)
FEATURE_TRADE = _part("feature_trade", "交易特征", "Orders", *TRADE, *PLACES_BOUGHT)
FEATURE_BASKET = _part("feature_basket", "商品特征", "Order lines", *BASKET, *BASKET_CLASSES)
FEATURE_CONDUCT = _part("feature_conduct", "行为特征", "Events", *CONDUCT)
FEATURE_CONTACT = _part(
    "feature_contact",
    "互动特征",
    "Visits, messages, coupons, voices",
    *(*VISITS, *MESSAGES, *COUPONS, *REVIEWS, *SHARES, *SERVICE, *SURVEYS),
)
FEATURE_BOND = _part("feature_bond", "关系特征", "Relations", *BONDS, *CONSENTS, *REACH)
FEATURE_TASTE = _part("feature_taste", "偏好特征", "Preferences", *TASTE)
FEATURE_JUDGED = _part("feature_judged", "模型特征", "Labels of models", *JUDGED)

_GROUPS: Final[tuple[tuple[str, tuple[Column, ...]], ...]] = (
    ("orders", TRADE),
    ("lines", PLACES_BOUGHT),
    ("order_lines", BASKET),
    ("categories", BASKET_CLASSES),
    ("events", CONDUCT),
    ("visits", VISITS),
    ("messages", MESSAGES),
    ("coupons", COUPONS),
    ("reviews", REVIEWS),
    ("shares", SHARES),
    ("service", SERVICE),
    ("surveys", SURVEYS),
    ("relations", BONDS),
    ("reach", REACH),
)

_OWN_NEEDS: Final[Mapping[str, str]] = {
    **{column.name: f"attribute_{column.name}" for column in TRAITS},
    "age_group": "attribute_age",
    "birthday_in_30_days": "attribute_birthday",
    "home_store_id": "order_stores",
    "stores": "order_stores",
    "home_city": "store_places",
    "home_region": "store_places",
    "joined_date": "memberships",
    "joined_channel_id": "memberships",
    "spread_fen": "shares",
    "risk_score": "risks",
    "risk_decision": "risks",
    "fp_layer": "relations",
    "brands": "product_brands",
    "pickup_orders": "fulfilment",
    "express_orders": "fulfilment",
    "cancelled_orders": "cancellations",
    "campaign_orders": "order_campaigns",
    "served_orders": "order_associates",
    "bounces_90": "bounces",
    "opened_90": "messages_opened",
    "clicked_90": "messages_clicked",
    "is_member": "relation_member",
    "has_wecom": "relation_dedicated_service",
    "associate_id": "relation_dedicated_service",
    "in_group": "relation_group_member",
    "follows_shop": "relation_shop_follow",
    "follows_live": "relation_live_follow",
    "subscribes": "relation_subscription",
    "uses_mini_program": "relation_mini_program_user",
    "allows_sms": "consent_marketing_sms",
    "allows_wecom": "consent_marketing_wecom",
    "allows_push": "consent_marketing_push",
    "allows_personalisation": "consent_personalisation",
    "allows_ads_matching": "consent_ads_matching",
    "views_30": "event_views",
    "carts_30": "event_carts",
    "last_cart_date": "event_carts",
    "wishes_90": "event_wishes",
    "searches_90": "event_searches",
    "brand_searches_90": "event_brand_searches",
    "live_views_90": "event_live_views",
    "likes_90": "event_likes",
    "consults_90": "event_consults",
    "sign_ins_30": "event_sign_ins",
    "store_visits_90": "event_store_visits",
    "scans_90": "event_scans",
    "complaints_365": "event_complaints",
    "ad_clicks_90": "event_ad_clicks",
    **{
        f"{prefix}{family}{suffix}": f"taste_{family}"
        for family in TASTES
        for prefix, suffix in (("top_", ""), ("second_", ""), ("", "_score"), ("", "_total"))
    },
}

FEATURE_NEEDS: Final[Mapping[str, str]] = MappingProxyType(
    {**{column.name: need for need, columns in _GROUPS for column in columns}, **_OWN_NEEDS}
)
"""What must be known before a feature says anything: a name of `library/needs`; features not named need nothing."""

FEATURE_KNOWN = Table(
    name="feature_known",
    grain="one build: of what it knows anything at all",
    key=("as_of",),
    columns=(
        day("as_of", "截至日期", "As of", null=False),
        flag("lines", "有渠道线数据", "Lines of channels known", null=False),
        flag("order_lines", "有订单行数据", "Order lines known", null=False),
        flag("categories", "有品类数据", "Categories known", null=False),
        flag("brands", "有品牌数据", "Brands known", null=False),
        flag("events", "有行为事件数据", "Events known", null=False),
        flag("visits", "有访问数据", "Visits known", null=False),
        flag("messages", "有消息数据", "Messages known", null=False),
        flag("coupons", "有优惠券数据", "Coupons known", null=False),
        flag("reviews", "有评价数据", "Reviews known", null=False),
        flag("shares", "有分享数据", "Shares known", null=False),
        flag("cases", "有服务工单数据", "Service cases known", null=False),
        flag("relations", "有关系数据", "Relations known", null=False),
        flag("reach", "有触达数据", "Reach known", null=False),
    ),
    stage="tags",
    zh="特征数据可得性",
    en="What features know of",
)

PERSON_FEATURE = Table(
    name="person_feature",
    grain="one person known as of the build's date, with every feature",
    key=("person_id",),
    columns=(
        person(),
        day("as_of", "截至日期", "As of", null=False),
        day("first_seen_date", "首次出现", "First seen"),
        day("last_active_date", "最近活跃", "Last active"),
        count("quiet_days", "距上次活跃", "Days since the last activity", null=True, unit="days"),
        *TRAITS,
        *TRADE,
        *PLACES_BOUGHT,
        *BASKET,
        *BASKET_CLASSES,
        *CONDUCT,
        *VISITS,
        *MESSAGES,
        *COUPONS,
        *REVIEWS,
        *SHARES,
        *SERVICE,
        *SURVEYS,
        *BONDS,
        *CONSENTS,
        *REACH,
        *TASTE,
        *JUDGED,
        count("filled", "已知字段数", "Fields known of the profile"),
    ),
    stage="tags",
    zh="用户特征宽表",
    en="Person's features",
)

FEATURES = (
    PERSON_TASTE,
    FEATURE_TRAIT,
    FEATURE_TRADE,
    FEATURE_BASKET,
    FEATURE_CONDUCT,
    FEATURE_CONTACT,
    FEATURE_BOND,
    FEATURE_TASTE,
    FEATURE_JUDGED,
    FEATURE_KNOWN,
    PERSON_FEATURE,
)
