"""Changes of definition files: what they would mean is told first, then all of them are made, or none.

A plan is checked in a copy beside the workspace, so nothing is half written while somebody looks at it.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from quanyu.clock import now
from quanyu.config import Workspace
from quanyu.definitions.folders import yaml_files
from quanyu.definitions.strict_yaml import MAX_BYTES, parse_yaml
from quanyu.errors import Problem, Severity, UserError, Where
from quanyu.services.check import check_workspace
from quanyu.store import AuditEntry, Store

FOLDERS: Final = ("library", "sources")
"""Where definitions may be changed; settings of the workspace are its owner's, at the machine."""

KEPT: Final = "definitions"
"""Folder of the state that keeps what stood before, by moment."""

_NAME: Final = re.compile(r"[\w.-]{1,100}")
_MOST_FILES: Final = 100


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a file would say otherwise: names of definitions that are new, changed and gone."""

    file: str
    is_new: bool
    is_gone: bool
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change would do: files with names, problems it brings, and a tag that stands for before and after."""

    changes: tuple[FileChange, ...]
    problems: tuple[Problem, ...]
    tag: str

    @property
    def can_be_made(self) -> bool:
        """Return whether no problem forbids it."""
        return all(one.severity is not Severity.ERROR for one in self.problems)


def plan_change(workspace: Workspace, files: Mapping[str, str | None]) -> Plan:
    """Return what it would mean to write these texts to these files; None takes a file away.

    Nothing is written to the workspace.  Problems are those that the change brings, not those that stand already.
    Raises UserError `definitions.path` for each name that is no definition file of the workspace.
    """
    _check_paths(workspace, files)
    before = {name: _text_of(workspace.root / name) for name in files}
    with _copy_of(workspace) as copy:
        _write_all(copy, files)
        problems = check_workspace(copy)
        if problems:
            _write_all(copy, before)
            stand = set(check_workspace(copy))
            problems = [one for one in problems if one not in stand]
    changes = tuple(_change(name, before[name], files[name]) for name in sorted(files) if before[name] != files[name])
    return Plan(changes, tuple(problems), _tag(before, files))


def apply_change(
    workspace: Workspace, store: Store, files: Mapping[str, str | None], tag: str, actor: str
) -> tuple[Plan, Path]:
    """Make a change that was planned; return the plan and the folder that keeps what stood before.

    Raises UserError `definitions.stale` when a file is not what it was in the plan, or the change is another one, and
    every problem that forbids it; then nothing is written.  What fails while writing is taken back.
    """
    plan = plan_change(workspace, files)
    if plan.tag != tag:
        message = "The files, or the change, are not those of the plan."
        raise UserError(Problem("definitions.stale", message, "Plan it again.", Where(field="If-Match")))
    if not plan.can_be_made:
        raise UserError([one for one in plan.problems if one.severity is Severity.ERROR])
    before = {name: _text_of(workspace.root / name) for name in files}
    # The tag keeps two changes of one moment apart.
    kept = workspace.folder(KEPT) / f"{now():%Y%m%dT%H%M%S%f}-{plan.tag[:8]}"
    _write_all(kept, before)
    named = {one.file: [*one.added, *one.changed, *one.removed] for one in plan.changes}
    detail = {"files": named, "kept": kept.name}
    try:
        with store.transaction() as work:
            work.audit.add(AuditEntry(actor, "definitions.changed", "file", len(named), "change definitions", detail))
            # Before the record is committed: what cannot be written is not on record either.
            _write_all(workspace.root, files)
    except BaseException:
        _write_all(workspace.root, before)
        raise
    return plan, kept


def _check_paths(workspace: Workspace, files: Mapping[str, str | None]) -> None:
    problems = [problem for name, text in files.items() for problem in _path_problems(workspace, name, text)]
    if not files or len(files) > _MOST_FILES:
        problems.append(Problem("definitions.path", f"A change is of 1 to {_MOST_FILES} files.", "Split it."))
    if problems:
        raise UserError(problems)


def _path_problems(workspace: Workspace, name: str, text: str | None) -> Iterator[Problem]:
    parts = PurePosixPath(name).parts
    is_plain = name == "/".join(parts) and all(_NAME.fullmatch(one) and one not in (".", "..") for one in parts)
    if not is_plain or len(parts) < 2 or parts[0] not in FOLDERS or not name.endswith(".yaml"):
        remedy = f"Files are {' or '.join(f'{one}/…' for one in FOLDERS)} and end in .yaml."
        yield Problem("definitions.path", f'"{name[:80]}" is no definition file.', remedy, Where(field="files"))
        return
    path = workspace.root / name
    if path.resolve() != workspace.root.resolve() / name:
        message = f'"{name}" is, or lies behind, a link.'
        yield Problem("definitions.path", message, "Change it where it stands.", Where(field="files"))
    if text is not None and len(text.encode()) > MAX_BYTES:
        yield Problem("config.too_large", "Larger than 1 MB.", "Split the file.", Where(name))


@contextmanager
def _copy_of(workspace: Workspace) -> Iterator[Path]:
    """Give a folder that holds copies of all definitions, and nothing else, while the block runs."""
    parent = workspace.folder("tmp")
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix="plan-") as folder:
        copy = Path(folder)
        own = [one for name in FOLDERS for one in yaml_files(workspace.root / name)]
        for path in (workspace.settings_file, *own):
            target = copy / path.relative_to(workspace.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        yield copy


def _write_all(root: Path, files: Mapping[str, str | None]) -> None:
    """Write every file beside its place first, then put each in its place whole; None takes a file away."""
    drafts: dict[Path, Path] = {}
    try:
        for name, text in files.items():
            target = root / name
            if text is None:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            drafts[target] = target.with_name(f".{target.name}.{os.getpid()}")
            with drafts[target].open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        for target, draft in drafts.items():
            draft.replace(target)
        for name, text in files.items():
            if text is None:
                (root / name).unlink(missing_ok=True)
    finally:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def _change(name: str, before: str | None, after: str | None) -> FileChange:
    old, new = _named(name, before), _named(name, after)
    return FileChange(
        file=name,
        is_new=before is None,
        is_gone=after is None,
        added=tuple(sorted(set(new) - set(old))),
        changed=tuple(sorted(one for one in set(old) & set(new) if old[one] != new[one])),
        removed=tuple(sorted(set(old) - set(new))),
    )


def _named(name: str, text: str | None) -> Mapping[str, Any]:
    """Return the definitions of a file by name; a source has one, its own; a file that cannot be read has none."""
    document = None if text is None else parse_yaml(text.encode(), name)[0]
    if document is None:
        return {}
    if name.startswith("sources/"):
        return {str(document.data.get("source", name)): document.data}
    return document.data


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _tag(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> str:
    said = json.dumps([sorted(before.items()), sorted(after.items())], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:32]
