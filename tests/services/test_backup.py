"""`quanyu backup` and `quanyu restore`: the same figures from one file, and nothing from one that is not whole."""

import io
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from quanyu.collect.record import Request
from quanyu.collect.spool import Spool
from quanyu.errors import UserError
from quanyu.services import backup as service
from quanyu.services.archive import read_archive, write_archive
from quanyu.services.project import open_project
from quanyu.store import open_store, open_vault
from quanyu.store.cipher import SpoolCipher
from services.shop import ENVIRONMENT, problems, told

FIGURES = ("metrics", "query", "net_sales", "orders", "--start", "2026-01-01", "--end", "2026-02-01")
PASSPHRASE = "four words are enough"


@pytest.fixture
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANYU_PASSPHRASE", PASSPHRASE)


@pytest.mark.usefixtures("passphrase")
def test_a_restored_workspace_gives_the_same_figures_and_knows_the_same_persons(shop: Path, tmp_path: Path) -> None:
    file, back = tmp_path / "shop.tar", tmp_path / "back"
    before = told(*FIGURES, "-w", shop)["rows"]
    person = told("segments", "members", "buyers", "-w", shop)
    made = told("backup", file, "--with-key", "-w", shop)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made["has_key"] and made["files"] > 8
    # No original of a personal value, and no key, stands in the file.
    content = file.read_bytes()
    assert b"13912345678" not in content
    assert (shop / ".quanyu" / "key").read_bytes().split()[1] not in content
    shutil.rmtree(shop)
    done = told("restore", file, back, "--with-key")
    assert done["different"] == [] and done["compared"] > 50 and done["has_key"]
    assert told(*FIGURES, "-w", back)["rows"] == before
    assert told("segments", "members", "buyers", "-w", back) == person
    with open_store(back / ".quanyu") as store:
        assert store.verify() == []
        with store.reading() as work:
            assert [one.action for one in work.audit.find()][-1] == "backup.made"
    assert stat.S_IMODE((back / ".quanyu" / "key").stat().st_mode) == 0o600


def test_what_waits_in_the_spool_is_in_it_and_a_key_only_when_asked_for(shop: Path, tmp_path: Path) -> None:
    cipher = SpoolCipher(open_vault(shop / ".quanyu" / "key"))
    spool = Spool(shop / ".quanyu" / "spool" / "main", cipher)
    request = Request(method="POST", path="/collect/web", query="", headers={}, body=b"{}", received_at=0)
    spool.append("web", request).result(10)
    made = told("backup", tmp_path / "shop.tar", "-w", shop)
    assert made["has_key"] is False
    spool.close()
    done = told("restore", tmp_path / "shop.tar", tmp_path / "back", "--no-build")
    assert (done["has_key"], done["build_id"]) == (False, None)
    [left] = (tmp_path / "back" / ".quanyu" / "spool" / "main").glob("*.open")
    assert left.stat().st_size > 0
    # Collected but not loaded: the next collector of that name seals it.
    shutil.copy(shop / ".quanyu" / "key", tmp_path / "back" / ".quanyu" / "key")
    Spool(left.parent, cipher).close()
    assert len(list(left.parent.glob("*.log"))) == 1


def test_a_file_that_is_not_whole_restores_nothing(shop: Path, tmp_path: Path) -> None:
    file, back = tmp_path / "shop.tar", tmp_path / "back"
    told("backup", file, "-w", shop)
    content = file.read_bytes()
    for name, damaged in {
        "cut": content[: len(content) // 2],
        "its end": content[:-12_000],
        "changed": content[:5_000] + bytes([content[5_000] ^ 1]) + content[5_001:],
        "none": b"PK",
    }.items():
        broken = tmp_path / f"{name}.tar"
        broken.write_bytes(damaged)
        assert problems("restore", broken, back) == ["restore.checksum"], name
        assert not back.exists()
    assert problems("restore", tmp_path / "nowhere.tar", back) == ["restore.missing"]
    assert problems("backup", file, "-w", shop) == ["backup.exists"]
    assert problems("restore", file, shop) == ["restore.not_empty"]
    assert not list(tmp_path.glob(".*restoring*"))


@pytest.mark.usefixtures("passphrase")
def test_newer_backups_and_wrong_passphrases_are_refused(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told("backup", tmp_path / "plain.tar", "-w", shop)
    assert problems("restore", tmp_path / "plain.tar", tmp_path / "back", "--with-key") == ["restore.no_key"]
    told("backup", tmp_path / "key.tar", "--with-key", "-w", shop)
    monkeypatch.setenv("QUANYU_PASSPHRASE", "another four words")
    assert problems("restore", tmp_path / "key.tar", tmp_path / "back", "--with-key") == ["restore.passphrase"]
    monkeypatch.setenv("QUANYU_PASSPHRASE", "short")
    assert problems("backup", tmp_path / "weak.tar", "--with-key", "-w", shop) == ["backup.passphrase"]
    unpacked = tmp_path / "unpacked"
    manifest = read_archive(tmp_path / "plain.tar", unpacked)
    write_archive(tmp_path / "format.tar", unpacked, manifest["files"], {**manifest, "format": 3})
    assert problems("restore", tmp_path / "format.tar", tmp_path / "back") == ["restore.newer"]
    with open_store(unpacked / ".quanyu") as store, store.transaction() as work:
        work.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    names = [path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()]
    write_archive(tmp_path / "revision.tar", unpacked, names, manifest)
    assert problems("restore", tmp_path / "revision.tar", tmp_path / "back") == ["store.newer"]
    assert not (tmp_path / "back").exists()


def test_names_that_lead_elsewhere_are_refused(tmp_path: Path) -> None:
    for number, name in enumerate(("../out", "/out", "a/../../out", "a\\..\\out")):
        file = tmp_path / f"{number}.tar"
        with tarfile.open(file, "w") as tar:
            member = tarfile.TarInfo(name)
            member.size = 1
            tar.addfile(member, io.BytesIO(b"x"))
        with pytest.raises(UserError) as refused:
            read_archive(file, tmp_path / "into")
        assert refused.value.code == "restore.checksum"
    with tarfile.open(tmp_path / "link.tar", "w") as tar:
        member = tarfile.TarInfo("link")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(UserError):
        read_archive(tmp_path / "link.tar", tmp_path / "into")
    assert not (tmp_path / "out").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from quanyu.services import archive, backup
from quanyu.services.project import open_project

def end(*_):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(archive if sys.argv[1] == "_add_text" else backup, sys.argv[1], end)
backup.make_backup(open_project(Path(sys.argv[2])), Path(sys.argv[3]))
"""


def test_a_killed_backup_leaves_no_half_file_and_the_next_one_cleans_up(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "shop.tar"
    for moment in ("copy_store", "_add_text"):
        command = [sys.executable, "-c", KILLED, moment, str(shop), str(file)]
        assert subprocess.run(command, env=ENVIRONMENT, check=False).returncode == -signal.SIGKILL
        assert not file.exists()
    assert list((shop / ".quanyu" / "tmp").glob("backup-*"))
    made = service.make_backup(open_project(shop), file)
    assert made.file == file and not (tmp_path / "shop.tar.part").exists()
    assert not list((shop / ".quanyu" / "tmp").glob("backup-*"))
    read_archive(file, tmp_path / "read")
