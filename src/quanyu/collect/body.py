"""Bodies opened within limits: what a request really carries, whatever its Content-Type says.

The first bytes decide: gzip, JSON, a form with the JSON in one field, else base64 (maybe of gzip).  Segment Web,
PostHog Web and GrowingIO Web send JSON as text/plain, 易观 and RudderStack Node as a form, PostHog Web gzip unsaid.
"""

import base64
import binascii
import json
import math
import zlib
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

import msgspec

from quanyu.collect.record import Fault

GZIP_MAGIC = b"\x1f\x8b"
# With the four beginnings of zlib's own form (PostHog's "deflate"); no base64 text begins so.
PACKED_MAGIC = (GZIP_MAGIC, b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
# The smallest picture: 1×1, transparent.
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")

_BOM = b"\xef\xbb\xbf"
_FORM_FIELDS = (b"data=", b"data_list=", b"crc=", b"gzip=", b"ext=")
_ADDRESS_SAFE = bytes.maketrans(b"-_", b"+/")
# gzip in base64 in a form in gzip is the deepest that any SDK sends.
_LAYERS = 5
# Longer numbers stay text: reading their digits takes time that grows with the square.
_LONGEST_NUMBER = 300

Part = TypeVar("Part")

_DECODER = msgspec.json.Decoder()
_CANONICAL = msgspec.json.Encoder(order="sorted", enc_hook=str)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much a body may be: bytes as sent, bytes inflated, how often smaller gzip may be, records of a request.

    A record may be `depth` levels deep and hold `keys` values (keys of objects and entries of lists) in all; the
    text of a request may hold about `values` values, which bounds the memory that reading it takes.  Up to
    `ratio_free_bytes` a body may inflate beyond the ratio: a few repeated records do.
    """

    body_bytes: int = 5_000_000
    inflated_bytes: int = 20_000_000
    ratio: int = 200
    ratio_free_bytes: int = 1_000_000
    depth: int = 32
    keys: int = 2_000
    records: int = 50_000
    values: int = 3_000_000


LIMITS = Limits()


class Unreadable(ValueError):
    """A body, or a part of one, that says nothing readable: a stable code, and what is wrong with it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail

    def fault(self, text: str) -> Fault:
        """Return the fault of this with the text it stood in."""
        return Fault(self.code, self.detail, text)


def inflate(data: bytes, limits: Limits = LIMITS) -> bytes:
    """Return gzip or zlib data opened, never holding more than the limits on size and ratio.

    Raises Unreadable: body.bomb, body.bad_gzip.
    """
    allowed = min(limits.inflated_bytes, max(limits.ratio_free_bytes, len(data) * limits.ratio))
    stream = zlib.decompressobj(wbits=47)
    try:
        opened = stream.decompress(data, allowed + 1)
    except zlib.error:
        raise Unreadable("body.bad_gzip", "the gzip data are broken") from None
    if len(opened) > allowed:
        raise Unreadable("body.bomb", f"the gzip data open to more than {allowed:,} bytes")
    if not stream.eof:
        raise Unreadable("body.bad_gzip", "the gzip data end in the middle")
    if stream.unused_data.strip(b"\0"):
        raise Unreadable("body.bad_gzip", "more data follow the end of the gzip data")
    return opened


def from_base64(text: bytes) -> bytes:
    """Return what base64 text says, in either alphabet; blanks in it were "+" signs that a form's decoder ate.

    Raises Unreadable: body.bad_base64.
    """
    bare = text.strip().replace(b" ", b"+").translate(_ADDRESS_SAFE, b"\r\n").rstrip(b"=")
    try:
        return base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        raise Unreadable("body.bad_base64", "the text is not base64") from None


def from_json(data: bytes) -> Any:
    """Return what JSON says; what only Python's writer lets through is mended: NaN is null, half a character is "?".

    Where something had to be mended, numbers that are too large for any use are left as text.

    Raises Unreadable: body.not_json, body.too_deep.
    """
    try:
        return _DECODER.decode(data.removeprefix(_BOM))
    except RecursionError:
        raise Unreadable("body.too_deep", "the JSON is nested beyond reading") from None
    except (msgspec.DecodeError, UnicodeError):
        return _mended(data.removeprefix(_BOM))


def _mended(data: bytes) -> Any:
    """One NaN or lone surrogate (both from `json.dumps`) must not cost the other 99 messages of a batch."""
    try:
        text = data.decode()
        value = json.loads(text, parse_constant=lambda _: None, parse_float=_finite, parse_int=_bearable)
        return _DECODER.decode(json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace"))
    except RecursionError:
        raise Unreadable("body.too_deep", "the JSON is nested beyond reading") from None
    except ValueError:
        raise Unreadable("body.not_json", "the text is not JSON") from None


def _finite(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _bearable(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def part_of(data: bytes, decoder: msgspec.json.Decoder[Part], limits: Limits = LIMITS) -> Part | None:
    """Return the typed part of a body's JSON that a decoder builds, skipping the rest; None when it has none."""
    try:
        text = text_of(data, limits)
        try:
            return decoder.decode(text.removeprefix(_BOM))
        except (msgspec.DecodeError, UnicodeError):
            return msgspec.convert(from_json(text), decoder.type)
    except (Unreadable, msgspec.ValidationError, RecursionError):
        return None


def looks_like_json(data: bytes) -> bool:
    """Return whether the first character that is no blank begins an object or a list."""
    return data[:64].removeprefix(_BOM).lstrip()[:1] in (b"{", b"[")


def looks_like_form(data: bytes) -> bool:
    """Return whether the data begin with a field in which SDKs put their JSON."""
    return data.startswith(_FORM_FIELDS)


def form(text: bytes | str) -> dict[str, bytes]:
    """Return the fields of a form or a query, the first of equal names; "+" stays "+" (base64 is full of them)."""
    fields: dict[str, bytes] = {}
    for pair in (text.encode("utf-8", "replace") if isinstance(text, str) else text).split(b"&"):
        name, _, value = pair.partition(b"=")
        fields.setdefault(unquote_to_bytes(name).decode("utf-8", "replace"), unquote_to_bytes(value))
    return fields


def value_of(data: bytes, limits: Limits = LIMITS) -> Any:
    """Return the JSON value a body carries, through gzip, a form's `data` or `data_list` and base64 in any order.

    Raises Unreadable: body.empty, body.too_large, body.bomb, body.bad_gzip, body.bad_base64, body.not_json,
    body.too_deep, body.too_many_values.
    """
    return from_json(text_of(data, limits))


def text_of(data: bytes, limits: Limits = LIMITS) -> bytes:
    """Return the JSON text a body carries, as `value_of` does without reading it; it begins with "{" or "[".

    Raises Unreadable: body.empty, body.too_large, body.bomb, body.bad_gzip, body.bad_base64, body.not_json,
    body.too_many_values.
    """
    if len(data) > limits.body_bytes:
        raise Unreadable("body.too_large", f"the body is larger than {limits.body_bytes:,} bytes")
    if not data.strip():
        raise Unreadable("body.empty", "the body is empty")
    for _ in range(_LAYERS):
        if looks_like_json(data):
            return countable(data, limits)
        data = _without_layer(data, limits)
    raise Unreadable("body.not_json", "the body holds no JSON")


def countable(text: bytes, limits: Limits = LIMITS) -> bytes:
    """Return JSON text that can be read without taking much more memory than its own size.

    20 MB of `{},{},…` would take 450 MB more.  Raises Unreadable: body.too_many_values.
    """
    if sum(map(text.count, (b"{", b"[", b","))) > limits.values:
        raise Unreadable("body.too_many_values", f"the request holds more than {limits.values:,} values")
    return text


def _without_layer(data: bytes, limits: Limits) -> bytes:
    if data.startswith(PACKED_MAGIC):
        return inflate(data, limits)
    if looks_like_form(data):
        fields = form(data)
        return next((fields[name] for name in ("data_list", "data") if fields.get(name)), b"")
    return from_base64(data)


def fitting(value: Any, limits: Limits = LIMITS) -> dict[str, Any]:
    """Return the value when it is an object of bearable depth and size.

    Raises Unreadable: record.not_object, record.too_deep, record.too_many_keys.
    """
    if not isinstance(value, dict):
        raise Unreadable("record.not_object", "an entry is no object")
    level: list[Any] = [value]
    keys = 0
    for _ in range(limits.depth):
        keys += sum(len(each) for each in level)
        if keys > limits.keys:
            raise Unreadable("record.too_many_keys", f"a record holds more than {limits.keys:,} values")
        inner = (entry for each in level for entry in (each.values() if isinstance(each, dict) else each))
        level = [entry for entry in inner if isinstance(entry, dict | list)]
        if not level:
            return value
    raise Unreadable("record.too_deep", f"a record is deeper than {limits.depth} levels")


def entries(value: Any, limits: Limits = LIMITS) -> Sequence[Any]:
    """Return the entries of a list; anything else is the only entry.

    Raises Unreadable: body.too_many_records.
    """
    if not isinstance(value, list):
        return (value,)
    if len(value) > limits.records:
        raise Unreadable("body.too_many_records", f"a request holds more than {limits.records:,} records")
    return value


def written(value: Any) -> str:
    """Return a value as JSON text with its keys in order, for a fault to keep."""
    return _CANONICAL.encode(value).decode()


def kept_text(data: bytes) -> str:
    """Return bytes as text for a fault: UTF-8 as it is, anything else as base64 after "base64:"."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(data).decode()
