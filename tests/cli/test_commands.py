"""The command line names its commands without importing what they need."""

import subprocess
import sys
from pathlib import Path

import pytest

from quanyu.cli import commands
from quanyu.cli.commands import COMMANDS, load_module
from services.shop import ENVIRONMENT

HEAVY = ("duckdb", "numba", "pyarrow", "pydantic", "sqlalchemy", "sqlglot", "quanyu.services", "quanyu.store")
TOLD = f"""
import sys
from quanyu.cli.main import app
try:
    app(sys.argv[1:])
except SystemExit as end:
    print("LOADED", [name for name in {HEAVY!r} if name in sys.modules], end.code)
"""
MODULES = sorted({module for module, _ in COMMANDS.values()})


@pytest.mark.parametrize("asked", ["--help", "--version"])
def test_help_and_version_import_no_engine_no_store_and_no_service(asked: str):
    command = [sys.executable, "-c", TOLD, asked]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout
    assert said.splitlines()[-1] == "LOADED [] 0"


@pytest.mark.parametrize("module", MODULES)
def test_the_list_says_what_the_module_adds(module: str):
    listed = {name: help_ for name, (place, help_) in COMMANDS.items() if place == module}
    added = {name: (command.help or "").splitlines()[0] for name, command in load_module(module).items()}
    assert listed == added


def test_every_module_with_commands_is_listed():
    folder = Path(commands.__file__).parent
    found = [path.stem for path in folder.glob("*.py") if "def add_to(" in path.read_text(encoding="utf-8")]
    assert sorted(found) == MODULES
