"""The roles of a workspace as whoever signs in holds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from quanyu.config import Workspace
from quanyu.definitions.role import RoleShape, load_roles
from quanyu.errors import Problem, did_you_mean, raise_if_errors
from quanyu.services.permissions import Permission


@dataclass(frozen=True, slots=True)
class Role:
    """What a role may do, its name in both languages, and of what a user with it gets a part (empty: all of it)."""

    zh: str
    en: str
    permissions: frozenset[Permission]
    narrowed_to: str = ""


Roles: TypeAlias = Mapping[str, Role]
"""Roles by name."""


def open_roles(workspace: Workspace) -> Roles:
    """Return the roles of a workspace by name; raises UserError with every problem of their definitions."""
    found, problems = load_roles(workspace)
    raise_if_errors(problems)
    return {one.name: _role(one.value) for one in found}


def unknown_role(roles: Roles, name: str, code: str) -> Problem:
    """Return the problem of naming a role that does not exist, with the nearest one."""
    remedy = did_you_mean(name, list(roles)) or f"There are {', '.join(roles)}."
    return Problem(code, f'No role "{name[:60]}".', remedy)


def _role(said: RoleShape) -> Role:
    held = frozenset(Permission(one) for one in said.permissions)
    return Role(said.label.zh, said.label.en, held, said.narrowed_to or "")
