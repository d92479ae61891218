"""The words of the collector: a request as it came, the records it carries, the faults it has, what it is answered."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

import msgspec


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request of an SDK, as it came.

    `path` begins with "/"; `query` is the text after "?" as sent; header names are lower case and only those a decoder
    may need are kept; `received_at` is in milliseconds since 1970 (UTC), `address` the sender's (None when not kept).
    """

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = {}
    body: bytes = b""
    received_at: int
    address: str | None = None


class Kind(StrEnum):
    """What a record says: somebody did something, two identifiers are one person (or no longer), somebody is so."""

    TRACK = "track"
    IDENTIFY = "identify"
    ALIAS = "alias"
    UNLINK = "unlink"
    GROUP = "group"
    ITEM = "item"


class Change(StrEnum):
    """How traits change what is known of a person."""

    SET = "set"
    SET_ONCE = "set_once"
    INCREMENT = "increment"
    APPEND = "append"
    UNSET = "unset"
    DELETE = "delete"


class Identity(msgspec.Struct, frozen=True):
    """One identifier of the acting person: a type of `tables.identity.ID_TYPES`, its namespace (None: the source's)."""

    type: str
    value: str
    namespace: str | None = None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a request says, in the words of no SDK.

    `message_id` is the sender's, else "h:" and a hash of all fields but send-time ones.  `happened_at` is the corrected
    time in milliseconds (UTC), `told_at` the sender's own text of it, `sent_at` when it left the sender; null when not
    told.  `skew_ms` is what the sender's clock was found behind ours (0: none or not known).  `event` is the sender's
    name, "" for kinds without one.  An ALIAS or UNLINK names two or more `identities`.  `properties` are of the event,
    `traits` of the person (with `change`), `context` of the device, page and campaign.  `historic` records may be of
    any age.
    """

    kind: Kind
    message_id: str
    happened_at: int | None
    told_at: str | None = None
    sent_at: int | None = None
    skew_ms: int = 0
    event: str = ""
    identities: tuple[Identity, ...] = ()
    properties: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    change: Change = Change.SET
    context: dict[str, Any] = {}
    library: str = ""
    historic: bool = False


class Fault(msgspec.Struct, frozen=True):
    """Something in a request that is no record: a stable code, what is wrong, the text it stood in (never lost)."""

    code: str
    detail: str
    text: str


class Decoded(msgspec.Struct, frozen=True):
    """All a request says: its records in order, its faults; `dry_run` when the sender only asked for a check."""

    records: tuple[Record, ...] = ()
    faults: tuple[Fault, ...] = ()
    dry_run: bool = False


class Answer(msgspec.Struct, frozen=True):
    """What an SDK is answered when its request is safe: status, headers, body."""

    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Family(Protocol):
    """One family of SDKs; all functions are pure."""

    @property
    def name(self) -> str:
        """Return the family's name, as settings and figures write it."""
        ...

    def owns(self, method: str, path: str, /) -> bool:
        """Return whether a request of this method and path is of this family."""
        ...

    def write_key(self, request: Request, /) -> str | None:
        """Return the key the request carries, read as cheaply as its form allows; None when it carries none."""
        ...

    def decode(self, request: Request, /) -> Decoded:
        """Return everything the request says; bad content becomes faults, never an exception."""
        ...

    def answer(self, request: Request, /) -> Answer:
        """Return what the SDK needs to hear once its request is kept."""
        ...

    def setting(self, request: Request, write_key: str, /) -> Answer | None:
        """Return the answer to a request for settings (nothing to keep), or None when it is none."""
        ...
