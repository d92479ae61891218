"""Checks every definition of a workspace, those that commands load only when they need them too."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from quanyu.config import Workspace
from quanyu.definitions import load_workspace
from quanyu.definitions.playbook import load_playbooks
from quanyu.definitions.readiness import load_readiness
from quanyu.definitions.role import load_roles
from quanyu.definitions.segment import load_segments
from quanyu.definitions.tag import load_tags
from quanyu.errors import Problem
from quanyu.metrics import load_metrics
from quanyu.services.project import check_project

_LOADERS: Final[tuple[Callable[[Workspace], tuple[Any, list[Problem]]], ...]] = (
    load_metrics,
    load_readiness,
    load_playbooks,
    load_tags,
    load_segments,
    load_roles,
)


def check_workspace(root: Path) -> list[Problem]:
    """Return every problem of every definition of the workspace in the folder, each once."""
    _, problems = check_project(root)
    workspace, _ = load_workspace(root)
    if workspace is None:
        return problems
    for load in _LOADERS:
        problems += load(workspace)[1]
    return list(dict.fromkeys(problems))
