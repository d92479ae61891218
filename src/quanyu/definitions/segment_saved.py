"""Puts segments into a definition file as text: what else stands there, comments too, stays as it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from quanyu.definitions.document import Document
from quanyu.definitions.strict_yaml import parse_yaml
from quanyu.definitions.written import yaml_text
from quanyu.errors import Problem, Where

_LAYOUT = "segment.layout"


def merged_text(current: str, given: Document, given_text: str, file: str) -> str | Problem:
    """Return the text of a file with the definitions of another in it: in place of those of their names, else last.

    `current` is empty of a file that does not exist.  A definition keeps the comments inside it, one that is put last
    those right above it.  A file whose names do not stand on lines of their own cannot be changed as text: a problem.
    """
    old, _ = parse_yaml(current.encode(), file) if current.strip() else (Document(file, {}, {}), [])
    if old is None or not _is_block(old):
        remedy = "Write each name on a line of its own, without braces around all."
        return Problem(_LAYOUT, "The names of this file cannot be told apart as lines.", remedy, Where(file=file))
    lines, source = current.splitlines(), given_text.splitlines()
    starts = {name: _line_of(old, name) for name in old.data}
    for name in sorted(set(given.data) & set(starts), key=lambda one: -starts[one]):
        lines[slice(*_extent(lines, old, name))] = _block(given, source, name, with_comments=False)
    for name in given.data:
        if name not in starts:
            lines += _block(given, source, name, with_comments=True)
    text = "\n".join(lines).strip("\n") + "\n"
    found, problems = parse_yaml(text.encode(), file)
    if found is None or problems or found.data != {**old.data, **given.data}:
        remedy = "Copy the definitions by hand."
        return Problem(_LAYOUT, "The definitions cannot be put into this file as text.", remedy, Where(file=file))
    return text


def _is_block(document: Document) -> bool:
    places = [document.places[(name,)] for name in document.data]
    return all(place.column == 1 for place in places) and len({place.line for place in places}) == len(places)


def _line_of(document: Document, name: str) -> int:
    """Return the index of the line on which a name stands."""
    return document.places[(name,)].line - 1


def _extent(lines: Sequence[str], document: Document, name: str) -> tuple[int, int]:
    """Return the lines of a definition; comments and blank lines before the next name are not of it."""
    first = _line_of(document, name)
    end = min((line for one in document.data if (line := _line_of(document, one)) > first), default=len(lines))
    while end > first + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return first, end


def _block(document: Document, lines: Sequence[str], name: str, *, with_comments: bool) -> list[str]:
    if not _is_block(document):
        return yaml_text({name: _plain(document.data[name])}).splitlines()
    first, end = _extent(lines, document, name)
    return [*(_above(lines, first) if with_comments else ()), *lines[first:end]]


def _above(lines: Sequence[str], first: int) -> Iterator[str]:
    start = first
    while start and lines[start - 1].startswith("#"):
        start -= 1
    yield from lines[start:first]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value
