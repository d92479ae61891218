import re
import subprocess
import sys
from pathlib import Path

import pytest

from quanyu.cli import main
from services.shop import ENVIRONMENT, module, problems, quanyu, told

COMMANDS = ["check", "demo", "requirements", "run", "report", "init", "ingest", "explain", "tables", "schema", "bench"]
COMMANDS += ["metrics", "stages", "periods", "identity"]


def test_help_names_every_command():
    said = quanyu("--help").output
    assert [name for name in COMMANDS if not re.search(rf"\b{name}\b", said)] == []


@pytest.mark.parametrize("group", ["ingest", "identity", "metrics", "stages", "periods"])
def test_a_group_without_a_command_shows_its_help(group: str):
    assert "Commands" in quanyu(group).output


def test_a_wrong_option_ends_with_two_and_no_traceback():
    result = quanyu("check", "--strikt")
    assert (result.exit_code, "No such option" in result.output) == (2, True)


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path):
    assert problems("ingest", "status", "-w", tmp_path) == ["config.missing_file"]


def test_a_fault_of_ours_ends_with_70_and_says_how_to_see_it(shop: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by accident")

    monkeypatch.setattr("quanyu.services.ingest.ingest_status", broken)
    result = quanyu("ingest", "status", "-w", shop)
    assert result.exit_code == 70
    assert "by accident" in result.output
    assert "QUANYU_DEBUG=1" in result.output
    assert "Traceback" not in result.output
    monkeypatch.setenv("QUANYU_DEBUG", "1")
    assert isinstance(quanyu("ingest", "status", "-w", shop).exception, ZeroDivisionError)


def test_a_failure_of_the_system_ends_with_75(shop: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("quanyu.services.ingest.ingest_status", full)
    assert problems("ingest", "status", "-w", shop, code=75) == ["system.failed"]


def test_a_warehouse_that_another_process_holds_is_told(shop: Path):
    holds = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(shop / ".quanyu" / "warehouse.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        try:
            assert problems("explain", "net_sales", "-w", shop) == ["warehouse.locked"]
            assert problems("run", "-q", "-w", shop) == ["warehouse.locked"]
        finally:
            holder.communicate()


def test_the_workspace_is_found_from_a_folder_inside_it(shop: Path):
    assert told("check", "-w", shop / "data")["ok"]


def test_version_is_printed():
    assert quanyu("--version").output == f"quanyu {main.__version__}\n"


def test_the_module_is_the_command():
    done = subprocess.run(module("--version"), capture_output=True, check=True, text=True, env=ENVIRONMENT)
    assert done.stdout == f"quanyu {main.__version__}\n"
