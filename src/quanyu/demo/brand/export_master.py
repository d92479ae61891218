"""Master data: products, categories, stores, associates, groups, channels, touchpoints, campaigns, costs, traffic."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from quanyu.demo.brand import days, places
from quanyu.demo.brand.persons import World
from quanyu.demo.brand.problems import WEAK_STORE
from quanyu.demo.brand.sink import Layout, Sink
from quanyu.demo.brand.texts import Texts, day_text, money, named, number
from quanyu.demo.brand.workbook import write_workbook

CHANNELS: Final = Layout("channels", "渠道", (
    "渠道", "中文名", "英文名", "平台", "公私域", "角色", "线上线下", "连接强度", "付费", "场域",
))  # fmt: skip
TOUCHPOINTS: Final = Layout("touchpoints", "触点", ("触点", "渠道", "中文名", "英文名", "阶段", "位置"))
PRODUCTS: Final = Layout("products", "商品资料", (
    "商品编码", "款号", "商品名称", "品类编码", "品类", "品类英文", "吊牌价", "上市日期",
))  # fmt: skip
ASSOCIATES: Final = Layout(
    "associates", "导购", ("工号", "门店", "企微账号", "岗位", "入职日期", "离职日期", "认证日期")
)
GROUPS: Final = Layout("wecom_groups", "客户群", ("群ID", "群名称", "群主", "大区", "创建时间"))
CAMPAIGNS: Final = Layout("campaigns", "活动", ("活动", "名称", "类型", "阶段", "开始", "结束", "节点"))
COUPON_BATCHES: Final = Layout("coupon_batches", "券批次", ("批次", "活动", "类型", "面额", "门槛", "开始", "结束"))
ROOMS: Final = Layout("live_rooms", "直播间", ("直播间", "名称", "主播"))
COSTS: Final = Layout("ad_costs", "投放费用", ("日期", "渠道", "活动", "花费"))
TRAFFIC: Final = Layout("store_traffic", "客流", ("门店", "日期", "小时", "客流", "识别人数"))
_HOURS: Final = (10, 13, 16, 19)


def write_master(world: World, sink: Sink) -> None:
    """Write what describes the brand."""
    _write(sink, CHANNELS, places.CHANNELS)
    _write(sink, TOUCHPOINTS, places.TOUCHPOINTS)
    _products(world, sink)
    _stores(sink.root, sink)
    _staff(world, sink)
    _write(sink, CAMPAIGNS, places.CAMPAIGNS)
    face = f"{world.flavour.coupon_fen / 100:.2f}"
    _write(sink, COUPON_BATCHES, [
        (f"B{one[0]}", one[0], "满减", face, f"{world.flavour.coupon_fen * 3 / 100:.2f}", one[4], one[5])
        for one in places.CAMPAIGNS
    ])  # fmt: skip
    _write(
        sink,
        ROOMS,
        [(f"L{one + 1}", f"直播间{one + 1}号", places.associate_code(one)) for one in range(places.LIVE_ROOMS)],
    )
    _costs(world, sink)
    _traffic(world, sink)


def _write(sink: Sink, layout: Layout, rows: Sequence[Sequence[str]]) -> None:
    columns: list[Texts] = [
        named([row[place] for row in rows], np.arange(len(rows))) for place in range(len(layout.headings))
    ]
    sink.write(layout, "", columns, 10_000 + np.arange(len(rows)))


def _products(world: World, sink: Sink) -> None:
    products, flavour = world.products, world.flavour
    launched = days.day_number(days.FIRST) - 400 + world.chance.below("launch", np.arange(len(products.codes)), 700)
    place = np.arange(len(products.codes))
    columns = [
        named(products.codes, place),
        named(products.styles, place),
        named(products.names, place),
        named([one.code for one in flavour.categories], products.category),
        named([one.zh for one in flavour.categories], products.category),
        named([one.en for one in flavour.categories], products.category),
        money(products.list_fen),
        day_text(launched),
    ]
    sink.write(PRODUCTS, "", columns, place)


def _stores(root: Path, sink: Sink) -> None:
    rows = []
    for store in range(places.STORES):
        region, place = divmod(store, places.STORES_A_REGION)
        city = places.CITIES[region][place]
        rows.append((places.store_code(store), f"{city}{place + 1}店", places.REGION_CODES[region], city,
                     str(120 + store * 7 % 160), f"20{18 + store % 6}-0{1 + store % 9}-15", "营业"))  # fmt: skip
    path = root / "exports/stores/门店.xlsx"
    write_workbook(path, "门店", [("门店编号", "门店名称", "大区", "城市", "面积", "开业日期", "状态"), *rows])
    sink.count("stores", "exports/stores/门店.xlsx", len(rows))


def _staff(world: World, sink: Sink) -> None:
    number_of = np.arange(places.ASSOCIATES)
    left = world.chance.happens("associate left", number_of, 60)
    rows = [
        (places.associate_code(one), places.store_code(one // places.ASSOCIATES_A_STORE),
         f"wx_{places.associate_code(one)}", "店长" if one % places.ASSOCIATES_A_STORE == 0 else "导购",
         f"2023-0{1 + one % 9}-01", "2026-06-30" if left[one] else "", f"2023-0{1 + one % 9}-20")
        for one in range(places.ASSOCIATES)
    ]  # fmt: skip
    _write(sink, ASSOCIATES, rows)
    groups = [
        (places.group_code(one), f"{places.store_code(one // places.GROUPS_A_STORE)}福利群{one % 2 + 1}",
         places.associate_code(one // places.GROUPS_A_STORE * places.ASSOCIATES_A_STORE),
         places.REGION_CODES[one // places.GROUPS_A_STORE // places.STORES_A_REGION], "2023-11-01 10:00:00")
        for one in range(places.GROUPS)
    ]  # fmt: skip
    _write(sink, GROUPS, groups)


def _costs(world: World, sink: Sink) -> None:
    day = np.arange(days.DAYS)
    spent = (40_000 + world.chance.below("ad cost", day, 20_000)) * max(world.persons // 1000, 1)
    columns = [day_text(day), named(("ads",), day * 0), named(("C2600",), day * 0), money(spent)]
    sink.write(COSTS, "", columns, day)


def _traffic(world: World, sink: Sink) -> None:
    cell = np.arange(places.STORES * days.DAYS * len(_HOURS))
    store, rest = np.divmod(cell, days.DAYS * len(_HOURS))
    day, hour = np.divmod(rest, len(_HOURS))
    weekend = np.isin((days.dates(day).astype(np.int64) + 3) % 7, (5, 6))
    usual = np.maximum(world.persons // 2_000, 4) * np.where(weekend, 3, 2)
    count = usual + world.chance.below("traffic", cell, usual)
    weak = (store == WEAK_STORE) & (day >= days.LAST_MONTH) & world.with_problems
    count = np.where(weak, count * 45 // 100, count)
    columns = [
        named([places.store_code(one) for one in range(places.STORES)], store),
        day_text(day),
        named([str(one) for one in _HOURS], hour),
        number(count),
        number(count * world.chance.below("identified", cell, 30) // 100),
    ]
    sink.write(TRAFFIC, "", columns, cell)
