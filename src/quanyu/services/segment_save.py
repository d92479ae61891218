"""Segments counted without building anything, and segments of a file saved among the workspace's own."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from quanyu.definitions.catalogue import Catalogue, Definition
from quanyu.definitions.check import check_shape
from quanyu.definitions.document import Document
from quanyu.definitions.segment import Segments, SegmentShape, all_lists, dependents_of, judge_segments
from quanyu.definitions.segment_rule import RuleShape
from quanyu.definitions.segment_saved import merged_text
from quanyu.definitions.strict_yaml import read_yaml
from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem, UserError, raise_if_errors
from quanyu.segments import unknown_in
from quanyu.segments.bits import bits_of, count_of
from quanyu.services.project import Project
from quanyu.services.segment_lists import lists_lent
from quanyu.services.segments import ground_of, list_segments, open_segments
from quanyu.store import Build

OWN: Final = "library/segments/own.yaml"
"""Where segments are saved that somebody makes outside an editor."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Persons of a rule in the published build; null with what is missing, or of a group too small to be told."""

    name: str
    persons: int | None
    everybody: int
    unknown: tuple[str, ...] = ()
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class SavedSegment:
    """A segment that was saved: its count now, that of the build (null: unknown there), and what names it."""

    counted: Counted
    before: int | None
    is_new: bool
    dependents: tuple[str, ...]


def count_rules(
    project: Project,
    engine: DuckDBEngine,
    build: Build,
    rules: Mapping[str, RuleShape],
    segments: Segments | None = None,
    *,
    may_see_persons: bool = True,
) -> tuple[Counted, ...]:
    """Return how many persons each rule holds for, a condition of several being asked once.

    `segments` are those that rules may name, the workspace's when not given.  Without the right to see persons no group
    smaller than `P.small_group` is told.
    """
    known = segments or open_segments(project.workspace)
    said = {one.key: one for rule in rules.values() for one in all_lists(rule, known.rules)}
    least = 0 if may_see_persons else project.parameters.integer("P.small_group")
    with lists_lent(project, engine, said.values()):
        ground = ground_of(engine, build, known)
        bits = bits_of(ground)
        unknown = {name: tuple(unknown_in(ground, rule)) for name, rule in rules.items()}
        bits.learn(rule for name, rule in rules.items() if not unknown[name])
        found = []
        for name, rule in rules.items():
            persons = None if unknown[name] else count_of(bits.of(rule))
            is_hidden = persons is not None and 0 < persons < least
            found.append(Counted(name, None if is_hidden else persons, len(bits.persons), unknown[name], is_hidden))
    return tuple(found)


def save_segments(
    project: Project, engine: DuckDBEngine, build: Build, path: Path, *, replace: bool = False
) -> tuple[SavedSegment, ...]:
    """Check and count the segments of a file and write them to `OWN`, where comments and all else stay as they are.

    Raises UserError with every problem, `segment.exists` for each that would be replaced without `replace`,
    `segment.elsewhere` for one that another file of the workspace defines, `segment.layout`; then nothing is written.
    """
    workspace = project.workspace
    document, problems = read_yaml(path, path.name)
    if document is None or problems:
        raise UserError(problems)
    known = open_segments(workspace)
    fresh = _definitions(document)
    both = dict(sorted({**known.catalogue.by_name, **fresh}.items()))
    segments, problems = judge_segments(workspace, Catalogue("segments", MappingProxyType(both)), [])
    problems += _taken(known, fresh, replace)
    raise_if_errors(problems)
    if segments is None:
        raise UserError(problems)
    target = workspace.root / OWN
    current = target.read_text(encoding="utf-8-sig") if target.is_file() else ""
    text = merged_text(current, document, path.read_text(encoding="utf-8-sig"), OWN)
    if isinstance(text, Problem):
        raise UserError(text)
    counted = count_rules(project, engine, build, {name: one.value.rule for name, one in fresh.items()}, segments)
    _write(target, text)
    before = {row["segment"]: row["persons"] for row in list_segments(engine)}
    return tuple(
        SavedSegment(one, before.get(one.name), one.name not in known, dependents_of(segments.rules, one.name))
        for one in counted
    )


def _definitions(document: Document) -> dict[str, Definition[SegmentShape]]:
    found, problems = {}, []
    for name in document.data:
        value, wrong = check_shape(SegmentShape, document, inside=(name,))
        problems += wrong
        if value is not None:
            found[name] = Definition(name, value, document, False)
    raise_if_errors(problems)
    return found


def _taken(known: Segments, fresh: Mapping[str, Definition[SegmentShape]], replace: bool) -> Iterator[Problem]:
    for name, one in fresh.items():
        if name not in known:
            continue
        old = known[name]
        if not old.built_in and old.where.file != OWN:
            remedy = "Change it there, or give yours another name."
            yield Problem("segment.elsewhere", f'"{name}" is defined in {old.where}.', remedy, one.where)
        elif not replace:
            users = dependents_of(known.rules, name)
            named = f"; {', '.join(users)} will change with it" if users else ""
            remedy = f"Give --replace to put yours in its place{named}."
            yield Problem("segment.exists", f'"{name}" exists already ({old.where}).', remedy, one.where)


def _write(target: Path, text: str) -> None:
    """Put a text in place of a file whole: whoever reads it meanwhile finds the old or the new one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
