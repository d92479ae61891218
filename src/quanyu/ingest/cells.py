"""How one value is made from a row of text: its cleaners, its typed value, and what is wrong with it.

The trees read each other's results: `text` reads the columns of the file, each cleaner reads what the one
before it made, `value` reads `t:<key>`, `problem` and `final` read `t:<key>` and `v:<key>`.  Each is its own query:
nested in one expression, macros that use their argument several times would grow without bound.  A problem is a code
(`amount.scale`), null when there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from quanyu.definitions.source import ColumnMap, Source
from quanyu.engine import parse_expression
from quanyu.engine.embedded import lenient, try_cast
from quanyu.engine.tree import Tree, all_of, call, case, cast, coalesce, col, is_null, lit
from quanyu.errors import InternalError, Where
from quanyu.ingest.headings import Header
from quanyu.ingest.zones import Zone, read_zone
from quanyu.tables import Column, Table, Type

OLDEST: Final = datetime(1995, 1, 1)
"""Moments before this are typing errors or placeholders (1899-12-30, 0001-01-01); open data begin in 1997."""
AHEAD: Final = timedelta(hours=24)
LARGEST_AMOUNT: Final = 100_000_000_000
_MINOR_UNITS: Final = ("minor", "fen", "cents")
_THOUSANDS: Final = {
    "1234.50": "clean_comma_thousands",
    "1,234.50": "clean_comma_thousands",
    "1.234,50": "clean_dot_thousands",
    "1 234,50": "clean_blank_thousands",
}
# What is sold, listed or given back is not below zero unless the mapping says so; discounts are written both ways.
_NOT_NEGATIVE: Final = {
    "order": ("paid_fen", "list_fen"),
    "order_line": ("paid_fen", "list_fen", "qty"),
    "refund": ("amount_fen", "qty"),
}
# Dates that may lie ahead: promises, validity, plans.
_MAY_LIE_AHEAD: Final = ("promised", "expires", "ends", "starts", "paid_until", "active_", "launch", "closed", "opened",
                         "week_start", "due", "valid", "planned", "scheduled")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row: `key` names it in the mapped table, `label` names it for people (heading or column).

    `keeps_original` says that `warning` reads the text as it stood in the file, as `o:<key>`.
    """

    key: str
    label: str
    text: Tree
    value: Tree
    final: Tree
    problem: Tree | None = None
    warning: Tree | None = None
    cleaners: tuple[str, ...] = ()
    keeps_original: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source's cells share: the header of the file, zones, the currency's decimals, and what time it is."""

    source: Source
    header: Header
    zone: Zone
    business_zone: Zone
    minor_digits: int
    now: datetime
    longest_cell: int

    def raw(self, names: Sequence[str]) -> Tree | None:
        """Return the file's column of the first of the headings it has, or None."""
        heading = self.header.find(names)
        return col(heading) if heading is not None else None

    def macros(self, cleaners: Sequence[str]) -> tuple[str, ...]:
        """Return the macros of the named cleaners in order, after the one that every text goes through."""
        named = (_THOUSANDS[self.source.number_style] if name == "thousands" else f"clean_{name}" for name in cleaners)
        return ("clean_text", *(name for name in named if name != "clean_trim"))


def column_cell(mapping: ColumnMap, column: Column, table: Table, reading: Reading) -> Cell:
    """Return the cell of one canonical column."""
    label = reading.header.find(mapping.from_) or (mapping.from_[0] if mapping.from_ else column.name)
    key = column.name
    if mapping.time_zone is not None:
        reading = replace(reading, zone=read_zone(mapping.time_zone))
    if mapping.value is not None:
        return Cell(key, label, lit(None), _constant(mapping.value, column), col(f"v:{key}"))
    if mapping.number_within:
        return Cell(key, label, col(number_name(mapping.number_within)), col(f"t:{key}"), col(f"v:{key}"))
    text, cleaners = _text(mapping, column, reading)
    kind = Type(mapping.type) if mapping.type else column.type
    given = col(f"t:{key}")
    value = _typed(_mapped(given, mapping), kind, mapping, reading)
    if kind is not column.type:
        value = _as(value, column.type)
    final = _finished(col(f"v:{key}"), mapping, column, table, reading.source)
    problem = _problem(mapping, column, kind, table, reading)
    warning = case([(_starts_with_equals(given), lit("text.formula"))]) if kind is Type.TEXT else None
    return Cell(key, label, text, value, final, problem, warning, cleaners)


def number_name(names: Sequence[str]) -> str:
    """Return the name of the column that numbers the rows of the file within equal values of these columns."""
    return f"#number in {'|'.join(names)}"


def moment_of(text: Tree, formats: Sequence[str], zone: Zone) -> Tree:
    """Return the UTC moment a text says, by the first of the formats that fits; times without a zone are in `zone`."""
    return coalesce(*(_by_format(text, written, zone) for written in formats or ("iso",)), lit(None))


