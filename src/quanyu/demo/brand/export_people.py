"""Persons as the channels export them: the member list, WeCom contacts, group members, followers, consent."""

from typing import Final

import numpy as np

from quanyu.demo.brand import accounts, days
from quanyu.demo.brand.chance import Ints, Mask
from quanyu.demo.brand.persons import JUNK_MOBILES, People, World
from quanyu.demo.brand.places import (
    ASSOCIATES,
    CITIES,
    GROUPS,
    LIVE,
    MINI,
    POS,
    REGIONS,
    TMALL,
    associate_code,
    group_code,
)
from quanyu.demo.brand.sink import Layout, Sink
from quanyu.demo.brand.texts import Texts, day_text, glued, named, number, padded, time_text, where
from quanyu.demo.brand.trade import taken

MEMBERS: Final = Layout("members", "会员名单", (
    "会员卡号", "手机号", "unionid", "入会时间", "入会渠道", "招募导购", "性别", "生日", "省市",
    "大区", "等级", "会员状态",
), bom=True)  # fmt: skip
BINDINGS: Final = Layout("tmall_bindings", "会员通", ("会员卡号", "买家会员名", "绑定时间"))
CONTACTS: Final = Layout("wecom_contacts", "客户列表", (
    "员工账号", "外部联系人ID", "unionid", "备注手机号", "添加时间", "添加方式", "渠道活码",
    "客户删除时间", "员工删除时间",
))  # fmt: skip
GROUP_MEMBERS: Final = Layout(
    "wecom_group_members", "群成员", ("群ID", "外部联系人ID", "入群时间", "退群时间", "邀请人")
)
FOLLOWERS: Final = Layout("account_followers", "公众号粉丝", ("openid", "unionid", "关注时间", "取关时间", "关注来源"))
SHOP_FANS: Final = Layout("shop_fans", "店铺粉丝", ("粉丝", "关注时间", "取关时间"))
LIVE_FANS: Final = Layout("live_fans", "直播间粉丝", ("粉丝", "直播间", "关注时间", "取关时间"))
CONSENTS: Final = Layout("consents", "授权记录", ("记录号", "会员卡号", "用途", "是否同意", "时间", "文本版本"))
_JOINED_BY: Final = {POS: "门店", TMALL: "天猫", MINI: "小程序", LIVE: "直播"}


def registered_twice(world: World, people: People) -> Mask:
    """Return who has a second member account, opened later with the same mobile."""
    late = people.joined < days.DAYS - 60
    return people.is_member & late & world.chance.happens("registered twice", people.number, 8)


def second_joined(people: People) -> Ints:
    """Return the day on which a second account is opened."""
    return people.joined + 30 + people.number % 20


def crm_mobile(world: World, people: People) -> tuple[Ints, Mask, Mask]:
    """Return the mobile in the member list, whose it is: a relative's (first mask) or junk of the till (second)."""
    family = world.chance.happens("family mobile", people.number, 12) & (people.device > 0)
    junk = ~family & world.chance.happens("junk mobile", people.number, 10) & (people.origin == POS)
    neighbour = np.bitwise_xor(people.number, 1)
    place = np.clip(neighbour - people.number[0], 0, len(people) - 1)
    relative = np.where(people.number[place] == neighbour, people.mobile[place], people.mobile)
    return np.where(family, relative, people.mobile), family, junk


def write_people(world: World, people: People, sink: Sink) -> None:
    """Write all exports about persons."""
    _members(world, people, sink)
    _bindings(world, people, sink)
    _contacts(world, people, sink)
    _group_members(world, people, sink)
    _followers(world, people, sink)
    _consents(world, people, sink)


def joined_at(people: People) -> Ints:
    """Return the second of joining, in local time since the first midnight."""
    return people.joined * days.DAY + people.joined_second


def _members(world: World, people: People, sink: Sink) -> None:
    members = taken(people, people.is_member)
    given, _, is_junk = crm_mobile(world, people)
    mobile, junk = given[people.is_member], is_junk[people.is_member]
    numbers = members.number
    junk_mobile = named(JUNK_MOBILES, world.chance.below("which junk", numbers, len(JUNK_MOBILES)))
    written = where(junk, junk_mobile, accounts.mobile(mobile))
    _member_rows(world, members, sink, (accounts.member_no(numbers), written, joined_at(members), numbers))
    twice = taken(people, registered_twice(world, people))
    again = second_joined(twice) * days.DAY + twice.joined_second
    second = (accounts.second_member_no(twice.number), accounts.mobile(twice.mobile), again, 10**10 + twice.number)
    _member_rows(world, twice, sink, second)


