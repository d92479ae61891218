"""Live events: what waits in the spool, and loading it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from quanyu.clock import now
from quanyu.collect.routes import find
from quanyu.collect.spool_files import OPEN, SEALED
from quanyu.config import Workspace
from quanyu.engine import DuckDBEngine
from quanyu.ingest.live import LiveLoad, SpoolReader, load_spool
from quanyu.ingest.live_files import DAMAGED, UNCLAIMED
from quanyu.progress import Listener, silent
from quanyu.services.ingest import told_to
from quanyu.services.project import Project
from quanyu.store import Store, open_vault
from quanyu.store.cipher import SpoolCipher

LiveReport = LiveLoad
"""What one load did."""


@dataclass(frozen=True, slots=True)
class SpoolStatus:
    """What is in the spool and not in the warehouse.

    `files` and `bytes` are of all collectors, sealed or being written; `oldest_s` is the age of the oldest such file in
    seconds since it was last written (None without files).  `unclaimed` files wait for a source to be declared,
    `damaged` ones are kept for their last bytes, `torn` ends were left by collectors that died.
    """

    files: int
    bytes: int
    oldest_s: float | None
    unclaimed: int
    damaged: int
    torn: int


def load_live(project: Project, store: Store, engine: DuckDBEngine, listen: Listener = silent) -> LiveReport:
    """Load what the collectors have sealed into the warehouse and return what came of it; call it under the run lease.

    Without sealed files it costs a look at the spool's folders.  Raises UserError for a missing or wrong workspace key,
    ExternalError when a disk or database fails; the next call goes on where this one ended.
    """
    reader = SpoolReader(SpoolCipher(open_vault(project.workspace.key_file)), find)
    return load_spool(project.workspace, project.sources, store, engine, reader, told_to(listen))


def has_sealed(project: Project) -> bool:
    """Return whether a collector has sealed anything that is not loaded."""
    return any(project.workspace.folder("spool").glob(f"*/*{SEALED}"))


def spool_status(project: Project) -> SpoolStatus:
    """Return what waits in the spool; reads names and sizes only."""
    return spool_status_of(project.workspace)


def spool_status_of(workspace: Workspace) -> SpoolStatus:
    """Return what waits in the spool of a workspace whose definitions need not be in order."""
    root = workspace.folder("spool")
    facts = []
    for path in [*root.glob(f"*/*{SEALED}"), *root.glob(f"*/*{OPEN}")]:
        try:
            facts.append(path.stat())
        except FileNotFoundError:
            # Sealed or loaded since the folder was listed.
            continue
    times = [datetime.fromtimestamp(fact.st_mtime, UTC) for fact in facts]
    return SpoolStatus(
        files=len(facts),
        bytes=sum(fact.st_size for fact in facts),
        oldest_s=max((now() - min(times)).total_seconds(), 0.0) if times else None,
        unclaimed=len(list(root.glob(f"*/{UNCLAIMED}/*{SEALED}"))),
        damaged=len(list(root.glob(f"*/{DAMAGED}/*{SEALED}"))),
        torn=len(list(root.glob("*/*.torn"))),
    )
