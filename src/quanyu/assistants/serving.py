"""Serves the tools over standard input and output; the door of the package `mcp`."""

from threading import Lock

from quanyu.assistants.tools import INSTRUCTIONS, NAMES, guarded
from quanyu.client import Client
from quanyu.errors import Problem, UserError


def serve(address: str, key: str) -> None:
    """Answer an assistant until it hangs up; raises UserError `extra.missing`, `client.address`."""
    try:
        from mcp.server import MCPServer
        from mcp.types import ToolAnnotations
    except ImportError as error:
        message = "Tools for assistants need a package that is not installed."
        raise UserError(Problem("extra.missing", message, 'Install it: pip install "quanyu[mcp]".')) from error
    try:
        client = Client(address, key)
    except ValueError as error:
        raise UserError(Problem("client.address", f"{error}.", "Give the address of `quanyu serve`.")) from error
    server = MCPServer("quanyu", instructions=INSTRUCTIONS, log_level="WARNING")
    only_reads = ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False)
    turn = Lock()
    for name in NAMES:
        server.tool(annotations=only_reads)(guarded(client, name, turn))
    with client:
        server.run("stdio")
