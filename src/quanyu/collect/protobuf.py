"""The wire format of protocol buffers, as far as events of SDKs need it: fields by number, no generated classes.

Source: protobuf.dev, "Encoding": a key is `number << 3 | wire type`; varints are little-endian groups of seven bits.
"""

import struct
from collections.abc import Iterator

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_LONGEST_VARINT = 10

Value = int | float | bytes


class ProtobufError(ValueError):
    """The bytes are no message: they end inside a field, or a key names a wire type that is none."""


def fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """Return number and value of each field in the order written.

    Varints come as signed 64-bit integers, texts and messages as bytes, 64- and 32-bit fields as doubles and floats.
    Raises ProtobufError.
    """
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, place = _varint(data, place)
            yield number, value - (1 << 64) if value >> 63 else value
        elif wire_type == _BYTES:
            size, place = _varint(data, place)
            yield number, _taken(data, place, size)
            place += size
        elif wire_type in (_FIXED_64, _FIXED_32):
            size = 8 if wire_type == _FIXED_64 else 4
            yield number, struct.unpack("<d" if size == 8 else "<f", _taken(data, place, size))[0]
            place += size
        else:
            raise ProtobufError(f"wire type {wire_type} is none of protocol buffers")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """The value, and the place after it."""
    value = 0
    for shift, byte in enumerate(data[place : place + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, place + shift + 1
    raise ProtobufError("the message ends inside a number")


def _taken(data: bytes, place: int, size: int) -> bytes:
    if place + size > len(data):
        raise ProtobufError("the message ends inside a field")
    return data[place : place + size]
