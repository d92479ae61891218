"""Flat rows of text from the nested values of records: what a value says, as it was said, or nothing."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import reduce
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from quanyu.collect.conventions import plain
from quanyu.collect.vocabulary import FIELDS, IN_PRODUCT, PRODUCT_LISTS

Row = dict[str, str | None]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})")
_EXPONENT = re.compile(r"[+-]?\d{1,30}(\.\d{0,30})?[eE][+-]?\d{1,2}")
_NOTHING = frozenset(("", "null", "undefined", "none", "nan", "[object object]"))
_NO_VALUE = "未取到值"

# Long enough for every sum, difference and product of what `number` lets through.
_EXACT = Context(prec=500, rounding=ROUND_HALF_UP)
_CENT = Decimal("0.01")
_JSON = msgspec.json.Encoder(decimal_format="number", enc_hook=str)
# Numbers inside texts (a list of items written as JSON) keep their digits.
_JSON_IN_TEXT = msgspec.json.Decoder(float_hook=Decimal)


def text(value: Any) -> str | None:
    """Return a value as text: texts without outer blanks, numbers as sent; None for nothing, lists and objects.

    What stands for "no value" (empty, null, undefined, 神策's 未取到值…) is None.  A float, whose digits as sent are
    not known any more, gives its shortest exact text.
    """
    if not isinstance(value, str):
        return _unquoted(value)
    said = utf8(value).strip()
    return None if said.casefold() in _NOTHING or said.startswith(_NO_VALUE) else said


def _unquoted(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if isinstance(value, int | float | Decimal) else None


def utf8(value: str) -> str:
    """Return a text with halves of characters (a browser's lone surrogates) replaced by "?"."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def number(value: Any) -> str | None:
    """Return a number's text: a text as sent, a number without exponent; None when it is no finite decimal number.

    Signs of money and separators of thousands are not guessed at: they are no number here.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        said = value.strip()
        if _EXPONENT.fullmatch(said):
            return _plain_digits(Decimal(said))
        return said if _NUMBER.fullmatch(said) else None
    if isinstance(value, int):
        return str(value) if value.bit_length() < 200 else None
    if isinstance(value, float | Decimal) and is_finite(value):
        return _plain_digits(Decimal(repr(value)) if isinstance(value, float) else value)
    return None


def is_finite(value: float | Decimal) -> bool:
    """Return whether a number is neither infinite nor none at all."""
    return value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)


def _plain_digits(value: Decimal) -> str | None:
    """Without exponent; nothing real is 60 digits long, and what is shorter is added and multiplied exactly."""
    digits, exponent = value.as_tuple()[1:]
    if not isinstance(exponent, int) or abs(exponent) > 60 or len(digits) > 60:
        return None
    return format(value, "f")


def _exactly(one: str, other: str, operation: Callable[[Decimal, Decimal], Decimal]) -> str:
    return format(operation(Decimal(one), Decimal(other)), "f")


def minus(amount: str, *others: str | None) -> str:
    """Return an amount less others, exactly; the amount's own text when there is nothing to take off."""
    for other in others:
        amount = amount if other is None else _exactly(amount, other, _EXACT.subtract)
    return amount


def times(amount: str, count: str) -> str:
    """Return an amount times a count, exactly; the amount's own text for a count of one."""
    return amount if count == "1" else _exactly(amount, count, _EXACT.multiply)


def priced(price: str, quantity: str) -> str:
    """Return the amount of a quantity at a price, exactly; of goods by weight, whose price has two decimals and whose
    amount would have more, rounded half up.
    """
    amount = times(price, quantity)
    if _decimals(price) > 2 or _decimals(amount) <= 2:
        return amount
    return format(Decimal(amount).quantize(_CENT, context=_EXACT), "f")


def _decimals(number: str) -> int:
    return len(number.partition(".")[2])


def total(amounts: Iterable[str]) -> Decimal:
    """Return the exact sum of amounts."""
    return reduce(_EXACT.add, (Decimal(amount) for amount in amounts), Decimal(0))


def flag(value: Any) -> str | None:
    """Return "1" or "0" for what says yes or no; None for everything else."""
    said = (text(value) or "").casefold()
    if said in {"1", "true", "t", "yes", "y", "on", "是", "granted", "allow", "allowed", "subscribed", "opted_in"}:
        return "1"
    if said in {"0", "false", "f", "no", "n", "off", "否", "denied", "deny", "revoked", "unsubscribed", "opted_out"}:
        return "0"
    return None


def moment(value: Any) -> str | None:
    """Return a moment as ISO 8601 in UTC: of milliseconds or seconds since 1970, or of an ISO text with its offset.

    A time without a zone is None: whose clock it is cannot be known here.
    """
    said = text(value)
    if said is None:
        return None
    if re.fullmatch(r"\d{12,13}", said):
        return iso(int(said))
    if re.fullmatch(r"\d{9,10}", said):
        return iso(int(said) * 1000)
    try:
        told = datetime.fromisoformat(said)
    except ValueError:
        return None
    return _written(told.astimezone(UTC)) if told.tzinfo is not None and 1 < told.year < 9999 else None


def iso(milliseconds: int) -> str | None:
    """Return milliseconds since 1970 (UTC) as ISO 8601 with "Z"; None outside the years 1 to 9999."""
    try:
        return _written(_EPOCH + timedelta(milliseconds=milliseconds))
    except OverflowError:
        return None


def _written(told: datetime) -> str:
    return told.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_json(value: Any) -> str | None:
    """Return a value as JSON text, decimal numbers as they were sent; None for an empty object."""
    return _JSON.encode(value).decode() if value else None


def read_json(said: Any) -> Any:
    """Return what a text says as JSON when it looks like a list or an object, else the value itself."""
    if not isinstance(said, str) or said.lstrip()[:1] not in ("[", "{"):
        return said
    try:
        return _JSON_IN_TEXT.decode(said)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return said


@dataclass(frozen=True, slots=True)
class Said:
    """Properties by the name they are compared by (`plain`); the first of equal names that has a value holds."""

    values: dict[str, Any]

    def raw(self, field: str) -> Any:
        """Return the value of a field of `FIELDS` as sent, the most exact name first; None when it is not told."""
        for name in FIELDS[field]:
            value = self.values.get(name)
            if value is not None and text(value) is not None:
                return value
        return None

    def text(self, field: str) -> str | None:
        """Return a field as text; None when it is not told."""
        return text(self.raw(field))

    def name(self, field: str) -> str | None:
        """Return a field that is an id; "0" is none."""
        said = self.text(field)
        return None if said == "0" else said

    def number(self, field: str) -> str | None:
        """Return a field as the text of a number; None when it is not told or no number."""
        return number(self.raw(field))

    def flag(self, field: str) -> str | None:
        """Return "1", "0" or None for a yes-no field."""
        return flag(self.raw(field))


def said(*sources: Mapping[Any, Any]) -> Said:
    """Return what the objects say; a name that an earlier one has is the earlier one's."""
    values: dict[str, Any] = {}
    for source in sources:
        for name, value in source.items():
            if value is not None:
                values.setdefault(plain(str(name)), value)
    return Said(values)


def surroundings(context: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a record's context with one level of objects opened: `page: {url}` as `page_url`."""
    opened: dict[str, Any] = {}
    for name, value in context.items():
        if isinstance(value, Mapping):
            opened.update({f"{name}_{inner}": deep for inner, deep in value.items()})
        else:
            opened[str(name)] = value
    return opened


def products(properties: Said) -> tuple[Mapping[Any, Any], ...]:
    """Return the products an event lists, in its order: a list of objects, also one written as JSON text; else none."""
    for name in PRODUCT_LISTS:
        listed = read_json(properties.values.get(name))
        if isinstance(listed, Mapping):
            listed = [listed]
        if isinstance(listed, list | tuple):
            entries = tuple(entry for entry in (read_json(each) for each in listed) if isinstance(entry, Mapping))
            if entries:
                return entries
    return _columns(properties)


def _columns(properties: Said) -> tuple[dict[str, str], ...]:
    """GrowingIO joins lists with `||`: as many values under the product's id as under each other name of a list."""
    joined = {
        name: value.split("||") for name, value in properties.values.items() if isinstance(value, str) and "||" in value
    }
    ids = next((joined[name] for name in (*FIELDS["product_id"], *FIELDS["sku"]) if name in joined), None)
    if ids is None:
        return ()
    alike = {name: parts for name, parts in joined.items() if len(parts) == len(ids)}
    return tuple({name: parts[place] for name, parts in alike.items()} for place in range(len(ids)))


def product(entry: Mapping[Any, Any]) -> Said:
    """Return what one product of a list says; there `id`, `name` and `count` are the product's."""
    told = said(entry).values
    return Said(told | {name: told[short] for short, name in IN_PRODUCT.items() if short in told and name not in told})


def product_columns(one: Said) -> Row:
    """Return the columns that say which product: `product_id` is the SKU when told, as in `product.product_id`."""
    sku, product_id = one.name("sku"), one.name("product_id")
    return {
        "product_id": sku or product_id,
        "sku": sku,
        "spu_id": product_id,
        "product_name": one.text("product_name"),
        "category_id": one.name("category_id"),
    }


def query_of(url: str | None) -> dict[str, str]:
    """Return the query of an address by name; empty when it has none or cannot be read."""
    if url is None or "?" not in url:
        return {}
    try:
        return dict(parse_qsl(urlsplit(url).query))
    except ValueError:
        return {}


def first(values: Iterable[str | None]) -> str | None:
    """Return the first value that is there."""
    return next((value for value in values if value is not None), None)
