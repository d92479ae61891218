"""Exports of Tmall and JD."""

from datetime import datetime, timedelta

from data.exports.writing import CHINA, SKUS, Book, Export, excel_id, excel_serial, mobile, status_of, yuan

TMALL_HEADER = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,"
    "买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址,运送方式,联系电话,联系手机,订单创建时间,订单付款时间,宝贝标题,"
    "宝贝种类,物流单号,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,天猫卡券抵扣,是否是O2O交易"
).split(",")
TMALL_LINE_HEADER = (
    "子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码,支付单号,买家应付货款,"
    "买家实际支付金额,退款状态,退款金额,订单创建时间,订单付款时间"
).split(",")
TMALL_TEXT = {
    "placed": "等待买家付款",
    "paid": "买家已付款，等待卖家发货",
    "fulfilled": "卖家已发货，等待买家确认",
    "completed": "交易成功",
    "cancelled": "交易关闭",
    "refunded": "交易关闭",
}


def tmall() -> tuple[list[Export], Book]:
    """Make two order exports that overlap (GB18030) and the lines of the first (UTF-8 with BOM)."""
    book = Book()
    first = Export("ExportOrderList202510.csv", "taobao_orders", TMALL_HEADER, "gb18030", "\r\n")
    second = Export("ExportOrderList202511.csv", "taobao_orders", TMALL_HEADER, "gb18030", "\r\n", bare_ids=True)
    lines = Export("ExportOrderDetailList202510.csv", "taobao_lines", TMALL_LINE_HEADER, "utf-8-sig", "\r\n")
    rows = [_tmall_order(number, first, book, lines) for number in range(40)]
    first.add(rows[12], "duplicate")
    _tmall_refused(first, rows[0])
    # The second export begins before the first one ends: four rows again, three of them with news.
    for number in (30, 31, 32, 34):
        second.add(rows[number], "duplicate")
    for number in (27, 28, 38):
        key = _tmall_id(number)
        second.add({**rows[number], "订单状态": "交易成功"})
        book.order(key, "completed", book.paid[key], None)
    for number in range(40, 55):
        _tmall_order(number, second, book, None)
    lines.refuse(
        {"子订单编号": excel_id("19300099001"), "标题": "无主", "购买数量": "1", "买家应付货款": "10.00"},
        "row.required",
    )
    good = {"主订单编号": excel_id(_tmall_id(0)), "购买数量": "1", "商家编码": "00123", "退款状态": "没有申请退款"}
    lines.refuse({**good, "子订单编号": excel_id("19300099002"), "买家应付货款": "待定"}, "amount.not_number")
    return [first, second, lines], book


def _tmall_id(number: int) -> str:
    return f"1930{number:04d}5501002288"


def _tmall_time(number: int, paid_at: datetime | None) -> str:
    if paid_at is None:
        return ""
    if number % 9 == 4:
        return excel_serial(paid_at)
    return paid_at.strftime("%Y/%m/%d %H:%M" if number % 9 == 5 else "%Y-%m-%d %H:%M:%S")


