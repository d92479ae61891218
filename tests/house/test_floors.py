"""Imports go downward or stay in their folder; outside packages have one door."""

from pathlib import Path

import pytest

from house.floors import DOORS, FLOOR, faults
from house.source import PACKAGE, ROOT, modules


def test_there_is_something_to_check():
    assert len(modules()) >= 5, "src/quanyu is empty: the house tests would prove nothing"


def test_imports_keep_the_floors_and_doors():
    assert faults(PACKAGE) == []


def test_doors_name_only_folders_that_have_a_floor():
    assert {door for doors in DOORS.values() for door in doors} <= FLOOR.keys()


def test_every_dependency_has_a_door():
    """A dependency nobody may import is either missing in the table or not needed."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    core = text.split("dependencies = [", 1)[1].split("]", 1)[0]
    names = {line.strip().strip('",').split(">")[0] for line in core.splitlines() if line.strip()}
    modules_of = {
        "ruamel.yaml": "ruamel",
        "python-calamine": "python_calamine",
        "argon2-cffi": "argon2",
        "prometheus-client": "prometheus_client",
    }
    # tzdata is data that zoneinfo reads.
    assert {modules_of.get(name, name) for name in names} - {"tzdata"} <= DOORS.keys()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small sound package of three floors."""
    package = tmp_path / "quanyu"
    sound = {
        "__init__.py": "",
        "errors.py": "import dataclasses\n",
        "config.py": "from quanyu.errors import Problem\n",
        "tables/__init__.py": "from quanyu.tables.person import PERSON\n",
        "tables/person.py": "from quanyu import errors\nimport pyarrow as pa\n",
        "engine/__init__.py": "import duckdb\nfrom quanyu.tables import person\nfrom .plan import order\n",
        "engine/plan.py": "from ..errors import Problem\n",
        "facts/__init__.py": "from quanyu.engine import plan\n",
        "identity/__init__.py": "import numpy as np\n",
    }
    for name, text in sound.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, encoding="utf-8")
    return package


def test_a_sound_tree_has_no_faults(tree: Path):
    assert faults(tree) == []


@pytest.mark.parametrize(
    ("place", "text", "fault"),
    [
        ("tables/person.py", "from quanyu.engine import plan", "imports upward"),
        ("tables/person.py", "from ..engine import plan", "imports upward"),
        ("tables/person.py", "def late():\n    import quanyu.facts.orders", "imports upward"),
        ("tables/person.py", "from quanyu import facts", "imports upward"),
        ("errors.py", "from quanyu.tables import person", "imports upward"),
        ("tables/person.py", "import importlib\nimportlib.import_module('quanyu.facts')", "imports upward"),
        ("tables/person.py", "import importlib\nimportlib.import_module(name)", "only known when it runs"),
        ("facts/orders.py", "import quanyu.identity.person", "imports its neighbour identity"),
        ("facts/orders.py", "from .. import identity", "imports its neighbour identity"),
        ("facts/orders.py", "import duckdb", "whose door is engine/"),
        ("facts/orders.py", "from sqlglot.expressions import Select", "whose door is engine/"),
        ("facts/orders.py", "import numpy as np", "whose door is analytics/, demo/, engine/"),
        ("errors.py", "import pyarrow", "whose door is"),
        ("facts/orders.py", "import pandas", "no line in DOORS"),
        ("store/schema.py", "import sqlite3", "use pysqlite3"),
        ("facts/orders.py", "from quanyu.library import metrics", "which is data"),
        ("facts/orders.py", "from quanyu.helpers import join", "has no floor"),
        ("library/metric.py", "", "code in a data folder"),
        ("utils.py", "", "stands on no floor"),
    ],
)
def test_a_planted_fault_is_found(tree: Path, place: str, text: str, fault: str):
    path = tree / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    found = faults(tree)
    assert len(found) == 1
    assert found[0].startswith(place)
    assert fault in found[0]
