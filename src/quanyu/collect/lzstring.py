"""LZ-string, the compression of GrowingIO's SDKs, in its three written forms: bytes, UTF-16 text, address-safe text.

An LZ78 over UTF-16 units: codes are written least significant bit first into units of 16, 15 or 6 bits, which are read
most significant bit first.  Source: pieroxy, lz-string 1.5 (npm), `_decompress`.
"""

_ADDRESS_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-$"
# "$" is the padding of the last sextet and has value 64 in the original, whose seventh bit is never read.
_SEXTETS = {character: f"{value & 63:06b}" for value, character in enumerate(_ADDRESS_SAFE)} | {" ": f"{62:06b}"}
# UTF-16 units of 15 bits are moved up by a blank, so that none of them is a control character.
_UTF16_SHIFT = 32
_CODE_8_BITS, _CODE_16_BITS, _CODE_END = 0, 1, 2
_FIRST_CODE = 3


class LzStringError(ValueError):
    """The text is not LZ-string, was cut off, or says more than is allowed."""


def from_uint8(data: bytes, limit: int) -> str:
    """Return what `compressToUint8Array` wrote: at most `limit` UTF-16 units.

    Raises LzStringError.
    """
    return _expanded(_bits(data), limit)


def from_utf16(text: str, limit: int) -> str:
    """Return what `compressToUTF16` wrote: at most `limit` UTF-16 units.

    Raises LzStringError.
    """
    units = [ord(character) - _UTF16_SHIFT for character in text]
    if any(not 0 <= unit < 1 << 15 for unit in units):
        raise LzStringError("a character is outside the 15-bit range of LZ-string's UTF-16 form")
    return _expanded("".join(f"{unit:015b}" for unit in units), limit)


def from_uri(text: str, limit: int) -> str:
    """Return what `compressToEncodedURIComponent` wrote: at most `limit` UTF-16 units.

    A blank is read as "+", which is what a form's decoder makes of it.  Raises LzStringError.
    """
    try:
        return _expanded("".join([_SEXTETS[character] for character in text]), limit)
    except KeyError:
        raise LzStringError("a character is outside the alphabet of LZ-string's address-safe form") from None


def _bits(data: bytes) -> str:
    return f"{int.from_bytes(data):0{len(data) * 8}b}" if data else ""


class _Reader:
    """Codes from a text of bits, each written least significant bit first."""

    def __init__(self, bits: str) -> None:
        self.bits = bits
        self.place = 0

    def code(self, width: int) -> int:
        start, self.place = self.place, self.place + width
        if self.place > len(self.bits):
            raise LzStringError("the text ends in the middle of a code")
        return int(self.bits[start : self.place][::-1], 2)

    def literal(self, code: int) -> str | None:
        """The new character that a code announces; None at the end."""
        return None if code == _CODE_END else chr(self.code(8 if code == _CODE_8_BITS else 16))


def _expanded(bits: str, limit: int) -> str:
    reader = _Reader(bits)
    code = reader.code(2)
    if code > _CODE_END:
        raise LzStringError("the text begins with no code of LZ-string")
    last = reader.literal(code)
    if last is None:
        return ""
    entries, parts, size = ["", "", "", last], [last], 1
    width = 3
    while True:
        code = reader.code(width)
        if code < _FIRST_CODE:
            fresh = reader.literal(code)
            if fresh is None:
                return _characters("".join(parts))
            code = len(entries)
            entries.append(fresh)
            width = max(width, _width(len(entries)))
        last = _next(entries, code, last)
        parts.append(last)
        size += len(last)
        if size > limit:
            raise LzStringError(f"the text says more than {limit:,} characters")
        width = max(width, _width(len(entries)))


def _next(entries: list[str], code: int, last: str) -> str:
    """The entry of a code ; the last text with its first character is the entry made next."""
    if code > len(entries):
        raise LzStringError("a code names an entry that does not exist yet")
    entry = entries[code] if code < len(entries) else last + last[0]
    entries.append(last + entry[0])
    return entry


def _width(entries: int) -> int:
    """Bits of a code when so many entries are known: one of the entry about to be made must fit as well."""
    return entries.bit_length()


def _characters(units: str) -> str:
    """Join pairs of surrogate units; a lone one becomes U+FFFD."""
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
