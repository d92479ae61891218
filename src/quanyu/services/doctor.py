"""`quanyu doctor`: everything that can be looked at without changing it, each check with a state and a remedy."""

import json
import stat
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import file_digest
from pathlib import Path
from typing import Final

from quanyu.clock import now
from quanyu.config import Workspace
from quanyu.definitions import load_workspace
from quanyu.errors import ExternalError, Problem, Severity, UserError
from quanyu.services.check import check_workspace
from quanyu.services.doctor_machine import Finding, State, machine_findings, place_findings, port_finding
from quanyu.services.live import spool_status_of
from quanyu.services.privacy_audit import verify_audit
from quanyu.services.project import open_warehouse, store_place
from quanyu.services.running import find_server, written_server
from quanyu.store import SegmentStatus, Store, open_store, open_vault
from quanyu.store.copy import standing_of
from quanyu.store.lease import LeaseTable, is_alive
from quanyu.store.schema import HEAD

_WAITS_LONG_S: Final = 300.0
_ANSWER_S: Final = 3.0
_BUILD_OLD_DAYS: Final = 7


def examine(root: Path, *, deep: bool = False) -> tuple[Finding, ...]:
    """Return what every check found in the workspace of a folder; without one, what the machine alone tells.

    Nothing is changed: an older store is not migrated, a broken warehouse not set aside.  `deep` reads every sealed
    file of the raw log and compares its hash.
    """
    found = list(machine_findings())
    workspace, _ = load_workspace(root)
    if workspace is None:
        message = "There is no workspace here, or its quanyu.yaml is not in order"
        return (*found, Finding("workspace", State.WARNING, message, "Name one by -w, or see `quanyu check`."))
    found.append(_definitions(root))
    if not workspace.state.exists():
        return (*found, Finding("state", State.OK, "Nothing was run yet"))
    found += place_findings(workspace.state, workspace.time_zone)
    found += [_key(workspace), *_server(workspace), _spool(workspace)]
    found += _store(workspace, deep)
    found.append(_told("warehouse", partial(_warehouse, workspace)))
    return tuple(found)


def _told(check: str, look: Callable[[], Finding]) -> Finding:
    """Return what a check found; what it could not do is what it found."""
    try:
        return look()
    except UserError as error:
        return _wrong(check, error.problems)
    except ExternalError as error:
        return Finding(check, State.WRONG, str(error).splitlines()[0], "Try again." if error.retry else "")


def _wrong(check: str, problems: Sequence[Problem], fine: str = "") -> Finding:
    if not problems:
        return Finding(check, State.OK, fine)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Finding(check, State.WRONG, f"{problems[0].message}{more}", problems[0].remedy)


def _definitions(root: Path) -> Finding:
    problems = check_workspace(root)
    errors = [one for one in problems if one.severity is Severity.ERROR]
    if errors:
        return Finding("definitions", State.WRONG, f"{len(errors)} errors", "See `quanyu check`.")
    if problems:
        return Finding("definitions", State.WARNING, f"{len(problems)} warnings", "See `quanyu check`.")
    return Finding("definitions", State.OK, "Everything is in order")


def _key(workspace: Workspace) -> Finding:
    def look() -> Finding:
        open_vault(workspace.key_file)
        readable = [path.name for path in (workspace.store_file, workspace.folder("audit.heads")) if _is_open(path)]
        if readable:
            message = f"Others may read {' and '.join(readable)}"
            return Finding("permissions", State.WRONG, message, f"chmod 600 in {workspace.state}.")
        return Finding("permissions", State.OK, "Key and store are their owner's alone")

    return _told("permissions", look)


