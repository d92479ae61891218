"""Passwords: what is kept of one is its argon2id hash; checking takes the same work whether there is a user or not.

OWASP's second choice of parameters (19 MiB, two passes, one lane): a check takes some 30 ms of one core, and a hundred
at once do not fill the memory.  Raising them renews each hash at its owner's next login.
"""

from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16)


def hash_password(password: str) -> str:
    """Return what is kept of a password, in argon2's own text form with its parameters and salt."""
    return _HASHER.hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Return whether a password is the one kept; of nobody (None) it is not, after the same work."""
    try:
        return _HASHER.verify(_nobodys() if kept is None else kept, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Return whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return _HASHER.hash("the password of nobody")
