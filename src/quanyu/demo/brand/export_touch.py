"""What persons did as the channels export it: events, ads, live views, shares, coupons, reviews, codes, services."""

from typing import Final

import numpy as np
import pyarrow.compute as pc

from quanyu.demo.brand import accounts, days
from quanyu.demo.brand.chance import Ints, Mask
from quanyu.demo.brand.export_people import joined_at
from quanyu.demo.brand.export_trade import order_ids, share_id
from quanyu.demo.brand.persons import People, World
from quanyu.demo.brand.places import (
    ASSOCIATES,
    CAMPAIGNS,
    CHANNELS,
    LIVE_ROOMS,
    MINI,
    POS,
    STORES,
    TMALL,
    TOUCHPOINTS,
    associate_code,
    campaign_on,
    store_code,
)
from quanyu.demo.brand.sink import Layout, Sink
from quanyu.demo.brand.texts import Texts, day_text, epoch_ms, glued, named, number, padded, time_text, where
from quanyu.demo.brand.touch import EVENTS, EVENTS_A_VISIT, Clicks, Seen, Sent, ring_leader
from quanyu.demo.brand.trade import STAFF, TEST, Orders, taken

CLICKS: Final = Layout("mini_events", "events", kind="jsonl")
ADS: Final = Layout("ad_exposures", "曝光", ("曝光ID", "时间", "设备号", "计划", "创意", "类型", "花费"))
LIVE_VIEWS: Final = Layout("live_views", "观看记录", ("记录号", "直播间", "yz_open_id", "进入时间", "观看秒数"))
MESSAGES: Final = Layout("messages", "触达记录", (
    "消息号", "方式", "活动", "员工账号", "会员卡号", "外部联系人ID", "计划时间", "发送时间", "送达时间", "点击时间",
    "退订时间", "失败原因", "费用",
))  # fmt: skip
SHARES: Final = Layout("shares", "分享", ("分享号", "分享人unionid", "商品编码", "时间"))
REFERRALS: Final = Layout("referrals", "邀请", ("邀请号", "分享号", "被邀请人unionid", "访问时间", "注册时间", "首单"))
COUPONS: Final = Layout("coupons", "优惠券", (
    "券号", "批次", "会员卡号", "状态", "领取时间", "核销时间", "核销订单", "到期日",
))  # fmt: skip
MINI_REVIEWS: Final = Layout("mini_reviews", "评价", ("评价号", "订单号", "unionid", "评分", "有图", "时间"))
TMALL_REVIEWS: Final = Layout("tmall_reviews", "天猫评价", ("评价号", "订单号", "买家", "评分", "时间"))
SURVEYS: Final = Layout("surveys", "满意度", ("答卷号", "会员卡号", "分数", "时间"))
BOOKINGS: Final = Layout("service_bookings", "预约", ("预约号", "会员卡号", "门店", "服务", "时间", "状态"))
CODES: Final = Layout("item_codes", "一物一码", ("码", "商品编码", "激活时间"))
SCANS: Final = Layout("item_scans", "扫码", ("扫码号", "码", "unionid", "时间"))
CASES: Final = Layout(
    "service_cases", "工单", ("工单号", "会员卡号", "渠道", "类型", "时间", "首次响应", "完成", "满意度")
)
# How the mini-program names its events; one name, `hover`, is not in the agreement and is refused.
EVENT_NAMES: Final = (
    "page", "view_item", "search", "search_category", "add_cart", "favorite", "get_coupon", "like", "checkin",
    "consult", "checkout", "pay", "share", "redeem", "hover",
)  # fmt: skip
SERVICES: Final = ("肤质检测", "搭配顾问", "会员沙龙")


