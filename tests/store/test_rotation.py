from dataclasses import replace
from pathlib import Path

import pytest

from quanyu.errors import UserError
from quanyu.store import (
    QuarantineRow,
    Store,
    Vault,
    VaultIdentifier,
    open_vault,
    quarantine_id,
    rotate_key,
    rotation,
)


@pytest.fixture
def filled(store: Store, vault: Vault, batch_seq: int) -> Store:
    values = vault.encrypt_many([f"1380000{number:04}".encode() for number in range(7)])
    identifiers = [
        VaultIdentifier(number, "mobile", "", value, vault.key_id, batch_seq) for number, value in enumerate(values)
    ]
    row = QuarantineRow(
        quarantine_id(batch_seq, 1), batch_seq, "orders", "a.csv", 2, 1, "paid", "code", "message", (), values[0]
    )
    with store.transaction() as work:
        work.keys.bind(vault)
        work.identifiers.add(identifiers)
        work.quarantine.add([row, replace(row, quarantine_id=quarantine_id(batch_seq, 2), row_number=2)])
        work.quarantine.repair(row.quarantine_id, values[1], "li")
    return store


def _values(store: Store) -> list[bytes]:
    with store.reading() as work:
        rows = work.quarantine.find()
        encrypted = [identifier.value_enc for identifier in work.identifiers.get(range(7))]
        encrypted += [value for row in rows for value in (row.payload_enc, row.edits_enc) if value is not None]
    return encrypted


def test_a_rotation_encrypts_everything_anew_and_matches_as_before(
    filled: Store, vault: Vault, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(rotation, "CHUNK", 3)
    before = vault.decrypt_many(_values(filled))
    rotated = rotate_key(filled, tmp_path / "key")
    only_new = Vault(rotated.keys[-1:])
    assert only_new.decrypt_many(_values(filled)) == before
    assert len(before) == 7 + 2 + 1
    assert rotated.matching_hash(b"x") == vault.matching_hash(b"x")
    assert open_vault(tmp_path / "key") == rotated
    with filled.reading() as work:
        assert {identifier.key_id for identifier in work.identifiers.get(range(7))} == {rotated.key_id}


def test_a_second_rotation_forgets_the_first_new_key(filled: Store, tmp_path: Path):
    first = rotate_key(filled, tmp_path / "key")
    second = rotate_key(filled, tmp_path / "key")
    assert len(second.keys) == 2
    assert first.keys[-1] not in second.keys


def test_an_interrupted_rotation_leaves_everything_readable(filled: Store, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(rotation, "CHUNK", 3)
    pages = []

    def dies_at_the_second_page(*arguments):
        pages.append(arguments)
        if len(pages) == 2:
            raise KeyboardInterrupt
        return encrypt_page(*arguments)

    encrypt_page = rotation._encrypt_page
    monkeypatch.setattr(rotation, "_encrypt_page", dies_at_the_second_page)
    with pytest.raises(KeyboardInterrupt):
        rotate_key(filled, tmp_path / "key")
    assert len(open_vault(tmp_path / "key").decrypt_many(_values(filled))) == 10
    monkeypatch.setattr(rotation, "_encrypt_page", encrypt_page)
    finished = rotate_key(filled, tmp_path / "key")
    assert len(Vault(finished.keys[-1:]).decrypt_many(_values(filled))) == 10


def test_a_copy_of_the_key_from_before_the_rotation_is_refused(filled: Store, vault: Vault, tmp_path: Path):
    rotate_key(filled, tmp_path / "key")
    with pytest.raises(UserError) as refused, filled.transaction() as work:
        work.keys.bind(vault)
    assert refused.value.code == "vault.key_mismatch"
