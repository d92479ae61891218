"""`quanyu serve`: what stops it before it listens is told as a problem."""

from pathlib import Path

from quanyu.collect.spool import Spool
from quanyu.services.project import open_project
from quanyu.store import open_vault
from quanyu.store.cipher import SpoolCipher
from services.shop import quanyu


def refusal(*arguments: object) -> str:
    result = quanyu("serve", *arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return result.output


def test_a_name_that_is_no_folder_is_refused(shop: Path) -> None:
    assert "[serve.name]" in refusal("--collect-only", "../x", "-w", shop)


def test_a_second_collector_of_one_name_is_refused(shop: Path) -> None:
    workspace = open_project(shop).workspace
    with Spool(workspace.folder("spool") / "c2", SpoolCipher(open_vault(workspace.key_file))):
        assert "[spool.held]" in refusal("--collect-only", "c2", "--port", "0", "-w", shop)
