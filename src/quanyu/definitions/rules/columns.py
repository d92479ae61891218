"""How a column is made must fit what the column is: its type, its allowed texts, the formats that exist."""

from collections.abc import Iterator

from quanyu.definitions.document import Path
from quanyu.definitions.source import ColumnMap, Feed, Source
from quanyu.errors import Problem, did_you_mean
from quanyu.tables import CONTRACTS, Column, Type

NAMED_FORMATS = ("iso", "excel_serial", "epoch_s", "epoch_ms")
_CODES = frozenset("YymdHIMSfpzZbBaAj%-")
_MONEY_UNITS = ("major", "minor", "yuan", "fen", "dollars", "cents")
_NUMBERS = (Type.FEN, Type.INT, Type.DECIMAL, Type.RATIO)
_TIMES = (Type.DATE, Type.TIME)


def check_columns(source: Source) -> Iterator[Problem]:
    """Yield the problems of every mapped column that its table has."""
    for number, feed in enumerate(source.feeds):
        if feed.table not in CONTRACTS:
            continue
        for name, mapping in feed.columns.items():
            column = CONTRACTS[feed.table].column(name)
            if column is not None:
                yield from _check_column(source, ("feeds", number, "columns", name), mapping, column, feed)


def _check_column(source: Source, path: Path, mapping: ColumnMap, column: Column, feed: Feed) -> Iterator[Problem]:
    yield from _check_texts(source, path, mapping, column)
    yield from _check_constants(source, path, mapping, column)
    yield from _check_formats(source, path, mapping, column)
    if mapping.unit is not None and not _unit_fits(mapping.unit, column):
        message = f"Unit {mapping.unit} does not fit {column.name}, which is {column.type.value}."
        yield Problem("config.value", message, "Remove the unit.", source.place(*path, "unit"))
    if mapping.sign != "any" and column.type not in _NUMBERS:
        message = f"{column.name} is {column.type.value} and has no sign."
        yield Problem("config.value", message, 'Remove "sign".', source.place(*path, "sign"))
    if mapping.combine != "same" and not feed.one_per:
        message = '"combine" has no effect without "one_per".'
        yield Problem("config.value", message, 'Add "one_per" to the feed.', source.place(*path, "combine"))


def _check_texts(source: Source, path: Path, mapping: ColumnMap, column: Column) -> Iterator[Problem]:
    if not column.values:
        return
    given: list[tuple[str | bool | int | None, Path]] = [
        (text, (*path, "values", key)) for key, text in mapping.values.items()
    ]
    given.append((mapping.otherwise, (*path, "otherwise")))
    given += [(value, (*path, key)) for key, value in (("value", mapping.value), ("default", mapping.default))]
    for text, place in given:
        if text is not None and text not in column.values:
            message = f'"{text}" is not a value of {column.name}: {", ".join(column.values)}.'
            yield Problem("config.value", message, did_you_mean(str(text), column.values), source.place(*place))


def _check_constants(source: Source, path: Path, mapping: ColumnMap, column: Column) -> Iterator[Problem]:
    for key, value in (("value", mapping.value), ("default", mapping.default)):
        if value is None:
            continue
        is_flag = isinstance(value, bool)
        if is_flag != (column.type is Type.BOOL):
            message = f"{column.name} is {column.type.value}; the constant does not fit."
            yield Problem("config.type", message, _remedy_of_constant(column), source.place(*path, key))


def _remedy_of_constant(column: Column) -> str:
    return "Write true or false." if column.type is Type.BOOL else "Write text or a whole number."


def _check_formats(source: Source, path: Path, mapping: ColumnMap, column: Column) -> Iterator[Problem]:
    if not mapping.format:
        return
    where = source.place(*path, "format")
    kind = Type(mapping.type) if mapping.type is not None else column.type
    if kind not in _TIMES:
        yield Problem("config.value", f"{column.name} is no date or time.", 'Remove "format".', where)
        return
    for written in mapping.format:
        problem = _problem_of_format(written)
        if problem:
            remedy = f'Use codes such as "%Y-%m-%d %H:%M:%S", or one of {", ".join(NAMED_FORMATS)}.'
            yield Problem("config.value", problem, remedy, where)


def _problem_of_format(written: str) -> str:
    if written in NAMED_FORMATS:
        return ""
    codes = [written[position + 1 : position + 2] for position in _code_positions(written)]
    if not codes:
        return f'"{written[:40]}" is not a format of dates.'
    unknown = [code for code in codes if code not in _CODES or not code]
    return f'"%{unknown[0]}" is not a code of dates.' if unknown else ""


def _code_positions(written: str) -> Iterator[int]:
    position = written.find("%")
    while position >= 0:
        yield position
        position = written.find("%", position + 2)


def _unit_fits(unit: str, column: Column) -> bool:
    if unit in _MONEY_UNITS:
        return column.type is Type.FEN
    return column.type in (Type.RATIO, Type.DECIMAL)
