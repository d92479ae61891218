"""`quanyu explain`, `tables`, `schema`, `bench`: where a number comes from, what tables mean, how fast it is."""

from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_table, progress_bars, say
from quanyu.cli.numbers import period_name, written
from quanyu.cli.opened import Opened, opened_build
from quanyu.cli.options import HERE, JsonOption, QuietOption, WorkspaceOption, find_workspace
from quanyu.cli.stories import order_json, say_order, say_table, table_json
from quanyu.definitions import json_schema
from quanyu.definitions.schemas import KINDS
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.ids import PersonId, format_person_id
from quanyu.metrics import Explanation, Metrics
from quanyu.services.bench import DEFAULT_ROUNDS, QUESTIONS, bench_workspace
from quanyu.services.explain import explain_figure, explain_order, explain_table, find_orders, unknown_subject
from quanyu.services.metrics import open_metrics
from quanyu.services.project import open_project
from quanyu.tables import CONTRACTS, Column, Privacy, Table


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("explain")(explain)
    app.command("tables")(tables)
    app.command("schema")(schema)
    app.command("bench")(bench)


def explain(
    subject: Annotated[str, typer.Argument(help="A metric, a table of the build, or the id of an order.")],
    workspace: WorkspaceOption = HERE,
    *,
    by: Annotated[
        list[str] | None, typer.Option("--by", help="One figure of a split, such as channel=store; may be repeated.")
    ] = None,
    period: Annotated[
        str | None, typer.Option(help="2026, 2026-Q1, 2026-02, 2026-W07, 2026-02-11 or 2026-02-01..2026-02-11.")
    ] = None,
    people: Annotated[bool, typer.Option("--people", help="List the persons behind the figure, by id.")] = False,
    rows: Annotated[bool, typer.Option("--rows", help="List the source rows behind the figure.")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="Show the SQL as it was run.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many persons and rows to list.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Tell the history of a figure, a table or an order, down to the files.

    A metric: definition, SQL, input tables, persons, source rows. A table: the step that made it and all it was made
    from, down to the sealed files of the raw log. An order: its row of facts and every row it was received as.
    """
    with opened_build(workspace) as here:
        known = open_metrics(here.project)
        if subject in known.by_name:
            asked = (subject, _split(by or ()), period)
            figure = explain_figure(known, here.store, here.engine, here.build, asked, shown=limit)
            _tell_figure(here, figure, people=people, rows=rows, sql=sql, as_json=as_json)
        elif subject in CONTRACTS:
            stories = explain_table(here.store, here.engine, here.build, subject)
            if as_json:
                print_json(table_json(stories, here.build))
            else:
                say_table(stories, here.build, limit=limit, sql=sql)
        else:
            _tell_orders(here, known, subject, as_json=as_json)


def bench(
    question: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(q.name for q in QUESTIONS)}.")] = None,
    workspace: WorkspaceOption = HERE,
    *,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured; the median counts.")] = DEFAULT_ROUNDS,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Time the steps of the main job on this machine and these data, as multiples of reading the same columns once."""
    names = [one.name for one in QUESTIONS]
    for name in question or ():
        if name not in names:
            remedy = did_you_mean(name, names) or f"There are {', '.join(names)}."
            raise UserError(Problem("bench.unknown", f'No question "{name[:40]}".', remedy))
    with progress_bars(quiet=quiet or as_json) as listen:
        found = bench_workspace(open_project(find_workspace(workspace)), rounds, listen, question or ())
    if as_json:
        print_json(
            [
                {"name": one.name, "title": one.title, "seconds": one.seconds, "rows": one.rows,
                 "scans": dict(one.scans), "ratios": dict(one.ratios), "steps": dict(one.steps)}
                for one in found
            ]
        )  # fmt: skip
        return
    if not found:
        say("No question has rows in every table it is measured against.")
        return
    lines = [
        (one.name, one.title, f"{one.rows:,}", f"{one.seconds:.3f}",
         "; ".join(f"{ratio:.1f} × {table}" for table, ratio in one.ratios.items()))
        for one in found
    ]  # fmt: skip
    columns = ("question", "what", "rows", "seconds", "against one scan of")
    print_table("", columns, lines, right=("rows", "seconds"))


def tables(
    name: Annotated[str | None, typer.Argument(help="One table; without it all are listed.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the data dictionary: every table with what one row is, or the columns of one."""
    if name is None:
        if as_json:
            print_json([_table_json(table) for table in CONTRACTS])
            return
        listed = [(table.name, table.stage, table.zh, table.grain) for table in CONTRACTS]
        print_table("", ("table", "written by", "中文", "one row is"), listed)
        return
    if name not in CONTRACTS:
        remedy = did_you_mean(name, CONTRACTS.names) or "List them all with `quanyu tables`."
        raise UserError(Problem("table.unknown", f'Table "{name}" does not exist.', remedy))
    table = CONTRACTS[name]
    if as_json:
        print_json(_table_json(table))
        return
    say(f"[bold]{table.name}[/bold] {table.zh} · {table.en}: {table.grain}. Key: {', '.join(table.key)}.")
    rows = [
        (one.name, one.type.value, one.zh, one.en, "yes" if one.null else "no", _notes(one)) for one in table.columns
    ]
    print_table("", ("column", "type", "中文", "English", "null", "notes"), rows)


def schema(
    kind: Annotated[str, typer.Argument(help=f"What the file is: {', '.join(KINDS)}.")],
) -> None:
    """Print the JSON Schema of a kind of YAML file, for completion and checks in an editor."""
    if kind not in KINDS:
        remedy = did_you_mean(kind, tuple(KINDS)) or f"There are {', '.join(KINDS)}."
        raise UserError(Problem("schema.unknown", f'No file of kind "{kind}".', remedy))
    print_json(json_schema(kind))


def _table_json(table: Table) -> dict[str, object]:
    return {
        "name": table.name,
        "grain": table.grain,
        "key": table.key,
        "stage": table.stage,
        "zh": table.zh,
        "en": table.en,
        "columns": [
            {
                "name": column.name,
                "type": column.type.value,
                "zh": column.zh,
                "en": column.en,
                "null": column.null,
                "unit": column.unit or None,
                "values": column.values or None,
                "references": column.references or None,
                "privacy": column.privacy.value,
            }
            for column in table.columns
        ],
    }


def _notes(column: Column) -> str:
    said = [column.unit, ", ".join(column.values), f"→ {column.references}" if column.references else ""]
    said.append("" if column.privacy is Privacy.NONE else column.privacy.value)
    return "; ".join(part for part in said if part)


def _split(by: list[str] | tuple[str, ...]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for text in by:
        name, sign, value = text.partition("=")
        if not sign:
            message = f'"{text[:40]}" names no value of a dimension.'
            raise UserError(Problem("explain.by", message, "Write it as channel=store; channel= means unknown."))
        found[name] = value or None
    return found


def _tell_orders(here: Opened, known: Metrics, subject: str, *, as_json: bool) -> None:
    orders = find_orders(here.engine, subject)
    if not orders:
        raise unknown_subject(known, subject)
    stories = [explain_order(here.project, here.store, here.engine, order) for order in orders]
    if as_json:
        print_json([order_json(story) for story in stories])
        return
    for story in stories:
        say_order(story, here.project.workspace.currency)


def _tell_figure(here: Opened, told: Explanation, *, people: bool, rows: bool, sql: bool, as_json: bool) -> None:
    if as_json:
        print_json(_figure_json(told, people=people, rows=rows))
        return
    metric, context = told.definitions[0], told.context
    split = "".join(f", {name} = {value}" for name, value in told.address.dimensions.items())
    value = written(told.cell.value, metric.unit, here.project.workspace.currency)
    label = f"[bold]{metric.label.zh} · {metric.label.en}[/bold]"
    say(f"{label}, {period_name(told.row.period)}{split}: [bold]{value}[/bold]")
    if not told.row.is_complete:
        say(f"The period has not ended as of {context.as_of}.")
    say(f"build {context.build_id}, as of {context.as_of} ({context.zone}), watermark {context.watermark}")
    for definition in told.definitions:
        place = f"{definition.where.file}:{definition.where.line}"
        say(f"\n[bold]{definition.name}[/bold] {place} · {definition.description.en}")
        say(definition.text.replace("[", "\\["))
    if sql:
        for text in told.sql:
            say("\n" + text.replace("[", "\\["))
    for part in told.parts:
        _say_part(here, part, people=people, rows=rows)
    hints = [name for name, given in (("--people", people), ("--rows", rows), ("--sql", sql)) if not given]
    if hints:
        say(f"\nMore: {', '.join(hints)}.")


def _say_part(here: Opened, part: Any, *, people: bool, rows: bool) -> None:
    tables = [
        (one.table, "—" if one.rows is None else f"{one.rows:,}", (one.built_at or "when received")[:19])
        for one in part.tables
    ]
    print_table(f"\n{part.metric} is read from", ("table", "rows", "built at (UTC)"), tables, right=("rows",))
    if part.persons is not None:
        least = here.project.parameters.integer("P.small_group")
        few = f" Fewer than {least}: a small group says little, and may point at single persons." * (
            0 < part.persons.count < least
        )
        agrees = "" if part.agrees is None else ", as the figure says" if part.agrees else ", NOT as the figure says"
        say(f"{part.persons.count:,} persons{agrees}.{few}")
        if people:
            say("  " + " ".join(_person(row["person_id"]) for row in part.persons.shown))
    if part.rows is not None:
        say(f"{part.rows.count:,} source rows.")
        if rows:
            listed = [(row["source"], row["file"], row["row"]) for row in part.rows.shown]
            print_table("", ("source", "file", "row"), listed, right=("row",))


def _figure_json(told: Explanation, *, people: bool, rows: bool) -> dict[str, Any]:
    said = told.as_dict()
    for part in said["parts"]:
        if part["persons"] is not None:
            shown = part["persons"]["shown"] if people else []
            part["persons"]["shown"] = [_person(row["person_id"]) for row in shown]
        if part["rows"] is not None and not rows:
            part["rows"]["shown"] = []
    return said


def _person(number: int) -> str:
    return format_person_id(PersonId(number))
