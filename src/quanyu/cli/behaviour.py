"""`quanyu funnel`, `retention`, `paths`, `attribution`, `trend`, `distribution`: questions about behaviour."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from quanyu.analytics.behaviour import Answer, Column, Grid, People, Unit
from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.opened import opened_build
from quanyu.cli.options import HERE, JsonOption, WorkspaceOption
from quanyu.config import Currency, Language
from quanyu.definitions import read_yaml
from quanyu.display import NULL_SIGN, format_money, format_rate
from quanyu.errors import Problem, UserError, raise_if_errors
from quanyu.ids import PersonId, format_person_id
from quanyu.money import Money
from quanyu.services.behaviour import ask

BAR: Final = 12
SHOWN: Final = 60
COHORT_PERIODS: Final = 12
_DAY_S: Final = 86_400

PeopleOption = Annotated[
    str | None, typer.Option("--people", metavar="CELL", help="Print the people behind a cell instead.")
]
StartOption = Annotated[str | None, typer.Option("--from", help="First day, such as 2026-01-01.")]
EndOption = Annotated[str | None, typer.Option("--to", help="First day after the last, such as 2026-02-01.")]
GrainOption = Annotated[str | None, typer.Option(help="Length of the periods: day, week, month.")]
AskedOption = Annotated[
    Path | None, typer.Option("--ask", help="A YAML or JSON file with the question; options come before it.")
]
ActsArgument = Annotated[
    str | None, typer.Argument(help="Acts: a|b channel=x,y store=z; * is any. Fields: channel, store, touchpoint …")
]


class Kind(StrEnum):
    """What `retention` shows."""

    RETENTION = "retention"
    STATES = "states"
    STICKINESS = "stickiness"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("funnel")(funnel)
    app.command("retention")(retention)
    app.command("paths")(paths)
    app.command("attribution")(attribution)
    app.command("trend")(trend)
    app.command("distribution")(distribution)


def funnel(
    steps: Annotated[list[str] | None, typer.Argument(help="Steps in order, each such as a|b channel=x.")] = None,
    workspace: WorkspaceOption = HERE,
    *,
    window: Annotated[str | None, typer.Option(help="Time from the first step to the last: 30m, 12h, 7d.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Acts that end an attempt; may be repeated.")] = None,
    by: Annotated[str | None, typer.Option(help="Split by a field of step 1 or an attribute of the person.")] = None,
    consecutive: Annotated[bool, typer.Option(help="No other act may lie between two steps.")] = False,
    all_orders: Annotated[bool, typer.Option(help="Count payments of orders that are not valid, too.")] = False,
    persons_only: Annotated[bool, typer.Option(help="Leave out visitors whom nobody knows.")] = False,
    start: StartOption = None,
    end: EndOption = None,
    asked: AskedOption = None,
    people: PeopleOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how many people take steps in order within a window: every start counts, the deepest attempt of each."""
    said = {
        "steps": steps or None, "window": window, "exclude": exclude or None, "by": by,
        "consecutive": consecutive or None, "valid_orders": False if all_orders else None,
        "visitors": False if persons_only else None, "start": start, "end": end,
    }  # fmt: skip
    _tell("funnel", said, asked, workspace, people, as_json)


