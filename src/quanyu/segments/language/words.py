"""What the sentence of a rule calls things that no definition file names: codes of the tables, in both languages."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Label(NamedTuple):
    """What something is called in Chinese and in English."""

    zh: str
    en: str


RELATION_LABELS: Final[Mapping[str, Label]] = {
    "member": Label("会员", "member"),
    "shop_follow": Label("店铺粉丝", "follower of a shop"),
    "live_follow": Label("直播间粉丝", "follower of a live room"),
    "group_member": Label("社群成员", "member of a group"),
    "dedicated_service": Label("专属客服好友", "contact of dedicated service"),
    "subscription": Label("公众号关注者", "subscriber of an official account"),
    "mini_program_user": Label("小程序用户", "mini program user"),
}
"""What a person with a relation is."""

PURPOSE_LABELS: Final[Mapping[str, Label]] = {
    "service": Label("提供服务", "service"),
    "marketing_sms": Label("短信营销", "marketing by SMS"),
    "marketing_wecom": Label("企业微信营销", "marketing by WeCom"),
    "marketing_push": Label("推送营销", "marketing by push"),
    "personalisation": Label("个性化推荐", "personalisation"),
    "share_with_partner": Label("向合作方提供信息", "sharing with partners"),
    "sensitive": Label("处理敏感个人信息", "use of sensitive data"),
    "ads_matching": Label("广告匹配", "matching for advertising"),
    "profiling_credit": Label("信用评估", "profiling for credit"),
}
"""What a person has agreed to."""

MEANS_LABELS: Final[Mapping[str, Label]] = {
    "wecom": Label("企业微信", "WeCom"),
    "sms": Label("短信", "SMS"),
    "push": Label("推送", "push"),
    "subscription": Label("订阅消息", "subscription message"),
    "ads": Label("广告", "advertising"),
    "store": Label("门店", "the store"),
}
"""By what a person can be reached."""

ACTIVITY_LABELS: Final[Mapping[str, Label]] = {
    "passive": Label("被动触达", "being reached"),
    "shallow": Label("浅度互动", "a shallow interaction"),
    "deep": Label("深度互动", "a deep interaction"),
    "transaction": Label("交易行为", "a transaction"),
    "negative": Label("负向行为", "a negative act"),
}
"""What a person did, by activity."""

VALUE_LABELS: Final[Mapping[str, Mapping[str, Label]]] = {
    "lifecycle": {
        "intro": Label("引入期", "introduction"),
        "growth": Label("成长期", "growth"),
        "mature": Label("成熟期", "maturity"),
        "dormant": Label("休眠期", "dormant"),
        "lost": Label("流失期", "lost"),
    },
    "rfm": {
        "111": Label("重要价值客户", "high value"),
        "011": Label("重要保持客户", "high value, to win back"),
        "101": Label("重要发展客户", "high value, to deepen"),
        "001": Label("重要挽留客户", "high value, at risk"),
        "110": Label("一般价值客户", "promising"),
        "100": Label("一般发展客户", "new"),
        "010": Label("一般保持客户", "to keep"),
        "000": Label("一般挽留客户", "lapsed"),
    },
    "value_tier": {
        "key": Label("重要会员", "key"),
        "main": Label("主要会员", "main"),
        "ordinary": Label("普通会员", "ordinary"),
        "tail": Label("长尾会员", "long tail"),
    },
}
"""Values of the models whose stages stand in no file of stage models."""

MODEL_LABELS: Final[Mapping[str, Label]] = {
    "lifecycle": Label("生命周期", "life-cycle stage"),
    "rfm": Label("RFM分群", "RFM group"),
    "value_tier": Label("价值分层", "value tier"),
}
"""The models themselves."""

FIELD_LABELS: Final[Mapping[str, Label]] = {
    "channel": Label("渠道", "channel"),
    "fulfil_channel": Label("履约渠道", "fulfilling channel"),
    "touchpoint": Label("触点", "touchpoint"),
    "store": Label("门店", "store"),
    "associate": Label("导购", "associate"),
    "group": Label("社群", "group"),
    "content": Label("内容", "content"),
    "product": Label("商品", "product"),
    "category": Label("品类", "category"),
    "parent_category": Label("上级品类", "parent category"),
    "brand": Label("品牌", "brand"),
    "campaign": Label("活动", "campaign"),
    "day": Label("日期", "day"),
    "order": Label("订单", "order"),
    "net_fen": Label("净额", "net amount"),
    "gross_fen": Label("原额", "gross amount"),
    "discount_fen": Label("折扣额", "discount"),
    "coupon_fen": Label("券额", "coupon amount"),
    "qty": Label("件数", "quantity"),
    "duration_s": Label("时长秒数", "seconds"),
}
"""Fields and numbers of things done."""

THING_LABELS: Final[Mapping[str, Label]] = {
    "event": Label("任意行为", "any event"),
    "order": Label("订单", "order"),
    "order_line": Label("订单商品行", "order line"),
}
"""Things done."""

MEASURE_LABELS: Final[Mapping[str, Label]] = {
    "sum": Label("合计", "total"),
    "avg": Label("平均", "average"),
    "min": Label("最小值", "least"),
    "max": Label("最大值", "greatest"),
    "distinct": Label("不同值个数", "number of different values"),
}
"""What is measured of them."""
