"""`quanyu explain`, `tables`, `schema`, `bench`: where a number comes from, what tables mean, how fast it is."""

from typing import Annotated

import typer

from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.options import JsonOption
from quanyu.definitions import json_schema
from quanyu.definitions.schemas import KINDS
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.tables import CONTRACTS, Column, Privacy, Table


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("tables")(tables)
    app.command("schema")(schema)


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
