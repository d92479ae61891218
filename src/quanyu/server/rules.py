"""Rules of segments that a request says: checked as one in a file is, by the same reader."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from quanyu.definitions.segment_rule import RuleShape
from quanyu.errors import Problem, UserError, Where
from quanyu.server.shapes import RuleAsked
from quanyu.services.project import Project
from quanyu.services.segment_language import ToldRule, tell_rule, tell_text
from quanyu.services.segments import find_segment, open_segments, read_rule_file


def rule_said(project: Project, said: Mapping[str, Any]) -> RuleShape:
    """Return the rule of JSON values; raises UserError with every problem, each at its key."""
    with _written(project, said) as path:
        return read_rule_file(project.workspace, open_segments(project.workspace), path)


def rule_told(project: Project, said: Mapping[str, Any]) -> ToldRule:
    """Return the rule of JSON values as text and as sentences; raises UserError with every problem."""
    with _written(project, said) as path:
        return tell_rule(project.workspace.root, path)


def rule_asked(project: Project, asked: RuleAsked) -> RuleShape:
    """Return the rule that a request names, says or writes; raises UserError `request.one_of` and as the readers."""
    given = [one for one in (asked.segment, asked.rule, asked.text) if one is not None]
    if len(given) != 1:
        message = "Give exactly one of segment, rule and text."
        raise UserError(Problem("request.one_of", message, "Leave the others out.", Where(field="body")))
    if asked.segment is not None:
        return find_segment(open_segments(project.workspace), asked.segment).value.rule
    if asked.text is not None:
        return rule_said(project, tell_text(project.workspace.root, asked.text).rule)
    return rule_said(project, asked.rule or {})


@contextmanager
def _written(project: Project, said: Mapping[str, Any]) -> Iterator[Path]:
    """Give a file that holds a rule, a key to a line, so that its problems have places."""
    folder = project.workspace.folder("tmp")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as place:
        path = Path(place) / "rule.json"
        path.write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
        yield path
