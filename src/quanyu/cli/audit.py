"""`quanyu audit`: whether anybody touched the log of who did what, and its head to be kept elsewhere."""

from typing import Annotated

import typer

from quanyu.cli.console import print_json, print_problems, say
from quanyu.cli.options import HERE, JsonOption, WorkspaceOption, find_workspace
from quanyu.services.privacy_audit import head_of, parse_head, verify_audit
from quanyu.services.project import open_operations, open_project


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    audit = typer.Typer(help="The log of who did what.", no_args_is_help=True)
    audit.command("head")(head)
    audit.command("verify")(verify)
    app.add_typer(audit, name="audit")


def head(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Print number and hash of the last record; keep them where nobody here can write."""
    with open_operations(open_project(find_workspace(workspace)).workspace) as store:
        found = head_of(store)
    if as_json:
        print_json({"audit_id": found.audit_id, "hash": found.hash})
    else:
        say(str(found))


def verify(
    heads: Annotated[list[str] | None, typer.Option("--head", help="A head printed before, NUMBER:HASH.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Check the chain of the whole log, and that it still has every record that was its last once; 1 when broken."""
    project = open_project(find_workspace(workspace))
    with open_operations(project.workspace) as store:
        problems = verify_audit(project.workspace, store, [parse_head(one) for one in heads or ()])
        found = head_of(store)
    if as_json:
        print_json({"holds": not problems, "problems": [one.as_dict() for one in problems]})
    elif problems:
        print_problems(problems)
    else:
        say(f"All {found.audit_id:,} records follow one another; none was changed, taken out or cut off.")
    if problems:
        raise typer.Exit(1)
