"""What senders call events → the event types of the library, and what else an event tells.

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
        "|$MPPageView|pv|Product List Viewed|list_view|Product List Filtered|Category Viewed|Cart Viewed|浏览页面",
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
    ("ad_impression", Does.NOTHING, "Promotion Viewed|promo_view|BannerShow|BannerView|AdShow|AdImpression"),
    ("ad_click", Does.NOTHING, "Promotion Clicked|promo_click|BannerClick|AdClick"),
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
        "Order Refunded|refund|RefundOrder|OrderRefund|RefundSuccess|ReturnOrder|Product Returned"
        "|ReturnGoods|退款|退货",
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
