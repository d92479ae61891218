"""Reads YAML 1.2 strictly: plain data with the place of every key, or problems; never an exception for bad input.

The parser's events are read one by one, so aliases are refused before anything is expanded, depth is bounded, and a
duplicate key is seen (`reliability.md` §7.4, Y01-Y36).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from quanyu.definitions.document import Document, Key, Path, Place, dotted
from quanyu.definitions.scalar import BLANKS, read_plain
from quanyu.definitions.syntax import decode, explain_syntax, find_directive, looks_like_missing_space
from quanyu.errors import Problem, Severity, Where

MAX_BYTES = 1_000_000
MAX_DEPTH = 30

_SURROGATE_OR_NUL = re.compile("[\x00\ud800-\udfff]")


class _Stop(Exception):
    """The document cannot be read further; its problem is already recorded."""


@dataclass(slots=True)
class _Open:
    """A mapping or list being read: where it stands, what it holds so far, and the key waiting for its value."""

    path: Path
    line: int
    column: int
    in_flow: bool
    mapping: dict[str, Any] | None = None
    items: list[Any] = field(default_factory=list)
    key: str | None = None
    key_line: int = 0
    key_column: int = 0


def read_yaml(path: FilePath, file: str) -> tuple[Document | None, list[Problem]]:
    """Return the document of a file and its problems; `file` is the name problems show.

    The document is None when the file cannot be read as one mapping; otherwise it may be used for further checks even
    when there are problems.
    """
    try:
        if not path.is_file():
            return None, [Problem("config.missing_file", "The file does not exist.", "", Where(file))]
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return None, [Problem("config.unreadable", f"Cannot read: {error.strerror}.", "Check its rights.", Where(file))]
    return parse_yaml(content, file)


def parse_yaml(content: bytes, file: str) -> tuple[Document | None, list[Problem]]:
    """Return the document of some bytes and its problems; as `read_yaml`."""
    document, problems = _parsed(content, file)
    return document, list(problems)


@lru_cache(maxsize=512)
def _parsed(content: bytes, file: str) -> tuple[Document | None, tuple[Problem, ...]]:
    """Read a content once per process: one run asks for the library's files several times, and they never change."""
    if len(content) > MAX_BYTES:
        return None, (Problem("config.too_large", "Larger than 1 MB.", "Split the file.", Where(file)),)
    text, problem = decode(content, file)
    if problem is not None:
        return None, (problem,)
    document, problems = _Reader(file, text).read()
    return document, tuple(problems)


