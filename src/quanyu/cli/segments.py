"""`quanyu segments`: which there are, what a rule would give, who is in one, why, and who came and went."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.opened import Opened, opened_build
from quanyu.cli.options import HERE, ActorOption, JsonOption, WorkspaceOption, actor_name, find_workspace
from quanyu.cli.segment_language import segments
from quanyu.config import Language
from quanyu.definitions import load_workspace
from quanyu.definitions.catalogue import load_catalogue
from quanyu.definitions.segment import Segments, SegmentShape, rule_text
from quanyu.definitions.segment_rule import RuleShape
from quanyu.display import NULL_SIGN, format_count, format_money, format_rate
from quanyu.errors import Problem, UserError
from quanyu.ids import PersonId, format_person_id
from quanyu.money import Money
from quanyu.segments.language import say_rule, vocabulary_of
from quanyu.segments.preview import Preview, Reason
from quanyu.services.identity import explain_person, find_asked
from quanyu.services.segment_lists import ReadList
from quanyu.services.segment_save import OWN, count_rules, save_segments
from quanyu.services.segments import (
    RULE_FILES,
    Shown,
    explain_member,
    find_segment,
    list_segments,
    members_of,
    open_segments,
    preview_rule,
    read_rule_file,
    turnover,
)


def segment_names(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the segments whose names begin so, with their labels: what a shell offers; none outside a workspace."""
    workspace, _ = load_workspace(find_workspace(Path(ctx.params.get("workspace") or HERE)))
    found = load_catalogue("segments", SegmentShape, workspace)[0] if workspace is not None else ()
    return [(one.name, one.value.label.en) for one in found if one.name.startswith(incomplete)]


