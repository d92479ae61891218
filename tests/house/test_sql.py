"""No SQL is made by string formatting: it stands in a .sql file, checked here, or is a tree of checked parts."""

from pathlib import Path

import pytest

from house.exceptions import unexcused
from house.source import PACKAGE
from house.sql_strings import faults
from quanyu.engine import load_steps, read_steps
from quanyu.identity import resolve
from quanyu.services.build import STAGES
from quanyu.tables import CONTRACTS


@pytest.mark.parametrize("folder", [*STAGES, Path(resolve.__file__).parent.name])
def test_every_step_that_ships_is_checked_and_read_alike(folder: str):
    checked = load_steps(PACKAGE / folder, CONTRACTS)
    assert [(step.name, step.reads, step.tree) for step in checked] == [
        (step.name, step.reads, step.tree) for step in read_steps(PACKAGE / folder)
    ]
    assert checked


def test_no_sql_is_made_by_formatting():
    assert unexcused("sql", faults(PACKAGE), place_of=lambda fault: fault.split(" ")[0]) == []


@pytest.mark.parametrize(
    "line",
    [
        'f"SELECT {column} FROM person"',
        'f"select {column} from person"',
        'f"""\n    WITH x AS (SELECT 1) SELECT * FROM {table}"""',
        '"SELECT * FROM " + table',
        '"INSERT INTO %s VALUES (1)" % table',
        '"DELETE FROM {}".format(table)',
        '"CREATE TABLE {name} (a INT)".format_map(names)',
        '" ".join(["SELECT", columns, "FROM person"])',
        'f"CREATE OR REPLACE VIEW {name} AS " + body',
        "f\"UPDATE person SET name = '{name}'\"",
        'connection.execute(f"DELETE FROM {table}")',
    ],
)
def test_a_planted_formatted_statement_is_found(tmp_path: Path, line: str):
    (tmp_path / "report.py").write_text(f"class A:\n    def load(table):\n        return {line}\n", encoding="utf-8")
    assert faults(tmp_path) == ["report.py:A.load line 3"]


@pytest.mark.parametrize(
    "line",
    [
        '"SELECT person_id FROM person"',
        '"SELECT person_id " "FROM person"',
        'f"Create the workspace {name} first"',
        'f"could not update {count} rows from the file"',
        'raise UserError(Problem("sql.star", f"SELECT * is not house SQL in {name}"))',
        'exp.select("person_id").from_(table)',
        'f"{count} rows with a gap"',
    ],
)
def test_sound_lines_are_left_alone(tmp_path: Path, line: str):
    (tmp_path / "report.py").write_text(f"def load(table):\n    {line}\n", encoding="utf-8")
    assert faults(tmp_path) == []
