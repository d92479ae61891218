"""The server that runs on a workspace: where a command finds it, and the warehouse it lends.

`.quanyu/server.json` stands while a server owns the warehouse: its process, the address it listens on, where it lends
the warehouse and the secret of this start.  Only its owner may read it; one that a killed server left is known by that.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from quanyu.config import Workspace
from quanyu.engine import DuckDBEngine, Lent, lend
from quanyu.store.lease import process_birth, process_exists

_FILE: Final = "server.json"


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server process: its id, its birth in the system's words, its address for people, where it lends."""

    process_id: int
    process_birth: str
    url: str
    port: int
    secret: str

    @property
    def is_alive(self) -> bool:
        """Return whether the process that wrote this still runs."""
        # The system may tell no birth; a dead process has none either, so it is asked for itself as well.
        birth = process_birth(self.process_id) or ""
        return birth == self.process_birth and process_exists(self.process_id)

    @property
    def lent(self) -> Lent:
        """Return where the warehouse is lent."""
        return Lent(self.port, bytes.fromhex(self.secret))


def find_server(workspace: Workspace) -> RunningServer | None:
    """Return the server that owns the workspace's warehouse, or None: none, or only what a killed one left."""
    found = written_server(workspace)
    return found if found is not None and found.is_alive else None


def written_server(workspace: Workspace) -> RunningServer | None:
    """Return what `.quanyu/server.json` says, of a living or a dead server; None without such a file."""
    try:
        return RunningServer(**json.loads(_file(workspace).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        # Half a file is one that is being removed or was torn by a dying machine.
        return None


@contextmanager
def lending(workspace: Workspace, engine: DuckDBEngine, url: str) -> Iterator[None]:
    """Lend the warehouse to commands until the block ends, and say where in `.quanyu/server.json`."""
    with lend(engine) as lent:
        birth = process_birth(os.getpid()) or ""
        _write(_file(workspace), RunningServer(os.getpid(), birth, url, lent.port, lent.secret.hex()))
        try:
            yield
        finally:
            _file(workspace).unlink(missing_ok=True)


def _file(workspace: Workspace) -> Path:
    return workspace.state / _FILE


def _write(path: Path, server: RunningServer) -> None:
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(server), file)
    draft.replace(path)
