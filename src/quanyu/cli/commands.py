"""Which commands there are and where: a module is imported when one of its commands is called, not for `--help`.

Every module of commands has `add_to(app)`, which adds its commands to a Typer app.
"""

from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "check": ("workspace", "Say everything that is wrong with the definitions, with file, line and what to do."),
    "demo": ("workspace", "Make a workspace with real data, or an invented brand, and run the main job on it."),
    "requirements": ("workspace", "Print how many requirements are done, partly done and planned, per group."),
    "run": ("build", "Read new files, resolve persons, compute every model and metric, write the report."),
    "report": ("build", "Write the report of the published build again."),
    "init": (
        "bring",
        "Make a workspace of a folder of files: look at them, draft settings and mappings, keep what stands.",
    ),
    "explain": ("inspect", "Tell the history of a figure, a table or an order, down to the files."),
    "tables": ("inspect", "Show the data dictionary: every table with what one row is, or the columns of one."),
    "schema": ("inspect", "Print the JSON Schema of a kind of YAML file, for completion and checks in an editor."),
    "bench": (
        "inspect",
        "Time the steps of the main job on this machine and these data, as multiples of reading the same columns once.",
    ),
    "readiness": (
        "readiness",
        "Say for each model which data it needs, which are missing here, and what to connect.",
    ),
    "diagnose": (
        "diagnosis",
        "Show what is worse than expected in the published build, the dearest first, and what to do about it.",
    ),
    "playbooks": ("diagnosis", "List the playbooks: what each watches, and where it is defined."),
    "funnel": (
        "behaviour",
        "Show how many people take steps in order within a window: every start counts, the deepest attempt of each.",
    ),
    "retention": (
        "behaviour",
        "Show who comes back: cohorts, period states (new, retained, lost, returned), or stickiness.",
    ),
    "paths": ("behaviour", "Show what people do one after another in their sessions."),
    "attribution": (
        "behaviour",
        "Show which touches are credited with orders by seven rules, whom each reached, and what hold-outs prove.",
    ),
    "trend": ("behaviour", "Show how often something is done per period, and by how many people."),
    "distribution": (
        "behaviour",
        "Show how a figure of each person is spread: a histogram and exact quantiles.",
    ),
    "export": ("exports", "Write lists of persons to files, with consent, masks and a record."),
    "person": ("person", "Show everything about one person: who, what, value, stages, consents, reach, what happened."),
    "ingest": ("bring", "What was received, what was refused, and how to repair it."),
    "metrics": ("figures", "Figures: which there are, and their values."),
    "stages": ("stages", "Stages of persons: counts, moves, reasons, and what rules change."),
    "tags": ("tags", "Tags of persons: definitions, values on any day, insight, reviews."),
    "segments": ("segments", "Segments: rules previewed, counted, explained, as text, and those of others."),
    "audit": ("audit", "The log of who did what."),
    "privacy": ("privacy", "Requests of persons about their data, deletion, consent."),
    "keys": ("access", "Keys with which programs ask or send events."),
    "users": ("users", "People who sign in to the server."),
    "mcp": ("assistants", "Give an assistant read-only tools over a running server (Model Context Protocol, stdio)."),
    "doctor": (
        "doctor",
        "Look at machine, workspace, store, warehouse, spool and server; say what is wrong and what to do.",
    ),
    "backup": ("backup", "Write everything that cannot be computed again into one file, also while the server runs."),
    "restore": ("backup", "Make a workspace of a backup, every byte checked, and make its newest build anew."),
    "serve": ("serve", "Collect live events of tracking SDKs, keep the warehouse, answer the API."),
    "periods": ("figures", "Close periods, and see what changed since."),
    "identity": ("identity", "Who is one person, why, and how to correct it."),
}
"""Every command or group: its module in this folder and the first line of its help, as `--help` shows it."""


class Deferred(TyperGroup):
    """A group of the commands of `COMMANDS`: it names them all, and imports the one that is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {name: TyperCommand(name, help=help_) for name, (_, help_) in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return name, command and remaining arguments, the command loaded."""
        if args[0] in COMMANDS:
            self.commands[args[0]] = load_command(args[0])
        return super().resolve_command(ctx, args)


def load_command(name: str) -> Any:
    """Return the command or group of that name, its module imported."""
    return load_module(COMMANDS[name][0])[name]


def load_module(name: str) -> dict[str, Any]:
    """Return every command and group that a module of this folder adds, by name."""
    own = typer.Typer()
    # Without a callback the only command of an app would be the app.
    own.callback()(_nothing)
    import_module(f"quanyu.cli.{name}").add_to(own)
    commands: dict[str, Any] = getattr(get_command(own), "commands", {})
    return commands


def _nothing() -> None:
    """Take no options."""
