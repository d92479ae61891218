"""Every landing table can be fed: a minimal file of each is mapped, stored and loaded."""

from datetime import date

import pytest
from ruamel.yaml import YAML

from ingest.workplace import Workplace
from quanyu.definitions.rules.feeds import LANDING, date_origin, mappable
from quanyu.tables import CONTRACTS, Column, Table, Type

TEXTS = {
    Type.FEN: "12.30",
    Type.INT: "3",
    Type.KEY: "4",
    Type.DECIMAL: "2.5",
    Type.RATIO: "0.5",
    Type.BOOL: "1",
    Type.DATE: "2026-05-01",
    Type.TIME: "2026-05-01 10:00:00",
    Type.JSON: "[]",
}


def _text(column: Column) -> str:
    return column.values[0] if column.values else TEXTS.get(column.type, f"{column.name} 1")


def _needed(table: Table) -> list[Column]:
    """Return the columns without which the table takes no row."""
    names = set(mappable(table)) - ({"local_date"} if date_origin(table) else set())
    # A consent must say how it was given, though no single column is required for it.
    return [one for one in table.columns if one.name in names and (not one.null or one.name == "evidence")]


def _columns(table: Table, *, every: bool) -> list[Column]:
    return [one for one in table.columns if one.name in mappable(table)] if every else _needed(table)


@pytest.mark.parametrize("every", [False, True], ids=["needed columns", "all columns"])
def test_a_file_of_each_table_is_stored(place: Workplace, every: bool) -> None:
    for name in LANDING:
        table = CONTRACTS[name]
        columns = _columns(table, every=every)
        has_person = table.column("identifier_id") is not None
        feed = {
            "table": name,
            "key": ["row"],
            "columns": {one.name: {"from": one.name} for one in columns},
            **({"identifiers": [{"type": "member_id", "from": "member"}]} if has_person else {}),
        }
        source = {"source": f"s_{name}", "system": "own", "format": "csv", "path": f"data/{name}.csv", "feeds": [feed]}
        path = place.workspace.root / "sources" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        with path.open("w", encoding="utf-8") as stream:
            YAML(typ="safe").dump(source, stream)
        headings = ["row", *(one.name for one in columns), *(["member"] if has_person else [])]
        texts = ["1", *map(_text, columns), *(["M1"] if has_person else [])]
        place.file(",".join(headings) + "\n" + ",".join(texts) + "\n", f"{name}.csv")
    report = place.ingest()
    refused = {problem.code for file in report.files for problem in file.problems if problem.severity == "error"}
    assert (refused, place.codes()) == (set(), [])
    held = {name: place.one(f'SELECT count(*) FROM landing."{name}"') for name in LANDING}
    assert held == dict.fromkeys(LANDING, 1)
    assert place.rows("refund", "local_date") == [(date(2026, 5, 1),)]
