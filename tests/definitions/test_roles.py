"""Roles: every preset of the domain is there; a workspace makes its own, and what is wrong is told at its line."""

from quanyu.config import Workspace
from quanyu.definitions.role import load_roles
from quanyu.services.permissions import Permission
from quanyu.services.roles import open_roles

from .conftest import WriteFile

OWN = """viewer:
  label: {zh: 只读, en: Reader}
  permissions: [see, export]
  narrowed_to: regions
auditor:
  label: {zh: 审计, en: Auditor}
  permissions: [see, unmaks]
silent:
  label: {zh: 无, en: Nothing}
  permissions: [export]
admin:
  label: {zh: 管理员, en: Administrator}
  permissions: [see, edit]
keeper:
  label: {zh: 店, en: Keeper}
  permissions: [see]
  narrowed_to: shops
"""


def test_every_preset_of_the_domain_is_there_in_both_languages(workspace: Workspace):
    roles = open_roles(workspace)
    narrowed = {name: role.narrowed_to for name, role in roles.items() if role.narrowed_to}
    assert narrowed == {
        "store_manager": "stores",
        "digital_associate": "stores",
        "service_agent": "regions",
        "provider": "brands",
    }
    asked = {"executive", "operations_lead", "group_lead", "mini_program_operator", "user_operator"}
    assert asked | {"community_operator", "analyst", "compliance_officer", "viewer"} <= set(roles)
    assert all(role.zh and role.en for role in roles.values())
    assert roles["admin"].permissions == frozenset(Permission)
    assert [name for name, role in roles.items() if Permission.UNMASK in role.permissions] == [
        "admin",
        "compliance_officer",
    ]


def test_a_workspace_overrides_by_name_and_its_faults_are_told_at_their_lines(workspace: Workspace, write: WriteFile):
    write("library/roles/own.yaml", OWN)
    roles, problems = load_roles(workspace)
    found = [(one.code, one.where.file, one.where.line) for one in problems]
    assert sorted(found) == [
        ("config.lockout", "library/roles/own.yaml", 13),
        ("config.value", "library/roles/own.yaml", 7),
        ("config.value", "library/roles/own.yaml", 10),
        ("config.value", "library/roles/own.yaml", 17),
    ]
    assert (roles["viewer"].value.narrowed_to, roles["viewer"].built_in) == ("regions", False)
