"""Roles in YAML: `library/roles/*.yaml`, what people who sign in may do and of what they get a part (ORG-02 to 12)."""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from quanyu.config import Workspace
from quanyu.definitions.catalogue import Catalogue, Definition, load_catalogue
from quanyu.definitions.parameters import LabelShape
from quanyu.definitions.shape import Shape, Text
from quanyu.errors import Problem

ADMIN = "admin"
"""The role of the first user; whatever a workspace makes of it, it may do everything, or nobody could."""

PermissionName = Literal["see", "edit", "run", "approve", "export", "unmask", "admin"]


class RoleShape(Shape):
    """One role; `narrowed_to`: whoever has it is given some stores, regions or brands by id, never all of them."""

    label: LabelShape
    permissions: Annotated[tuple[PermissionName, ...], Field(min_length=1), BeforeValidator(tuple)]
    narrowed_to: Literal["stores", "regions", "brands"] | None = None
    reference: Text = "workspace"


def load_roles(workspace: Workspace) -> tuple[Catalogue[RoleShape], list[Problem]]:
    """Return every valid role of the library and the workspace, and every problem.

    A role without `see`, which would see no page at all, and an administrator who may not do everything are problems.
    """
    roles, problems = load_catalogue("roles", RoleShape, workspace)
    return roles, [*problems, *(problem for role in roles for problem in _faults(role))]


def _faults(role: Definition[RoleShape]) -> Iterator[Problem]:
    said, where = role.value, role.place("permissions")
    if "see" not in said.permissions:
        yield Problem("config.value", f'The role "{role.name}" may not even see.', "Add see.", where)
    if role.name == ADMIN and (said.narrowed_to is not None or set(said.permissions) != set(get_args(PermissionName))):
        message = "The role admin must reach everything, or nobody could administer."
        yield Problem("config.lockout", message, "Leave it as it is, and make a role of another name.", where)