class _Reader:
    """Builds one document out of the parser's events."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.lines = text.split("\n")
        self.problems: list[Problem] = []
        self.places: dict[Path, Place] = {}
        self.open: list[_Open] = []
        self.documents = 0
        self.top: Any = None

    def read(self) -> tuple[Document | None, list[Problem]]:
        """Return the document and its problems."""
        directive = find_directive(self.lines, self.file)
        if directive is not None:
            return None, [directive]
        parser = YAML(typ="safe", pure=True)
        try:
            for event in parser.parse(self.text):
                self._take(event)
        except _Stop:
            return None, self.problems
        # ruamel answers an escape beyond Unicode ("\UFFFFFFFF") with ValueError or OverflowError instead of its own.
        except (YAMLError, ValueError, OverflowError) as error:
            self.problems.append(explain_syntax(error, self.file, self.lines))
            return None, self.problems
        if not isinstance(self.top, Mapping):
            if not self.problems:
                self.problems.append(self._explain_top())
            return None, self.problems
        return Document(self.file, self.top, MappingProxyType(self.places)), self.problems

    def _explain_top(self) -> Problem:
        where = Where(self.file, 1)
        if self.top is None:
            return Problem("config.empty", "The file is empty.", "Write at least one key.", where)
        if isinstance(self.top, str):
            hint = looks_like_missing_space(self.lines, 0, len(self.lines) - 1, self.file)
            if hint is not None:
                return hint
        return Problem("config.type", "The top level must be a mapping.", 'Write "key: value" lines.', where)

    def _take(self, event: Event) -> None:
        if isinstance(event, DocumentStartEvent):
            self._start_document(event)
            return
        if isinstance(event, NodeEvent):
            self._refuse_extras(event)
        if isinstance(event, ScalarEvent):
            self._take_scalar(event)
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._push(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._pop()

    def _start_document(self, event: DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            where = Where(self.file, event.start_mark.line + 1)
            self._report("yaml.documents", "One document only.", 'Remove "---" or split the file.', where)
            raise _Stop

    def _refuse_extras(self, event: NodeEvent) -> None:
        where = self._here(event)
        if isinstance(event, AliasEvent) or event.anchor:
            self._report("yaml.alias", "Anchors and aliases are not allowed.", "Write the value out.", where)
            if isinstance(event, AliasEvent):
                raise _Stop
        tag = getattr(event, "ctag", None)
        if tag is None:
            return
        if "include" in str(tag).lower():
            self._report("yaml.tag", "Includes are not supported.", "Write the content here.", where)
            return
        self._report("yaml.tag", "Tags (!…) are not allowed.", "Remove the tag; write plain values.", where)

    def _take_scalar(self, event: ScalarEvent) -> None:
        plain = event.style is None
        parent = self.open[-1] if self.open else None
        if parent is not None and parent.mapping is not None and parent.key is None:
            self._take_key(parent, event, plain)
            return
        where = self._where_of_value(event)
        text = self._without_trailing_blanks(event, where)
        if _SURROGATE_OR_NUL.search(text):
            self._report("yaml.encoding", "Holds a character that is not text.", "Remove the escape.", where)
        value: Any = text
        if plain:
            self._check_continuation(event)
            value, problem = read_plain(text, where, parent is not None and parent.in_flow)
            if problem is not None:
                self.problems.append(problem)
        self._add(value, event, event.value, not plain)

    def _without_trailing_blanks(self, event: ScalarEvent, where: Where) -> str:
        """Return the text without trailing blanks, with a warning; blocks and texts of blanks only are kept."""
        text = str(event.value)
        if event.style in ("|", ">") or not text.strip():
            return text
        kept = text.rstrip(" \t" + BLANKS)
        rest = self._rest_of_line(event)
        if kept != text or (rest and not rest.strip()):
            self._report("config.whitespace", "Trailing space removed.", "", where, Severity.WARNING)
        return kept

    def _rest_of_line(self, event: ScalarEvent) -> str:
        mark = event.end_mark
        return self.lines[mark.line][mark.column :].rstrip("\r") if mark.line < len(self.lines) else ""

    def _check_continuation(self, event: ScalarEvent) -> None:
        # `name: x` followed by an indented `size:3` is one text to YAML, and never what its writer meant.
        first, last = event.start_mark.line + 1, event.end_mark.line
        problem = looks_like_missing_space(self.lines, first, last, self.file) if last >= first else None
        if problem is not None:
            self.problems.append(problem)

    def _take_key(self, parent: _Open, event: ScalarEvent, plain: bool) -> None:
        key = str(event.value)
        where = Where(self.file, event.start_mark.line + 1, event.start_mark.column + 1, field=key)
        if plain and key == "<<":
            self._report("yaml.alias", "Merge keys are not allowed.", "Write the keys out.", where)
        elif plain:
            value, problem = read_plain(key, where, parent.in_flow)
            if problem is not None and problem.code == "yaml.fullwidth":
                self.problems.append(problem)
            elif problem is not None or not isinstance(value, str):
                self._report("yaml.key_type", "A key must be text.", f'Put it in quotes: "{key}".', where)
        if _SURROGATE_OR_NUL.search(key):
            self._report("yaml.encoding", "Holds a character that is not text.", "Remove the escape.", where)
        first = self.places.get((*parent.path, key))
        if first is not None:
            message = f'"{key}" is already set on line {first.line}.'
            self._report("yaml.duplicate_key", message, "Remove one of them.", where)
        parent.key, parent.key_line, parent.key_column = key, where.line or 1, where.column or 1

    def _push(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        if len(self.open) >= MAX_DEPTH:
            self._report("yaml.depth", f"Deeper than {MAX_DEPTH} levels.", "Write it flatter.", self._here(event))
            raise _Stop
        parent = self.open[-1] if self.open else None
        if parent is not None and parent.mapping is not None and parent.key is None:
            self._report("yaml.key_type", "A key must be text.", "Use one text as key.", self._here(event))
            raise _Stop
        path = self._path_of_value()
        self._note(path, event, "", False)
        mapping: dict[str, Any] | None = {} if isinstance(event, MappingStartEvent) else None
        mark = event.start_mark
        self.open.append(_Open(path, mark.line + 1, mark.column + 1, bool(event.flow_style), mapping))

    def _pop(self) -> None:
        done = self.open.pop()
        self._store(done.mapping if done.mapping is not None else tuple(done.items))

    def _add(self, value: Any, event: Event, written: str, quoted: bool) -> None:
        self._note(self._path_of_value(), event, written, quoted)
        self._store(value)

    def _store(self, value: Any) -> None:
        if not self.open:
            self.top = value
            return
        parent = self.open[-1]
        if parent.mapping is None:
            parent.items.append(value)
        elif parent.key is not None:
            # The first of two equal keys is kept; the second was reported.
            parent.mapping.setdefault(parent.key, value)
            parent.key = None

    def _path_of_value(self) -> Path:
        if not self.open:
            return ()
        parent = self.open[-1]
        last: Key = len(parent.items) if parent.mapping is None else parent.key or ""
        return (*parent.path, last)

    def _note(self, path: Path, event: Event, written: str, quoted: bool) -> None:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        key_line, key_column = line, column
        if self.open and self.open[-1].mapping is not None:
            key_line, key_column = self.open[-1].key_line, self.open[-1].key_column
        self.places.setdefault(path, Place(self.file, key_line, key_column, line, column, written, quoted))

    def _where_of_value(self, event: Event) -> Where:
        path = self._path_of_value()
        return Where(self.file, event.start_mark.line + 1, event.start_mark.column + 1, field=dotted(path) or None)

    def _here(self, event: Event) -> Where:
        return Where(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _report(self, code: str, message: str, remedy: str, where: Where, severity: Severity = Severity.ERROR) -> None:
        self.problems.append(Problem(code, message, remedy, where, severity))
