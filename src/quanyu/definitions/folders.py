"""Where definitions stand: the built-in library beside the code, the workspace's own folders; which files they hold."""

from pathlib import Path

from quanyu.config import Workspace

LIBRARY = Path(__file__).resolve().parent.parent / "library"
"""The definitions that come with quanyu."""

_BUILT_IN = "quanyu:library"


def yaml_files(folder: Path) -> list[Path]:
    """Return the YAML files of a folder and its subfolders in the order of their names; none when it does not exist."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml") and path.is_file())


def shown(path: Path, workspace: Workspace | None) -> str:
    """Return the name of a file as problems show it: relative to the workspace, or `quanyu:library/…`."""
    if path.is_relative_to(LIBRARY):
        return f"{_BUILT_IN}/{path.relative_to(LIBRARY).as_posix()}"
    return workspace.relative(path) if workspace is not None else path.name


def path_of(name: str, workspace: Workspace) -> Path:
    """Return the path of a definition file by the name that `shown` gave it."""
    if name.startswith(f"{_BUILT_IN}/"):
        return LIBRARY / name.removeprefix(f"{_BUILT_IN}/")
    return workspace.root / name
