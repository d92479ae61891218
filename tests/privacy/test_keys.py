"""A rotated key: everything is still read and matched, and a key file from before opens nothing."""

import shutil
from pathlib import Path

import pytest

from privacy.deleting import person_of, project_of
from quanyu.errors import UserError
from quanyu.services.project import open_operations
from quanyu.store import open_vault
from services.shop import quanyu, told


def test_everything_is_readable_and_matches_after_a_rotation_and_the_old_file_is_useless(shop: Path, tmp_path: Path):
    project = project_of(shop)
    old_file = Path(shutil.copy(project.workspace.key_file, tmp_path / "key"))
    before = person_of(project, "mobile:13912345678")
    refused = told("ingest", "quarantine", "-w", shop)
    rotated = quanyu("privacy", "rotate-key", "-w", shop)
    assert rotated.exit_code == 0, rotated.output
    assert person_of(project, "mobile:13912345678") == before
    assert told("ingest", "quarantine", "-w", shop) == refused
    vault, old = open_vault(project.workspace.key_file), open_vault(old_file)
    with open_operations(project.workspace) as store, store.reading() as work:
        kept = work.identifiers.get([before])
        rows = work.quarantine.find()
    secrets = [kept[0].value_enc, *(row.payload_enc for row in rows)]
    assert len(vault.decrypt_many(secrets)) >= 2
    for secret in secrets:
        with pytest.raises(UserError) as unread:
            old.decrypt_many([secret])
        assert unread.value.problems[0].code == "vault.key_mismatch"
    shutil.copy(old_file, project.workspace.key_file)
    assert quanyu("run", "--quiet", "-w", shop).exit_code == 2