def retention(
    show: Annotated[Kind, typer.Option(help="Retention of cohorts, states of periods, or DAU / WAU / MAU.")] = (
        Kind.RETENTION
    ),
    workspace: WorkspaceOption = HERE,
    *,
    acts: Annotated[
        str | None, typer.Option(help="activity, purchase, or acts such as a|b channel=x: what begins and counts.")
    ] = None,
    back: Annotated[str | None, typer.Option("--return", help="What counts as coming back, if it is another.")] = None,
    grain: GrainOption = None,
    reading: Annotated[str | None, typer.Option(help="on (day N), within (by day N), rolling (N or later).")] = None,
    cohorts: Annotated[str | None, typer.Option(help="first (first time ever) or recurring.")] = None,
    periods: Annotated[int | None, typer.Option(help="How many periods after the first.")] = None,
    start: StartOption = None,
    end: EndOption = None,
    asked: AskedOption = None,
    people: PeopleOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show who comes back: cohorts, period states (new, retained, lost, returned), or stickiness."""
    said: dict[str, Any] = {"grain": grain, "start": start, "end": end}
    if show is Kind.RETENTION:
        said |= {"begin": acts, "return": back, "reading": reading, "cohorts": cohorts, "periods": periods}
    else:
        said |= {"acts": acts, "return": back, "reading": reading, "cohorts": cohorts, "periods": periods}
    _tell(show.value, said, asked, workspace, people, as_json)


def paths(
    acts: ActsArgument = None,
    workspace: WorkspaceOption = HERE,
    *,
    begin: Annotated[str | None, typer.Option("--begin", help="Paths from this node on.")] = None,
    goal: Annotated[str | None, typer.Option("--end-at", help="Paths that lead to this node.")] = None,
    pattern: Annotated[
        str | None, typer.Option(help="Count sessions with a pattern: a > * > b, with ... for any number between.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Nodes are values of this field, not event types.")] = None,
    gap: Annotated[str | None, typer.Option(help="Silence that ends a session, such as 30m.")] = None,
    steps: Annotated[int | None, typer.Option(help="Nodes of a path, up to 10.")] = None,
    top: Annotated[int | None, typer.Option(help="How many paths are told; the rest are one.")] = None,
    repeats: Annotated[bool, typer.Option(help="Keep a node that follows itself.")] = False,
    start: StartOption = None,
    end: EndOption = None,
    asked: AskedOption = None,
    people: PeopleOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what people do one after another in their sessions."""
    said = {
        "acts": acts, "from": begin, "to": goal, "pattern": pattern, "by": by, "gap": gap, "steps": steps, "top": top,
        "repeats": repeats or None, "start": start, "end": end,
    }  # fmt: skip
    _tell("paths", said, asked, workspace, people, as_json)


def attribution(
    workspace: WorkspaceOption = HERE,
    *,
    by: Annotated[str | None, typer.Option(help="touchpoint, channel or campaign.")] = None,
    of: Annotated[str | None, typer.Option(help="orders, or acts such as member_joined.")] = None,
    window: Annotated[int | None, typer.Option(help="Days for every kind of touch; else P.attr.*.")] = None,
    half_life: Annotated[int | None, typer.Option(help="Days after which a touch weighs half (time decay).")] = None,
    start: StartOption = None,
    end: EndOption = None,
    asked: AskedOption = None,
    people: PeopleOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which touches are credited with orders by seven rules, whom each reached, and what hold-outs prove."""
    said = {"by": by, "of": of, "window": window, "half_life": half_life, "start": start, "end": end}
    _tell("attribution", said, asked, workspace, people, as_json)


def trend(
    acts: ActsArgument = None,
    workspace: WorkspaceOption = HERE,
    *,
    grain: GrainOption = None,
    by: Annotated[str | None, typer.Option(help="Split by a field of the act or an attribute of the person.")] = None,
    start: StartOption = None,
    end: EndOption = None,
    asked: AskedOption = None,
    people: PeopleOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how often something is done per period, and by how many people."""
    said = {"acts": acts, "grain": grain, "by": by, "start": start, "end": end}
    _tell("trend", said, asked, workspace, people, as_json)


def distribution(
    of: Annotated[str | None, typer.Argument(help="acts, days, orders or sales, each per person.")] = None,
    workspace: WorkspaceOption = HERE,
    *,
    acts: Annotated[str | None, typer.Option(help="Which acts are counted, for acts and days.")] = None,
    bins: Annotated[int | None, typer.Option(help="How many bins of equal width.")] = None,
    edges: Annotated[str | None, typer.Option(help="Lower ends of the bins instead: 1,2,5,10; sales in fen.")] = None,
    start: StartOption = None,
    end: EndOption = None,
    asked: AskedOption = None,
    people: PeopleOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how a figure of each person is spread: a histogram and exact quantiles."""
    said = {
        "of": of, "acts": acts, "bins": bins, "edges": edges.split(",") if edges else None, "start": start, "end": end,
    }  # fmt: skip
    _tell("distribution", said, asked, workspace, people, as_json)


def _tell(
    kind: str, said: dict[str, Any], asked: Path | None, workspace: Path, people: str | None, as_json: bool
) -> None:
    given = {name: value for name, value in said.items() if value is not None}
    with opened_build(workspace) as here:
        answer = ask(here.project, here.engine, here.build, kind, {**_written(asked), **given})
        found = answer.people(people) if people is not None else None
        currency = here.project.workspace.currency
    if found is not None:
        _say_people(found, as_json)
    elif as_json:
        print_json(answer.as_dict())
    else:
        _say_answer(answer, currency)


def _written(path: Path | None) -> dict[str, Any]:
    """Return the question of a file; JSON is YAML."""
    if path is None:
        return {}
    if not path.is_file():
        raise UserError(Problem("behaviour.file", f"There is no file {path}.", "Give a YAML file with a question."))
    document, problems = read_yaml(path, path.name)
    raise_if_errors(problems)
    if document is None or not isinstance(document.data, dict):
        raise UserError(Problem("behaviour.file", f"{path.name} holds no question.", "Write steps: and what else."))
    return dict(document.data)


def _say_answer(answer: Answer, currency: Currency) -> None:
    for grid in answer.grids:
        if grid.name == "retention":
            _say_cohorts(grid)
        else:
            _say_grid(grid, currency)
    for note in answer.notes:
        say(f"{note.zh}  {note.en}")
    say(f"As of {answer.as_of}. People behind a cell: --people CELL.")


def _say_cohorts(grid: Grid) -> None:
    """Print the cohorts below each other and the periods beside; the cell of a figure is COHORT+n."""
    found: dict[str, dict[int, str]] = {}
    people: dict[str, int] = {}
    for cohort, number, size, _, rate, _ in grid.rows:
        name = cohort or "all"
        found.setdefault(name, {})[number] = format_rate(rate)
        people.setdefault(name, size)
    numbers = sorted({number for told in found.values() for number in told})[: COHORT_PERIODS + 1]
    names = list(found)[-SHOWN:]
    rows = [(name, f"{people[name]:,}", *(found[name].get(one, "") for one in numbers)) for name in names]
    columns = [grid.columns[0].en, "people", *map(str, numbers)]
    print_table(f"{grid.zh} {grid.en}", columns, rows, right=columns[1:])
    say("A figure's cell is DATE+n; --json prints all periods and counts.")


def _say_grid(grid: Grid, currency: Currency) -> None:
    used = [at for at, one in enumerate(grid.columns) if any(row[at] is not None for row in grid.rows)]
    columns = [grid.columns[at] for at in used]
    rows = [[_written_cell(row[at], grid.columns[at], currency) for at in used] for row in grid.rows[:SHOWN]]
    names = [column.en for column in columns]
    right = [one.en for one in columns if one.unit not in (Unit.TEXT, Unit.CELL)]
    if grid.bar is not None and grid.rows:
        names.append("")
        place = [one.name for one in grid.columns].index(grid.bar)
        most = max((row[place] or 0 for row in grid.rows), default=0)
        for cells, row in zip(rows, grid.rows, strict=False):
            cells.append("█" * round(BAR * (row[place] or 0) / most) if most else "")
    print_table(f"{grid.zh} {grid.en}", names, rows, right=right)
    if len(grid.rows) > SHOWN:
        say(f"… and {len(grid.rows) - SHOWN:,} more; --json prints all.")


def _written_cell(value: Any, column: Column, currency: Currency) -> str:
    if value is None:
        return "" if column.unit in (Unit.TEXT, Unit.CELL) else NULL_SIGN
    if column.unit is Unit.RATIO:
        return format_rate(value)
    if column.unit is Unit.MONEY:
        return format_money(Money(int(value), currency), Language.EN, exact=True)
    if column.unit is Unit.SECONDS:
        return _duration(int(value))
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _duration(seconds: int) -> str:
    days, rest = divmod(seconds, _DAY_S)
    hours, rest = divmod(rest, 3_600)
    minutes, rest = divmod(rest, 60)
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {minutes}m" if hours else f"{minutes}m {rest}s"


def _say_people(found: People, as_json: bool) -> None:
    if as_json:
        print_json(found.as_dict())
        return
    for one in found.persons:
        say(format_person_id(PersonId(one)))
    if found.visitors:
        say(f"and {len(found.visitors):,} visitors whom nobody knows.")
    say(f"{found.count:,} people in {found.cell}.")
