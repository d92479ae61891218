"""The audit log's head kept outside its table, so that records cut off at the end are missed, too.

A chain shows what was changed or taken out of it, not that it once went on.  So whenever a command ends, number and
hash of the last record go to a file beside the store (`audit.heads`), and `quanyu audit head` prints them for whoever
keeps them where nobody here can write.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quanyu.clock import now
from quanyu.config import Workspace
from quanyu.errors import Problem, UserError
from quanyu.store import Store

HEADS: Final = "audit.heads"


@dataclass(frozen=True, slots=True)
class Head:
    """Number and hash (hex) of the record that was the last at some moment."""

    audit_id: int
    hash: str

    def __str__(self) -> str:
        return f"{self.audit_id}:{self.hash}"


def head_of(store: Store) -> Head:
    """Return the last record's number and hash; 0 and the genesis hash before the first."""
    with store.reading() as work:
        return Head(*work.audit.head())


def keep_head(workspace: Workspace, store: Store) -> None:
    """Append the head to the file beside the store, if it moved since the last line."""
    head, path = head_of(store), workspace.folder(HEADS)
    kept = read_heads(path)
    if head.audit_id == 0 or (kept and kept[-1] == head):
        return
    line = json.dumps({"audit_id": head.audit_id, "hash": head.hash, "at": now().isoformat(timespec="seconds")})
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, f"{line}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def read_heads(path: Path) -> list[Head]:
    """Return the heads of a file, oldest first; a line that is none is left out, as a crash may leave half of one."""
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else ():
        try:
            said = json.loads(line)
            found.append(Head(int(said["audit_id"]), str(said["hash"])))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def parse_head(text: str) -> Head:
    """Return the head that `quanyu audit head` printed; raises UserError `audit.head`."""
    number, _, digits = text.strip().partition(":")
    if not number.isdigit() or len(digits) != 64:
        raise UserError(Problem("audit.head", "This is no head of an audit log.", "Give it as printed: NUMBER:HASH."))
    return Head(int(number), digits.lower())


def verify_audit(workspace: Workspace, store: Store, given: Sequence[Head] = ()) -> list[Problem]:
    """Return what is wrong with the log: broken links of the chain, and heads kept outside that it no longer has.

    Asked are the heads of the file and those `given`.  An empty list proves the log up to the newest of them.
    """
    with store.reading() as work:
        problems = work.audit.verify_chain()
        last, _ = work.audit.head()
        heads = sorted({*read_heads(workspace.folder(HEADS)), *given}, key=lambda one: one.audit_id)
        for head in heads:
            found = work.audit.find(after=head.audit_id - 1, limit=1)
            if head.audit_id > last:
                message = (
                    f"The log ends at record {last}, but record {head.audit_id} was the last once: its end was cut."
                )
                problems.append(Problem("audit.cut", message, "Restore a copy of the store from after that record."))
            elif not found or found[0].audit_id != head.audit_id or found[0].hash != head.hash:
                message = f"Record {head.audit_id} is not the one that was kept outside: the log was written anew."
                problems.append(Problem("audit.rewritten", message, "Restore a copy of the store."))
    return problems
