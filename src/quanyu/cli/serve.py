"""`quanyu serve`: one process that collects live events, owns the warehouse and answers the API."""

import re
from typing import Annotated

import typer

from quanyu.cli.console import say
from quanyu.cli.options import HERE, WorkspaceOption, find_workspace
from quanyu.errors import Problem, UserError
from quanyu.server.app import Service, Settings
from quanyu.server.owner import Pace
from quanyu.server.runner import listen
from quanyu.services.access import list_keys
from quanyu.services.project import Project, ensure_key, open_operations, open_project, open_warehouse
from quanyu.services.running import lending
from quanyu.services.users import first_link
from quanyu.store import KeyKind, Store

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("serve")(serve)


def serve(
    workspace: WorkspaceOption = HERE,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0: any free one.")] = 8700,
    build_after: Annotated[
        int,
        typer.Option("--build-after", min=0, help="Minutes after new events until a build begins; 0: only when asked."),
    ] = 15,
    open_source: Annotated[
        str | None,
        typer.Option("--open-source", help="Live source of requests without a key (Snowplow and 易观 send none)."),
    ] = None,
    collect_only: Annotated[
        str | None,
        typer.Option(
            "--collect-only", metavar="NAME", help="Be one more collector of that name; another process loads."
        ),
    ] = None,
) -> None:
    """Collect live events of tracking SDKs, keep the warehouse, answer the API."""
    if collect_only is not None and not _NAME.fullmatch(collect_only):
        message = "A collector's name is a folder's name: small letters, digits, - and _."
        raise UserError(Problem("serve.name", message, "Call it c2, say."))
    project = open_project(find_workspace(workspace))
    pace = Pace(build_s=build_after * 60.0 if build_after else None)
    with open_operations(project.workspace) as store:
        ensure_key(project.workspace, store)
        if collect_only is not None:
            say(f"{project.workspace.brand.code}: collector {collect_only} on http://{host}:{port}")
            listen(Service(project, store, None, Settings(collect_only, open_source)), host, port)
            return
        with (
            open_warehouse(project.workspace, as_holder=True) as warehouse,
            lending(project.workspace, warehouse, f"http://{host}:{port}"),
        ):
            service = Service(project, store, warehouse, Settings(open_source=open_source, pace=pace))
            _greet(project, store, host, port)
            listen(service, host, port)


def _greet(project: Project, store: Store, host: str, port: int) -> None:
    say(f"{project.workspace.brand.code}: listening on http://{host}:{port} (API under /api/v1, health under /readyz)")
    if host not in _LOOPBACK:
        say("[yellow]Others can reach this address.[/yellow] Put a proxy with TLS in front of it (docs/server.md).")
    link = first_link(store)
    if link is not None:
        say(f"Set the password of the first administrator, once and within a day: http://{host}:{port}/welcome#{link}")
        say("Then sign in under /login; programs get keys by `quanyu keys api NAME --role ROLE`.")
    live = [source.id for source in project.sources if source.format == "live"]
    if not live:
        say("No source has `format: live` yet, so no SDK can send; see docs/live.md.")
    elif not any(one.kind is KeyKind.WRITE for one in list_keys(store)):
        say(f"SDKs need a write key: quanyu keys write NAME --source {live[0]}")
