"""Columns of text as channels write them, made without a loop over rows."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanyu.demo.brand.chance import Ints, Mask
from quanyu.demo.brand.days import ZONE_SECONDS, dates, local_times

Texts: TypeAlias = pa.Array
EMPTY: Final = pa.scalar("", pa.string())


def number(values: Ints) -> Texts:
    """Return whole numbers as text."""
    return pa.array(values).cast(pa.string())


def padded(values: Ints, width: int) -> Texts:
    """Return whole numbers of 0 or more as text of a fixed width with leading zeros."""
    return pc.utf8_slice_codeunits(number(values + 10**width), 1, width + 1)


def money(fen: Ints) -> Texts:
    """Return fen as yuan with two decimals, `-12.50` below zero."""
    size = np.abs(fen)
    return glued(named(("", "-"), (fen < 0).astype(np.int64)), number(size // 100), ".", padded(size % 100, 2))


def day_text(day: Ints) -> Texts:
    """Return days as `2026-10-01`."""
    return pa.array(dates(day)).cast(pa.string())


def time_text(seconds: Ints) -> Texts:
    """Return local moments as `2026-10-01 09:30:00`."""
    return pa.array(local_times(seconds)).cast(pa.string())


def compact_time(seconds: Ints) -> Texts:
    """Return local moments as `20261001093000`."""
    return pc.replace_substring_regex(time_text(seconds), r"[- :]", "")


def epoch_ms(seconds: Ints) -> Texts:
    """Return local moments as milliseconds since 1970 in UTC."""
    return number((local_times(seconds).astype(np.int64) - ZONE_SECONDS) * 1000)


def named(names: Sequence[str], at: Ints) -> Texts:
    """Return the name at each index; -1 gives an empty text."""
    return pa.array([*names, ""], pa.string()).take(pa.array(np.where(at < 0, len(names), at)))


def glued(*parts: Any) -> Texts:
    """Return the parts joined; a text stands for a column of it."""
    return pc.binary_join_element_wise(*(_column(part) for part in parts), EMPTY)


def quoted(values: Texts) -> Texts:
    """Return texts as the cell of a csv file writes them that hold quotes or commas."""
    return glued('"', pc.replace_substring(values, '"', '""'), '"')


def masked(mobiles: Texts) -> Texts:
    """Return mobile numbers with their middle hidden, `139****0001`."""
    return glued(pc.utf8_slice_codeunits(mobiles, 0, 3), "****", pc.utf8_slice_codeunits(mobiles, 7, 11))


def where(mask: Mask, then: Any, otherwise: Any = "") -> Texts:
    """Return one of two columns for each row."""
    return pc.if_else(pa.array(mask), _column(then), _column(otherwise))


def same(value: str, rows: int) -> Texts:
    """Return a column of one text."""
    return pa.repeat(pa.scalar(value, pa.string()), rows)


def _column(part: Any) -> Any:
    return pa.scalar(part, pa.string()) if isinstance(part, str) else part
