"""Encryption of the spool's frames: round trip, no value twice, nothing changed unseen, keys before a rotation."""

from pathlib import Path

import pytest

from quanyu.errors import UserError
from quanyu.store import Vault, create_key
from quanyu.store.cipher import SpoolCipher

OLD, NEW = Vault((b"m" * 32, b"o" * 32)), Vault((b"m" * 32, b"n" * 32))
OTHER = Vault((b"x" * 32,))


def test_what_one_writer_sealed_another_opens(tmp_path: Path) -> None:
    vault = create_key(tmp_path / "key")
    sealed = [SpoolCipher(vault).seal(b"13912345678") for _ in range(3)]
    writer = SpoolCipher(vault)
    sealed += [writer.seal(b"13912345678") for _ in range(3)]
    assert len(set(sealed)) == 6 and all(b"13912345678" not in one for one in sealed)
    assert {SpoolCipher(vault).open(one) for one in sealed} == {b"13912345678"}


def test_a_rotation_beside_a_running_collector_leaves_every_frame_readable() -> None:
    assert SpoolCipher(NEW).open(SpoolCipher(OLD).seal(b"x")) == b"x"
    with pytest.raises(UserError, match=r"vault\.key_mismatch"):
        SpoolCipher(OTHER).open(SpoolCipher(NEW).seal(b"x"))


def test_a_change_of_any_byte_is_found() -> None:
    cipher = SpoolCipher(OLD)
    sealed = cipher.seal(b"0123456789")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(UserError):
            cipher.open(bytes(changed))
    for length in range(len(sealed)):
        with pytest.raises(UserError):
            cipher.open(sealed[:length])