def _text(mapping: ColumnMap, column: Column, reading: Reading) -> tuple[Tree, tuple[str, ...]]:
    cleaners = list(mapping.clean)
    if reading.source.number_style != "1234.50" and column.type in (Type.FEN, Type.DECIMAL, Type.INT, Type.RATIO):
        cleaners += [] if "thousands" in cleaners else ["thousands"]
    if mapping.expression:
        tree, problems = parse_expression(mapping.expression, reading.header.names, Where())
        if tree is None:
            raise InternalError(f"expression of {column.name} was not checked: {problems}")
        return cast(lenient(tree), "VARCHAR"), reading.macros(cleaners)
    raw = reading.raw(mapping.from_)
    return (lit(None), ()) if raw is None else (raw, reading.macros(cleaners))


def _constant(value: str | bool | int, column: Column) -> Tree:
    return _as(lit(value), column.type)


def _as(tree: Tree, kind: Type) -> Tree:
    types = {Type.FEN: "BIGINT", Type.INT: "BIGINT", Type.KEY: "BIGINT", Type.DECIMAL: "DECIMAL(18, 6)",
             Type.RATIO: "DOUBLE", Type.BOOL: "BOOLEAN", Type.DATE: "DATE", Type.TIME: "TIMESTAMP"}  # fmt: skip
    return try_cast(tree, types.get(kind, "VARCHAR"))


def _mapped(text: Tree, mapping: ColumnMap) -> Tree:
    if not mapping.values and mapping.otherwise is None:
        return text
    branches: list[tuple[Tree, Tree]] = [(text.eq(lit(given)), lit(meant)) for given, meant in mapping.values.items()]
    if mapping.otherwise is not None:
        branches.append((is_null(text).not_(), lit(mapping.otherwise)))
    return case(branches)


def _typed(text: Tree, kind: Type, mapping: ColumnMap, reading: Reading) -> Tree:
    if kind is Type.FEN:
        return _minor_of(text, 0 if mapping.unit in _MINOR_UNITS else reading.minor_digits)
    if kind is Type.DATE:
        return _date_of(text, mapping, reading)
    if kind is Type.TIME:
        return moment_of(text, mapping.format, reading.zone)
    if kind is Type.DECIMAL:
        number = call("read_decimal", text)
        return (
            try_cast(number * cast(lit("0.01"), "DECIMAL(3, 2)"), "DECIMAL(18, 6)")
            if mapping.unit == "percent"
            else number
        )
    if kind is Type.RATIO:
        ratio = call("read_ratio", text)
        return ratio * cast(lit("0.01"), "DOUBLE") if mapping.unit == "percent" else ratio
    readers = {Type.INT: "read_int", Type.KEY: "read_int", Type.BOOL: "read_bool"}
    return call(readers[kind], text) if kind in readers else text


def _minor_of(text: Tree, digits: int) -> Tree:
    """Return an amount in the smallest unit, exactly: a text with more decimals than the currency has is not read."""
    pattern = rf"[+-]?([0-9]+(\.[0-9]{{0,{digits}}}0*)?|\.[0-9]{{1,{max(digits, 1)}}})"
    # 18 digits in all: such numbers are reckoned in 64 bits.
    amount = try_cast(text, f"DECIMAL({18 - digits - 1}, {digits})")
    factor = cast(lit(10**digits), f"DECIMAL({digits + 1}, 0)")
    return case([(call("regexp_full_match", text, lit(pattern)), cast(amount * factor, "BIGINT"))])


def _date_of(text: Tree, mapping: ColumnMap, reading: Reading) -> Tree:
    parts: list[Tree] = []
    for written in mapping.format or ("iso",):
        if written == "iso":
            parts.append(cast(call("read_iso_local", text), "DATE"))
            parts.append(reading.business_zone.day(call("read_iso_zoned", text)))
        elif written == "excel_serial":
            parts.append(cast(call("read_excel_serial", text), "DATE"))
        elif written in ("epoch_s", "epoch_ms"):
            parts.append(reading.business_zone.day(call(f"read_{written}", text)))
        else:
            parts.append(cast(call("try_strptime", text, lit(written)), "DATE"))
    return coalesce(*parts, lit(None))


def _by_format(text: Tree, written: str, zone: Zone) -> Tree:
    if written == "iso":
        return coalesce(zone.utc(call("read_iso_local", text)), call("read_iso_zoned", text))
    if written == "excel_serial":
        return zone.utc(call("read_excel_serial", text))
    if written in ("epoch_s", "epoch_ms"):
        return call(f"read_{written}", text)
    parsed = call("try_strptime", text, lit(written))
    return call("timezone", lit("UTC"), parsed) if "%z" in written else zone.utc(parsed)


