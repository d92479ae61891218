"""Exports of shops of one's own: Youzan and Shopify."""

from datetime import datetime, timedelta, timezone

from data.exports.writing import CHINA, SKUS, Book, Export, mobile, status_of, yuan

BERLIN_SUMMER = timezone(timedelta(hours=2))
YOUZAN_HEADER = (
    "订单号,订单状态,买家付款时间,订单实付金额,全部商品名称,收货人/提货人,收货人手机号/提货人手机号,详细收货地址/提货地址,"
    "买家手机号,yz_open_id,商家备注"
).split(",")
YOUZAN_TEXT = {
    "placed": "待付款",
    "paid": "待发货",
    "fulfilled": "已发货",
    "completed": "已完成",
    "cancelled": "交易关闭",
    "refunded": "交易关闭",
}


def youzan() -> tuple[list[Export], Book]:
    """Make one export, without byte-order mark, with cells over two lines."""
    book = Book()
    export = Export("youzan_orders.csv", "youzan", YOUZAN_HEADER)
    rows = [_youzan_order(number, export, book) for number in range(30)]
    export.add(rows[11], "duplicate")

    def changed(number: int, **cells: str) -> dict[str, str]:
        return {**rows[0], "订单号": f"E20260399999{number:04d}", **cells}

    export.refuse(changed(1, 订单实付金额="-5.00"), "amount.negative")
    export.refuse(changed(2, 买家手机号="1990000001"), "phone.length")
    export.refuse(changed(3, 买家付款时间="2099-03-01 10:00:00"), "order.in_future")
    export.refuse(changed(4, 买家付款时间="1899-12-30 10:00:00"), "date.too_old")
    export.refuse(changed(5, 订单实付金额="1000000000000000.00"), "amount.range")
    export.refuse(changed(6, 订单状态="payed"), "enum.unknown")
    for number in range(30, 40):
        _youzan_order(number, export, book)
    return [export], book


def _youzan_order(number: int, export: Export, book: Book) -> dict[str, str]:
    key, status, person = f"E202603{number:08d}", status_of(number + 2), (number + 20) % 30
    paid_at = datetime(2026, 3, 1, 23, 50, tzinfo=CHINA) + timedelta(hours=13 * number)
    paid = status not in ("placed", "cancelled")
    sku, units = SKUS[number % 6], 1 + number % 2
    amount = sku[2] * units
    full_width = str.maketrans("0123456789", "０１２３４５６７８９")
    phone = {
        3: mobile(person).translate(full_width),
        4: f"+86 {mobile(person)[:3]}-{mobile(person)[3:7]}-{mobile(person)[7:]}",
    }
    phone[5] = f"{mobile(person)[:5]}\u200b{mobile(person)[5:]}"
    row = export.add(
        {
            "订单号": key,
            "订单状态": YOUZAN_TEXT[status],
            "买家付款时间": paid_at.strftime("%Y-%m-%d %H:%M:%S") if paid else "",
            "订单实付金额": yuan(amount, ",") if number % 4 == 2 else yuan(amount),
            "全部商品名称": f"{sku[1]}({units}件)",
            "收货人/提货人": "测试",
            "收货人手机号/提货人手机号": "19900009999",
            "详细收货地址/提货地址": "示例市示例路1号\n2单元" if number % 7 == 3 else "示例市示例路1号",
            "买家手机号": phone.get(number % 8, mobile(person)),
            "yz_open_id": f"yz{person:06d}",
        }
    )
    book.order(key, status, amount, paid_at if paid else None)
    book.mobiles.add(mobile(person))
    return row


SHOPIFY_HEADER = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,"
    "Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,"
    "Lineitem discount,Notes,Cancelled at,Payment Method,Refunded Amount,Vendor,Id,Tags,Source"
).split(",")
SHOPIFY_TEXT = {
    "placed": ("pending", ""),
    "paid": ("paid", ""),
    "fulfilled": ("paid", "fulfilled"),
    "completed": ("paid", "fulfilled"),
    "cancelled": ("voided", ""),
    "refunded": ("refunded", ""),
}


def shopify() -> tuple[list[Export], Book]:
    """Make one export: order fields on the first row of an order only, times with their offset."""
    book = Book()
    export = Export("orders_export.csv", "shopify", SHOPIFY_HEADER)
    for number in range(35):
        _shopify_order(number, export, book)
    good = {
        "Financial Status": "paid",
        "Paid at": "2026-05-20 10:00:00 +0200",
        "Email": "buyer01@example.com",
        "Subtotal": "59.00",
        "Lineitem quantity": "1",
        "Lineitem name": "帆布袋",
        "Lineitem price": "59.00",
    }
    export.refuse({**good, "Name": "#9001", "Financial Status": "payed"}, "enum.unknown")
    export.refuse({**good, "Name": ""}, "row.required")
    export.refuse({**good, "Name": "#9003", "Paid at": "2026-05-20 24:00:00 +0200"}, "time.invalid")
    export.refuse({**good, "Name": "#9004", "Subtotal": "1,234.50"}, "amount.thousands")
    return [export], book


def _shopify_order(number: int, export: Export, book: Book) -> None:
    key, status = f"#{1001 + number}", status_of(number + 4)
    status = "fulfilled" if status == "completed" else status
    # Late evening in Berlin is the next morning in Shanghai.
    paid_at = datetime(2026, 5, 1, 21, 15, tzinfo=BERLIN_SUMMER) + timedelta(hours=9 * number)
    paid = status not in ("placed", "cancelled")
    parts = [(SKUS[(number + line) % 6], 1 + (number + line) % 2, 500 * (line == 1)) for line in range(1 + number % 3)]
    goods = sum(sku[2] * units - off for sku, units, off in parts)
    code = 1000 * (number % 5 == 4)
    subtotal = goods - code
    shipping = 490
    # A part given back leaves the order paid; Shopify calls that partially_refunded.
    back = 1234 if status == "fulfilled" and number % 6 == 1 else subtotal if status == "refunded" else 0
    financial, fulfilment = SHOPIFY_TEXT[status]
    for position, (sku, units, off) in enumerate(parts):
        cells = {
            "Name": key,
            "Created at": paid_at.strftime("%Y-%m-%d %H:%M:%S %z"),
            "Lineitem quantity": str(units),
            "Lineitem name": sku[1],
            "Lineitem price": yuan(sku[2]),
            "Lineitem sku": sku[0],
            "Lineitem discount": yuan(off),
            "Vendor": "quanyu demo",
        }
        if position == 0:
            cells |= {
                "Email": f" Buyer{number % 20:02d}@Example.com"
                if number % 8 == 5
                else f"buyer{number % 20:02d}@example.com",
                "Financial Status": "partially_refunded" if back and status == "fulfilled" else financial,
                "Paid at": paid_at.strftime("%Y-%m-%d %H:%M:%S %z") if paid else "",
                "Fulfillment Status": fulfilment,
                "Currency": "CNY",
                "Subtotal": yuan(subtotal),
                "Shipping": yuan(shipping),
                "Taxes": "0.00",
                "Total": yuan(subtotal + shipping),
                "Discount Code": "MAY10" if code else "",
                "Discount Amount": yuan(code),
                "Cancelled at": paid_at.strftime("%Y-%m-%d %H:%M:%S %z") if status == "cancelled" else "",
                "Refunded Amount": yuan(back),
                "Id": str(5500000000000 + number),
                "Source": "web",
            }
        export.add(cells)
        book.line(units)
    book.order(key, status, subtotal, paid_at if paid else None)
    if back:
        book.refund(key, back)