def _tmall_order(number: int, export: Export, book: Book, lines: Export | None) -> dict[str, str]:
    key, status, person = _tmall_id(number), status_of(number), number % 25
    created = datetime(2025, 10, 1, 9, 0, tzinfo=CHINA) + timedelta(hours=17 * number)
    paid_at = None if status in ("placed", "cancelled") else created + timedelta(minutes=6)
    parts = [(SKUS[number % 6], 1 + number % 2)] + ([(SKUS[(number + 2) % 6], 1)] if number % 3 == 0 else [])
    amounts = [sku[2] * units - 1000 * (number % 4 == 1) for sku, units in parts]
    goods, freight = sum(amounts), 1000 * (number % 5 == 2)
    # Written in every way that people meet: with separators, with 元, with ¥.
    written = yuan(goods, ",") if number % 7 == 2 else f"¥{yuan(goods)}" if number % 7 == 3 else yuan(goods)
    phone = {0: f"'{mobile(person)}", 1: f"+86 {mobile(person)}", 2: f"{mobile(person)[:3]}****{mobile(person)[7:]}"}
    row = export.add(
        {
            "订单编号": excel_id(key),
            "买家会员名": f"t**{person}" if number % 10 == 5 else f"tb_buyer_{person:02d}",
            "买家应付货款": written,
            "买家应付邮费": "0元" if freight == 0 else yuan(freight),
            "总金额": yuan(goods + freight),
            "买家实际支付金额": yuan(goods + freight) if paid_at else "0元",
            "订单状态": TMALL_TEXT[status],
            "买家留言": {4: '=HYPERLINK("http://example.com","点我")', 5: "请尽快,谢谢"}.get(number % 12, ""),
            "收货人姓名": "测**",
            "运送方式": "快递",
            "联系手机": phone.get(number % 6, f"'{mobile(person)}"),
            "订单创建时间": created.strftime("%Y-%m-%d %H:%M:%S"),
            "订单付款时间": _tmall_time(number, paid_at),
            "宝贝标题": "，".join(sku[1] for sku, _ in parts),
            "宝贝种类": str(len(parts)),
            "宝贝总数量": str(sum(units for _, units in parts)),
            "店铺名称": "示例旗舰店",
            "订单关闭原因": {"cancelled": "买家未付款", "refunded": "退款"}.get(status, "订单未关闭"),
        }
    )
    book.order(key, status, goods, paid_at)
    if number % 6 != 2:
        book.mobiles.add(mobile(person))
    for line_no, ((sku, units), amount) in enumerate(zip(parts, amounts, strict=True), start=1):
        if lines is not None:
            _tmall_line(number, line_no, sku, (units, amount), lines, book)
    return row


def _tmall_line(
    number: int, line_no: int, sku: tuple[str, str, int], sold: tuple[int, int], lines: Export, book: Book
) -> None:
    key, status = _tmall_id(number), status_of(number)
    units, amount = sold
    back = (
        amount if status == "refunded" else 2000 if status == "completed" and number % 11 == 5 and line_no == 1 else 0
    )
    paid = status not in ("placed", "cancelled")
    created = datetime(2025, 10, 1, 9, 0, tzinfo=CHINA) + timedelta(hours=17 * number)
    lines.add(
        {
            "子订单编号": excel_id(f"{key[:-1]}{line_no}7"),
            "主订单编号": excel_id(key),
            "标题": sku[1],
            "价格": yuan(sku[2]),
            "购买数量": str(units),
            "订单状态": TMALL_TEXT[status],
            "商家编码": excel_id(sku[0]) if sku[0].isdigit() else sku[0],
            "买家应付货款": f"{yuan(amount)}元" if number % 8 == 1 else yuan(amount, ","),
            "买家实际支付金额": yuan(amount) if paid else "0.00",
            "退款状态": "退款成功" if back else "没有申请退款",
            "退款金额": yuan(back) if back else "无退款申请",
            "订单创建时间": created.strftime("%Y-%m-%d %H:%M:%S"),
            "订单付款时间": (created + timedelta(minutes=6)).strftime("%Y-%m-%d %H:%M:%S") if paid else "",
        }
    )
    book.line(units)
    if back:
        book.refund(key, back)


def _tmall_refused(export: Export, good: dict[str, str]) -> None:
    def changed(number: int, **cells: str) -> dict[str, str]:
        return {**good, "订单编号": excel_id(f"1930999{number}5501002288"), **cells}

    export.refuse(changed(1, 订单状态="交易进行中"), "enum.unknown")
    export.refuse({**good, "订单编号": ""}, "row.required")
    export.refuse(changed(3, 买家应付货款="12.345"), "amount.scale")
    export.refuse(changed(4, 联系手机="1.99E+10"), "phone.scientific")
    export.refuse_cells([excel_id("193099955501002288"), "tb_buyer_01", "", "10.00"], "csv.columns_missing")
    total = [""] * len(TMALL_HEADER)
    total[0], total[3] = "合计", "12,345.00"
    export.refuse_cells(total, "csv.footer")


