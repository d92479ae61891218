"""Headings of a file as the mapping means them: cleaned, compared, and found again among the mapping's names."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quanyu.definitions.source import ColumnMap, Source
from quanyu.engine import columns_of, parse_expression
from quanyu.errors import Problem, Severity, Where, did_you_mean

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file: names as they are after cleaning, in order; `line` is where they stand (0: no header).

    `has_nul` says that a NUL stands somewhere in the file, so that its cells must be searched for it.
    """

    names: tuple[str, ...]
    line: int
    has_nul: bool = False

    def find(self, names: Iterable[str]) -> str | None:
        """Return the file's own name of the first of the names that it has (see `comparable`), or None."""
        own = {comparable(name): name for name in self.names}
        return next((own[key] for name in names if (key := comparable(name)) in own), None)


def clean_heading(text: str) -> str:
    """Return a heading without invisible characters, outer blanks and doubled blanks."""
    return _BLANKS.sub(" ", _INVISIBLE.sub("", text).replace("\u3000", " ")).strip()


def comparable(text: str) -> str:
    """Return what two headings that mean the same have in common: half width, no case, no blanks."""
    return unicodedata.normalize("NFKC", clean_heading(text)).casefold().replace(" ", "")


def check_header(raw: Sequence[str], line: int, source: Source, file: str, limit: int) -> tuple[Header, list[Problem]]:
    """Return the header of a file and everything wrong with it: blank, doubled, unknown, missing, too many columns."""
    where = Where(file=file, line=line or None)
    names = tuple(clean_heading(text) for text in raw)
    problems: list[Problem] = []
    if len(names) > limit:
        problems.append(Problem("csv.too_many_columns", f"{len(names):,} columns; limit {limit}.", "Split it.", where))
        return Header(names, line), problems
    for given, name in zip(raw, names, strict=True):
        if given != name and name:
            message = f'Read "{given}" as "{name}".'
            problems.append(Problem("csv.header_normalised", message, "", where, Severity.WARNING))
    problems += _blank_or_double(names, where)
    if not problems or all(problem.severity is Severity.WARNING for problem in problems):
        problems += _missing_or_unknown(Header(names, line), source, where)
    return Header(names, line), problems


def wanted(source: Source) -> dict[tuple[str, ...], bool]:
    """Return every group of headings the mapping reads, any of which will do, and whether one of them must be there."""
    groups: dict[tuple[str, ...], bool] = {}

    def add(names: tuple[str, ...], required: bool) -> None:
        if names:
            groups[names] = groups.get(names, False) or required

    for feed in source.feeds:
        for name in (*feed.key, *feed.one_per, *((feed.version,) if feed.version else ())):
            add((name,), True)
        for mapping in feed.columns.values():
            add(mapping.from_, mapping.required is True)
        for identifier in feed.identifiers:
            add(identifier.from_, False)
        if feed.fill_from_first:
            for name in feed.fill_from_first.by:
                add((name,), True)
    return groups


def _blank_or_double(names: tuple[str, ...], where: Where) -> list[Problem]:
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if not name:
            remedy = "Give it a name, or remove the column."
            problems.append(Problem("csv.header_blank", f"Column {number} has no name.", remedy, where))
            continue
        key = comparable(name)
        if key in first:
            message = f'Column "{name}" appears twice (columns {first[key]} and {number}).'
            problems.append(Problem("csv.header_duplicate", message, "Rename or remove one of them.", where))
        first.setdefault(key, number)
    return problems


def _missing_or_unknown(header: Header, source: Source, where: Where) -> list[Problem]:
    problems: list[Problem] = []
    groups = wanted(source)
    for names, required in groups.items():
        if required and header.find(names) is None:
            remedy = did_you_mean(names[0], header.names) or f"The file has: {', '.join(header.names[:12])}."
            problems.append(Problem("csv.header_missing", f'Missing column "{names[0]}".', remedy, where))
    known = {comparable(name) for group in groups for name in group} | _named_in_expressions(source, header)
    known |= {comparable(name) for name in source.ignore_columns}
    if source.on_unknown_columns == "ignore":
        return problems
    listed = [name for group in groups for name in group]
    for name in header.names:
        if comparable(name) not in known:
            remedy = f"{did_you_mean(name, listed)} Map it, or list it under ignore_columns.".strip()
            problems.append(Problem("csv.header_unknown", f'Unknown column "{name}".', remedy, where))
    return problems


def _named_in_expressions(source: Source, header: Header) -> set[str]:
    found: set[str] = set()
    for feed in source.feeds:
        mappings: list[ColumnMap] = [*feed.columns.values(), *([feed.occurred_at] if feed.occurred_at else [])]
        texts = [mapping.expression for mapping in mappings if mapping.expression]
        for text in [*texts, *([feed.where] if feed.where else [])]:
            tree, _ = parse_expression(text, header.names, Where())
            found |= {comparable(name) for name in columns_of(tree)} if tree is not None else set()
        for mapping in mappings:
            found |= {comparable(name) for name in (*mapping.from_, *mapping.number_within)}
        if feed.fill_from_first:
            found |= {comparable(name) for name in feed.fill_from_first.columns}
    return found
