"""A new encryption key for a workspace, on record."""

from quanyu.services.project import Project, open_operations
from quanyu.store import AuditEntry, hold_lease, rotate_key


def rotate_workspace_key(project: Project, actor: str) -> str:
    """Encrypt originals, refused rows and a plan under way by a new key; return its id.

    The first key stays in the file: it matches identifiers and encrypts the spool, and another one would make every
    known person a stranger.  Values encrypted before cannot be read with a key file from before any more, as their
    texts are gone.  Holds the run lease; cut off, it is run again.  Raises UserError as `rotate_key`.
    """
    with open_operations(project.workspace) as store, hold_lease(store, "privacy rotate-key"):
        vault = rotate_key(store, project.workspace.key_file)
        with store.transaction() as work:
            detail = {"key_id": vault.key_id, "matching_key_id": vault.matching_key_id}
            work.audit.add(AuditEntry(actor, "key.rotated", "vault_key", 1, "security", detail))
        store.compact()
    return vault.key_id
