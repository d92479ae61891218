"""Encryption of the spool: many short values a second, under keys of their own.

A random nonce allows 2³² values a key (NIST SP 800-38D), which a busy collector reaches in weeks.  So every writer
derives its own key from the workspace's first key and a random salt (HKDF-SHA256), and counts its nonces.  The first
key is the one that no rotation drops: what a running collector answered must be readable after a rotation beside it.

An encrypted value is: format byte 0x02, key id (4 bytes), salt (16), counter (12), cipher text, tag (16 bytes).
"""

import os
from functools import lru_cache
from itertools import count
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from quanyu.errors import Problem, UserError
from quanyu.store.vault import Vault, key_id, key_mismatch

_FORMAT: Final = b"\x02"
_ID_BYTES: Final = 4
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_HEAD_BYTES: Final = len(_FORMAT) + _ID_BYTES + _SALT_BYTES
_SHORTEST: Final = _HEAD_BYTES + _NONCE_BYTES + 16


class SpoolCipher:
    """Encrypts and reads frames of the spool with the first key of a vault."""

    def __init__(self, vault: Vault) -> None:
        self._key, salt = vault.keys[0], os.urandom(_SALT_BYTES)
        self._label = bytes.fromhex(key_id(self._key))
        self._head = _FORMAT + self._label + salt
        self._aead = _derived(self._key, salt)
        self._numbers = count()

    def seal(self, clear: bytes) -> bytes:
        """Return the bytes encrypted; safe from several threads."""
        nonce = next(self._numbers).to_bytes(_NONCE_BYTES, "big")
        return self._head + nonce + self._aead.encrypt(nonce, clear, self._head)

    def open(self, sealed: bytes) -> bytes:
        """Return the bytes in clear.

        A value of another workspace's key raises UserError `vault.key_mismatch`; one that was changed, or is no
        encrypted value, `spool.damaged_value`.
        """
        if len(sealed) < _SHORTEST or not sealed.startswith(_FORMAT):
            raise UserError(_damaged())
        head = sealed[:_HEAD_BYTES]
        label, salt = head[1 : 1 + _ID_BYTES], head[1 + _ID_BYTES :]
        if label != self._label:
            raise UserError(key_mismatch(needed=label.hex(), given=self._label.hex()))
        nonce, rest = sealed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES], sealed[_HEAD_BYTES + _NONCE_BYTES :]
        try:
            return _derived(self._key, salt).decrypt(nonce, rest, head)
        except InvalidTag:
            raise UserError(_damaged()) from None


@lru_cache(maxsize=64)
def _derived(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=b"quanyu spool").derive(key))


def _damaged() -> Problem:
    remedy = "Put back a copy of the file; the requests in it were not loaded."
    return Problem("spool.damaged_value", "A frame of the spool was changed or cut.", remedy)
