"""Playbooks: the library's are sound; what does not exist is told at once, with file, line and the nearest name."""

from typing import Any

from quanyu.config import Workspace
from quanyu.definitions.playbook import code_of, load_playbooks
from quanyu.definitions.segment_rule import ATTRIBUTES
from quanyu.errors import Problem
from quanyu.tables import CONTRACTS
from quanyu.tables.contract import Type

OWN = """own:
  label: {zh: 甲, en: a}
  scenario: {zh: 乙, en: b}
  reference: domain §4.1
  seed: 000.txt
  mark: PROPOSED
  watch:
    - {metric: net_sale, split: [channel]}
    - {metric: net_sales, split: [chanel]}
  triggers:
    - says: {zh: 丙, en: c}
      metric: net_sales
      where: {shop: a}
      below: "many"
  audiences:
    first:
      label: {zh: 丁, en: d}
      means: wecom
      rule:
        all:
          - attribute: {name: lifecycl, is: [dormant]}
          - attribute: {name: lifecycle, is: [dormat]}
          - attribute: {name: purchase_days, is: ["1"]}
          - attribute: {name: lifecycle, at_least: 3}
          - not: {event: {type: product_vew, days: 7}}
          - any:
              - relation: {type: membr}
              - consent: marketing_smss
  action: {zh: 戊, en: e}
  benefit: {zh: 己, en: f}
  timing: {zh: 庚, en: g}
  proof: {zh: 辛, en: h}
  proof_metric: net_sals
"""


def test_the_library_has_thirteen_sound_playbooks(workspace: Workspace):
    playbooks, problems = load_playbooks(workspace)
    assert problems == []
    assert playbooks is not None
    assert [code_of(one.name) for one in playbooks] == [f"PB-{number:02d}" for number in range(1, 14)]
    weighed = {one.name: one.value.star for one in playbooks if one.value.star is not None}
    told = {name: (star.scaling, star.structure, star.activating, star.returning) for name, star in weighed.items()}
    # The weights of domain §4.0.
    assert told == {
        "pb_01": (50, 20, 20, 10),
        "pb_02": (10, 20, 40, 30),
        "pb_03": (20, 20, 40, 20),
        "pb_04": (20, 10, 30, 40),
        "pb_05": (25, 25, 25, 25),
    }


def test_attributes_stand_where_they_are_said_to():
    for name, attribute in ATTRIBUTES.items():
        table = CONTRACTS[attribute.table]
        column = table.column(attribute.column)
        assert column is not None, name
        assert attribute.is_number is (column.type in (Type.INT, Type.FEN)), name
        named = {"person_id", *attribute.fixed, *([attribute.date] if attribute.date else [])}
        assert named == set(table.key), name


def test_everything_unknown_is_told_at_once(workspace: Workspace, write: Any):
    write("library/playbooks/own.yaml", OWN)
    playbooks, problems = load_playbooks(workspace)
    assert playbooks is None
    told = {(problem.where.line, problem.remedy) for problem in problems}
    assert {file for file in (problem.where.file for problem in problems)} == {"library/playbooks/own.yaml"}
    assert told >= {
        (8, 'Did you mean "net_sales"?'),
        (9, 'Did you mean "channel"?'),
        (14, 'Write it in quotes: "0.30".'),
        (21, 'Did you mean "lifecycle"?'),
        (22, 'Did you mean "dormant"?'),
        (23, "Say at_least or at_most."),
        (24, "Say is."),
        (25, 'Did you mean "product_view"?'),
        (27, 'Did you mean "member"?'),
        (28, 'Did you mean "marketing_sms"?'),
        (33, 'Did you mean "net_sales"?'),
    }
    assert len(problems) == 12


def test_weights_that_are_no_whole_and_leaves_that_say_two_things_are_refused(workspace: Workspace, write: Any):
    bad = OWN.replace("  watch:", "  star: {scaling: 50, structure: 20, activating: 20, returning: 20}\n  watch:", 1)
    write("library/playbooks/own.yaml", bad)
    assert any("110 percent" in problem.message for problem in load_playbooks(workspace)[1])
    both = OWN.replace("- consent: marketing_smss", "- {consent: marketing_sms, reach: sms}")
    write("library/playbooks/own.yaml", both)
    assert any("consent and reach" in problem.message for problem in load_playbooks(workspace)[1])


def test_a_workspace_takes_the_place_of_a_playbook_and_names_are_found_by_code(workspace: Workspace):
    playbooks, _ = load_playbooks(workspace)
    assert playbooks is not None
    found = playbooks.find("PB-02")
    assert not isinstance(found, Problem)
    assert found.name == "pb_02"
    missing = playbooks.find("pb_20")
    assert isinstance(missing, Problem)
    assert missing.remedy == 'Did you mean "pb_12"?'
