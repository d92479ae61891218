"""`quanyu tags`: which there are, what one says, who held it on any day, what a person has, what is to be reviewed."""

import json
from datetime import date, datetime
from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.opened import opened_build
from quanyu.cli.options import HERE, ActorOption, JsonOption, WorkspaceOption, actor_name, find_workspace
from quanyu.clock import today
from quanyu.display import NULL_SIGN, format_rate, format_ratio
from quanyu.errors import Problem, UserError
from quanyu.ids import PersonId, format_person_id
from quanyu.services.identity import explain_person, find_asked
from quanyu.services.project import open_project
from quanyu.services.tag_answers import TagOn, TagShown, list_tags, overdue_tags, show_tag, tag_on, tags_of, value_label

tags = typer.Typer(no_args_is_help=True, help="Tags of persons: definitions, values on any day, insight, reviews.")

CodeArgument = Annotated[str, typer.Argument(help="Code of the tag, such as repeat_buyer; `tags list` shows them.")]
MOVED = 0.25
"""A stability index from which a tag is said to have moved (Siddiqi 2006)."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(tags, name="tags")


@tags.command("list")
def show_list(
    workspace: WorkspaceOption = HERE,
    *,
    group: Annotated[str | None, typer.Option(help="Only what stands under this group or family.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the tags of the published build as a tree, with how many persons have a value."""
    with opened_build(workspace) as here:
        listed = list_tags(here.engine)
    codes = {row["tag_code"] for row in listed}
    if group is not None and group not in codes:
        raise UserError(
            Problem("tag.unknown", f'Group "{group[:60]}" does not exist.', "`quanyu tags list` shows all.")
        )
    parents = {row["tag_code"]: row["parent_code"] for row in listed}
    kept = [row for row in listed if group is None or group in _path(row["tag_code"], parents)]
    if as_json:
        print_json(kept)
        return
    print_table(
        "",
        ("tag", "中文", "English", "type", "persons", "coverage", "PSI"),
        [_listed(row) for row in kept],
        right=("persons", "coverage", "PSI"),
    )
    valued = [row for row in kept if row["insight"]]
    missing = [row for row in valued if not row["insight"]["is_computable"]]
    say(f"{len(valued)} tags; {len(missing)} not computable (`quanyu tags show CODE` says why).")


@tags.command("show")
def show(code: CodeArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Show one tag: definition, coverage, distribution, drift, evaluation, and who uses it."""
    with opened_build(workspace) as here:
        told = show_tag(here.project, here.engine, code)
    if as_json:
        print_json(_shown_json(told))
        return
    _say_definition(told)
    _say_insight(told)


@tags.command("on")
def on(
    code: CodeArgument,
    workspace: WorkspaceOption = HERE,
    *,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="The day; without it the build's date.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show how many persons held each value of a tag on a day, as the builds said it."""
    with opened_build(workspace) as here:
        told = tag_on(here.project, here.engine, here.build, code, day.date() if day else here.build.as_of)
    if as_json:
        values = None if told.values is None else [{"value": value, "persons": n} for value, n in told.values]
        print_json({"tag": told.code, "date": told.day, "known_since": told.since, "values": values})
        return
    _say_day(told)


@tags.command("person")
def person(
    who: Annotated[str, typer.Argument(help="A person or identifier by id (P…), or type:value[@namespace].")],
    workspace: WorkspaceOption = HERE,
    *,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="The day; without it the build's date.")
    ] = None,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show the tags of one person on a day."""
    with opened_build(workspace) as here:
        asked = find_asked(here.project, here.store, who, actor_name(actor))
        found = explain_person(here.store, here.engine, asked, here.build).person_id
        if found is None:
            message = "This identifier belongs to nobody."
            raise UserError(Problem("identity.nobody", message, "Ask for another one of the person's."))
        when = day.date() if day else here.build.as_of
        held = tags_of(here.engine, here.build, found, when)
    name = format_person_id(PersonId(found))
    if as_json:
        print_json({"person": name, "date": when, "tags": [_held_json(row) for row in held]})
        return
    rows = [_held(row) for row in held]
    print_table(f"{name} on {when}", ("tag", "中文", "English", "值", "value", "since"), rows)
    say(f"{len(rows)} tags.")


@tags.command("overdue")
def overdue(
    workspace: WorkspaceOption = HERE,
    *,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="As of this day; without it today.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the tags whose review is overdue, the longest due first."""
    project = open_project(find_workspace(workspace))
    when = day.date() if day else today(project.workspace.time_zone)
    late = overdue_tags(project.workspace, when)
    if as_json:
        print_json([{"tag": tag.code, **_review(tag.inherited, when)} for tag in late])
        return
    rows = [
        (tag.code, tag.shape.label.zh, tag.shape.label.en, tag.inherited["owner"], tag.inherited["review_on"])
        for tag in late
    ]
    print_table("", ("tag", "中文", "English", "owner", "review on"), rows)
    say(f"{len(late)} tags are overdue on {when}.")


