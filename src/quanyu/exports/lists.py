"""Lists of person ids that people bring: a column `person_id` in CSV, text or Parquet."""

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from quanyu.errors import Problem, UserError
from quanyu.exports.written_ids import read_ids

COLUMN: Final = "person_id"


def read_list(path: Path) -> pa.Table:
    """Return the ids of a file as one column person_id, numbers; an exported file is such a list.

    Raises UserError `export.list` when the file cannot be read or has no such column, `id.not_a_person`.
    """
    try:
        found = _column(path)
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0][:120]
        raise UserError(_no_list(path, f"cannot be read: {reason}")) from error
    if found is None:
        raise UserError(_no_list(path, f"has no column {COLUMN}"))
    numbers = found if pa.types.is_integer(found.type) else read_ids(found)
    return pa.table({COLUMN: numbers})


def _column(path: Path) -> pa.ChunkedArray | None:
    if path.suffix.lower() == ".parquet":
        names = pq.read_schema(path).names
        return pq.read_table(path, columns=[COLUMN])[COLUMN] if COLUMN in names else None
    options = pa_csv.ConvertOptions(
        column_types={COLUMN: pa.string()}, include_columns=[COLUMN], strings_can_be_null=True
    )
    try:
        return pa_csv.read_csv(path, convert_options=options)[COLUMN]
    except KeyError:
        return None


def _no_list(path: Path, what: str) -> Problem:
    remedy = f"Bring a .csv or .parquet file with a column {COLUMN}."
    return Problem("export.list", f'"{path.name[:60]}" {what}.', remedy)