def _member_faults(world: World, numbers: Ints) -> tuple[Mask, Mask, Mask]:
    happens = world.chance.happens
    return happens("member date", numbers, 2), happens("member phone", numbers, 2), happens("member excel", numbers, 2)


def is_member_refused(world: World, people: People) -> Mask:
    """Return whose row of the member list is refused."""
    wrong, short, swelled = _member_faults(world, people.number)
    return wrong | short | swelled


def is_contact_refused(world: World, people: People) -> Mask:
    """Return whose row of the customer list is refused."""
    return world.chance.happens("contact time", people.number, 2)


def _member_rows(world: World, people: People, sink: Sink, account: tuple[Texts, Texts, Ints, Ints]) -> None:
    """Write rows of the member list; `account` is member number, mobile, second of joining, number of the row."""
    chance, (member, mobile, joined, numbers) = world.chance, account
    wrong, short, swelled = _member_faults(world, numbers)
    moment = time_text(joined)
    day = -15_000 + chance.below("birthday", people.number, 9_000)
    cities = [city for region in CITIES for city in region]
    recruiter = named([associate_code(one) for one in range(ASSOCIATES)], people.associate)
    columns = {
        "member": member,
        "mobile": where(swelled, "1.39E+10", where(short, "139000", mobile)),
        "unionid": where(
            people.has_mini & chance.happens("bound", people.number, 850), accounts.unionid(people.number)
        ),
        "joined": where(wrong, "2025/13/45", moment),
        "by": named([_JOINED_BY[one] for one in range(4)], people.joined_by),
        "recruiter": where(people.joined_by == POS, recruiter),
        "gender": named(("女", "男", ""), chance.pick("gender", people.number, (66, 22, 12))),
        "birthday": where(chance.happens("birthday given", people.number, 600), day_text(day)),
        "city": named(cities, people.region * 4 + people.city),
        "region": named(REGIONS, people.region),
        "level": named(("普卡", "银卡", "金卡", "钻卡"), chance.pick("level", people.number, (70, 20, 8, 2))),
        "status": named(("正常", "已注销"), has_left(world, people).astype(np.int64)),
    }
    sink.write(MEMBERS, "", columns, numbers, wrong | short | swelled)


def has_left(world: World, people: People) -> Mask:
    """Return who has given the membership up."""
    return world.chance.happens("left", people.number, 12)


def is_bound_on_tmall(world: World, people: People) -> Mask:
    """Return whose Tmall account is bound to the member account."""
    return people.is_member & people.has_tmall & world.chance.happens("tmall binding", people.number, 550)


def _bindings(world: World, people: People, sink: Sink) -> None:
    bound = taken(people, is_bound_on_tmall(world, people))
    columns = {
        "member": accounts.member_no(bound.number),
        "buyer": accounts.tmall_buyer(bound.number),
        "at": time_text(joined_at(bound) + 600),
    }
    sink.write(BINDINGS, "", columns, bound.number)


def span(world: World, what: str, people: People, leaves: int) -> tuple[Ints, Ints]:
    """Return the days on which a relation begins and ends (-1: it stands); `leaves` per mille end it."""
    chance, numbers = world.chance, people.number
    start = people.arrived_day + chance.steep(f"{what} after", numbers, 60)
    start = np.minimum(start, days.DAYS - 1)
    end = start + 7 + chance.below(f"{what} lasts", numbers, 500)
    ends = chance.happens(f"{what} ends", numbers, leaves) & (end < days.DAYS)
    return start, np.where(ends, end, -1)


def moment(world: World, what: str, numbers: Ints, day: Ints) -> Ints:
    """Return a second of the day for each number."""
    return day * days.DAY + days.second_of_day(world.chance, what, numbers)


def _end_text(world: World, what: str, numbers: Ints, end: Ints) -> Texts:
    return where(end >= 0, time_text(moment(world, what, numbers, end)))