def _review(inherited: Any, when: date) -> dict[str, Any]:
    review_on = date.fromisoformat(inherited["review_on"])
    return {"owner": inherited["owner"], "review_on": review_on, "days_overdue": (when - review_on).days}


def _path(code: str, parents: dict[str, str | None]) -> list[str]:
    path: list[str] = []
    one: str | None = code
    while one is not None and one not in path:
        path.append(one)
        one = parents.get(one)
    return path


def _listed(row: dict[str, Any]) -> tuple[Any, ...]:
    insight = row["insight"] or {}
    persons = insight.get("persons")
    shown = "" if not insight else NULL_SIGN if persons is None else f"{persons:,}"
    coverage = format_rate(insight["coverage"]) if insight else ""
    psi = format_ratio(insight["psi"]) if insight else ""
    name = "  " * (row["level"] - 1) + row["tag_code"]
    return name, row["name_zh"], row["name_en"], row["value_type"] or "", shown, coverage, psi


def _say_definition(told: TagShown) -> None:
    given = told.definition
    say(f"[bold]{given['tag_code']}[/bold]  {given['name_zh']} · {given['name_en']}")
    say(f"{given['description_zh']}。 {given['description_en']}.")
    say(" › ".join(told.tag.path))
    classes = ("volatility", "measure", "origin", "derivation", "value_type", "refresh", "sensitivity", "owner")
    say(", ".join(f"{name} {given[name]}" for name in classes))
    say(
        f"rule {given['rule']}  ({told.place}, version {given['version']})",
    )
    say(f"from {', '.join(told.tag.features)}")
    say(f"used by {', '.join(told.used_by) or 'nobody'}")


def _say_insight(told: TagShown) -> None:
    insight = told.insight
    if not insight["is_computable"]:
        say(insight["why_not_zh"])
        say(insight["why_not_en"])
        return
    psi = insight["psi"]
    moved = " (moved)" if psi is not None and psi >= MOVED else ""
    say(f"persons {insight['persons']:,} of {insight['base_persons']:,}, coverage {format_rate(insight['coverage'])}")
    say(f"changed for {insight['changed_persons']:,} by this build, last on {insight['changed_on'] or NULL_SIGN}")
    say(f"PSI against the build before {format_ratio(psi)}{moved}")
    say(f"accuracy {format_rate(insight['accuracy'])} of {insight['truth_persons'] or 0:,} whose truth is known")
    say(f"review on {insight['review_on']}")
    labels = json.loads(told.definition["labels"] or "{}")
    rows = [
        (
            one["value"],
            *value_label(told.definition, labels, one["value"]),
            f"{one['persons']:,}",
            format_rate(one["share"]),
            one["persons_before"],
            format_ratio(one["lift"]),
        )
        for one in told.values[:20]
    ]
    columns = ("value", "中文", "English", "persons", "share", "before", "lift")
    print_table("", columns, rows, right=columns[3:])
    if len(told.values) > len(rows):
        say(f"{len(told.values) - len(rows)} more values with --json.")


def _shown_json(told: TagShown) -> dict[str, Any]:
    return {
        "definition": dict(told.definition),
        "path": told.tag.path,
        "features": told.tag.features,
        "needs": told.tag.needs,
        "place": told.place,
        "yaml": told.text,
        "used_by": told.used_by,
        "insight": dict(told.insight),
        "values": [dict(one) for one in told.values],
    }


def _say_day(told: TagOn) -> None:
    if told.values is None:
        since = f"Builds know it from {told.since}." if told.since else "No build has given it to anybody."
        say(f"{told.code} on {told.day}: {NULL_SIGN} {since}")
        say(f"A build of that day computes it: `quanyu run --as-of {told.day}`.")
        return
    print_table(
        f"{told.code} on {told.day}", ("value", "persons"), [(v, f"{n:,}") for v, n in told.values], right=("persons",)
    )


def _held(row: dict[str, Any]) -> tuple[Any, ...]:
    definition = row["definition"] or {"name_zh": NULL_SIGN, "name_en": NULL_SIGN, "labels": None, "value_type": None}
    labels = json.loads(definition["labels"] or "{}")
    zh, en = value_label(definition, labels, row["value"])
    return row["tag_code"], definition["name_zh"], definition["name_en"], zh, en, row["from_date"]


def _held_json(row: dict[str, Any]) -> dict[str, Any]:
    _, name_zh, name_en, zh, en, since = _held(row)
    return {
        "tag": row["tag_code"],
        "name_zh": name_zh,
        "name_en": name_en,
        "value": row["value"],
        "value_zh": zh,
        "value_en": en,
        "number": row["number"],
        "since": since,
        "source": row["source"],
    }
