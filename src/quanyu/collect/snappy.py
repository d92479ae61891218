"""Snappy's raw block, which GrowingIO's server SDKs send (`X-Compress-Codec: 2`).

Source: google/snappy, format_description.txt: the length of the text as a varint, then literals and copies.
"""

_LONGEST_LENGTH = 5


class SnappyError(ValueError):
    """The bytes are no Snappy block, or say more than is allowed."""


def decompressed(data: bytes, limit: int) -> bytes:
    """Return what the block says, at most `limit` bytes.

    Raises SnappyError.
    """
    size, place = _length(data)
    if size > limit:
        raise SnappyError(f"the block opens to more than {limit:,} bytes")
    out = bytearray()
    while place < len(data):
        tag = data[place]
        place = _literal(data, place, out) if tag & 3 == 0 else _copy(data, place, out)
        if len(out) > size:
            raise SnappyError("the block says more than its length")
    if len(out) != size:
        raise SnappyError("the block says less than its length")
    return bytes(out)


def _length(data: bytes) -> tuple[int, int]:
    size = 0
    for shift, byte in enumerate(data[:_LONGEST_LENGTH]):
        size |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return size, shift + 1
    raise SnappyError("the block does not begin with its length")


def _number(data: bytes, place: int, width: int) -> int:
    if place + width > len(data):
        raise SnappyError("the block ends in the middle")
    return int.from_bytes(data[place : place + width], "little")


def _literal(data: bytes, place: int, out: bytearray) -> int:
    """Append a literal; return the place after it.  Lengths above 60 stand in the one to four bytes that follow."""
    size, place = data[place] >> 2, place + 1
    if size >= 60:
        width = size - 59
        size, place = _number(data, place, width), place + width
    size += 1
    if place + size > len(data):
        raise SnappyError("the block ends in the middle")
    out += data[place : place + size]
    return place + size


def _copy(data: bytes, place: int, out: bytearray) -> int:
    """Append what was said `offset` bytes ago; return the place after it.  A copy may run into what it writes."""
    tag = data[place]
    if tag & 3 == 1:
        size, offset, width = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | _number(data, place + 1, 1), 1
    else:
        width = 2 if tag & 3 == 2 else 4
        size, offset = (tag >> 2) + 1, _number(data, place + 1, width)
    if not 0 < offset <= len(out):
        raise SnappyError("a copy begins before the text")
    piece = bytes(out[len(out) - offset : len(out) - offset + size])
    out += (piece * (size // len(piece) + 1))[:size]
    return place + 1 + width
