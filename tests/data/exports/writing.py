"""How a sample file is written, what it is meant to become, and the small words all platforms share."""

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
_QUOTED_ID = re.compile(r'"=""(\d+)"""')
SKUS = (
    ("00123", "修护精华 30ml", 29900),
    ("00124", "保湿面霜 50g", 16800),
    ("A-2001", "真丝衬衫 白", 129900),
    ("A-2002", "牛仔裤, 直筒", 45900),
    ("G-77", '帆布袋 "夏日"', 5900),
    ("G-78", "护手霜 三支装", 8850),
)


def yuan(fen: int, thousands: str = "") -> str:
    """Return an amount in yuan with two decimals; `thousands` separates groups of three digits."""
    sign = "-" if fen < 0 else ""
    whole = f"{abs(fen) // 100:,}".replace(",", thousands)
    return f"{sign}{whole}.{abs(fen) % 100:02d}"


def excel_id(text: str) -> str:
    """Return an id as exports write it to keep Excel from rounding it."""
    return f'="{text}"'


def excel_serial(moment: datetime) -> str:
    """Return a moment as the number Excel shows once a cell has lost its format."""
    passed = moment.replace(tzinfo=None) - datetime(1899, 12, 30)
    return f"{passed.days + passed.seconds / 86400:.6f}"


def mobile(person: int) -> str:
    """Return the mobile of a person."""
    return f"1990000{person:04d}"


@dataclass
class Export:
    """One file: its header, how it is written, its records with the fate each is meant to have.

    With `bare_ids`, ="1930…" stands without the quotes around it that CSV asks for: both are met.
    """

    name: str
    profile: str
    header: list[str]
    encoding: str = "utf-8"
    line_end: str = "\n"
    bare_ids: bool = False
    records: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: {"stored": 0, "quarantined": 0, "duplicate": 0})
    refused: list[tuple[int, str]] = field(default_factory=list)

    def add(self, cells: dict[str, str], fate: str = "stored", code: str = "") -> dict[str, str]:
        """Write a row and count its fate; return its cells."""
        unknown = set(cells) - set(self.header)
        if unknown:
            raise ValueError(f"{self.name} has no columns {unknown}")
        return self._note(self._line([cells.get(name, "") for name in self.header]), fate, code) or cells

    def refuse(self, cells: dict[str, str], code: str) -> None:
        """Write a row that must end in quarantine with this code."""
        self.add(cells, "quarantined", code)

    def refuse_cells(self, cells: list[str], code: str) -> None:
        """Write a record of any number of cells that must end in quarantine with this code."""
        self._note(self._line(cells), "quarantined", code)

    def content(self) -> bytes:
        """Return the file."""
        return "".join([self._line(self.header), *self.records]).encode(self.encoding)

    def _line(self, cells: list[str]) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator=self.line_end).writerow(cells)
        return _QUOTED_ID.sub(r'="\1"', text.getvalue()) if self.bare_ids else text.getvalue()

    def _note(self, record: str, fate: str, code: str) -> None:
        line = 2 + sum(earlier.count("\n") for earlier in self.records)
        self.records.append(record)
        self.counts[fate] += 1
        if fate == "quarantined":
            self.refused.append((line, code))


@dataclass
class Book:
    """What the warehouse must know at the end of a folder."""

    status: dict[str, str] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    days: dict[str, date] = field(default_factory=dict)
    refunds: dict[str, list[int]] = field(default_factory=dict)
    mobiles: set[str] = field(default_factory=set)
    lines: int = 0
    units: int = 0

    def order(self, key: str, status: str, paid: int, paid_at: datetime | date | None) -> None:
        """Note an order, or its newer version."""
        self.status[key], self.paid[key] = status, paid
        if isinstance(paid_at, datetime):
            paid_at = paid_at.astimezone(CHINA).date()
        if paid_at is not None:
            self.days[key] = paid_at

    def line(self, units: int) -> None:
        """Note an order line."""
        self.lines += 1
        self.units += units

    def refund(self, key: str, amount: int) -> None:
        """Note a refund."""
        self.refunds.setdefault(key, []).append(amount)

    def facts(self) -> dict[str, object]:
        """Return the figures of EXPECTED.yaml."""
        paid = [key for key, status in self.status.items() if status not in ("placed", "cancelled")]
        given_back = sum(
            sum(self.refunds[key]) if key in self.refunds else self.paid[key] * (self.status[key] == "refunded")
            for key in paid
        )
        orphans = sum(sum(amounts) for key, amounts in self.refunds.items() if key not in self.status)
        states = sorted(set(self.status.values()))
        return {
            "orders": len(self.status),
            "by_status": {state: sum(found == state for found in self.status.values()) for state in states},
            "lines": self.lines,
            "units": self.units,
            "refunds": sum(len(amounts) for amounts in self.refunds.values()),
            "gross_fen": sum(self.paid[key] for key in paid),
            "refund_fen": given_back,
            "orphan_refund_fen": orphans,
            "first_date": min(self.days[key] for key in paid).isoformat(),
            "last_date": max(self.days[key] for key in paid).isoformat(),
            "mobiles": len(self.mobiles),
        }


def status_of(number: int) -> str:
    """Return the status of the n-th order: mostly completed, each of the others now and then."""
    rare = {3: "placed", 6: "refunded", 7: "fulfilled", 8: "paid", 9: "cancelled", 16: "cancelled", 18: "paid"}
    return rare.get(number % 20, "completed")
