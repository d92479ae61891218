"""Single values that need more than a shape: zones, currencies, industries, sizes, folders, store addresses."""

import os
from collections.abc import Callable
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from quanyu.config import INDUSTRIES, memory_bytes
from quanyu.definitions.rules.currency import read_currency
from quanyu.definitions.rules.zones import check_zone
from quanyu.definitions.shape import Text
from quanyu.errors import Problem, did_you_mean

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Hosts that are this machine: what goes there in clear is heard by nobody else."""

_STORE_SCHEMES = ("sqlite", "postgresql", "postgresql+psycopg")


def _refuse(check: Callable[[str], Problem | None]) -> AfterValidator:
    """Return the validator that refuses a text when the check finds a problem; the place is added later."""

    def accept(given: str) -> str:
        problem = check(given)
        if problem is not None:
            context = {"message": problem.message, "remedy": problem.remedy}
            raise PydanticCustomError(problem.code, "{message}", context)
        return given

    return AfterValidator(accept)


def _check_currency(given: str) -> Problem | None:
    return read_currency(given)[1]


def _check_industry(given: str) -> Problem | None:
    if given in INDUSTRIES:
        return None
    remedy = did_you_mean(given, tuple(INDUSTRIES)) or f"Known: {', '.join(INDUSTRIES)}."
    return Problem("config.value", f'Unknown industry "{given[:40]}".', remedy)


def _check_size(given: str) -> Problem | None:
    if memory_bytes(given) is not None:
        return None
    return Problem("config.value", f'"{given[:20]}" is not a size.', 'Write a size such as "4GB" or "512MB".')


def _check_folder(given: str) -> Problem | None:
    if os.path.isabs(given):
        return None
    return Problem("config.path", "A data folder must be an absolute path.", "Start it with /.")


def _check_store(given: str) -> Problem | None:
    try:
        parts = urlsplit(given)
        scheme, password = parts.scheme, parts.password
    except ValueError:
        scheme, password = "", None
    if password:
        remedy = "Write `url: {env: NAME}`: the variable holds the whole address."
        return Problem("config.secret_inline", "The address holds a password in clear.", remedy)
    if scheme in _STORE_SCHEMES:
        return None
    remedy = "Use postgresql://host/database, or leave it out for SQLite in the workspace."
    return Problem("config.value", "This is not the address of a store.", remedy)


def _check_web(given: str) -> Problem | None:
    try:
        parts = urlsplit(given)
        host, user = parts.hostname, parts.username
    except ValueError:
        return Problem("config.value", "This is not an address of the web.", "Write https://host.")
    if user is not None:
        return Problem("config.secret_inline", "The address holds a name or password.", "Leave it out.")
    if host and not parts.query and not parts.fragment:
        if parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK):
            return None
    return Problem("config.value", "This is not a safe address of the web.", "Write https://host, nothing after ?.")


ZoneName: TypeAlias = Annotated[Text, _refuse(check_zone)]
"""A named time zone of the IANA list."""

CurrencyCode: TypeAlias = Annotated[Text, _refuse(_check_currency)]
"""A currency code of ISO 4217."""

Industry: TypeAlias = Annotated[Text, _refuse(_check_industry)]
"""An industry profile, a key of `INDUSTRIES`."""

Size: TypeAlias = Annotated[Text, _refuse(_check_size)]
"""A size in bytes with unit, such as `4GB`."""

Folder: TypeAlias = Annotated[Text, _refuse(_check_folder)]
"""An absolute folder."""

StoreUrl: TypeAlias = Annotated[Text, _refuse(_check_store)]
"""The address of a store without password."""

WebAddress: TypeAlias = Annotated[Text, _refuse(_check_web)]
"""An address of the web over TLS, or of this machine."""
