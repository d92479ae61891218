"""The workspace key: keyed hashes for matching personal values, and encryption of their originals.

The key file holds one line per key, `<key id> <64 hex digits>`.  The first key gives the matching key for the life of
the workspace (another one would make every known person a stranger); the last encrypts; those before it are read only
until a rotation has encrypted everything anew.  Subkeys are derived by HKDF-SHA256 (RFC 5869), hashes are HMAC-SHA256
(RFC 2104), values are encrypted by AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D: at most 2³² values a key).

An encrypted value is: format byte 0x01, key id (4 bytes), nonce (12 bytes), cipher text, tag (16 bytes).
"""

import hashlib
import hmac
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from quanyu.errors import Problem, UserError

_FORMAT: Final = b"\x01"
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_HEADER_BYTES: Final = len(_FORMAT) + _ID_BYTES + _NONCE_BYTES
_SHORTEST: Final = _HEADER_BYTES + 16
_HASH_BLOCK_BYTES: Final = 64


@dataclass(frozen=True)
class Vault:
    """Hashes and encrypts with the keys of one workspace; the keys never appear in its text form."""

    keys: tuple[bytes, ...] = field(repr=False)

    @cached_property
    def key_id(self) -> str:
        """Return the id of the key that encrypts, 8 hex digits."""
        return key_id(self.keys[-1])

    @cached_property
    def matching_key_id(self) -> str:
        """Return the id of the key that matches, 8 hex digits."""
        return key_id(self.keys[0])

    @cached_property
    def _matching_key(self) -> bytes:
        return _derive(self.keys[0], b"quanyu matching")

    @cached_property
    def _ciphers(self) -> dict[bytes, AESGCM]:
        return {bytes.fromhex(key_id(key)): AESGCM(_derive(key, b"quanyu encryption")) for key in self.keys}

    def matching_pads(self) -> tuple[bytes, bytes]:
        """Return HMAC's inner and outer pad (64 bytes each) of the matching key.

        SHA-256(outer + SHA-256(inner + message)) is HMAC-SHA256(matching key, message), which an engine can thus
        compute with a plain hash function.  The pads are as secret as the key.
        """
        key = self._matching_key.ljust(_HASH_BLOCK_BYTES, b"\0")
        return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)

    def matching_hash(self, message: bytes) -> bytes:
        """Return HMAC-SHA256 of the message under the matching key, 32 bytes."""
        return hmac.digest(self._matching_key, message, hashlib.sha256)

    def encrypt_many(self, values: Sequence[bytes]) -> list[bytes]:
        """Return each value encrypted by the newest key; equal values give different texts."""
        label = bytes.fromhex(self.key_id)
        encrypt, head = self._ciphers[label].encrypt, _FORMAT + label
        nonces = os.urandom(_NONCE_BYTES * len(values))
        encrypted = []
        for start, value in zip(range(0, len(nonces), _NONCE_BYTES), values, strict=True):
            nonce = nonces[start : start + _NONCE_BYTES]
            encrypted.append(head + nonce + encrypt(nonce, value, head))
        return encrypted

    def decrypt_many(self, values: Sequence[bytes]) -> list[bytes]:
        """Return each value in clear.

        A value of a key this vault does not have raises UserError `vault.key_mismatch`; one that was changed, or is no
        encrypted value, `vault.damaged_value`.
        """
        return [self._decrypt(value) for value in values]

    def _decrypt(self, value: bytes) -> bytes:
        head, nonce = value[: _HEADER_BYTES - _NONCE_BYTES], value[_HEADER_BYTES - _NONCE_BYTES : _HEADER_BYTES]
        if len(value) < _SHORTEST or not head.startswith(_FORMAT):
            raise UserError(_damaged_value())
        cipher = self._ciphers.get(head[len(_FORMAT) :])
        if cipher is None:
            raise UserError(key_mismatch(needed=head[len(_FORMAT) :].hex(), given=self.key_id))
        try:
            return cipher.decrypt(nonce, value[_HEADER_BYTES:], head)
        except InvalidTag:
            raise UserError(_damaged_value()) from None


def create_key(key_file: Path) -> Vault:
    """Make a key file that its owner alone may read, and return its vault; an existing file is never overwritten."""
    key = os.urandom(_KEY_BYTES)
    try:
        write_keys(key_file, (key,), exclusive=True)
    except FileExistsError:
        raise UserError(
            Problem(
                "vault.key_exists",
                f"There is a key already: {key_file}.",
                "Keep it: without it nothing personal in this workspace can be read again.",
            )
        ) from None
    return Vault((key,))


def open_vault(key_file: Path) -> Vault:
    """Return the vault of a key file.

    Raises UserError `vault.key_missing`, `vault.key_readable` (group or others may read it) or `vault.key_damaged`.
    """
    try:
        with key_file.open("rb") as file:
            # Asked of the open file: its name could point elsewhere a moment later.
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read()
    except FileNotFoundError:
        raise UserError(
            Problem(
                "vault.key_missing",
                f"The workspace key is missing: {key_file}.",
                "Put back your copy of it. A new workspace gets one from `quanyu init`.",
            )
        ) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UserError(
            Problem(
                "vault.key_readable",
                f"Others on this machine may read the workspace key (mode {mode:04o}): {key_file}.",
                f"Close it: chmod 600 {key_file}",
            )
        )
    keys = _parse(content)
    if not keys:
        raise UserError(
            Problem(
                "vault.key_damaged",
                f"The workspace key is damaged: {key_file}.",
                "Put back your copy of it. If this workspace never held data, delete the file and run `quanyu init`.",
            )
        )
    return Vault(keys)


def write_keys(path: Path, keys: Sequence[bytes], *, exclusive: bool) -> None:
    """Write keys to a file of mode 0600 and onto the disk; `exclusive` refuses a file that exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path if exclusive else path.with_name(f"{path.name}.new")
    if not exclusive:
        target.unlink(missing_ok=True)
    with os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        # The mask of the process may take rights away from its owner, too.
        os.fchmod(file.fileno(), 0o600)
        file.write("".join(f"{key_id(key)} {key.hex()}\n" for key in keys).encode())
        file.flush()
        os.fsync(file.fileno())
    if not exclusive:
        target.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def key_id(key: bytes) -> str:
    """Return the name of a key, 8 hex digits that say nothing about it."""
    return _derive(key, b"quanyu key id")[:_ID_BYTES].hex()


def key_mismatch(*, needed: str, given: str) -> Problem:
    """Return the problem of a workspace opened with another workspace's key."""
    return Problem(
        "vault.key_mismatch",
        f"The key file is not this workspace's: the data needs key {needed}, the file has {given}.",
        "Put back the key file that was made with this workspace.",
    )


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=purpose).derive(key)


def _parse(content: bytes) -> tuple[bytes, ...]:
    """Return the keys of a key file, or nothing when any line is not what it should be."""
    keys = []
    for line in content.decode("ascii", "replace").splitlines():
        name, _, digits = line.partition(" ")
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            return ()
        if len(key) != _KEY_BYTES or key_id(key) != name:
            return ()
        keys.append(key)
    return tuple(keys)


def _damaged_value() -> Problem:
    return Problem(
        "vault.damaged_value",
        "An encrypted value was changed or cut.",
        "Restore the store from a copy, or import the source again.",
    )
