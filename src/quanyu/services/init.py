"""A folder of files becomes a workspace: settings and source mappings are drafted, what stands is kept."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from quanyu.config import Workspace
from quanyu.definitions import load_source, load_sources, load_workspace
from quanyu.definitions.written import yaml_text
from quanyu.errors import Problem, Severity, UserError
from quanyu.ingest.draft import draft_sources
from quanyu.ingest.files import find_files
from quanyu.services.project import check_project, ensure_key, open_operations

SETTINGS: Final = "quanyu.yaml"
_IGNORED: Final = "# What quanyu writes; the key in it belongs in a safe, none of it in version control.\n.quanyu/\n"


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """What `quanyu.yaml` is to say; empty texts leave the default, and the brand's code to the folder's name."""

    brand: str = ""
    name_zh: str = ""
    name_en: str = ""
    zone: str = ""
    currency: str = ""
    industry: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class InitReport:
    """What was written and kept (paths relative to the folder), what was noticed, and what is wrong with the result."""

    root: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]


def init_workspace(folder: Path, new: NewWorkspace) -> InitReport:
    """Draft `quanyu.yaml` and `sources/*.yaml` for the files of a folder, make the key, and check the result.

    What exists is never changed; files that a source reads already are left to it.  A draft that does not pass the
    check is put beside as `*.yaml.draft`, and what is wrong with it is a warning.  Raises UserError `init.no_folder`,
    and the problems of settings that are wrong.
    """
    if not folder.is_dir():
        raise UserError(Problem("init.no_folder", f"There is no folder {folder}.", "Make it and put the files there."))
    root = folder.resolve()
    written, kept = _write_settings(root, new)
    workspace, problems = load_workspace(root)
    if workspace is None:
        for name in written:
            (root / name).unlink()
        raise UserError(problems)
    drafts, notes = draft_sources(root)
    standing, _ = load_sources(workspace)
    known = {file.path for source in standing for file in find_files(source, workspace)[0]}
    kept += sorted(workspace.relative(path) for path in (root / "sources").glob("*.yaml"))
    for draft in drafts:
        paths = [path for path in _paths(draft) if root / path not in known]
        if paths:
            told = {**draft, "path": paths[0] if len(paths) == 1 else paths}
            file, found = _write_source(workspace, told, notes)
            written.append(file)
            problems += found
    with open_operations(workspace) as store:
        ensure_key(workspace, store)
    return InitReport(root, tuple(written), tuple(kept), tuple(notes), (*problems, *check_project(root)[1]))


def _write_settings(root: Path, new: NewWorkspace) -> tuple[list[str], list[str]]:
    """Write `quanyu.yaml` and `.gitignore` where they are missing; return the names written and those kept."""
    written: list[str] = []
    kept: list[str] = []
    for name, text in ((SETTINGS, _settings(root, new)), (".gitignore", _IGNORED)):
        if (root / name).exists():
            kept.append(name)
        else:
            (root / name).write_text(text, encoding="utf-8")
            written.append(name)
    return written, kept


def _settings(root: Path, new: NewWorkspace) -> str:
    code = re.sub(r"[^a-z0-9]+", "_", root.name.lower()).strip("_")
    name = {language: text for language, text in (("zh", new.name_zh), ("en", new.name_en)) if text}
    said = {
        "brand": new.brand or (code if code[:1].isalpha() else "brand"),
        "name": name,
        "time_zone": new.zone or "Asia/Shanghai",
        "currency": new.currency or "CNY",
        "industry": new.industry or "grocery",
        "language": new.language or "zh",
    }
    return yaml_text({key: value for key, value in said.items() if value})


def _paths(draft: Mapping[str, Any]) -> list[str]:
    given = draft["path"]
    return [given] if isinstance(given, str) else list(given)


def _write_source(workspace: Workspace, draft: Mapping[str, Any], notes: Sequence[str]) -> tuple[str, list[Problem]]:
    """Write one drafted source and return its file; one that is wrong goes beside, with what is wrong as warnings."""
    folder = workspace.root / "sources"
    folder.mkdir(exist_ok=True)
    number, name = 1, str(draft["source"])
    while (folder / f"{name}.yaml").exists():
        number += 1
        name = f"{draft['source']}_{number}"
    own = [note.removeprefix(f"{draft['source']}: ") for note in notes if note.startswith(f"{draft['source']}: ")]
    head = "".join(f"# {line}\n" for line in ("Drafted by `quanyu init`; read it before the first run.", *own))
    path = folder / f"{name}.yaml"
    path.write_text(head + yaml_text({**draft, "source": name}), encoding="utf-8")
    source, problems = load_source(workspace, path)
    if source is not None:
        return workspace.relative(path), []
    aside = path.rename(path.with_name(f"{path.name}.draft"))
    return workspace.relative(aside), [
        Problem(one.code, one.message, one.remedy, one.where, Severity.WARNING) for one in problems
    ]
