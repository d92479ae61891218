"""Who is asking and what they may: permissions, the part of the brand they reach, and the refusal that says which."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from quanyu.errors import Problem, UserError


class Permission(StrEnum):
    """What somebody may do; none includes another, so that a role says all it gives."""

    SEE = "see"
    EDIT = "edit"
    RUN = "run"
    APPROVE = "approve"
    EXPORT = "export"
    UNMASK = "unmask"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Scope:
    """The brands, regions and stores that somebody reaches, by id; None is all of them."""

    brands: frozenset[str] | None = None
    regions: frozenset[str] | None = None
    stores: frozenset[str] | None = None

    @property
    def is_all(self) -> bool:
        """Return whether nothing is outside."""
        return self.brands is None and self.regions is None and self.stores is None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `kind` is user, key or system; `role` the name of the role that gave the permissions."""

    id: str
    name: str
    kind: str
    permissions: frozenset[Permission]
    scope: Scope = field(default_factory=Scope)
    role: str = ""

    def may(self, permission: Permission) -> bool:
        """Return whether the caller has a permission."""
        return permission in self.permissions


def require(caller: Caller, permission: Permission) -> None:
    """Raise UserError `access.denied`, with what is missing, unless the caller has a permission."""
    if not caller.may(permission):
        message = f"This needs the permission {permission.value}, which {caller.role or 'your role'} does not give."
        raise UserError(Problem("access.denied", message, "Ask an administrator for a role that gives it."))


SYSTEM: Final = Caller("system", "system", "system", frozenset(Permission), role="owner")
"""The command line: whoever owns the files of a workspace may do everything with it."""
