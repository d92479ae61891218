"""What a source mapping says: where the rows are, which canonical tables they feed, and how each column is made.

A `Source` is one file `sources/<name>.yaml`, checked and frozen (`load_sources` in `sources.py`).  Ingest reads these
objects and nothing else of the YAML; SQL expressions are carried as text, `Source.place` tells where they stand.
"""

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from quanyu.definitions.document import Document, Key
from quanyu.definitions.shape import Frozen, Literal_, Names, SecretRef, Shape, Text, require_one
from quanyu.definitions.values import ZoneName
from quanyu.errors import Where

Format = Literal["csv", "tsv", "excel", "jsonl", "parquet", "sql", "live"]
Encoding = Literal["auto", "utf-8", "gb18030"]
NumberStyle = Literal["1234.50", "1,234.50", "1.234,50", "1 234,50"]
UnknownColumns = Literal["problem", "ignore"]
Unit = Literal["major", "minor", "yuan", "fen", "dollars", "cents", "ratio", "percent"]
Sign = Literal["any", "positive", "negative", "absolute"]
Combine = Literal["same", "first", "last", "sum", "min", "max", "count"]
SourceType = Literal["text", "int", "decimal", "fen", "date", "time", "bool", "ratio", "json"]
Cleaner = Literal[
    "trim",
    "excel_text",
    "half_width",
    "phone",
    "email",
    "digits",
    "upper",
    "lower",
    "money_symbol",
    "thousands",
    "masked_as_null",
    "zero_as_null",
]
"""Named cleaners, applied in the order written.

trim: outer white space and invisible characters.  excel_text: `="123"` and a leading `'` give `123`.  half_width:
full-width letters, digits and punctuation become ASCII.  phone: digits of a mobile, country code 86 removed.  email:
lower case.  digits: keeps digits only.  upper: upper case.  lower: lower case.  money_symbol: removes ¥, ￥, $, 元,
RMB, CNY.  thousands: removes separators of the number style.  masked_as_null: text holding `*` is no value.
zero_as_null: 0 is no value.
"""


class CsvOptions(Shape):
    """How a csv or tsv file is written.

    `delimiter` is one character, `whitespace` (runs of blanks) or `auto`.  `header_row` is the line of the header
    counted from 1; 0 means the file has none and `names` gives the columns in order.  `skip_footer` counts lines.
    """

    encoding: Encoding = "auto"
    delimiter: Text = "auto"
    quote: Annotated[str, Field(max_length=1)] = '"'
    header_row: Annotated[int, Field(ge=0, le=1000)] = 1
    names: Names = ()
    skip_footer: Annotated[int, Field(ge=0, le=1000)] = 0


class ExcelOptions(Shape):
    """Which sheet of a workbook (the first when none is named) and on which row, from 1, its header stands."""

    sheet: Text | None = None
    header_row: Annotated[int, Field(ge=1, le=1000)] = 1


class SqlOptions(Shape):
    """A database to read: the secret that holds its address, one of `query` or `table`, and the cursor column.

    Rows whose `cursor` is greater than the greatest one seen are read; without a cursor all rows are read each time.
    """

    url: SecretRef
    query: Text | None = None
    table: Text | None = None
    cursor: Text | None = None

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        require_one(self, "query", "table")
        return self


class ColumnMap(Shape):
    """How one canonical column is made from one source row.

    Exactly one of `from` (first heading that the file has), `value` (constant), `expression` (SQL over source columns)
    and `number_within` (1, 2, 3 … in file order among rows with equal values of these columns) is set.

    - `clean`: named cleaners in order.  `type`: reads the source as this type; none means the contract's type.
    - `format`: formats of dates and times tried in order: strftime codes, or `iso`, `excel_serial`, `epoch_s`,
      `epoch_ms`.  `time_zone`: zone of times without one; none means the source's.
    - `unit`: unit of the source's number; none means major units (yuan) for money, else as it is.
    - `values`: source text → canonical text (null: no value).  `otherwise`: canonical text for every other text;
      without it an unknown text is a problem of the row.
    - `default`: used when nothing is left after cleaning.  `required`: an empty value rejects the row; none means as
      the contract says.
    - `sign`: `positive` rejects numbers below 0; `negative` expects numbers of 0 or less and turns their sign;
      `absolute` drops the sign; `any` keeps it.
    - `combine`: how the values of a feed's `one_per` group become one; `same` rejects groups that differ.
    - `system`: prefix of ids when they are another system's (`own`); none means the source's system.
    """

    from_: Annotated[Names, Field(alias="from")] = ()
    value: Literal_ | None = None
    expression: Text | None = None
    number_within: Names = ()
    clean: tuple[Cleaner, ...] = ()
    type: SourceType | None = None
    format: Names = ()
    time_zone: ZoneName | None = None
    unit: Unit | None = None
    values: Frozen[str | None] = Field(default_factory=dict, validate_default=True)
    otherwise: Text | None = None
    default: Literal_ | None = None
    required: bool | None = None
    sign: Sign = "any"
    combine: Combine = "same"
    system: Text | None = None

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        require_one(self, "from", "value", "expression", "number_within")
        return self


