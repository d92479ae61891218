"""Segments: `library/segments/*.yaml`, named rules over persons.

sleeping_members:
  label: {zh: 沉睡会员, en: Sleeping members}
  description: {zh: 曾买过、近180天未买的会员, en: Members who bought once and not in 180 days}
  rule:
    all:
      - relation: {type: member}
      - did: {what: order}
      - not: {did: {what: order, days: 180}}
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from quanyu.config import Workspace
from quanyu.definitions.catalogue import Catalogue, Definition, load_catalogue
from quanyu.definitions.event_types import load_event_types
from quanyu.definitions.parameters import LabelShape
from quanyu.definitions.segment_list import ListShape, list_problems
from quanyu.definitions.segment_rule import RuleShape, check_rule
from quanyu.definitions.shape import Shape
from quanyu.definitions.tag import TagShape
from quanyu.errors import Problem, Severity, did_you_mean

MOST_REFERENCES: Final = 5
"""How deep segments may name others that name others."""


class SegmentShape(Shape):
    """One segment: what it is called, what it is for, and its rule."""

    label: LabelShape
    description: LabelShape | None = None
    rule: RuleShape


@dataclass(frozen=True, slots=True)
class Segments:
    """All segments of a workspace by name."""

    catalogue: Catalogue[SegmentShape]

    def __iter__(self) -> Iterator[Definition[SegmentShape]]:
        return iter(self.catalogue)

    def __contains__(self, name: object) -> bool:
        return name in self.catalogue

    def __getitem__(self, name: str) -> Definition[SegmentShape]:
        return self.catalogue[name]

    @property
    def rules(self) -> Mapping[str, RuleShape]:
        """Return the rule of each segment."""
        return {definition.name: definition.value.rule for definition in self.catalogue}

    def find(self, name: str) -> Definition[SegmentShape] | Problem:
        """Return the segment of a name, or the problem of naming none."""
        if name in self.catalogue:
            return self.catalogue[name]
        remedy = did_you_mean(name, tuple(self.catalogue.by_name)) or "`quanyu segments list` shows all."
        return Problem("segment.unknown", f'Segment "{name[:60]}" does not exist.', remedy)

    def version(self, name: str) -> str:
        """Return a hash of what a segment means: its rule and those of the segments it names."""
        said = [rule_text(self.catalogue[one].value.rule) for one in (name, *sorted(_reached(self.rules, name)))]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]


def rule_text(rule: RuleShape) -> str:
    """Return a rule as JSON with the keys of YAML; what it does not say is left out."""
    said = rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


def load_segments(workspace: Workspace) -> tuple[Segments | None, list[Problem]]:
    """Return every segment of library and workspace, or None when one has an error, and every problem.

    Attributes, tags, event types, fields, stages and other segments must exist; segments may not name each other in a
    circle, nor deeper than `MOST_REFERENCES`.
    """
    found, problems = load_catalogue("segments", SegmentShape, workspace)
    return judge_segments(workspace, found, problems)


def judge_segments(
    workspace: Workspace, found: Catalogue[SegmentShape], problems: list[Problem]
) -> tuple[Segments | None, list[Problem]]:
    """Return the segments of a catalogue, or None when one has an error, and every problem after those given."""
    # What is wrong with tags and event types is told where they are loaded for themselves.
    tags, _ = load_catalogue("tags", TagShape, workspace)
    types, _ = load_event_types(workspace)
    segments = Segments(found)
    problems = list(problems)
    for definition in found:
        rule = definition.value.rule
        names = (tuple(types.by_name), tuple(tags.by_name), tuple(found.by_name))
        problems += check_rule(definition, rule, ("rule",), *names)
        problems += _check_references(definition, segments.rules)
        for said in lists_in(rule):
            problems += list_problems(workspace, said, definition.place("rule"))
    if any(problem.severity is Severity.ERROR for problem in problems):
        return None, problems
    return segments, problems


def _check_references(definition: Definition[SegmentShape], rules: Mapping[str, RuleShape]) -> Iterator[Problem]:
    depth, level = 0, {definition.name}
    while level := {other for name in level for other in named_in(rules[name]) if other in rules}:
        if definition.name in level:
            ring = " → ".join(_ring(rules, definition.name))
            yield Problem("seg.cycle", f"{ring} refer to each other.", "Break the circle.", definition.place("rule"))
            return
        depth += 1
        if depth > MOST_REFERENCES:
            message = f"References deeper than {MOST_REFERENCES}."
            yield Problem("seg.depth", message, "Say the rule itself.", definition.place("rule"))
            return


def named_in(rule: RuleShape) -> set[str]:
    """Return the names of the segments a rule names itself."""
    own = {rule.segment} if rule.segment is not None else set()
    return own.union(*(named_in(part) for part in rule.parts))


def lists_in(rule: RuleShape) -> Iterator[ListShape]:
    """Yield the lists of files that a rule names itself."""
    if rule.list is not None:
        yield rule.list
    for part in rule.parts:
        yield from lists_in(part)


def all_lists(rule: RuleShape, rules: Mapping[str, RuleShape]) -> tuple[ListShape, ...]:
    """Return the lists that a rule and the segments it names read, each once, in the order of their keys."""
    waiting, seen = [rule], set[str]()
    found: dict[str, ListShape] = {}
    while waiting:
        one = waiting.pop()
        found |= {said.key: said for said in lists_in(one)}
        new = {name for name in named_in(one) if name in rules} - seen
        seen |= new
        waiting += [rules[name] for name in new]
    return tuple(said for _, said in sorted(found.items()))


def _reached(rules: Mapping[str, RuleShape], name: str) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = {other for other in named_in(rules[waiting.pop()]) if other in rules} - found
        found |= new
        waiting += new
    return found


def dependents_of(rules: Mapping[str, RuleShape], name: str) -> tuple[str, ...]:
    """Return the segments whose rule names one, or names another that does, in the order of their names."""
    return tuple(other for other in sorted(rules) if other != name and name in _reached(rules, other))


def _ring(rules: Mapping[str, RuleShape], name: str) -> list[str]:
    """Return a shortest way from a segment back to itself."""
    ways = [[name]]
    while ways:
        way = ways.pop(0)
        for other in sorted(named_in(rules[way[-1]])):
            if other == name:
                return [*way, name]
            if other in rules and other not in way:
                ways.append([*way, other])
    return [name]
