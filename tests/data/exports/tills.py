"""Export of the tills of two stores."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from data.exports.writing import SKUS, Book, Export, mobile, yuan

POS_HEADER = (
    "小票号,门店编号,收银台,营业日期,交易时间,行号,会员卡号,手机号,商品编码,商品名称,数量,单价,折扣金额,金额,支付方式,原小票"
).split(",")


@dataclass(frozen=True)
class Line:
    """One line of a ticket: article, units (negative: a return), discount in fen, ticket it comes back from."""

    article: int
    units: int
    discount: int = 0
    origin: str = ""

    @property
    def sku(self) -> tuple[str, str, int]:
        """Return code, name and price in fen of the article."""
        return SKUS[self.article % len(SKUS)]


@dataclass
class Till:
    """One till of one store on one business day; its tickets are numbered from 1."""

    export: Export
    book: Book
    store: str
    till: str
    day: date
    tickets: int = 0

    def ticket(self, hour: int, person: int, lines: list[Line]) -> str:
        """Ring up a ticket and return its name; person 0 is nobody known.

        Hours count from the business day's midnight, so 24 and more are the next morning.
        """
        self.tickets += 1
        name = f"{self.store}-{self.till}-{self.day}-{self.tickets:04d}"
        midnight = datetime(self.day.year, self.day.month, self.day.day)
        at = midnight + timedelta(hours=hour, minutes=7 * self.tickets % 60)
        total, has_sale = 0, False
        for line_no, line in enumerate(lines, start=1):
            amount = line.sku[2] * line.units - line.discount
            self.export.add(self._cells(at, line_no, person, line, amount))
            if line.units < 0:
                self.book.refund(line.origin, -amount)
            else:
                total, has_sale = total + amount, True
                self.book.line(line.units)
        if has_sale:
            self.book.order(name, "completed", total, self.day)
            if person:
                self.book.mobiles.add(mobile(person))
        return name

    def _cells(self, at: datetime, line_no: int, person: int, line: Line, amount: int) -> dict[str, str]:
        return {
            "小票号": f"{self.tickets:04d}",
            "门店编号": self.store,
            "收银台": self.till,
            "营业日期": self.day.isoformat(),
            "交易时间": at.strftime("%Y-%m-%d %H:%M:%S"),
            "行号": str(line_no),
            "会员卡号": f"m{person:05d}" if person and self.tickets % 2 else "",
            "手机号": mobile(person) if person else "",
            "商品编码": line.sku[0],
            "商品名称": line.sku[1],
            "数量": str(line.units),
            "单价": yuan(line.sku[2]),
            "折扣金额": yuan(line.discount),
            "金额": yuan(amount, ","),
            "支付方式": "微信" if self.tickets % 3 else "现金",
            "原小票": line.origin,
        }


def pos() -> tuple[list[Export], Book]:
    """Make one export of two stores with two tills each: ticket numbers repeat, returns are negative lines."""
    book = Book()
    export = Export("pos_lines.csv", "pos", POS_HEADER, "utf-8-sig", "\r\n")
    sold: list[str] = []
    for day in (date(2026, 5, 1), date(2026, 5, 2), date(2026, 5, 3)):
        for store in ("S01", "S02"):
            for till in ("1", "2"):
                sold += _pos_day(Till(export, book, store, till, day), len(sold), sold)
    last = Till(export, book, "S02", "2", date(2026, 5, 4))
    # A return of a ticket that no file holds.
    last.ticket(11, 3, [Line(4, -1, origin="S02-1-2026-04-11-0042")])
    good = {"门店编号": "S01", "收银台": "9", "营业日期": "2026-05-04", "交易时间": "2026-05-04 10:00:00", "行号": "1"}
    good |= {"商品编码": "G-77", "数量": "1", "单价": "59.00", "折扣金额": "0.00", "金额": "59.00", "支付方式": "现金"}
    export.refuse({**good, "小票号": "0001", "数量": "-1", "金额": "-59.00"}, "row.required")
    export.refuse({**good, "小票号": "0002", "营业日期": ""}, "row.required")
    export.refuse({**good, "小票号": "0003", "营业日期": "2026-02-30"}, "date.invalid")
    export.refuse({**good, "小票号": "0004", "金额": "免费"}, "amount.not_number")
    export.refuse({"小票号": "合计", "金额": "9,999.00"}, "csv.footer")
    return [export], book


def _pos_day(till: Till, start: int, sold: list[str]) -> list[str]:
    names = []
    for number in range(3):
        count = start + number
        lines = [Line(count + line, 1 + (count + line) % 2, 300 * line) for line in range(1 + count % 2)]
        # The third ticket of a till is rung up after midnight; people without a number stay unknown.
        names.append(till.ticket((10, 15, 24)[number], count * 7 % 23, lines))
    if till.till == "2":
        # One unit of the first article of this till's first ticket comes back.
        till.ticket(20, start * 7 % 23, [Line(start, -1, origin=names[0])])
    if till.till == "1" and sold:
        # An exchange: one ticket holds a return of an earlier day's or till's first article and a sale.
        till.ticket(21, 5, [Line(len(sold) - 2, -1, origin=sold[-2]), Line(start + 4, 1)])
    return names
