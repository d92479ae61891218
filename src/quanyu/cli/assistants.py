"""`quanyu mcp`: tools for assistants."""

import os
from typing import Annotated, Final

import typer

from quanyu.assistants.serving import serve
from quanyu.errors import Problem, UserError

KEY: Final = "QUANYU_API_KEY"
ADDRESS: Final = "http://127.0.0.1:8700"


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("mcp")(serve_assistant)


def serve_assistant(
    server: Annotated[str, typer.Option("--server", help="Address of a running `quanyu serve`.")] = ADDRESS,
) -> None:
    """Give an assistant read-only tools over a running server (Model Context Protocol, stdio)."""
    key = os.environ.get(KEY, "").strip()
    if not key:
        message = f"{KEY} is not set."
        raise UserError(Problem("assistant.key", message, "Make a key with `quanyu keys api`, and put it there."))
    serve(server, key)
