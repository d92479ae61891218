"""Orders as the channels export them: Tmall, the live shop, the mini-program shop and the tills of the stores."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from quanyu.demo.brand import accounts, days
from quanyu.demo.brand.chance import Ints, Mask
from quanyu.demo.brand.persons import JUNK_MOBILES, People, World
from quanyu.demo.brand.places import (
    ASSOCIATES,
    ASSOCIATES_A_STORE,
    LIVE,
    MINI,
    POS,
    STORES,
    TMALL,
    TOUCHPOINTS,
    associate_code,
    store_code,
)
from quanyu.demo.brand.sink import Layout, Sink
from quanyu.demo.brand.texts import (
    Texts,
    day_text,
    glued,
    masked,
    money,
    named,
    number,
    padded,
    quoted,
    time_text,
    where,
)
from quanyu.demo.brand.trade import CANCELLED, LINES_AN_ORDER, STAFF, TEST, UNPAID, Lines, Orders, taken

TMALL_ORDERS: Final = Layout("tmall_orders", "ExportOrderList", (
    "订单编号", "买家会员名", "买家应付货款", "买家应付邮费", "总金额", "买家实际支付金额", "订单状态", "收货人姓名",
    "联系手机",
    "订单创建时间", "订单付款时间", "宝贝总数量", "店铺名称", "订单关闭原因", "天猫卡券抵扣",
), encoding="gb18030")  # fmt: skip
TMALL_LINES: Final = Layout("tmall_lines", "ExportOrderDetailList", (
    "子订单编号", "主订单编号", "标题", "商家编码", "购买数量", "买家应付货款", "退款状态", "退款金额", "订单付款时间",
), encoding="gb18030")  # fmt: skip
LIVE_ORDERS: Final = Layout("live_orders", "订单列表", (
    "订单号", "订单状态", "买家付款时间", "订单实付金额", "运费", "收货人/提货人", "买家手机号",
    "yz_open_id", "商家备注",
))  # fmt: skip
LIVE_LINES: Final = Layout("live_lines", "商品明细", ("明细编号", "订单号", "商品编码", "数量", "商品单价", "商品实付"))
MINI_ORDERS: Final = Layout("mini_orders", "orders", (
    "order_no", "member_no", "unionid", "openid", "mobile", "status", "paid_at", "list_amount", "discount_amount",
    "coupon_amount", "paid_amount", "freight", "touchpoint", "share_id", "campaign", "is_test", "is_staff",
))  # fmt: skip
MINI_LINES: Final = Layout("mini_lines", "order_items", (
    "order_no", "line_no", "sku", "qty", "list_amount", "discount_amount", "coupon_amount", "paid_amount",
))  # fmt: skip
MINI_REFUNDS: Final = Layout("mini_refunds", "refunds", ("refund_no", "order_no", "line_no", "amount", "refunded_at"))
TILLS: Final = Layout("pos_lines", "小票明细", (
    "小票号", "门店编号", "收银台", "营业日期", "交易时间", "行号", "会员卡号", "手机号", "导购工号", "商品编码",
    "商品名称",
    "数量", "折扣金额", "金额", "支付方式", "原小票",
), bom=True)  # fmt: skip
_WRONG_TIME: Final = "2026-02-30 10:00:00"


def order_ids(orders: Orders) -> Texts:
    """Return the ids of orders as they stand in landing tables: with the prefix of their system."""
    ids = where(orders.channel == TMALL, glued("taobao:", _tmall_id(orders.key)), glued("pos:", _ticket(orders)))
    ids = where(orders.channel == LIVE, glued("youzan:", _live_id(orders)), ids)
    return where(orders.channel == MINI, _mini_id(orders.key), ids)


def named_in_till(world: World, people: People, orders: Orders) -> tuple[Mask, Mask]:
    """Return at which orders of the tills the member card is shown, and at which a mobile is given instead."""
    known = people.is_member[orders.at] & (orders.day > people.joined[orders.at])
    card = known & world.chance.happens("shows card", orders.key, 850)
    return card, ~card & world.chance.happens("gives mobile", orders.key, 330)


def names_somebody(world: World, people: People, orders: Orders) -> Mask:
    """Return which orders name a person in their export: all but those of tills without card and good mobile."""
    card, gives = named_in_till(world, people, orders)
    found: Mask = (orders.channel != POS) | card | (gives & ~_is_junk(world, orders))
    return found


def _is_junk(world: World, orders: Orders) -> Mask:
    return world.chance.happens("junk at till", orders.key, 30)


def member_at_order(world: World, people: People, orders: Orders) -> Mask:
    """Return which orders name the member in their export: with the card at the till, or in the mini-program."""
    card, _ = named_in_till(world, people, orders)
    joined = people.is_member[orders.at] & (people.joined[orders.at] < orders.day)
    return np.where(orders.channel == POS, card, (orders.channel == MINI) & joined)


def write_trade(world: World, people: People, orders: Orders, lines: Lines, sink: Sink) -> Ints:
    """Write the exports of all channels; return of which orders the row was refused (1) or stored (0)."""
    refused = np.zeros(len(orders), np.int64)
    for channel, write in ((TMALL, _tmall), (LIVE, _live), (MINI, _mini), (POS, _tills)):
        for part, own, places in by_year(world, orders, orders.channel == channel):
            rows = _lines_of(lines, places, len(orders))
            refused[places] = write(world, people, own, rows, sink, part)
    return refused


def by_year(world: World, orders: Orders, mask: Mask) -> Iterator[tuple[str, Orders, Ints]]:
    """Yield the part of the files, its orders and their places, for the orders of a mask: years, or all at once."""
    if not world.has_years:
        places = np.flatnonzero(mask)
        yield "", taken(orders, places), places
        return
    year = days.dates(orders.day).astype("datetime64[Y]").astype(np.int64) + 1970
    for one in np.unique(year):
        places = np.flatnonzero(mask & (year == one))
        yield str(one), taken(orders, places), places


def _lines_of(lines: Lines, places: Ints, rows: int) -> Lines:
    new = np.full(rows, -1)
    new[places] = np.arange(len(places))
    own = taken(lines, new[lines.at] >= 0)
    return Lines(**{**{name: getattr(own, name) for name in own.__dataclass_fields__}, "at": new[own.at]})


def _line_key(orders: Orders, lines: Lines) -> Ints:
    return orders.key[lines.at] * LINES_AN_ORDER + lines.line_no


def _tmall_id(key: Ints) -> Texts:
    return number(3_000_000_000_000_000_000 + key * 1_009 + 88)


def _live_id(orders: Orders) -> Texts:
    return glued("E", day_text(orders.day), "-", padded(orders.key, 11))


def _mini_id(key: Ints) -> Texts:
    return glued("MP", padded(key, 12))


def _ticket(orders: Orders) -> Texts:
    return glued(_store(orders.store), "-1-", day_text(orders.day), "-", padded(orders.key, 11))


def _store(store: Ints) -> Texts:
    return named([store_code(one) for one in range(STORES)], store)


def _excel(values: Texts) -> Texts:
    return quoted(glued('="', values, '"'))


def _tmall(world: World, people: People, orders: Orders, lines: Lines, sink: Sink, part: str) -> Mask:
    chance, key = world.chance, orders.key
    who = people.number[orders.at]
    unknown, wrong, scale, broken = (
        chance.happens(f"tmall {what}", key, 2) for what in ("state", "time", "scale", "phone")
    )
    paid = orders.state != UNPAID
    state = named(
        ("交易成功", "等待买家付款", "交易关闭"), np.where(orders.state == UNPAID, 1, np.where(_closed(orders), 2, 0))
    )
    seen = chance.happens("mobile of tmall", key, 300)
    mobile = accounts.mobile(people.mobile[orders.at])
    shown = where(seen, glued("'", mobile), masked(mobile))
    paid_at = where(paid & (orders.state != CANCELLED), time_text(orders.second))
    goods = where(scale, glued(money(orders.paid_fen), "5"), money(orders.paid_fen))
    columns = {
        "id": _excel(_tmall_id(key)),
        "buyer": accounts.tmall_buyer(who),
        "goods": goods,
        "freight": where(orders.freight_fen > 0, money(orders.freight_fen), "0元"),
        "total": money(orders.paid_fen + orders.freight_fen),
        "paid": where(paid, money(orders.paid_fen + orders.freight_fen), "0元"),
        "state": where(unknown, "交易进行中", state),
        "name": named(("王**", "李**", "张**", "陈**"), chance.below("surname", who, 4)),
        "mobile": where(broken, "1.39E+10", shown),
        "created": time_text(orders.second - 60),
        "paid_at": where(wrong & paid, _WRONG_TIME, paid_at),
        "pieces": number(np.bincount(lines.at, minlength=len(orders))),
        "shop": named((f"{world.flavour.zh}旗舰店",), np.zeros(len(key), np.int64)),
        "why": where(_closed(orders), "退款", "订单未关闭"),
        "coupon": where(orders.has_coupon, money(orders.coupon_fen)),
    }
    spoiled: Mask = unknown | (wrong & paid) | scale | broken
    sink.write(TMALL_ORDERS, part, columns, key, spoiled)
    _tmall_lines(world, orders, lines, sink, part)
    return spoiled


def _closed(orders: Orders) -> Mask:
    closed: Mask = (orders.refunded_fen == orders.paid_fen) | (orders.state == CANCELLED)
    return closed


def _tmall_lines(world: World, orders: Orders, lines: Lines, sink: Sink, part: str) -> None:
    key, at = _line_key(orders, lines), lines.at
    back = lines.refunded_fen > 0
    wrong = world.chance.happens("tmall line", key, 2) & ~back
    paid = (orders.state != UNPAID) & (orders.state != CANCELLED)
    columns = {
        "id": _excel(number(4_000_000_000_000_000_000 + key * 101)),
        "order": _excel(_tmall_id(orders.key[at])),
        "title": named(world.products.names, lines.product),
        "sku": named(world.products.codes, lines.product),
        "qty": where(wrong, "两件", number(lines.qty)),
        "paid": money(lines.paid_fen),
        "state": where(back, "退款成功", "没有申请退款"),
        "back": where(back, money(lines.refunded_fen), "无退款申请"),
        "paid_at": where(paid[at], time_text(orders.second[at])),
    }
    sink.write(TMALL_LINES, part, columns, key, wrong)


def _live(world: World, people: People, orders: Orders, lines: Lines, sink: Sink, part: str) -> Mask:
    chance, key = world.chance, orders.key
    who = people.number[orders.at]
    wrong, broken = (chance.happens(f"live {what}", key, 3) for what in ("time", "phone"))
    paid = (orders.state != UNPAID) & (orders.state != CANCELLED)
    state = np.where(orders.state == UNPAID, 1, np.where(orders.state == CANCELLED, 2, np.where(_closed(orders), 3, 0)))
    mobile = where(chance.happens("mobile of live", key, 900), accounts.mobile(people.mobile[orders.at]))
    columns = {
        "id": _live_id(orders),
        "state": named(("已完成", "待付款", "已关闭", "已退款"), state),
        "paid_at": where(wrong, _WRONG_TIME, where(paid, time_text(orders.second))),
        "paid": money(orders.paid_fen),
        "freight": money(np.zeros(len(key), np.int64)),
        "name": named(("王女士", "李女士", "张先生", "陈女士"), chance.below("surname", who, 4)),
        "mobile": where(broken, "1390000", mobile),
        "buyer": accounts.live_buyer(who),
        "note": named(("",), np.zeros(len(key), np.int64)),
    }
    sink.write(LIVE_ORDERS, part, columns, key, wrong | broken)
    _live_lines(world, orders, lines, sink, part)
    return wrong | broken


def _live_lines(world: World, orders: Orders, lines: Lines, sink: Sink, part: str) -> None:
    own = taken(orders, lines.at)
    columns = {
        "id": glued("D", padded(_line_key(orders, lines), 12)),
        "order": _live_id(own),
        "sku": named(world.products.codes, lines.product),
        "qty": number(lines.qty),
        "price": money(lines.list_fen // lines.qty),
        "paid": money(lines.paid_fen),
    }
    sink.write(LIVE_LINES, part, columns, _line_key(orders, lines))


def _mini(world: World, people: People, orders: Orders, lines: Lines, sink: Sink, part: str) -> Mask:
    chance, key = world.chance, orders.key
    who = people.number[orders.at]
    wrong, negative = (chance.happens(f"mini {what}", key, 2) for what in ("time", "negative"))
    paid = (orders.state != UNPAID) & (orders.state != CANCELLED)
    state = np.where(orders.state == UNPAID, 1, np.where(orders.state == CANCELLED, 2, 0))
    campaign = where(world.chance.happens("in campaign", key, 300), "C2600")
    amount = money(orders.paid_fen)
    columns = {
        "id": _mini_id(key),
        "member": where(member_at_order(world, people, orders), accounts.member_no(who)),
        "unionid": accounts.unionid(who),
        "openid": accounts.openid(who),
        "mobile": where(chance.happens("mobile of mini", key, 700), accounts.mobile(people.mobile[orders.at])),
        "state": named(("done", "wait_pay", "closed"), state),
        "paid_at": where(wrong, _WRONG_TIME, where(paid, time_text(orders.second))),
        "list": money(orders.paid_fen + orders.discount_fen + orders.coupon_fen),
        "discount": money(orders.discount_fen),
        "coupon": money(orders.coupon_fen),
        "paid": where(negative, glued("-", amount), amount),
        "freight": money(orders.freight_fen),
        "touchpoint": named([one[0] for one in TOUCHPOINTS], orders.touchpoint),
        "share": share_id(orders),
        "campaign": campaign,
        "test": named(("0", "1"), (orders.state == TEST).astype(np.int64)),
        "staff": named(("0", "1"), (orders.state == STAFF).astype(np.int64)),
    }
    sink.write(MINI_ORDERS, part, columns, key, wrong | negative)
    _mini_lines(world, orders, lines, sink, part)
    return wrong | negative


def share_id(orders: Orders) -> Texts:
    """Return the id of the share that led to each order, empty for none."""
    return where(orders.sharer >= 0, glued("SH", padded(orders.key, 12)))


def _mini_lines(world: World, orders: Orders, lines: Lines, sink: Sink, part: str) -> None:
    order = _mini_id(orders.key[lines.at])
    columns: dict[str, Any] = {
        "order": order,
        "line": number(lines.line_no),
        "sku": named(world.products.codes, lines.product),
        "qty": number(lines.qty),
        "list": money(lines.list_fen),
        "discount": money(lines.discount_fen),
        "coupon": money(lines.coupon_fen),
        "paid": money(lines.paid_fen),
    }
    key = _line_key(orders, lines)
    sink.write(MINI_LINES, part, columns, key)
    back = lines.refunded_fen > 0
    own = taken(lines, back)
    moment = orders.refunded_day[own.at] * days.DAY + days.second_of_day(world.chance, "mini refund", key[back])
    refunds = {
        "id": glued("RF", padded(key[back], 13)),
        "order": _mini_id(orders.key[own.at]),
        "line": number(own.line_no),
        "amount": money(own.refunded_fen),
        "at": time_text(moment),
    }
    sink.write(MINI_REFUNDS, part, refunds, key[back])


def _tills(world: World, people: People, orders: Orders, lines: Lines, sink: Sink, part: str) -> Mask:
    chance, key = world.chance, _line_key(orders, lines)
    wrong, time = (chance.happens(f"till {what}", key, 1) for what in ("amount", "time"))
    own = taken(orders, lines.at)
    columns = _till_rows(world, people, own, lines, (own.key, own.day, own.second))
    columns["qty"] = number(lines.qty)
    columns["discount"] = money(lines.discount_fen + lines.coupon_fen)
    columns["amount"] = where(wrong, "#N/A", money(lines.paid_fen))
    columns["time"] = where(time, _WRONG_TIME, columns["time"])
    columns["origin"] = where(np.zeros(len(key), np.bool_), "")
    order = _till_order(columns)
    sink.write(TILLS, part, order, key, wrong | time, groups=lines.at)
    _till_returns(world, people, orders, lines, sink, part)
    return np.isin(np.arange(len(orders)), lines.at[wrong | time])


def _till_returns(world: World, people: People, orders: Orders, lines: Lines, sink: Sink, part: str) -> None:
    back = lines.refunded_fen > 0
    lines = taken(lines, back)
    own = taken(orders, lines.at)
    moment = own.refunded_day * days.DAY + days.second_of_day(world.chance, "till return", own.key, in_store=True)
    columns = _till_rows(world, people, own, lines, (90_000_000_000 + own.key, own.refunded_day, moment))
    columns["qty"] = number(-lines.qty)
    columns["discount"] = money(np.zeros(len(own), np.int64))
    columns["amount"] = money(-lines.refunded_fen)
    columns["origin"] = _ticket(own)
    sink.write(TILLS, part, _till_order(columns), 5 * 10**15 + _line_key(orders, lines))


def _till_rows(
    world: World, people: People, own: Orders, lines: Lines, slip: tuple[Ints, Ints, Ints]
) -> dict[str, Texts]:
    """Return what every row of a slip says; `slip` is its number, business day and second."""
    chance, (ticket, day, moment) = world.chance, slip
    card, gives = named_in_till(world, people, own)
    junk = _is_junk(world, own)
    junk_mobile = named(JUNK_MOBILES, chance.below("which junk at till", own.key, len(JUNK_MOBILES)))
    seller = own.store * ASSOCIATES_A_STORE + chance.below("seller", own.key, ASSOCIATES_A_STORE)
    return {
        "ticket": padded(ticket, 11),
        "store": _store(own.store),
        "till": named(("1",), np.zeros(len(own), np.int64)),
        "day": day_text(day),
        "time": time_text(moment),
        "line": number(lines.line_no),
        "card": where(card, accounts.member_no(people.number[own.at])),
        "mobile": where(gives, where(junk, junk_mobile, accounts.mobile(people.mobile[own.at]))),
        "seller": named([associate_code(one) for one in range(ASSOCIATES)], seller),
        "sku": named(world.products.codes, lines.product),
        "name": named(world.products.names, lines.product),
        "pay": named(("微信", "支付宝", "银行卡", "现金"), chance.pick("till pay", own.key, (60, 25, 10, 5))),
    }


def _till_order(columns: dict[str, Texts]) -> dict[str, Texts]:
    names = ("ticket", "store", "till", "day", "time", "line", "card", "mobile", "seller", "sku", "name", "qty",
             "discount", "amount", "pay", "origin")  # fmt: skip
    return {name: columns[name] for name in names}
