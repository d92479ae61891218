"""`quanyu stages`: stages on any date, flows between dates, why a person has one, what other rules would change."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.opened import opened_build
from quanyu.cli.options import HERE, ActorOption, JsonOption, WorkspaceOption, actor_name
from quanyu.errors import Problem, UserError
from quanyu.services.identity import explain_person, find_asked
from quanyu.services.stage_answers import StageReason, explain_stage, stages_on
from quanyu.services.stage_diff import Change, StageDiff, diff_stages, month_ends
from quanyu.services.stages import Flow, Flows, flow_between

stages = typer.Typer(no_args_is_help=True, help="Stages of persons: counts, moves, reasons, and what rules change.")

DayOption = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day; without it the build's date.")
]
ModelArgument = Annotated[str, typer.Argument(help="Stage model: 5r, aipl, fp_layer, identity_state.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(stages, name="stages")


@stages.command("flow")
def flow(
    model: Annotated[str, typer.Option(help="Stage model: 5r, aipl, fp_layer, identity_state, lifecycle, rfm …")],
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="Opening date.")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Closing date.")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Show how many persons went from each stage to each other between two dates."""
    with opened_build(workspace, read_only=False) as here:
        told = flow_between(here.project, here.engine, here.build, model, (start.date(), end.date()))
    if as_json:
        flows = _flows_json(told.flows)
        print_json({"model": model, "from": told.start, "to": told.end, "computed": told.computed, "flows": flows})
        return
    _say_flows(told)


@stages.command("on")
def on(
    model: ModelArgument, day: DayOption = None, workspace: WorkspaceOption = HERE, as_json: JsonOption = False
) -> None:
    """Show how many persons were in each stage of a model on any day up to the build's."""
    with opened_build(workspace) as here:
        when = day.date() if day else here.build.as_of
        counts = stages_on(here.engine, here.build, model, when)
    if as_json:
        listed = [{"stage": one.stage, "zh": one.zh, "en": one.en, "persons": one.persons} for one in counts]
        print_json({"model": model, "date": when, "stages": listed})
        return
    rows = [(one.stage, one.zh, one.en, f"{one.persons:,}") for one in counts]
    print_table(f"{model}: {when}", ("stage", "中文", "English", "persons"), rows, right=("persons",))


@stages.command("explain")
def explain(
    person: Annotated[str, typer.Argument(help="A person or identifier by id (P…), or type:value[@namespace].")],
    workspace: WorkspaceOption = HERE,
    *,
    model: Annotated[str | None, typer.Option(help="One stage model; without it all.")] = None,
    day: DayOption = None,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Say which stage a person has on a day, and why."""
    with opened_build(workspace) as here:
        asked = find_asked(here.project, here.store, person, actor_name(actor))
        found = explain_person(here.store, here.engine, asked, here.build)
        if found.person_id is None:
            message = "This identifier belongs to nobody."
            raise UserError(Problem("identity.nobody", message, "Ask for another one of the person's."))
        when = day.date() if day else here.build.as_of
        told = explain_stage(here.engine, here.build, found.person_id, model, when)
    if as_json:
        print_json([_reason_json(one, when) for one in told])
        return
    for one in told:
        say(f"{one.model}  {one.zh}")
        say(f"{one.model}  {one.en}")


@stages.command("diff")
def diff(
    model: ModelArgument,
    workspace: WorkspaceOption = HERE,
    *,
    rules: Annotated[Path | None, typer.Option(help="A YAML file with other rules of the model.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another value of a parameter: P.5r.window.r3=60. May be repeated."),
    ] = None,
    day: DayOption = None,
    over: Annotated[int | None, typer.Option(min=1, max=24, help="This many month ends, and the build's date.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say how many persons other rules would put in another stage, as a matrix per date; nothing is changed."""
    change = Change(rules, dict(_setting(text) for text in settings or ()))
    with opened_build(workspace, read_only=False) as here:
        as_of = here.build.as_of
        dates = month_ends(as_of, over) if over else [day.date() if day else as_of]
        told = diff_stages(here.project, here.engine, here.build, model, change, dates)
    if as_json:
        print_json(_diff_json(told))
        return
    _say_diff(told)


def _setting(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise UserError(Problem("cli.arguments", f'"{text[:60]}" sets nothing.', "Write --set P.5r.window.r3=60."))
    written = value.strip()
    return name.strip(), int(written) if written.lstrip("-").isdecimal() else written


def _flows_json(flows: tuple[Flow, ...]) -> list[dict[str, Any]]:
    return [{"from": one.from_stage, "to": one.to_stage, "persons": one.persons} for one in flows]


def _reason_json(one: StageReason, when: date) -> dict[str, Any]:
    return {
        "model": one.model,
        "date": when,
        "stage": one.stage,
        "since": one.since,
        "until": one.until,
        "rule": one.rule,
        "evidence": one.evidence,
        "zh": one.zh,
        "en": one.en,
    }


def _diff_json(told: StageDiff) -> dict[str, Any]:
    dates = [{"date": one.date, "moved": one.moved, "persons": _flows_json(one.persons)} for one in told.dates]
    return {"model": told.model, "before": told.version_before, "after": told.version_after, "dates": dates}


def _say_flows(told: Flows) -> None:
    _say_matrix(f"{told.model}: {told.start} → {told.end}", told.flows)
    if told.computed:
        say("The build has no snapshots of both dates; they were computed now, with today's persons and parameters.")


def _say_diff(told: StageDiff) -> None:
    for one in told.dates:
        _say_matrix(f"{told.model} on {one.date}: rules {told.version_before} → {told.version_after}", one.persons)
        say(f"{one.moved:,} persons have another stage.")


def _say_matrix(title: str, flows: tuple[Flow, ...]) -> None:
    to_stages = sorted({one.to_stage for one in flows})
    cells = {(one.from_stage, one.to_stage): one.persons for one in flows}
    rows = [
        (stage, *(f"{cells.get((stage, to), 0):,}" for to in to_stages))
        for stage in sorted({one.from_stage for one in flows})
    ]
    print_table(title, ("from \\ to", *to_stages), rows, right=to_stages)