JD_HEADER = (
    "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,"
    "客户姓名,客户地址,联系电话,订单备注,运费金额,付款确认时间,货号,订单完成时间,订单来源,订单渠道"
).split(",")
JD_TEXT = {
    "placed": "等待付款",
    "paid": "等待出库",
    "fulfilled": "等待确认收货",
    "completed": "完成",
    "cancelled": "(删除)等待付款",
    "refunded": "已退款",
}


def jd() -> tuple[list[Export], Book]:
    """Make two exports that overlap: one row per line, the order's amounts on each of them."""
    book = Book()
    first = Export("jd_orders_1.csv", "jd", JD_HEADER, "gb18030", "\r\n")
    second = Export("jd_orders_2.csv", "jd", JD_HEADER, "utf-8-sig", "\r\n")
    rows = {number: _jd_order(number, first, book) for number in range(30)}
    first.refuse_cells(JD_HEADER, "csv.header_repeated")
    for number in range(30, 36):
        rows[number] = _jd_order(number, first, book)
    _jd_refused(first, rows[1][0])
    for number in (33, 34, 35):
        for row in rows[number]:
            second.add(row, "duplicate")
    for number in range(36, 46):
        _jd_order(number, second, book)
    return [first, second], book


def _jd_order(number: int, export: Export, book: Book) -> list[dict[str, str]]:
    key, status, person = f"3{number:010d}7", status_of(number + 5), (number + 10) % 25
    placed = datetime(2025, 11, 1, 20, 30, tzinfo=CHINA) + timedelta(hours=11 * number)
    on_delivery = number % 15 == 2 and status == "completed"
    paid_at = None if status in ("placed", "cancelled") else placed if on_delivery else placed + timedelta(minutes=2)
    parts = [(SKUS[(number + line) % 6], 1 + (number + line) % 3) for line in range(1 + number % 3)]
    goods = sum(sku[2] * units for sku, units in parts)
    settled = goods - 1500 * (number % 2)
    freight = 600 * (number % 8 == 0)
    confirmed = "" if paid_at is None or on_delivery else paid_at.strftime("%Y-%m-%d %H:%M:%S")
    if confirmed and number % 10 == 3:
        confirmed = excel_serial(placed + timedelta(minutes=2))
    rows = [
        export.add(
            {
                "订单号": excel_id(key),
                "商品ID": f"1000{SKUS.index(sku)}",
                "商品名称": sku[1],
                "订购数量": str(units),
                "支付方式": "货到付款" if on_delivery else "在线支付",
                "下单时间": placed.strftime("%Y-%m-%d %H:%M:%S"),
                "京东价": yuan(sku[2]),
                "订单金额": yuan(goods, ","),
                "结算金额": yuan(settled, ","),
                "余额支付": "0元",
                "应付金额": yuan(settled + freight),
                "订单状态": JD_TEXT[status],
                "下单帐号": f"jd_user_{person:02d}",
                "联系电话": mobile(person)
                if number % 4
                else f"{mobile(person)[:3]} {mobile(person)[3:7]} {mobile(person)[7:]}",
                "运费金额": f"{yuan(freight)}元" if freight else "0",
                "付款确认时间": confirmed,
                "货号": sku[0],
                "订单备注": "周末送, 勿放门口" if number % 9 == 1 else "",
            }
        )
        for sku, units in parts
    ]
    book.order(key, status, settled, paid_at)
    book.mobiles.add(mobile(person))
    for _, units in parts:
        book.line(units)
    return rows


def _jd_refused(export: Export, good: dict[str, str]) -> None:
    def changed(number: int, **cells: str) -> dict[str, str]:
        return {**good, "订单号": excel_id(f"39999{number:06d}7"), **cells}

    export.refuse(changed(1, 结算金额="NaN"), "amount.not_number")
    export.refuse(changed(2, 结算金额="1e5"), "amount.scientific")
    export.refuse(changed(3, 付款确认时间="2025-02-30 10:00:00"), "date.invalid")
    export.refuse(changed(4, 联系电话="1990000I001"), "phone.characters")
    extra = [changed(5).get(name, "") for name in JD_HEADER]
    export.refuse_cells([*extra, "多", "出"], "csv.columns_extra")
