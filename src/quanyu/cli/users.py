"""`quanyu users`: people who sign in to the server, their roles and the links that let them set a password."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.options import HERE, ActorOption, JsonOption, WorkspaceOption, actor_name, find_workspace
from quanyu.errors import UserError
from quanyu.services import users as service
from quanyu.services.project import open_operations, open_project
from quanyu.services.roles import Roles, open_roles
from quanyu.store import Store, User

NameArgument = Annotated[str, typer.Argument(help="The name to sign in with, such as an e-mail address.")]
ScopeOption = Annotated[
    list[str] | None, typer.Option("--scope", help="A part of the brand only: stores=ID,ID (or regions=, brands=).")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    users = typer.Typer(help="People who sign in to the server.", no_args_is_help=True)
    users.command("list")(list_users)
    users.command("roles")(list_roles)
    users.command("add")(add_user)
    users.command("link")(make_link)
    users.command("role")(set_role)
    users.command("disable")(disable_user)
    users.command("enable")(enable_user)
    users.command("sessions")(list_sessions)
    app.add_typer(users, name="users")


@contextmanager
def _store(workspace: Path) -> Iterator[Store]:
    with open_operations(open_project(find_workspace(workspace)).workspace) as store:
        yield store


def _roles(workspace: Path) -> Roles:
    return open_roles(open_project(find_workspace(workspace)).workspace)


def list_users(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """List every user, disabled ones too."""
    with _store(workspace) as store:
        found = service.list_users(store)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    rows = [
        (one.name, one.role, _scope(one), one.created_at, "set" if one.password_at else "not yet", one.disabled_at)
        for one in found
    ]
    print_table("", ("name", "role", "scope", "made", "password", "disabled"), rows)


def list_roles(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """List the roles and what each may do."""
    roles = _roles(workspace)
    if as_json:
        print_json({name: {**asdict(role), "permissions": sorted(role.permissions)} for name, role in roles.items()})
        return
    rows = [
        (name, role.zh, role.en, ", ".join(sorted(role.permissions)), role.narrowed_to) for name, role in roles.items()
    ]
    print_table("", ("role", "角色", "name", "may", "for some"), rows)


def add_user(
    name: NameArgument,
    role: Annotated[str, typer.Option("--role", help="What the user may do; `quanyu users roles` lists them.")],
    scope: ScopeOption = None,
    workspace: WorkspaceOption = HERE,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make a user and show the link that sets the password, once, within a day."""
    roles = _roles(workspace)
    with _store(workspace) as store:
        made = service.add_user(store, roles, name, role, actor_name(actor), service.read_scope(scope or []))
    if as_json:
        print_json({**asdict(made.user), "link": made.link})
    else:
        _show_link(made.user.name, made.link)


def make_link(
    name: NameArgument, workspace: WorkspaceOption = HERE, actor: ActorOption = "", as_json: JsonOption = False
) -> None:
    """Show a new link that sets a user's password; earlier ones hold no longer."""
    with _store(workspace) as store:
        link = service.new_link(store, _named(store, name).user_id, actor_name(actor))
    if as_json:
        print_json({"name": name, "link": link})
    else:
        _show_link(name, link)


def set_role(
    name: NameArgument,
    role: Annotated[str, typer.Argument(help="What the user may do from now on.")],
    scope: ScopeOption = None,
    workspace: WorkspaceOption = HERE,
    actor: ActorOption = "",
) -> None:
    """Give a user another role or scope; sessions end at once."""
    roles = _roles(workspace)
    with _store(workspace) as store:
        user = _named(store, name)
        service.set_role(store, roles, user.user_id, role, service.read_scope(scope or []), actor_name(actor))
    say(f"{name} is {role} now.")


def disable_user(name: NameArgument, workspace: WorkspaceOption = HERE, actor: ActorOption = "") -> None:
    """Let a user sign in no more; sessions end at once."""
    roles = _roles(workspace)
    with _store(workspace) as store:
        service.set_disabled(store, roles, _named(store, name).user_id, actor_name(actor), is_disabled=True)
    say(f"{name} can sign in no more.")


def enable_user(name: NameArgument, workspace: WorkspaceOption = HERE, actor: ActorOption = "") -> None:
    """Let a user sign in again."""
    roles = _roles(workspace)
    with _store(workspace) as store:
        service.set_disabled(store, roles, _named(store, name).user_id, actor_name(actor), is_disabled=False)
    say(f"{name} can sign in again.")


def list_sessions(
    name: NameArgument,
    end: Annotated[bool, typer.Option("--end", help="End all of them; the user may sign in again.")] = False,
    workspace: WorkspaceOption = HERE,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """List the sessions of a user that hold, or end them."""
    with _store(workspace) as store:
        user = _named(store, name)
        found = service.sessions_of(store, user.user_id)
        if end:
            service.end_sessions(store, user.user_id, actor_name(actor))
    # Not the token for writes, which is for the browser alone.
    rows = [{"session_id": one.session_id, "created_at": one.created_at, "seen_at": one.seen_at} for one in found]
    if as_json:
        print_json(rows)
    elif end:
        say(f"{len(rows)} sessions of {name} ended.")
    else:
        print_table("", ("session", "began", "last used"), [tuple(one.values()) for one in rows])


def _named(store: Store, name: str) -> User:
    found = service.find_user(store, name)
    if not isinstance(found, User):
        raise UserError(found)
    return found


def _show_link(name: str, link: str) -> None:
    say(f"{name} sets a password, once and within a day, on the server's page:")
    say(f"  /welcome#{link}")


def _scope(user: User) -> str:
    return "; ".join(f"{kind}={','.join(ids)}" for kind, ids in user.scope.items())