NameArgument = Annotated[
    str, typer.Argument(help="Name of the segment; `segments list` shows them.", autocompletion=segment_names)
]
LanguageOption = Annotated[str, typer.Option("--language", help="Language of the sentences: zh or en.")]
DayOption = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day; without it the build's date.")
]
PersonsOption = Annotated[
    bool,
    typer.Option("--persons/--no-persons", help="Whether single persons may be seen; small groups are hidden else."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(segments, name="segments")


@segments.command("list")
def show_list(workspace: WorkspaceOption = HERE, *, as_json: JsonOption = False) -> None:
    """List the segments of the published build, the largest first."""
    with opened_build(workspace) as here:
        rows = list_segments(here.engine)
    if as_json:
        print_json(rows)
        return
    shown = [(row["segment"], _count(row["persons"]), row["name_zh"], row["name_en"]) for row in rows]
    print_table("", ("segment", "persons", "中文", "English"), shown, right=("persons",))
    for row in rows:
        if row["why_unknown"]:
            say(f"{row['segment']}: not computable, the build has no {row['why_unknown']}.")


@segments.command("show")
def show(
    name: NameArgument,
    workspace: WorkspaceOption = HERE,
    *,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show the rule of a segment as a sentence, where it is defined, and how many persons it has."""
    with opened_build(workspace) as here:
        found = find_segment(open_segments(here.project.workspace), name)
        sentence = _sayer(here, language)(found.value.rule)
        row = next((one for one in list_segments(here.engine) if one["segment"] == name), None)
    persons = None if row is None else row["persons"]
    if as_json:
        print_json({"segment": name, "sentence": sentence, "rule": rule_text(found.value.rule), "persons": persons})
        return
    say(f"{name}: {found.value.label.zh} · {found.value.label.en}")
    say(sentence)
    say(f"Persons: {_count(persons)}. Defined in {found.where}.")


@segments.command("preview")
def show_preview(
    what: Annotated[
        str,
        typer.Argument(help="Name of a segment, or a YAML or JSON file with a rule.", autocompletion=segment_names),
    ],
    workspace: WorkspaceOption = HERE,
    *,
    sample: Annotated[int, typer.Option(min=0, max=20, help="Persons shown with their reasons.")] = 3,
    persons: PersonsOption = True,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show what a rule gives before it is saved: persons, parts, worth, reach, overlap, and why some are in it."""
    with opened_build(workspace) as here:
        rule = _rule_of(here, open_segments(here.project.workspace), what)
        shown = preview_rule(
            here.project, here.engine, here.build, rule, may_see_persons=persons, sample=sample if persons else 0
        )
        if as_json:
            print_json(_preview_json(shown))
            return
        _say_preview(here, shown, rule, _sayer(here, language))


@segments.command("count")
def show_counts(
    what: Annotated[
        list[str],
        typer.Argument(help="Names of segments, or YAML or JSON files with a rule.", autocompletion=segment_names),
    ],
    workspace: WorkspaceOption = HERE,
    *,
    persons: PersonsOption = True,
    as_json: JsonOption = False,
) -> None:
    """Count the persons of segments, or of rules in files, as they are now in the published build."""
    with opened_build(workspace) as here:
        known = open_segments(here.project.workspace)
        rules = {one: _rule_of(here, known, one) for one in what}
        counted = count_rules(here.project, here.engine, here.build, rules, known, may_see_persons=persons)
    if as_json:
        print_json([asdict(one) for one in counted])
        return
    rows = [(one.name, _count(one.persons), _count(one.everybody)) for one in counted]
    print_table("", ("segment", "persons", "of all"), rows, right=("persons", "of all"))
    for one in counted:
        if one.unknown:
            say(f"{one.name}: not computable, the build has no {', '.join(one.unknown)}.")
        if one.is_hidden:
            say(f"{one.name}: fewer persons than may be shown (P.small_group).")


@segments.command("save")
def save(
    file: Annotated[Path, typer.Argument(help="A YAML file with segments by name, as in library/segments.")],
    workspace: WorkspaceOption = HERE,
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Put them in place of segments of the same name.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check and count segments of a file, write them to library/segments/own.yaml, and tell what depends on them."""
    with opened_build(workspace) as here:
        saved = save_segments(here.project, here.engine, here.build, file, replace=replace)
    if as_json:
        print_json([asdict(one) for one in saved])
        return
    rows = [(one.counted.name, _count(one.before), _count(one.counted.persons)) for one in saved]
    print_table("", ("segment", "in the build", "now"), rows, right=("in the build", "now"))
    for one in saved:
        if one.counted.unknown:
            say(f"{one.counted.name}: not computable, the build has no {', '.join(one.counted.unknown)}.")
        if one.dependents:
            say(f"{one.counted.name}: changes {', '.join(one.dependents)}, which name it.")
    say(f"Written to {OWN}; the next build makes them.")


@segments.command("members")
def show_members(
    name: NameArgument,
    workspace: WorkspaceOption = HERE,
    *,
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day; else the build's.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Persons shown at most.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List persons in a segment on a day, with when and why they entered it."""
    with opened_build(workspace) as here:
        find_segment(open_segments(here.project.workspace), name)
        rows = members_of(here.engine, name, _day(here, on), limit)
    listed = [{**row, "person_id": format_person_id(PersonId(row["person_id"]))} for row in rows]
    if as_json:
        print_json(listed)
        return
    print_table("", ("person", "since", "entered by"), [tuple(map(str, row.values())) for row in listed])


@segments.command("explain")
def show_reasons(
    name: NameArgument,
    person: Annotated[str, typer.Argument(help="Person id, or type:value of an identifier.")],
    workspace: WorkspaceOption = HERE,
    *,
    actor: ActorOption = "",
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Say for each condition of a segment whether it holds for a person, with the rows that make it so."""
    with opened_build(workspace) as here:
        asked = find_asked(here.project, here.store, person, actor_name(actor))
        living = explain_person(here.store, here.engine, asked, here.build).person_id
        if living is None:
            message = "This identifier belongs to nobody."
            raise UserError(Problem("identity.nobody", message, "Ask for another one of the person's."))
        reasons, spans = explain_member(here.project, here.engine, here.build, name, living)
        if as_json:
            print_json({"segment": name, "spans": spans, "conditions": [_reason_json(one) for one in reasons]})
            return
        for span in spans:
            left = "" if span["left_by"] is None else f" to {span['to_date']} ({span['left_by']})"
            say(f"In it from {span['from_date']} ({span['entered_by']}){left}")
        if not spans:
            say("Not in it.")
        _say_reasons(reasons, _sayer(here, language))


@segments.command("diff")
def show_turnover(
    name: NameArgument,
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="Opening day.")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Closing day.")],
    workspace: WorkspaceOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show how many entered and left a segment between two days, as the builds between found it."""
    with opened_build(workspace) as here:
        find_segment(open_segments(here.project.workspace), name)
        told = turnover(here.engine, name, start.date(), end.date())
    if as_json:
        print_json(asdict(told))
        return
    moved = f"+ {told.entered:,} entered, − {told.left:,} left"
    say(f"{told.at_start:,} on {start.date()}, {moved}, {told.at_end:,} on {end.date()}")


def _rule_of(here: Opened, known: Segments, what: str) -> RuleShape:
    """Return the rule of a file, by the end of its name, else that of a segment."""
    path = Path(what)
    is_file = path.suffix in RULE_FILES
    return read_rule_file(here.project.workspace, known, path) if is_file else find_segment(known, what).value.rule


def _day(here: Opened, said: datetime | None) -> date:
    return here.build.as_of if said is None else said.date()


def _count(persons: int | None) -> str:
    return NULL_SIGN if persons is None else format_count(persons, Language.EN)


Sayer = Callable[[RuleShape], str]
"""Says a rule as a sentence of one language."""


def _sayer(here: Opened, language: str) -> Sayer:
    vocabulary, _ = vocabulary_of(here.project.workspace)
    return lambda rule: say_rule(rule, vocabulary, Language.ZH if language == "zh" else Language.EN)


def _say_preview(here: Opened, shown: Shown, rule: RuleShape, sentence: Sayer) -> None:
    found = shown.preview
    say(sentence(rule))
    if found.persons is None:
        say(f"Not computable: the build has no {', '.join(found.unknown)}.")
        return
    if shown.is_hidden:
        say("Fewer persons than may be shown (P.small_group).")
        return
    share = format_rate(found.persons / found.everybody) if found.everybody else NULL_SIGN
    say(f"{_count(found.persons)} of {_count(found.everybody)} persons ({share})")
    for one in shown.lists:
        say(
            f"{one.key}: {one.entries:,} rows, {one.matched:,} matched ({len(one.persons):,} persons), "
            f"{one.unmatched:,} of nobody, {one.repeated:,} repeated, {one.malformed:,} malformed"
        )
    parts = [(sentence(part.rule), _count(part.alone), _count(part.together)) for part in found.parts]
    print_table(
        "Parts of the rule", ("part", "alone", "with those before"), parts, right=("alone", "with those before")
    )
    currency = here.project.workspace.currency
    for label, fen in (("Net sales of 365 days", found.net_365_fen), ("Customer value", found.clv_fen)):
        say(f"{label}: {NULL_SIGN if fen is None else format_money(Money(fen, currency), Language.EN)}")
    gates = ("agreed", "reachable", "not blocked", "one more message")
    reach = [
        (one.means, *map(_count, (one.consented, one.reachable, one.sendable, one.uncapped))) for one in found.reach
    ]
    print_table("Reach", ("means", *gates), reach, right=gates)
    overlaps = [(one.segment, _count(one.persons)) for one in found.overlaps[:10]]
    if overlaps:
        print_table("In other segments too", ("segment", "persons"), overlaps, right=("persons",))
    for person, reasons in (found.sample or {}).items():
        say(f"{format_person_id(PersonId(person))}:")
        _say_reasons(reasons, sentence)


def _say_reasons(reasons: tuple[Reason, ...], sentence: Sayer) -> None:
    for one in reasons:
        say(f"  {'✓' if one.holds else '✗'} {sentence(one.rule)}")
        for row in one.rows:
            say("      " + " · ".join(str(value) for value in row.values()))


def _reason_json(reason: Reason) -> dict[str, Any]:
    return {"rule": rule_text(reason.rule), "holds": reason.holds, "rows": list(reason.rows)}


def _preview_json(shown: Shown) -> dict[str, Any]:
    if shown.is_hidden:
        return {"persons": None, "hidden": True}
    found: Preview = shown.preview
    sample = {
        format_person_id(PersonId(person)): [_reason_json(one) for one in reasons]
        for person, reasons in (found.sample or {}).items()
    }
    return {
        "persons": found.persons,
        "hidden": False,
        "everybody": found.everybody,
        "unknown": list(found.unknown),
        "parts": [
            {"rule": rule_text(part.rule), "alone": part.alone, "together": part.together} for part in found.parts
        ],
        "net_365_fen": found.net_365_fen,
        "clv_fen": found.clv_fen,
        "reach": [asdict(one) for one in found.reach],
        "overlaps": [asdict(one) for one in found.overlaps],
        "sample": sample,
        "lists": [_list_json(one) for one in shown.lists],
    }


def _list_json(said: ReadList) -> dict[str, Any]:
    return {**asdict(said), "persons": len(said.persons)}