def _expand_column(given: Any) -> Any:
    # `paid_at: 付款时间` and `paid_at: [付款时间, Paid at]` are short for `{from: …}`.
    return {"from": given} if isinstance(given, str | tuple) else given


ColumnEntry: TypeAlias = Annotated[
    ColumnMap, BeforeValidator(_expand_column, json_schema_input_type=str | tuple[str, ...] | ColumnMap)
]


class FillFromFirst(Shape):
    """Columns written on the first row of a group only: their blanks on later rows take the first row's value.

    `by` names the source columns of the group, `columns` those to fill.
    """

    by: Names
    columns: Names


class IdentifierMap(Shape):
    """One identifier a row carries: type, namespace (after loading never None) and the headings it stands in."""

    type: Text
    from_: Annotated[Names, Field(alias="from")]
    namespace: str | None = None
    clean: tuple[Cleaner, ...] = ()


class Feed(Shape):
    """One canonical table that the source's rows feed.

    `name` tells two feeds of one table apart and is the table's name when not given.  `key`: source columns that
    together are the source id of a row.  `version`: source column that grows when a row changes.
    `one_per`: source columns; rows with equal values become one canonical row.  `where`: SQL condition over source
    columns; other rows do not belong to this feed (and are not rejected).  `occurred_at`: when the row happened, for
    identity, when the table has no such column itself.
    """

    table: Text
    name: Text = ""
    key: Annotated[Names, Field(min_length=1)]
    version: Text | None = None
    one_per: Names = ()
    fill_from_first: FillFromFirst | None = None
    where: Text | None = None
    columns: Frozen[ColumnEntry]
    identifiers: tuple[IdentifierMap, ...] = ()
    occurred_at: ColumnEntry | None = None


class Source(Shape):
    """One source of rows, as declared and checked.

    `paths` are files and globs relative to the workspace, or absolute under one of its data folders.  `time_zone` is
    never None after loading.  `fingerprint` is the sha256 (hex) of the mapping after the profile was merged: equal
    fingerprints map equal rows to equal results.
    """

    id: Annotated[Text, Field(alias="source", pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    system: Annotated[Text, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    format: Format
    paths: Annotated[Names, Field(alias="path")] = ()
    label: Text | None = None
    profile: Text | None = None
    csv: CsvOptions = CsvOptions()
    excel: ExcelOptions = ExcelOptions()
    sql: SqlOptions | None = None
    time_zone: ZoneName | None = None
    number_style: NumberStyle = "1234.50"
    on_unknown_columns: UnknownColumns = "problem"
    ignore_columns: Names = ()
    feeds: Annotated[tuple[Feed, ...], Field(min_length=1)]
    _document: Document = PrivateAttr(default=Document(file="", data={}, places={}))
    _fingerprint: str = PrivateAttr(default="")

    @property
    def document(self) -> Document:
        """Return the merged YAML document with the place of every key."""
        return self._document

    @property
    def fingerprint(self) -> str:
        """Return the sha256 of the merged mapping."""
        return self._fingerprint

    def attach(self, document: Document, fingerprint: str) -> "Source":
        """Return the same source that knows its document and fingerprint; the loader calls this once."""
        attached = self.model_copy()
        attached._document, attached._fingerprint = document, fingerprint
        return attached

    def place(self, *path: Key) -> Where:
        """Return where a part of the mapping stands: `place("feeds", 0, "columns", "paid_at", "expression")`."""
        return self._document.where(*path)
