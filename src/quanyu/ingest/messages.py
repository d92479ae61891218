"""What is said about each fault of a row: one sentence and what to do, by code (`reliability.md` §7.1)."""

from typing import Final

from quanyu.errors import Problem, Where

SAYINGS: Final[dict[str, tuple[str, str]]] = {
    "amount.negative": ("Negative amount.", "Use a refund, or say `sign` in the mapping."),
    "amount.not_number": ("Not a number.", "Correct the cell."),
    "amount.positive": (
        "Positive amount where negative ones are expected.",
        "Correct it, or the `sign` of the mapping.",
    ),
    "amount.range": ("The amount is above the limit of 1,000,000,000.00.", "Correct the cell."),
    "amount.scale": ("More decimals than the number may have.", "Round it at the source."),
    "amount.scientific": ("Scientific notation.", "Write the number out, such as 100000."),
    "amount.symbol": ("A currency sign stands in the amount.", "Remove it, or add the cleaner money_symbol."),
    "amount.thousands": ("Thousands separators.", "Remove them, or add the cleaner thousands."),
    "consent.proof_missing": ("A consent needs its time.", "Correct the cell; a consent nobody can prove is none."),
    "csv.bad_utf8": ("Invalid UTF-8.", "Correct the character, or choose the encoding."),
    "csv.cell_too_long": ("A cell is longer than the limit.", "Shorten it, or raise limits.cell_characters."),
    "csv.columns_extra": ("More cells than the header has.", "Is a separator inside a cell unquoted?"),
    "csv.columns_missing": ("Fewer cells than the header has.", "Correct the row."),
    "csv.footer": ("This looks like a total row.", "Remove it, or say `skip_footer`."),
    "csv.header_repeated": ("The header once more; were files joined?", "Discard the row."),
    "csv.nul": ("A NUL character.", "Remove it."),
    "csv.stray_quote": ("A quote inside an unquoted cell.", "Quote the cell and double the quote."),
    "date.ambiguous": ("Could be day/month or month/day.", "State the `format` of this column."),
    "date.invalid": ("Not a date that exists, or not in a known format.", "Correct it, or state the `format`."),
    "date.serial": ("Looks like an Excel date number.", "Export dates as text, or add the format excel_serial."),
    "date.too_old": ("Before 1995-01-01.", "Correct the date, or leave the cell empty."),
    "email.invalid": ("Not an e-mail address.", "Correct it, or leave the cell empty."),
    "enum.unknown": ("Not one of the known values.", "Correct it, or add it to `values` in the mapping."),
    "group.disagrees": ("Rows of one group give different values.", "Correct them, or choose how to `combine`."),
    "group.incomplete": ("Another row of its group was refused.", "Repair that row, then replay both."),
    "group.superseded": (
        "orders that an earlier file had with other values; these rows hold now and are not added to those.",
        "Deliver an order whole in one file; was one split over two?",
    ),
    "id.scientific": ("Excel changed this number and digits are lost.", "Format the column as text and export again."),
    "json.invalid": ("Not JSON.", "Correct the cell."),
    "order.currency": (
        "An amount in another currency than the workspace's.",
        "Amounts of two currencies cannot be added; send this source's amounts in the workspace's currency.",
    ),
    "order.in_future": ("The time is more than 24 h ahead of now.", "Check the clock and time zone of the source."),
    "phone.characters": ("A character that is no digit in a phone number.", "Correct the number."),
    "phone.invisible": ("Invisible characters in a phone number; removed.", ""),
    "phone.length": (
        "A mainland mobile number has 11 digits.",
        "Correct the number, or write it with + and country code.",
    ),
    "phone.normalised": ("A phone number written another way; read as its 11 digits or + and country code.", ""),
    "phone.scientific": (
        "Excel changed this number and digits are lost.",
        "Format the column as text and export again.",
    ),
    "pii.sensitive_refused": (
        "The cell seems to hold an ID-card number; not allowed here.",
        "Remove it at the source.",
    ),
    "refund.exceeds_order": (
        "orders of which more was given back than paid.",
        "Compare refunds and orders of these ids at the source.",
    ),
    "refund.orphan": (
        "refunds whose order was never received.",
        "They are kept, and count when the order comes.",
    ),
    "request.not_live": ("No SDK that quanyu knows sends such a request.", "Correct the address the sender uses."),
    "request.undecoded": ("The request could not be decoded.", "Its text is kept; report this to us."),
    "row.duplicate_conflict": ("The same key with other values.", "Keep one of them, or map a `version`."),
    "row.event_id_reused": (
        "The id of an earlier record with other content; the first one stays.",
        "Give it its own id.",
    ),
    "row.required": ("The cell is empty.", "Fill it."),
    "row.unclaimed": (
        "No feed of the mapping takes this row.",
        "Correct the `where` of the feeds, or discard the row.",
    ),
    "sku.unknown": ("lines whose product no catalogue has.", "Deliver the catalogue anew, or correct the id."),
    "sku.zeros_lost": (
        "lines whose product no catalogue has, but has with zeros in front.",
        "Were zeros lost in Excel? Export the id as text.",
    ),
    "text.control": ("A hidden direction or control character.", "Remove it."),
    "time.in_future": ("The time is more than 24 h ahead of now.", "Check the clock and time zone of the source."),
    "time.invalid": ("Not a time that exists.", "Use 00:00 of the next day for 24:00."),
    "time.nonexistent": ("This local time was skipped by daylight saving.", "Correct it, or write the offset."),
    "time.zone_mixed": ("The column mixes times with and without a zone.", "State the `time_zone` of this column."),
    "text.formula": ("A formula; stored as text.", "It is made harmless on export."),
    "identifier.masked": ("A masked value identifies nobody.", "Ask the platform for a stable id."),
    "identifier.junk": ("A value that stands for nobody.", ""),
}


_OF_REQUEST: Final = ("This part of a request could not be read.", "Correct the sender; the text is kept.")


def fault(code: str, field: str, where: Where | None = None, detail: str = "") -> Problem:
    """Return the problem of a row: the saying of its code at its place; `detail` is another line it speaks of."""
    # Decoders of requests have codes of their own (docs/sdk.md).
    message, remedy = SAYINGS.get(code, _OF_REQUEST)
    if detail:
        message = f"{message[:-1]} as line {detail}."
    place = where or Where()
    return Problem(code, message, remedy, Where(place.file, place.line, place.column, place.row, field or None))


def is_known(code: str) -> bool:
    """Return whether there is a saying for the code."""
    return code in SAYINGS
