"""The workspace key under a passphrase, as a backup may carry it.

Format: byte 0x01, salt (16 bytes), nonce (12), cipher text and tag of AES-256-GCM under scrypt(passphrase, salt) with
N=2^17, r=8, p=1 (RFC 7914; a guess costs 128 MiB and a third of a second).
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from quanyu.errors import Problem, UserError

SHORTEST_PASSPHRASE: Final = 12
_FORMAT: Final = b"\x01"
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12


def lock_key(content: bytes, passphrase: str) -> bytes:
    """Return a key file's bytes encrypted; a passphrase of fewer than 12 characters is `backup.passphrase`."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        message = f"A passphrase of fewer than {SHORTEST_PASSPHRASE} characters can be guessed."
        raise UserError(Problem("backup.passphrase", message, "Take several words."))
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    return _FORMAT + salt + nonce + _cipher(passphrase, salt).encrypt(nonce, content, _FORMAT)


def unlock_key(locked: bytes, passphrase: str) -> bytes:
    """Return the key file's bytes; a wrong passphrase is UserError `restore.passphrase`."""
    salt, rest = locked[1 : 1 + _SALT_BYTES], locked[1 + _SALT_BYTES :]
    nonce, sealed = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
    try:
        return _cipher(passphrase, salt).decrypt(nonce, sealed, locked[:1])
    except (InvalidTag, ValueError):
        message = "The key of this backup does not open with that passphrase."
        raise UserError(Problem("restore.passphrase", message, "Give the one it was made with.")) from None


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=2**17, r=8, p=1).derive(passphrase.encode()))
