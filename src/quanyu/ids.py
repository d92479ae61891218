"""Ids of our own and how they are written: a person is a 60-bit integer inside, `P` and twelve characters outside.

The characters are Crockford's base 32 (no I, L, O, U), twelve for 60 bits, so that every id has the same length, sorts
as its number does, and survives being read aloud.  JSON carries the text: JavaScript loses integers above 2^53.
"""

import re
from typing import NewType

from quanyu.errors import InternalError, Problem

PersonId = NewType("PersonId", int)

PERSON_BITS = 60
PERSON_PREFIX = "P"

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS = PERSON_BITS // 5
_VALUES = {character: value for value, character in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_WRITTEN = re.compile(rf"P([0-9A-TV-Z]{{{_DIGITS}}})")


def format_person_id(person_id: PersonId) -> str:
    """Return the written form of a person id, `P` and twelve characters; also its form in JSON.

    Example:
        >>> format_person_id(PersonId(1234567890))
        'P0000014SC0PJ'

    """
    if not 0 < person_id < 1 << PERSON_BITS:
        raise InternalError(f"a person id is a positive {PERSON_BITS}-bit integer, not {person_id}")
    digits = (_ALPHABET[person_id >> shift & 31] for shift in range(PERSON_BITS - 5, -1, -5))
    return PERSON_PREFIX + "".join(digits)


def parse_person_id(text: str) -> PersonId | Problem:
    """Return the person id that the text writes, or the problem with it.

    Small letters, hyphens and spaces are accepted, and O, I, L are read as 0, 1, 1: people copy ids by hand.
    """
    match = _WRITTEN.fullmatch(re.sub(r"[\s-]", "", text).upper())
    value = _number(match[1]) if match else 0
    if not value:
        # The text may be a mobile number that somebody typed into the wrong field: it is not repeated here.
        return Problem(
            code="id.not_a_person",
            message="This is not a person id.",
            remedy=f"A person id is {PERSON_PREFIX} and {_DIGITS} letters or digits, such as P0000014SC0PJ.",
        )
    return PersonId(value)


def _number(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value << 5 | _VALUES[digit]
    return value
