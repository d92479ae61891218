"""Segments: the library's are sound; every fault is told at once with file, line and the nearest name."""

from quanyu.config import Workspace
from quanyu.definitions.segment import load_segments
from quanyu.definitions.segment_rule import DEEPEST, MOST_NODES
from quanyu.errors import Problem

WRONG = """first:
  label: {zh: 甲, en: a}
  rule:
    all:
      - did: {what: order_line, where: {catgory: [x]}, days: 30}
      - did: {what: order, measure: sum, of: net, at_least: 1}
      - did: {what: event, type: product_vew}
      - tag: {code: gendr}
      - stage: {model: 5r, is: [r9]}
      - changed: {model: 5r, to: [r0], days: 7}
      - sequence: {steps: [{what: order}, {what: event, type: folow}], days: 30}
      - segment: buyrs
"""
RING = """a: {label: {zh: 甲, en: a}, rule: {not: {segment: b}}}
b: {label: {zh: 乙, en: b}, rule: {all: [{segment: c}]}}
c: {label: {zh: 丙, en: c}, rule: {segment: a}}
"""


def own(workspace: Workspace, text: str) -> list[Problem]:
    folder = workspace.root / "library" / "segments"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    return load_segments(workspace)[1]


def test_the_library_has_twenty_and_more_sound_segments(workspace: Workspace) -> None:
    segments, problems = load_segments(workspace)
    assert problems == []
    assert segments is not None
    assert len(segments.rules) >= 20


def test_every_name_that_does_not_exist_is_told_at_its_line(workspace: Workspace) -> None:
    told = [(one.where.line, one.message, one.remedy) for one in own(workspace, WRONG) if one.where]
    assert [(line, message) for line, message, _ in told] == [
        (5, 'Field of order_line "catgory" does not exist.'),
        (6, 'sum of order: "net" does not exist.'),
        (7, 'Event type "product_vew" does not exist.'),
        (8, 'Tag "gendr" does not exist.'),
        (9, 'Stage of 5r "r9" does not exist.'),
        (10, 'Stage of 5r "r0" does not exist.'),
        (11, 'Event type "folow" does not exist.'),
        (12, 'Segment "buyrs" does not exist.'),
    ]
    remedies = "\n".join(remedy for _, _, remedy in told)
    for nearest in ("category", "product_view", "gender", "follow", "buyers"):
        assert nearest in remedies


def test_segments_that_name_each_other_in_a_circle_are_told(workspace: Workspace) -> None:
    found = own(workspace, RING)
    assert {one.code for one in found} == {"seg.cycle"}
    assert [one.message for one in found] == [
        "a → b → c → a refer to each other.",
        "b → c → a → b refer to each other.",
        "c → a → b → c refer to each other.",
    ]


def test_references_have_a_depth(workspace: Workspace) -> None:
    lines = [f"s{n}: {{label: {{zh: 甲, en: a}}, rule: {{segment: s{n + 1}}}}}" for n in range(7)]
    found = own(workspace, "\n".join([*lines, "s7: {label: {zh: 甲, en: a}, rule: {did: {what: order}}}"]) + "\n")
    assert {one.code for one in found} == {"seg.depth"}
    assert {one.where.line for one in found if one.where} == {1, 2}


def test_a_rule_too_large_or_too_deep_is_one_problem(workspace: Workspace) -> None:
    many = ", ".join("{did: {what: order}}" for _ in range(MOST_NODES))
    deep = "{not: " * DEEPEST + "{did: {what: order}}" + "}" * DEEPEST
    for rule in (f"{{all: [{many}]}}", deep):
        found = own(workspace, f"big: {{label: {{zh: 甲, en: a}}, rule: {rule}}}\n")
        assert [one.code for one in found] == ["seg.size"]


def test_what_cannot_be_meant_is_refused(workspace: Workspace) -> None:
    rules = {
        "{did: {what: order, type: follow}}": "config.exclusive",
        "{did: {what: order, measure: sum}}": "config.required",
        "{did: {what: order, days: 0}}": "config.range",
        "{did: {what: order, days: 7, from: 2024-01-01}}": "config.exclusive",
        "{did: {what: order, this: month, whole: {unit: month, count: 1}}}": "config.exclusive",
        "{did: {what: order, whole: {unit: month, count: 0}}}": "config.range",
        "{did: {what: order, this: moth}}": "config.value",
        "{did: {what: order, from: 2024-02-01, until: 2024-01-01}}": "config.range",
        "{did: {what: order, at_least: 3, at_most: 2}}": "config.range",
        "{changed: {model: 5r, days: 7}}": "config.required",
        "{sequence: {steps: [{what: order}], days: 7}}": "config.range",
        "{sequence: {steps: [{what: order, without: {what: event}}, {what: order}], days: 7}}": "config.exclusive",
        "{list: {file: lists/../quanyu.csv}}": "config.path",
        "{list: {file: /etc/passwd.csv}}": "config.path",
        "{list: {file: sources/own.csv}}": "config.path",
        "{list: {file: lists/own.csv, identifier: mobil}}": "config.reference",
        "{list: {file: lists/own.csv, identifier: openid}}": "list.namespace",
        "{list: {file: lists/own.csv, identifier: mobile}}": "list.missing",
        "{all: []}": "config.required",
        "{tag: {code: gender, is: [female], at_least: 1}}": "config.exclusive",
    }
    for rule, code in rules.items():
        found = own(workspace, f"one: {{label: {{zh: 甲, en: a}}, rule: {rule}}}\n")
        # A file that is not there as well is a warning beside what is wrong.
        told = [one.code for one in found]
        assert code in told and set(told) <= {code, "list.missing"}, rule


def test_the_version_follows_the_segments_that_a_rule_names(workspace: Workspace) -> None:
    versions = []
    for zh, days in (("乙", 7), ("丙", 7), ("乙", 8)):
        named = f"b: {{label: {{zh: {zh}, en: b}}, rule: {{did: {{what: order, days: {days}}}}}}}"
        own(workspace, f"a: {{label: {{zh: 甲, en: a}}, rule: {{segment: b}}}}\n{named}\n")
        segments = load_segments(workspace)[0]
        assert segments is not None
        versions.append(segments.version("a"))
    assert versions[0] == versions[1] != versions[2]