def _is_open(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _server(workspace: Workspace) -> Iterator[Finding]:
    server = find_server(workspace)
    if server is None:
        left = written_server(workspace)
        said = "No server runs" if left is None else f"No server runs; process {left.process_id} ended without notice"
        yield Finding("server", State.OK, said)
        yield port_finding()
        return
    faults = _faults_of(server.url)
    said = f"Process {server.process_id} listens on {server.url}"
    if faults:
        yield Finding("server", State.WRONG, f"{said} and is not ready: {', '.join(faults)}", "See its log.")
    else:
        yield Finding("server", State.OK, f"{said} and is ready")


def _faults_of(url: str) -> list[str]:
    """Return what a server says is wrong with it."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=_ANSWER_S) as answer:
            faults: list[str] = json.loads(answer.read())["faults"]
    except urllib.error.HTTPError as error:
        faults = json.loads(error.read()).get("faults", ["it answers an error"])
    except (OSError, ValueError):
        faults = ["it does not answer"]
    return faults


def _spool(workspace: Workspace) -> Finding:
    status = spool_status_of(workspace)
    said = f"{status.files} files of {status.bytes / 1e6:,.1f} MB wait"
    if status.damaged:
        message = f"{status.damaged} files are damaged at their end"
        return Finding(
            "spool", State.WRONG, message, "Their whole requests were loaded; see docs/live.md for the rest."
        )
    if status.unclaimed:
        message = f"{status.unclaimed} files wait for a source that is not declared"
        return Finding("spool", State.WARNING, message, "Declare it with `format: live`, or remove the files.")
    if status.oldest_s is not None and status.oldest_s > _WAITS_LONG_S and status.bytes:
        message = f"{said}, the oldest for {status.oldest_s / 60:,.0f} minutes"
        return Finding("spool", State.WARNING, message, "Start `quanyu serve`, or load them with `quanyu run`.")
    return Finding("spool", State.OK, said)


def _store(workspace: Workspace, deep: bool) -> Iterator[Finding]:
    migrated = _told("migrations", partial(_migrated, workspace))
    yield migrated
    if migrated.state is not State.OK:
        # Opening an older store would migrate it; nothing is changed here.
        return
    try:
        # Not by `open_operations`, which notes the head of the audit log when it ends.
        with open_store(store_place(workspace)) as store:
            yield _told("store", lambda: _wrong("store", store.verify(), "Every promise of the store holds"))
            yield _told("audit", lambda: _wrong("audit", verify_audit(workspace, store), "The chain is whole"))
            yield _told("lease", partial(_lease, store))
            yield _told("build", partial(_build, store))
            yield _told("raw_log", partial(_raw_log, workspace, store, deep))
    except ExternalError as error:
        yield Finding("store", State.WRONG, str(error).splitlines()[0], "Restore a backup if it stays so.")


def _migrated(workspace: Workspace) -> Finding:
    place = store_place(workspace)
    if place == workspace.store_file and not workspace.store_file.exists():
        return Finding("migrations", State.WARNING, "There is no store yet", "The first `quanyu run` makes it.")
    standing = standing_of(place)
    if standing == HEAD:
        return Finding("migrations", State.OK, f"The store is of revision {standing}, which is this version's")
    if standing is not None and standing > HEAD:
        message = f"The store is of revision {standing}; this version knows {HEAD}"
        return Finding("migrations", State.WRONG, message, "Install the newer version again.")
    message = f"The store is of revision {standing}; the next command brings it to {HEAD}"
    return Finding("migrations", State.WARNING, message, "Make a backup with the version before.")


def _lease(store: Store) -> Finding:
    with store.reading() as work:
        holder = LeaseTable(work.connection).holder()
    if holder is None:
        return Finding("lease", State.OK, "Nobody works on the workspace")
    who = f"`quanyu {holder.command}`, process {holder.process_id} on {holder.host}"
    if is_alive(holder):
        return Finding("lease", State.OK, f"{who}, works on it since {holder.started_at:%Y-%m-%d %H:%M:%S} UTC")
    return Finding("lease", State.OK, f"{who}, died; the next run takes its place")


def _build(store: Store) -> Finding:
    with store.reading() as work:
        build = work.builds.published()
    if build is None:
        return Finding("build", State.WARNING, "No build is published", "Make one with `quanyu run`.")
    age = (now() - build.started_at).days
    said = f"Build {build.build_id}, as of {build.as_of}, was made {age} days ago"
    if age > _BUILD_OLD_DAYS:
        return Finding("build", State.WARNING, said, "Run `quanyu run`, or let `quanyu serve` build.")
    return Finding("build", State.OK, said)


def _raw_log(workspace: Workspace, store: Store, deep: bool) -> Finding:
    """Compare sealed files with what was noted when they were sealed (invariant E14): sizes, and hashes if deep."""
    with store.reading() as work:
        batches = work.segments.find(status=SegmentStatus.SEALED)
    files = [one for batch in batches for one in batch.segment_files]
    for one in files:
        path = workspace.state / one.path
        if not path.exists() or path.stat().st_size != one.bytes or (deep and _sha256(path) != one.sha256):
            message = f"{one.path} is missing or was changed since it was sealed"
            return Finding("raw_log", State.WRONG, message, "Put it back from a backup.")
    return Finding("raw_log", State.OK, f"{len(files)} sealed files are as they were{'' if deep else ' in size'}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _warehouse(workspace: Workspace) -> Finding:
    if not workspace.warehouse_file.exists():
        return Finding("warehouse", State.OK, "There is none yet")
    try:
        with open_warehouse(workspace, read_only=True) as engine:
            schemas = len(engine.schemas())
    except ExternalError as error:
        remedy = "The next `quanyu run` sets it aside and builds it again from the raw log."
        return Finding("warehouse", State.WRONG, str(error).splitlines()[0], remedy)
    return Finding("warehouse", State.OK, f"It can be read; {schemas} schemas")
