"""Users, for administrators: made, given roles, links and an end; the roles there are."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path

from quanyu.server.guard import MayAdmin
from quanyu.server.shapes import Listed, One, Row, UserAsked, UserChanged
from quanyu.services import users
from quanyu.store import User

router = APIRouter(tags=["users"])
UserId = Annotated[str, Path(max_length=40)]


@router.get("/roles", response_model=Listed)
def list_roles(asking: MayAdmin) -> Any:
    """List the roles: what each may do, and of what a user with it is given a part (empty: all of it)."""
    rows = [
        {
            "role": name,
            "zh": role.zh,
            "en": role.en,
            "permissions": sorted(one.value for one in role.permissions),
            "narrowed_to": role.narrowed_to,
        }
        for name, role in asking.state.roles.items()
    ]
    return {"rows": rows}


@router.get("/users", response_model=Listed)
def list_users(asking: MayAdmin) -> Any:
    """List every user by name, disabled ones too."""
    return {"rows": [_row(one) for one in users.list_users(asking.state.store)]}


@router.post("/users", response_model=One)
def add_user(asking: MayAdmin, asked: UserAsked) -> Any:
    """Make a user; `link` sets the password once, within a day, under `/welcome#link`."""
    made = users.add_user(
        asking.state.store, asking.state.roles, asked.name, asked.role, asking.actor, _scope(asked.scope)
    )
    return {"detail": {**_row(made.user), "link": made.link}}


@router.patch("/users/{user_id}", response_model=One)
def change_user(asking: MayAdmin, user_id: UserId, asked: UserChanged) -> Any:
    """Give a user another role or scope, or let the user sign in no more; sessions end at once."""
    store, roles, actor = asking.state.store, asking.state.roles, asking.actor
    if asked.role is not None or asked.scope is not None:
        user = users.get_user(store, user_id)
        scope = user.scope if asked.scope is None else _scope(asked.scope)
        users.set_role(store, roles, user_id, asked.role or user.role, scope, actor)
    if asked.disabled is not None:
        users.set_disabled(store, roles, user_id, actor, is_disabled=asked.disabled)
    return {"detail": _row(users.get_user(store, user_id))}


@router.post("/users/{user_id}/link", response_model=One)
def make_link(asking: MayAdmin, user_id: UserId) -> Any:
    """Make a link that sets a user's password once, within a day; earlier ones hold no longer."""
    return {"detail": {"link": users.new_link(asking.state.store, user_id, asking.actor)}}


@router.get("/users/{user_id}/sessions", response_model=Listed)
def list_sessions(asking: MayAdmin, user_id: UserId) -> Any:
    """List the sessions of a user that hold, the newest first."""
    user = users.get_user(asking.state.store, user_id)
    names = ("session_id", "created_at", "seen_at")
    found = users.sessions_of(asking.state.store, user.user_id)
    return {"rows": [{name: getattr(one, name) for name in names} for one in found]}


@router.delete("/users/{user_id}/sessions", response_model=One)
def end_sessions(asking: MayAdmin, user_id: UserId) -> Any:
    """End every session of a user, who may sign in again."""
    return {"detail": {"ended": users.end_sessions(asking.state.store, user_id, asking.actor)}}


def _scope(said: Mapping[Literal["brands", "regions", "stores"], Sequence[str]]) -> dict[str, Sequence[str]]:
    return {str(kind): ids for kind, ids in said.items()}


def _row(user: User) -> Row:
    names = ("user_id", "name", "role", "scope", "created_at", "created_by", "password_at", "disabled_at")
    return {name: getattr(user, name) for name in names}
