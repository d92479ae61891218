"""Segment rules as text and as sentences, and segments of other products, for `quanyu segments parse` and others."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quanyu.config import Language
from quanyu.definitions import load_workspace
from quanyu.definitions.check import check_shape
from quanyu.definitions.segment import load_segments, named_in
from quanyu.definitions.segment_rule import RuleShape
from quanyu.definitions.strict_yaml import read_yaml
from quanyu.errors import Problem, UserError, Where, raise_if_errors
from quanyu.segments.imports import Product, import_segment
from quanyu.segments.language import Vocabulary, read_rule, say_rule, vocabulary_of, write_rule


@dataclass(frozen=True, slots=True)
class ToldRule:
    """A rule in every form: as YAML says it, as text (None: `missing` has none), as sentences; and what is doubtful."""

    rule: Mapping[str, Any]
    text: str | None
    missing: tuple[str, ...]
    zh: str
    en: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ToldImport:
    """A segment of another product: its name, its rule in every form if any is left, and what was not taken over."""

    name: str | None
    rule: ToldRule | None
    is_whole: bool
    problems: tuple[Problem, ...]


def tell_text(root: Path, text: str) -> ToldRule:
    """Return the rule that a text says; raises UserError with every problem of it."""
    vocabulary = _vocabulary(root)
    rule, problems = read_rule(text, vocabulary)
    warnings = raise_if_errors(problems)
    if rule is None:
        raise UserError(warnings)
    return _told(rule, vocabulary, warnings)


def tell_rule(root: Path, path: Path) -> ToldRule:
    """Return the rule of a YAML or JSON file; raises UserError with every problem of it."""
    vocabulary = _vocabulary(root)
    document, problems = read_yaml(_existing(path), path.name)
    rule = None
    if document is not None:
        rule, found = check_shape(RuleShape, document, problems)
        problems = [*problems, *found]
    warnings = raise_if_errors(problems)
    if rule is None:
        raise UserError(warnings)
    return _told(rule, vocabulary, warnings)


def import_file(root: Path, product: Product, path: Path, names: Mapping[str, str]) -> ToldImport:
    """Return what a segment of another product says here; `names`: ours for theirs.  Raises UserError for no JSON."""
    vocabulary = _vocabulary(root)
    try:
        document = json.loads(_existing(path).read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        message = f'"{path.name}" holds no JSON that can be read.'
        where = Where(file=path.name)
        raise UserError(Problem("import.malformed", message, "Export the segment again.", where)) from error
    found = import_segment(product, document, vocabulary, names)
    told = _told(found.rule, vocabulary, ()) if found.rule is not None else None
    return ToldImport(found.name, told, found.is_whole, found.problems)


def _vocabulary(root: Path) -> Vocabulary:
    workspace, problems = load_workspace(root)
    if workspace is None:
        raise UserError(problems)
    # A segment that is wrong is told by `quanyu check`; here the others may be named all the same.
    segments, _ = load_segments(workspace)
    named = {} if segments is None else {name: tuple(named_in(rule)) for name, rule in segments.rules.items()}
    vocabulary, found = vocabulary_of(workspace, named)
    raise_if_errors([*problems, *found])
    return vocabulary


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise UserError(Problem("cli.file", f'There is no file "{path}".', "Name one that exists."))
    return path


def _told(rule: RuleShape, vocabulary: Vocabulary, problems: tuple[Problem, ...]) -> ToldRule:
    written = write_rule(rule, vocabulary)
    return ToldRule(
        rule.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        written.text,
        written.missing,
        say_rule(rule, vocabulary, Language.ZH),
        say_rule(rule, vocabulary, Language.EN),
        problems,
    )
