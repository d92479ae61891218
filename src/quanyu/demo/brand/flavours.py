"""What the brand sells: a flavour is its categories, prices, purchase cycle and habits of return."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Category:
    """One category: share of lines (weight), list prices in yuan from `low` to `high`, and names of its styles."""

    code: str
    zh: str
    en: str
    weight: int
    low: int
    high: int
    styles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flavour:
    """One kind of retailer.

    `cycle_days` is the mean gap between two purchases of an average buyer in ordinary days, `shape` that of the gamma
    distribution of rates (1: buyers differ much), `leave` how many per thousand leave for good after a purchase, on
    average, `returns` how many orders per thousand are returned at least in part,
    `lines` the most lines of an order, `coupon_fen` the face value of its coupons.  `channels` weighs where persons
    come from: store, tmall, mini_program, live.
    """

    code: str
    industry: str
    zh: str
    en: str
    cycle_days: int
    shape: int
    leave: int
    returns: int
    lines: int
    coupon_fen: int
    channels: tuple[int, int, int, int]
    categories: tuple[Category, ...]


FLAVOURS: Final = {
    flavour.code: flavour
    for flavour in (
        Flavour(
            "beauty", "beauty", "花屿美妆", "Huayu Beauty", 75, 1, 220, 40, 4, 3_000, (32, 30, 26, 12),
            (
                Category("skincare", "护肤", "Skin care", 34, 129, 699,
                         ("修护精华", "保湿面霜", "玻尿酸水", "眼霜", "洁面乳")),
                Category("makeup", "彩妆", "Make-up", 26, 69, 329,
                         ("哑光口红", "气垫粉底", "眼影盘", "睫毛膏", "腮红")),
                Category("mask", "面膜", "Masks", 18, 59, 199, ("补水面膜", "清洁泥膜", "睡眠面膜")),
                Category("fragrance", "香氛", "Fragrance", 8, 199, 899, ("淡香水", "香薰蜡烛")),
                Category("body", "身体护理", "Body care", 14, 39, 169, ("身体乳", "护手霜", "沐浴油")),
            ),
        ),
        Flavour(
            "apparel", "apparel", "素衡服饰", "Suheng Apparel", 95, 1, 240, 90, 3, 5_000, (40, 28, 20, 12),
            (
                Category("tops", "上装", "Tops", 32, 99, 499, ("棉质衬衫", "针织衫", "卫衣", "短袖", "真丝衬衫")),
                Category("trousers", "下装", "Trousers", 24, 129, 459, ("直筒牛仔裤", "西装裤", "半身裙", "休闲裤")),
                Category("coats", "外套", "Coats", 16, 299, 1599, ("羊毛大衣", "风衣", "羽绒服")),
                Category("shoes", "鞋履", "Shoes", 14, 199, 799, ("乐福鞋", "小白鞋", "短靴")),
                Category("accessories", "配饰", "Accessories", 14, 49, 299, ("帆布袋", "皮带", "围巾")),
            ),
        ),
        Flavour(
            "grocery", "grocery", "禾集生鲜", "Heji Grocery", 16, 2, 60, 15, 6, 500, (52, 12, 28, 8),
            (
                Category("fresh", "生鲜", "Fresh food", 34, 9, 89, ("苹果", "三文鱼", "草莓", "有机菜心", "土鸡蛋")),
                Category("dairy", "乳品", "Dairy", 20, 12, 79, ("鲜牛奶", "酸奶", "奶酪棒")),
                Category("snacks", "零食", "Snacks", 22, 8, 69, ("坚果", "海苔", "薯片", "巧克力")),
                Category("drinks", "饮料", "Drinks", 14, 5, 59, ("气泡水", "橙汁", "冷萃咖啡")),
                Category("household", "家清", "Household", 10, 15, 99, ("抽纸", "洗衣液", "垃圾袋")),
            ),
        ),
    )
}  # fmt: skip
