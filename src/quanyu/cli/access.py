"""`quanyu keys`: keys with which programs ask (`/api/v1`) or send events."""

from dataclasses import asdict
from typing import Annotated

import typer

from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.options import HERE, ActorOption, JsonOption, WorkspaceOption, actor_name, find_workspace
from quanyu.services import access as service
from quanyu.services.project import open_operations, open_project
from quanyu.services.roles import open_roles

NameArgument = Annotated[str, typer.Argument(help="What the key is for, such as the name of the program.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    keys = typer.Typer(help="Keys with which programs ask or send events.", no_args_is_help=True)
    keys.command("list")(list_keys)
    keys.command("api")(make_api_key)
    keys.command("write")(make_write_key)
    keys.command("revoke")(revoke_key)
    app.add_typer(keys, name="keys")


def list_keys(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """List every key there ever was, without its secret."""
    with open_operations(open_project(find_workspace(workspace)).workspace) as store:
        keys = service.list_keys(store)
    if as_json:
        print_json([asdict(one) for one in keys])
        return
    rows = [
        (one.key_id, one.kind, one.name, one.role or one.source, one.created_by, one.expires_at, one.revoked_at)
        for one in keys
    ]
    print_table("", ("key", "kind", "name", "role or source", "made by", "expires", "revoked"), rows)


def make_api_key(
    name: NameArgument,
    role: Annotated[str, typer.Option("--role", help="What it may; `quanyu users roles` lists them.")] = "viewer",
    days: Annotated[int | None, typer.Option("--days", min=1, max=3660, help="How long it holds.")] = None,
    workspace: WorkspaceOption = HERE,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make a key for the API with the rights of a role; it is shown once."""
    opened = open_project(find_workspace(workspace)).workspace
    with open_operations(opened) as store:
        _show(service.make_api_key(store, open_roles(opened), name, role, actor_name(actor), days), as_json)


def make_write_key(
    name: NameArgument,
    source: Annotated[str, typer.Option("--source", help="The live source its events belong to.")],
    workspace: WorkspaceOption = HERE,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make a write key for a tracking SDK; it gives no right to read, and is shown once."""
    project = open_project(find_workspace(workspace))
    with open_operations(project.workspace) as store:
        _show(service.make_write_key(project, store, name, source, actor_name(actor)), as_json)


def revoke_key(
    key: Annotated[str, typer.Argument(help="The key's id, as `quanyu keys list` shows it.")],
    workspace: WorkspaceOption = HERE,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Let a key hold no longer."""
    with open_operations(open_project(find_workspace(workspace)).workspace) as store:
        gone = service.revoke_key(store, key, actor_name(actor))
    if as_json:
        print_json(asdict(gone))
    else:
        say(f"Key {gone.key_id} ({gone.name}) holds no longer.")


def _show(made: service.NewKey, as_json: bool) -> None:
    if as_json:
        print_json({"key_id": made.key.key_id, "secret": made.secret})
        return
    say(f"Key {made.key.key_id}. Keep it now, it is not shown again:")
    say(made.secret)
