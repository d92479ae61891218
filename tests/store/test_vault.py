import hashlib
import hmac
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.errors import UserError
from quanyu.store import Store, Vault, create_key, open_vault

FIXED = Vault((bytes(range(32)),))
DAMAGES = {
    "cut": lambda text: text[:-9],
    "empty": lambda text: "",
    "no hex": lambda text: text[:-2] + "g\n",
    "one digit": lambda text: text[:-2] + ("0" if text[-2] != "0" else "1") + "\n",
}


def test_the_key_file_is_its_owners_alone_and_never_overwritten(tmp_path: Path):
    before = os.umask(0)
    try:
        create_key(tmp_path / "key")
    finally:
        os.umask(before)
    content = (tmp_path / "key").read_bytes()
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    with pytest.raises(UserError) as refused:
        create_key(tmp_path / "key")
    assert refused.value.code == "vault.key_exists"
    assert (tmp_path / "key").read_bytes() == content


def test_a_reopened_vault_reads_and_matches_what_the_first_wrote(tmp_path: Path):
    first = create_key(tmp_path / "key")
    again = open_vault(tmp_path / "key")
    assert again.decrypt_many(first.encrypt_many([b"13800001111", b""])) == [b"13800001111", b""]
    assert again.matching_hash(b"x") == first.matching_hash(b"x")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int):
    create_key(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(UserError) as refused:
        open_vault(tmp_path / "key")
    assert refused.value.code == "vault.key_readable"


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_key_is_refused(tmp_path: Path, damage):
    create_key(tmp_path / "key")
    (tmp_path / "key").write_text(damage((tmp_path / "key").read_text()))
    with pytest.raises(UserError) as refused:
        open_vault(tmp_path / "key")
    assert refused.value.code == "vault.key_damaged"


def test_a_missing_key_is_named(tmp_path: Path):
    with pytest.raises(UserError) as refused:
        open_vault(tmp_path / "key")
    assert refused.value.code == "vault.key_missing"


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_what_is_encrypted_is_read_back_in_order(values: list[bytes]):
    encrypted = FIXED.encrypt_many(values)
    assert FIXED.decrypt_many(encrypted) == values
    assert len(set(encrypted)) == len(values)


def test_equal_values_cannot_be_told_by_their_encryption():
    first, second = FIXED.encrypt_many([b"13800001111"] * 2)
    assert first != second
    assert b"138" not in first


def test_another_key_cannot_read_and_says_so():
    with pytest.raises(UserError, match="needs key") as refused:
        Vault((os.urandom(32),)).decrypt_many(FIXED.encrypt_many([b"x"]))
    assert refused.value.code == "vault.key_mismatch"


@pytest.mark.parametrize("place", [0, 6, 20, -1])
def test_a_changed_byte_anywhere_is_found(place: int):
    value = bytearray(FIXED.encrypt_many([b"13800001111"])[0])
    value[place] ^= 1
    with pytest.raises(UserError) as refused:
        FIXED.decrypt_many([bytes(value)])
    assert refused.value.code == "vault.damaged_value"


def test_a_cut_value_is_found():
    with pytest.raises(UserError):
        FIXED.decrypt_many([FIXED.encrypt_many([b"x"])[0][:30]])


@given(st.binary(max_size=300))
def test_the_pads_compute_hmac_with_a_plain_hash(message: bytes):
    inner, outer = FIXED.matching_pads()
    by_pads = hashlib.sha256(outer + hashlib.sha256(inner + message).digest()).digest()
    assert by_pads == FIXED.matching_hash(message)
    key = bytes(byte ^ 0x36 for byte in inner)
    assert by_pads == hmac.new(key, message, hashlib.sha256).digest()
    assert (len(inner), len(outer)) == (64, 64)


def test_subkeys_are_those_of_rfc_5869():
    # HKDF-SHA256 without salt, one block: HMAC(HMAC(zeros, key), purpose + 0x01).
    extracted = hmac.digest(b"\0" * 32, bytes(range(32)), "sha256")
    subkey = hmac.digest(extracted, b"quanyu matching\x01", "sha256")
    assert FIXED.matching_hash(b"mobile||1") == hmac.digest(subkey, b"mobile||1", "sha256")


def test_the_key_is_not_in_the_vaults_text_form():
    assert bytes(range(32)).hex() not in repr(FIXED)
    assert repr(bytes(range(32)))[2:-1] not in repr(FIXED)


def test_a_store_refuses_another_workspaces_key(store: Store):
    with store.transaction() as work:
        work.keys.bind(FIXED)
        work.keys.bind(FIXED)
    with pytest.raises(UserError) as refused, store.transaction() as work:
        work.keys.bind(Vault((os.urandom(32),)))
    assert refused.value.code == "vault.key_mismatch"