def write_clicks(world: World, people: People, clicks: Clicks, sink: Sink) -> Mask:
    """Write the events of the mini-program; return which of them stand in the export as good rows."""
    chance = world.chance
    event = clicks.visit * EVENTS_A_VISIT + clicks.place
    unknown, blank = (chance.happens(f"event {what}", event, 1) for what in ("name", "time"))
    who = people.number[clicks.at]
    kind = np.where(unknown, len(EVENTS), clicks.type)
    year = days.dates(clicks.second // days.DAY).astype("datetime64[Y]").astype(np.int64) + 1970
    year = np.where(world.has_years, year, 0)
    bad = np.isin(clicks.visit, clicks.visit[unknown | blank])
    for one in np.unique(year):
        own = year == one
        parts = [
            '{"event_id":"EV', padded(event[own], 13), '","ts":',
            where(blank[own], "null", epoch_ms(clicks.second[own])),
            ',"event":"', named(EVENT_NAMES, kind[own]),
            '","unionid":"', where(clicks.is_named[own], accounts.unionid(who[own])),
            '","openid":"', where(clicks.is_named[own], accounts.openid(who[own])),
            '","device":"', accounts.device(clicks.device[own]),
            '","touchpoint":"', named([touch[0] for touch in TOUCHPOINTS], clicks.touchpoint[own]),
            '","sku":"', named(world.products.codes, clicks.product[own]),
            '","visit":"VS', padded(clicks.visit[own], 11), '"}',
        ]  # fmt: skip
        sink.write(CLICKS, str(one or ""), parts, event[own], bad[own])
    return ~bad


def write_ads(world: World, people: People, seen: Seen, sink: Sink) -> None:
    """Write the exposures of the ad platform: devices only."""
    columns = {
        "id": glued("AD", padded(seen.key, 11)),
        "at": time_text(seen.second),
        "device": accounts.device(people.device[seen.at]),
        "plan": named(("C2600",), seen.key * 0),
        "creative": glued("CR", number(1 + seen.key % 5)),
        "kind": named(("曝光", "点击"), seen.value),
        "cost": where(seen.value > 0, "1.20", "0.05"),
    }
    sink.write(ADS, "", columns, seen.key)


def is_live_view_refused(world: World, seen: Seen) -> Mask:
    """Return which rows of live views are refused."""
    return world.chance.happens("live view time", seen.key, 2)


def write_live_views(world: World, people: People, seen: Seen, sink: Sink) -> None:
    """Write what the live shop says about who watched."""
    wrong = is_live_view_refused(world, seen)
    columns = {
        "id": glued("LV", padded(seen.key, 11)),
        "room": glued("L", number(1 + seen.key % LIVE_ROOMS)),
        "buyer": accounts.live_buyer(people.number[seen.at]),
        "at": where(wrong, "0000-00-00 00:00:00", time_text(seen.second)),
        "seconds": number(seen.value),
    }
    sink.write(LIVE_VIEWS, "", columns, seen.key, wrong)


def write_messages(world: World, people: People, sent: Sent, sink: Sink) -> None:
    """Write the messages as the sending platform lists them: to a member number or to a contact."""
    who = people.number[sent.at]
    later = sent.second + 5 + world.chance.below("message read", sent.key, 3 * 3600)
    associate = named([associate_code(one) for one in range(ASSOCIATES)], people.associate[sent.at])
    columns = {
        "id": glued("MS", padded(sent.key, 11)),
        "channel": where(sent.by_contact, "企微", "短信"),
        "campaign": named([one[0] for one in CAMPAIGNS], campaign_on(sent.second // days.DAY)),
        "associate": where(sent.by_contact, associate),
        "member": where(~sent.by_contact, accounts.member_no(who)),
        "contact": where(sent.by_contact, accounts.external_userid(who)),
        "planned": time_text(sent.second - 3600),
        "sent": time_text(sent.second),
        "delivered": where(~sent.failed, time_text(sent.second + 2)),
        "clicked": where(sent.clicked, time_text(later)),
        "left": where(sent.left, time_text(later)),
        "why": where(sent.failed, "号码无效"),
        "cost": where(sent.by_contact, "0.00", "0.05"),
    }
    sink.write(MESSAGES, "", columns, sent.key)


def write_shares(world: World, people: People, orders: Orders, sink: Sink) -> None:
    """Write the cards that led to an order, and whom they brought."""
    own = taken(orders, orders.sharer >= 0)
    product = world.chance.pick("shared product", own.key, world.products.weights)
    _share_rows(sink, share_id(own), people.number[own.sharer], named(world.products.codes, product),
                own.shared_second, own.key)  # fmt: skip
    referrals = {
        "id": glued("RF", padded(own.key, 12)),
        "share": share_id(own),
        "who": accounts.unionid(people.number[own.at]),
        "visited": time_text(own.second - 600),
        "joined": where(people.is_member[own.at] & (people.joined[own.at] == own.day),
                        time_text(joined_at(people)[own.at])),
        "order": order_ids(own),
    }  # fmt: skip
    sink.write(REFERRALS, "", referrals, own.key)


def write_ring(world: World, people: People, sink: Sink) -> None:
    """Write the cards, invitations and coupons of the fraud rings."""
    leader = ring_leader(people)
    places = np.unique(leader)
    numbers = people.number[places]
    at = joined_at(people)
    nothing = named(("",), numbers * 0)
    _share_rows(sink, glued("SR", padded(numbers, 12)), numbers, nothing, at[places] + 8, 10**11 + numbers)
    guests = np.flatnonzero(leader != np.arange(len(people)))
    columns = {
        "id": glued("RR", padded(people.number[guests], 12)),
        "share": glued("SR", padded(people.number[leader[guests]], 12)),
        "who": accounts.unionid(people.number[guests]),
        "visited": time_text(at[guests] - 20),
        "joined": time_text(at[guests]),
        "order": named(("",), guests * 0),
    }
    sink.write(REFERRALS, "", columns, 10**11 + people.number[guests])
    claimed = at + 2 + np.arange(len(people)) % 3
    coupon = Seen(np.arange(len(people)), claimed, 10**11 + people.number, np.zeros(len(people), np.int64))
    _coupon_rows(world, people, coupon, None, sink)


def _share_rows(sink: Sink, ids: Texts, who: Ints, product: Texts, second: Ints, keys: Ints) -> None:
    columns = {"id": ids, "who": accounts.unionid(who), "product": product, "at": time_text(second)}
    sink.write(SHARES, "", columns, keys)


def write_coupons(world: World, people: People, orders: Orders, sink: Sink) -> None:
    """Write coupons: those redeemed by members' orders, and some that were claimed and expired."""
    used = taken(orders, orders.has_coupon & people.is_member[orders.at] & (orders.state != TEST))
    _coupon_rows(world, people, Seen(used.at, used.second, used.key, np.ones(len(used), np.int64)), used, sink)
    idle = np.flatnonzero(people.is_member & world.chance.happens("idle coupon", people.number, 300))
    at = np.maximum(joined_at(people)[idle], 0) + 60
    key = 10**10 + people.number[idle]
    _coupon_rows(world, people, Seen(idle, at, key, np.zeros(len(idle), np.int64)), None, sink)


def _coupon_rows(world: World, people: People, seen: Seen, orders: Orders | None, sink: Sink) -> None:
    redeemed = seen.value > 0
    claimed = np.where(
        redeemed, seen.second - world.chance.below("claimed before", seen.key, 5 * days.DAY), seen.second
    )
    day = claimed // days.DAY
    columns = {
        "id": glued("CP", padded(seen.key, 12)),
        "batch": named(("BC2600",), seen.key * 0),
        "member": accounts.member_no(people.number[seen.at]),
        "state": where(redeemed, "已核销", where(day + 30 < days.DAYS, "已过期", "已领取")),
        "claimed": time_text(claimed),
        "redeemed": where(redeemed, time_text(seen.second)),
        "order": named(("",), seen.key * 0) if orders is None else order_ids(orders),
        "until": day_text(day + 30),
    }
    sink.write(COUPONS, "", columns, seen.key)


def write_reviews(world: World, people: People, orders: Orders, seen: Seen, sink: Sink) -> None:
    """Write the reviews of the mini-program and of Tmall."""
    ids = order_ids(orders)
    for channel, layout, prefix in ((MINI, MINI_REVIEWS, ""), (TMALL, TMALL_REVIEWS, "taobao:")):
        mine = orders.channel[seen.at] == channel
        own = Seen(*(getattr(seen, name)[mine] for name in Seen.__dataclass_fields__))
        who = people.number[orders.at[own.at]]
        photo = {"photo": named(("否", "是"), world.chance.below("photo", own.key, 2))} if channel == MINI else {}
        columns = {
            "id": glued("RV", padded(own.key, 12)),
            "order": _bare(ids.take(own.at), prefix),
            "who": accounts.unionid(who) if channel == MINI else accounts.tmall_buyer(who),
            "rating": number(own.value),
            **photo,
            "at": time_text(own.second),
        }
        sink.write(layout, "", columns, own.key)


def _bare(ids: Texts, prefix: str) -> Texts:
    return pc.replace_substring(ids, prefix, "") if prefix else ids


def write_services(world: World, people: People, orders: Orders, booked: Seen, scanned: Seen, sink: Sink) -> None:
    """Write bookings, scans of item codes, satisfaction after store purchases, and cases of returns."""
    _bookings(world, people, booked, sink)
    _scans(world, people, orders, scanned, sink)
    chance = world.chance
    member = people.is_member[orders.at] & (people.joined[orders.at] < orders.day)
    asked = taken(orders, member & (orders.channel == POS) & (orders.state != STAFF)
                  & chance.happens("survey", orders.key, 40) & (orders.day < days.DAYS - 1))  # fmt: skip
    columns = {
        "id": glued("SV", padded(asked.key, 12)),
        "member": accounts.member_no(people.number[asked.at]),
        "score": number(10 - chance.pick("nps", asked.key, (38, 22, 14, 9, 6, 5, 2, 1, 1, 1, 1))),
        "at": time_text(asked.second + 86_000),
    }
    sink.write(SURVEYS, "", columns, asked.key)
    _cases(world, people, taken(orders, member & (orders.refunded_fen > 0)), sink)


def _bookings(world: World, people: People, booked: Seen, sink: Sink) -> None:
    who = people.number[booked.at]
    columns = {
        "id": glued("BK", padded(booked.key, 10)),
        "member": accounts.member_no(who),
        "store": named([store_code(one) for one in range(STORES)], people.store[booked.at]),
        "service": named(SERVICES, booked.value),
        "at": time_text(booked.second),
        "state": named(("已到店", "未到店", "已取消"), world.chance.pick("booking state", booked.key, (80, 12, 8))),
    }
    sink.write(BOOKINGS, "", columns, booked.key)


def _scans(world: World, people: People, orders: Orders, scanned: Seen, sink: Sink) -> None:
    code = glued("QR", padded(scanned.key, 12))
    product = world.chance.pick("scanned product", scanned.key, world.products.weights)
    activated = time_text(orders.second[scanned.at] - 90 * days.DAY)
    sink.write(CODES, "", {"id": code, "sku": named(world.products.codes, product), "at": activated}, scanned.key)
    columns = {
        "id": glued("SC", padded(scanned.key, 12)),
        "code": code,
        "who": accounts.unionid(people.number[orders.at[scanned.at]]),
        "at": time_text(scanned.second),
    }
    sink.write(SCANS, "", columns, scanned.key)


def _cases(world: World, people: People, orders: Orders, sink: Sink) -> None:
    opened = orders.refunded_day * days.DAY - 12 * 3600
    reply = 60 * (1 + world.chance.exponential("reply minutes", orders.key, 12))
    columns = {
        "id": glued("CA", padded(orders.key, 12)),
        "member": accounts.member_no(people.number[orders.at]),
        "channel": named([one[0] for one in CHANNELS], orders.channel),
        "kind": named(("退货",), orders.key * 0),
        "opened": time_text(opened),
        "reply": time_text(opened + reply),
        "done": time_text(opened + 12 * 3600),
        "score": number(5 - world.chance.pick("case score", orders.key, (50, 25, 12, 8, 5))),
    }
    sink.write(CASES, "", columns, orders.key)
