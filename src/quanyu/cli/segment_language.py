"""`quanyu segments parse`, `say`, `import`: rules as text and as sentences, and segments of other products."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from quanyu.cli.console import print_json, print_problems, say
from quanyu.cli.options import HERE, JsonOption, WorkspaceOption, find_workspace
from quanyu.definitions.written import yaml_text
from quanyu.errors import Problem, UserError
from quanyu.segments.imports import Product
from quanyu.services.segment_language import ToldRule, import_file, tell_rule, tell_text

segments = typer.Typer(
    no_args_is_help=True, help="Segments: rules previewed, counted, explained, as text, and those of others."
)
"""The group that `segments.py` adds its commands to as well."""


@segments.command("parse")
def parse(
    text: Annotated[str, typer.Argument(help='A rule as text: orders.count(90d) >= 2 and lifecycle = "dormant".')],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Read a rule written as text: as YAML, in its normal form, as a sentence in both languages."""
    _say_rule(tell_text(find_workspace(workspace), text), as_json)


@segments.command("say")
def say_file(
    file: Annotated[Path, typer.Argument(help="A YAML or JSON file that holds one rule.")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say a rule of a file as text and as a sentence in both languages."""
    _say_rule(tell_rule(find_workspace(workspace), file), as_json)


@segments.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The segment as JSON.")],
    product: Annotated[Product, typer.Option("--from", help="The product it is of.")],
    workspace: WorkspaceOption = HERE,
    *,
    names: Annotated[list[str] | None, typer.Option("--name", help="Ours for theirs: plan=value_tier.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Read a segment of another product: the rule that can be said here, and a list of what cannot."""
    told = import_file(find_workspace(workspace), product, file, dict(_pair(text) for text in names or ()))
    if as_json:
        rule = _rule_json(told.rule) if told.rule is not None else None
        problems = [problem.as_dict() for problem in told.problems]
        print_json({"name": told.name, "whole": told.is_whole, "rule": rule, "problems": problems})
        return
    if told.rule is None:
        say("Nothing of it can be said here.")
    else:
        _say_rule(told.rule, as_json=False)
    print_problems(told.problems)


def _pair(text: str) -> tuple[str, str]:
    theirs, sign, ours = text.partition("=")
    if not sign or not theirs or not ours:
        raise UserError(Problem("cli.arguments", f'"{text[:60]}" names nothing.', "Write --name theirs=ours."))
    return theirs, ours


def _rule_json(told: ToldRule) -> dict[str, Any]:
    return {
        "rule": told.rule,
        "text": told.text,
        "without_text": told.missing,
        "zh": told.zh,
        "en": told.en,
        "problems": [problem.as_dict() for problem in told.problems],
    }


def _say_rule(told: ToldRule, as_json: bool) -> None:
    if as_json:
        print_json(_rule_json(told))
        return
    text = told.text if told.text is not None else f"No text form: {'; '.join(told.missing)}."
    # Square brackets of a rule are not those of a style.
    for line in (text, told.zh, told.en, yaml_text({"rule": told.rule}).rstrip()):
        say(escape(line))
    print_problems(told.problems)
