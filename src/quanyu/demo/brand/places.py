"""What does not change while persons come and go: regions, stores, associates, products, channels, touchpoints."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from quanyu.demo.brand import days
from quanyu.demo.brand.chance import Chance, Ints
from quanyu.demo.brand.flavours import Flavour

REGIONS: Final = ("华东", "华南", "华北", "西南", "华中", "东北")
REGION_CODES: Final = ("east", "south", "north", "southwest", "central", "northeast")
REGION_WEIGHTS: Final = (30, 20, 18, 14, 10, 8)
CITIES: Final = (
    ("上海", "杭州", "南京", "苏州"), ("广州", "深圳", "厦门", "佛山"), ("北京", "天津", "石家庄", "济南"),
    ("成都", "重庆", "昆明", "贵阳"), ("武汉", "长沙", "郑州", "南昌"), ("沈阳", "大连", "哈尔滨", "长春"),
)  # fmt: skip
STORES_A_REGION: Final = 4
STORES: Final = STORES_A_REGION * len(REGIONS)
ASSOCIATES_A_STORE: Final = 3
ASSOCIATES: Final = STORES * ASSOCIATES_A_STORE
LIVE_ROOMS: Final = 2
SKUS_A_STYLE: Final = 3
GROUPS_A_STORE: Final = 2
GROUPS: Final = STORES * GROUPS_A_STORE

POS, TMALL, MINI, LIVE = range(4)
"""Where orders are placed; also where persons come from."""

# id, zh, en, platform, domain, role, line, strength, paid, venue.  The ids of channels of sale are those that the
# import profiles write.
CHANNELS: Final = (
    ("pos", "门店", "Stores", "pos", "private", "store", "offline", "strong", "否", ""),
    ("taobao", "天猫旗舰店", "Tmall flagship store", "taobao", "public", "store", "online", "medium", "否", "shop"),
    ("mini_program", "小程序商城", "Mini-program shop", "wechat",
     "private", "store", "online", "strong", "否", "mini_program"),
    ("youzan", "直播间小店", "Live shop", "youzan", "private", "store", "online", "medium", "否", "live"),
    ("wecom", "企业微信", "WeCom", "wecom", "private", "pool", "online", "strong", "否", "dedicated_service"),
    ("wecom_group", "企微社群", "WeCom groups", "wecom", "private", "pool", "online", "strong", "否", "group"),
    ("official_account", "公众号", "Official account", "wechat",
     "private", "pool", "online", "medium", "否", "subscription"),
    ("member_centre", "会员中心", "Member centre", "own", "private", "pool", "online", "strong", "否", "member_centre"),
    ("ads", "朋友圈广告", "Moments ads", "tencent_ads", "public", "traffic", "online", "weak", "是", ""),
    ("sms", "短信", "Text messages", "sms", "private", "traffic", "online", "weak", "否", ""),
)  # fmt: skip

# id, channel, zh, en, phase, position.  The first six are where visits of the mini-program begin.
TOUCHPOINTS: Final = (
    ("mp_home", "mini_program", "小程序首页", "Mini-program home", "pre", "首页"),
    ("mp_menu", "mini_program", "公众号菜单", "Menu of the official account", "pre", "菜单"),
    ("mp_group_card", "mini_program", "社群商品卡", "Goods card in groups", "during", "群"),
    ("mp_search", "mini_program", "小程序搜索", "Search", "during", "搜索"),
    ("mp_coupon_popup", "mini_program", "领券弹窗", "Coupon pop-up", "during", "弹窗"),
    ("mp_share_card", "mini_program", "好友分享卡", "Card shared by a friend", "pre", "分享"),
    ("ad_moments", "ads", "朋友圈卡片广告", "Card ad in Moments", "pre", "朋友圈"),
    ("tmall_detail", "taobao", "天猫商品详情页", "Tmall product page", "during", "详情"),
    ("live_room", "youzan", "直播间", "Live room", "during", "直播"),
    ("store_counter", "pos", "门店柜台", "Store counter", "during", "柜台"),
    ("wecom_chat", "wecom", "导购单聊", "Chat with an associate", "after", "单聊"),
    ("parcel_card", "mini_program", "包裹卡二维码", "Code on the parcel card", "after", "包裹"),
)
VISIT_TOUCHPOINTS: Final = 6
VISIT_WEIGHTS: Final = (30, 20, 16, 14, 12, 8)
CAMPAIGNS: Final = (
    ("C2411", "双11大促", "sale", "burst", "2024-11-01", "2024-11-11", "双11"),
    ("C2503", "38女王节", "sale", "burst", "2025-03-01", "2025-03-08", "38节"),
    ("C2506", "618年中庆", "sale", "burst", "2025-05-13", "2025-06-20", "618"),
    ("C2511", "双11大促", "sale", "burst", "2025-10-20", "2025-11-11", "双11"),
    ("C2601", "年货节", "sale", "burst", "2026-01-24", "2026-02-10", "春节"),
    ("C2603", "38女王节", "sale", "burst", "2026-03-01", "2026-03-08", "38节"),
    ("C2606", "618年中庆", "sale", "burst", "2026-05-13", "2026-06-20", "618"),
    ("C2610", "双11蓄水", "sale", "warmup", "2026-10-20", "2026-10-31", "双11"),
    ("C2600", "全年拉新", "acquisition", "burst", "2024-11-01", "2026-12-31", ""),
)


def campaign_on(day: Ints) -> Ints:
    """Return which of `CAMPAIGNS` runs on each day: a sale, else that of the whole year (the last)."""
    running = np.full(len(day), len(CAMPAIGNS) - 1)
    for number, (_, _, _, _, first, last, _) in enumerate(CAMPAIGNS[:-1]):
        held = [days.day_number(date.fromisoformat(edge)) for edge in (first, last)]
        running = np.where((day >= held[0]) & (day <= held[1]), number, running)
    return running


def store_code(store: int) -> str:
    """Return the code of a store."""
    return f"S{store + 1:03d}"


def associate_code(associate: int) -> str:
    """Return the code of an associate."""
    return f"A{associate + 1:04d}"


def group_code(group: int) -> str:
    """Return the code of a group chat."""
    return f"G{group + 1:04d}"


@dataclass(frozen=True, slots=True)
class Products:
    """The products (SKU): category, style (SPU) and list price of each by its number, and the lines' weights."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    styles: tuple[str, ...]
    category: Ints
    list_fen: Ints
    weights: tuple[int, ...]


def make_products(flavour: Flavour, chance: Chance) -> Products:
    """Return the products of a flavour: every style in three sizes, the dearer the rarer."""
    codes, names, styles, category, weights = [], [], [], [], []
    low, high = [], []
    for number, one in enumerate(flavour.categories):
        for style, title in enumerate(one.styles):
            for size in range(SKUS_A_STYLE):
                codes.append(f"{one.code[:3].upper()}{style + 1:02d}{size + 1}")
                names.append(f"{title} {('标准装', '大容量', '限定款')[size]}")
                styles.append(f"{one.code}-{style + 1:02d}")
                category.append(number)
                low.append(one.low)
                high.append(one.high)
                weights.append(one.weight * (6, 3, 1)[size] * 12 // (len(one.styles) * (style + 2)) + 1)
    spread = chance.steep("product price", np.arange(len(codes)), 1000)
    yuan = np.array(low) + (np.array(high) - np.array(low)) * spread // 1000
    return Products(tuple(codes), tuple(names), tuple(styles), np.array(category), yuan * 100, tuple(weights))