def _contacts(world: World, people: People, sink: Sink) -> None:
    own = taken(people, people.has_contact)
    chance, numbers = world.chance, own.number
    start, end = span(world, "contact", own, 140)
    by_person = chance.happens("contact deleted by person", numbers, 850)
    wrong = is_contact_refused(world, own)
    added = time_text(moment(world, "contact added", numbers, start))
    gone = _end_text(world, "contact deleted", numbers, end)
    code = glued("store-", named([f"{one:03d}" for one in range(1, 25)], own.store))
    columns = {
        "associate": named([associate_code(one) for one in range(ASSOCIATES)], own.associate),
        "contact": accounts.external_userid(numbers),
        "unionid": where(chance.happens("unionid of contact", numbers, 800), accounts.unionid(numbers)),
        "mobile": where(chance.happens("remark mobile", numbers, 220), accounts.mobile(own.mobile)),
        "added": where(wrong, "昨天", added),
        "way": named(("扫描渠道活码", "搜索手机号", "群聊添加"), chance.pick("contact way", numbers, (70, 20, 10))),
        "code": code,
        "by_person": where(by_person, gone),
        "by_staff": where(~by_person, gone),
    }
    sink.write(CONTACTS, "", columns, numbers, wrong)


def _group_members(world: World, people: People, sink: Sink) -> None:
    own = taken(people, people.has_group)
    start, end = span(world, "group", own, 250)
    columns = {
        "group": named([group_code(one) for one in range(GROUPS)], own.group),
        "contact": accounts.external_userid(own.number),
        "joined": time_text(moment(world, "group joined", own.number, start)),
        "left": _end_text(world, "group left", own.number, end),
        "by": named([associate_code(one) for one in range(ASSOCIATES)], own.associate),
    }
    sink.write(GROUP_MEMBERS, "", columns, own.number)


def _followers(world: World, people: People, sink: Sink) -> None:
    own = taken(people, people.follows_account)
    start, end = span(world, "account", own, 220)
    columns = {
        "openid": accounts.account_openid(own.number),
        "unionid": accounts.unionid(own.number),
        "from": time_text(moment(world, "account followed", own.number, start)),
        "until": _end_text(world, "account left", own.number, end),
        "by": named(("扫码", "搜索", "名片分享"), world.chance.pick("account by", own.number, (60, 25, 15))),
    }
    sink.write(FOLLOWERS, "", columns, own.number)
    own = taken(people, people.follows_shop)
    start, end = span(world, "shop", own, 180)
    columns = {
        "buyer": accounts.tmall_buyer(own.number),
        "from": time_text(moment(world, "shop followed", own.number, start)),
        "until": _end_text(world, "shop left", own.number, end),
    }
    sink.write(SHOP_FANS, "", columns, own.number)
    own = taken(people, people.follows_live)
    start, end = span(world, "live", own, 200)
    columns = {
        "buyer": accounts.live_buyer(own.number),
        "room": glued("L", number(1 + own.number % 2)),
        "from": time_text(moment(world, "live followed", own.number, start)),
        "until": _end_text(world, "live left", own.number, end),
    }
    sink.write(LIVE_FANS, "", columns, own.number)


def withdrew(world: World, people: People) -> tuple[Mask, Ints]:
    """Return which members withdrew consent to marketing for good, and on which day."""
    day = people.joined + 10 + world.chance.below("withdraws after", people.number, 400)
    gone = people.is_member & world.chance.happens("withdraws", people.number, 40) & (day < days.DAYS)
    return gone, day


def withdraws_push(people: People) -> Mask:
    """Return whose withdrawal closes push messages; that of others closes WeChat and WeCom."""
    odd: Mask = people.number % 2 == 1
    return odd


def _consents(world: World, people: People, sink: Sink) -> None:
    gone, day = withdrew(world, people)
    by_push = withdraws_push(people)
    for mask, purpose, granted, second, base in (
        (people.is_member, "短信营销", "是", joined_at(people) + 5, 1),
        (people.is_member & people.has_contact, "企微营销", "是", joined_at(people) + 6, 2),
        (people.is_member, "推送营销", "是", joined_at(people) + 7, 3),
        (gone & ~by_push, "企微营销", "否", moment(world, "withdraws", people.number, day), 4),
        (gone & by_push, "推送营销", "否", moment(world, "withdraws", people.number, day), 5),
    ):
        own = people.number[mask]
        columns = {
            "id": glued("CS", padded(base * 10**10 + own, 12)),
            "member": accounts.member_no(own),
            "purpose": named((purpose,), np.zeros(len(own), np.int64)),
            "granted": named((granted,), np.zeros(len(own), np.int64)),
            "at": time_text(second[mask]),
            "text": named(("v2",), np.zeros(len(own), np.int64)),
        }
        sink.write(CONSENTS, "", columns, base * 10**10 + own)