def _finished(value: Tree, mapping: ColumnMap, column: Column, table: Table, source: Source) -> Tree:
    if mapping.sign == "negative":
        value = value * lit(-1)
    elif mapping.sign == "absolute":
        value = call("abs", value)
    system = mapping.system or source.system
    if _is_id(column, table) and not mapping.values and system != "own":
        value = call("concat_ws", lit(":"), lit(system), value)
        value = case([(is_null(col(f"v:{column.name}")).not_(), value)])
    return coalesce(value, _constant(mapping.default, column)) if mapping.default is not None else value


def _is_id(column: Column, table: Table) -> bool:
    """Return whether the column holds an id that two systems may use for different things."""
    named = column.type is Type.TEXT and column.name.endswith("_id")
    return named and bool(column.references or column.name in table.entity)


def _problem(mapping: ColumnMap, column: Column, kind: Type, table: Table, reading: Reading) -> Tree:
    given, value = col(f"t:{column.name}"), col(f"v:{column.name}")
    required = mapping.required if mapping.required is not None else not column.null
    code = "consent.proof_missing" if (table.name, column.name) == ("consent", "occurred_at") else "row.required"
    missing = lit(code) if required and mapping.default is None else lit(None)
    branches: list[tuple[Tree, Tree]] = [(is_null(given), missing)]
    if mapping.values:
        emptied = [text for text, meant in mapping.values.items() if meant is None]
        branches += [(given.isin(*(lit(text) for text in emptied)), missing)] if emptied else []
        if mapping.otherwise is None:
            branches.append((given.isin(*(lit(text) for text in mapping.values)).not_(), lit("enum.unknown")))
    branches.append((is_null(value), _unread(given, kind, mapping, reading)))
    if column.values and not mapping.values and mapping.otherwise is None:
        branches.append((value.isin(*(lit(text) for text in column.values)).not_(), lit("enum.unknown")))
    branches += _limits(value, mapping, column, kind, table, reading)
    return case(branches)


def _unread(text: Tree, kind: Type, mapping: ColumnMap, reading: Reading) -> Tree:
    if kind is Type.FEN:
        return call("number_problem", text, lit(0 if mapping.unit in _MINOR_UNITS else reading.minor_digits))
    if kind in (Type.DECIMAL, Type.INT, Type.KEY, Type.RATIO):
        return call("number_problem", text, lit(0 if kind in (Type.INT, Type.KEY) else 6))
    if kind in (Type.DATE, Type.TIME):
        return call("time_problem", text)
    return lit("enum.unknown" if kind is Type.BOOL else "row.required")


def _limits(
    value: Tree, mapping: ColumnMap, column: Column, kind: Type, table: Table, reading: Reading
) -> list[tuple[Tree, Tree]]:
    branches: list[tuple[Tree, Tree]] = []
    if kind is Type.TEXT and _is_id(column, table):
        branches.append((is_null(call("id_problem", value)).not_(), lit("id.scientific")))
    elif kind is Type.TEXT and not column.values:
        problem = call("text_problem", value, lit(reading.longest_cell))
        branches.append((is_null(problem).not_(), problem))
    if kind is Type.JSON:
        branches.append((call("json_valid", value).not_(), lit("json.invalid")))
    if kind is Type.FEN:
        branches.append((call("abs", value) > lit(LARGEST_AMOUNT), lit("amount.range")))
    kept_sign = mapping.sign == "any" and "sign" not in mapping.model_fields_set
    if mapping.sign == "positive" or (kept_sign and column.name in _NOT_NEGATIVE.get(table.name, ())):
        branches.append((value < lit(0), lit("amount.negative")))
    if mapping.sign == "negative":
        branches.append((value > lit(0), lit("amount.positive")))
    if kind in (Type.DATE, Type.TIME):
        branches += _time_limits(value, mapping, column, kind, table, reading)
    return branches


def _time_limits(
    value: Tree, mapping: ColumnMap, column: Column, kind: Type, table: Table, reading: Reading
) -> list[tuple[Tree, Tree]]:
    branches: list[tuple[Tree, Tree]] = [
        (value < lit(OLDEST if kind is Type.TIME else OLDEST.date()), lit("date.too_old"))
    ]
    if not column.name.startswith(_MAY_LIE_AHEAD):
        latest = reading.now + AHEAD
        code = "order.in_future" if table.name == "order" else "time.in_future"
        branches.append((value > lit(latest if kind is Type.TIME else latest.date()), lit(code)))
    if kind is Type.TIME and not reading.zone.is_fixed:
        local = call("read_iso_local", col(f"t:{column.name}"))
        back = reading.zone.local(value)
        branches.append((all_of([is_null(local).not_(), local.neq(back)]), lit("time.nonexistent")))
    return branches


def _starts_with_equals(text: Tree) -> Tree:
    return call("starts_with", text, lit("="))
