"""Keys of programs: made, listed and revoked with a record, and who stands behind one that is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from quanyu.clock import now
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.services.ingest import unknown_source
from quanyu.services.permissions import Caller
from quanyu.services.project import Project
from quanyu.services.roles import Roles, unknown_role
from quanyu.store import AccessKey, AuditEntry, KeyKind, Store

_PURPOSE: Final = "access"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made and its secret, which nobody can be shown again."""

    key: AccessKey
    secret: str


def make_api_key(store: Store, roles: Roles, name: str, role: str, actor: str, days: int | None = None) -> NewKey:
    """Make a key that asks with the rights of a role, for some days or until it is revoked.

    Raises UserError `access.role_unknown`, `access.role_narrowed`.
    """
    if role not in roles:
        raise UserError(unknown_role(roles, role, "access.role_unknown"))
    if roles[role].narrowed_to:
        message = f"The role {role} is for some {roles[role].narrowed_to} only, and a key reaches all of them."
        raise UserError(Problem("access.role_narrowed", message, "Make a user: `quanyu users add`."))
    with store.transaction() as work:
        expires_at = None if days is None else now() + timedelta(days=days)
        made = NewKey(*work.access_keys.make(KeyKind.API, name, by=actor, role=role, expires_at=expires_at))
        work.audit.add(_entry(actor, "key.made", made.key))
    return made


def make_write_key(project: Project, store: Store, name: str, source: str, actor: str) -> NewKey:
    """Make a key with which SDKs write events of a live source; it gives no right to read.

    Raises UserError `ingest.unknown_source`, `access.source_not_live`.
    """
    found = next((one for one in project.sources if one.id == source), None)
    if found is None:
        raise UserError(unknown_source(project, source))
    if found.format != "live":
        message = f'"{source}" is read from files; a write key is for a source with `format: live`.'
        raise UserError(Problem("access.source_not_live", message, "Declare one in sources/.", found.place()))
    with store.transaction() as work:
        made = NewKey(*work.access_keys.make(KeyKind.WRITE, name, by=actor, source=source))
        work.audit.add(_entry(actor, "key.made", made.key))
    return made


def revoke_key(store: Store, key_id: str, actor: str) -> AccessKey:
    """Let a key hold no longer, at once; raises UserError `access.key_unknown`."""
    with store.transaction() as work:
        known = {one.key_id: one for one in work.access_keys.all()}
        if key_id not in known or not work.access_keys.revoke(key_id):
            remedy = did_you_mean(key_id, list(known)) or "List them with `quanyu keys list`."
            raise UserError(Problem("access.key_unknown", f'No key "{key_id[:40]}" holds.', remedy))
        work.audit.add(_entry(actor, "key.revoked", known[key_id]))
    return known[key_id]


def list_keys(store: Store) -> Sequence[AccessKey]:
    """Return every key there ever was, the newest first, without secrets."""
    with store.reading() as work:
        return work.access_keys.all()


def caller_of_key(store: Store, roles: Roles, secret: str) -> Caller | None:
    """Return who asks with an API key; None for a text that is none, or holds no longer."""
    with store.reading() as work:
        found = work.access_keys.find(secret)
    if found is None or found.role is None or found.role not in roles:
        return None
    return Caller(found.key_id, found.name, "key", roles[found.role].permissions, role=found.role)


def write_keys(store: Store) -> Mapping[str, str]:
    """Return the live source of every write key that holds, by the SHA-256 (hex) of the key."""
    with store.reading() as work:
        return work.access_keys.sources()


def _entry(actor: str, action: str, key: AccessKey) -> AuditEntry:
    detail = {"key_id": key.key_id, "kind": key.kind, "role": key.role, "source": key.source}
    return AuditEntry(actor, action, "access_key", 1, _PURPOSE, detail)
