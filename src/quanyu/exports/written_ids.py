"""Person ids as columns: from numbers to their written form and back, whole columns at a time (`quanyu.ids`)."""

import pyarrow as pa
import pyarrow.compute as pc

from quanyu.errors import Problem, UserError
from quanyu.ids import PERSON_BITS, PERSON_PREFIX

_CHARACTERS = pa.array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_DIGITS = PERSON_BITS // 5
_SHOWN = 5


def written_ids(numbers: pa.Array) -> pa.Array:
    """Return each person id as `P` and twelve characters."""
    parts = [
        pc.take(_CHARACTERS, pc.bit_wise_and(pc.shift_right(numbers, shift), 31))
        for shift in range(PERSON_BITS - 5, -1, -5)
    ]
    return pc.binary_join_element_wise(PERSON_PREFIX, *parts, "")


def read_ids(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return the numbers of written person ids; spelling as `parse_person_id`.

    Raises UserError `id.not_a_person` with the first rows that hold none; what they hold is not repeated.
    """
    plain = pc.replace_substring_regex(pc.utf8_upper(texts), r"[\s-]", "")
    plain = pc.replace_substring_regex(pc.replace_substring(plain, "O", "0"), "[IL]", "1")
    is_id = pc.fill_null(pc.match_substring_regex(plain, rf"^{PERSON_PREFIX}[0-9A-HJKMNP-TV-Z]{{{_DIGITS}}}$"), False)
    wrong = pc.indices_nonzero(pc.invert(is_id))
    if len(wrong):
        rows = ", ".join(str(row.as_py() + 1) for row in wrong[:_SHOWN])
        more = f" and {len(wrong) - _SHOWN:,} more" if len(wrong) > _SHOWN else ""
        message = f"No person id stands in row {rows}{more}."
        remedy = f"A person id is {PERSON_PREFIX} and {_DIGITS} letters or digits, such as P0000014SC0PJ."
        raise UserError(Problem("id.not_a_person", message, remedy))
    number = pa.scalar(0, pa.int64())
    for place in range(1, _DIGITS + 1):
        digit = pc.index_in(pc.utf8_slice_codeunits(plain, place, place + 1), _CHARACTERS)
        number = pc.bit_wise_or(pc.shift_left(number, 5), pc.cast(digit, pa.int64()))
    return number
