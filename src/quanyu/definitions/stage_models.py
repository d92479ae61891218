"""Loads the stage models of a workspace: every rule resolved, or every problem at once."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from quanyu.config import Workspace
from quanyu.definitions.catalogue import Definition, load_catalogue
from quanyu.definitions.check import check_shape, in_order
from quanyu.definitions.event_types import load_event_types
from quanyu.definitions.parameters import Parameters
from quanyu.definitions.rules.stages import Reader
from quanyu.definitions.stage_model import Rule, Stage, StageModel, StageModelShape
from quanyu.definitions.strict_yaml import read_yaml
from quanyu.errors import Problem, did_you_mean

_VERSION_LENGTH = 16


def load_stage_models(
    workspace: Workspace, parameters: Parameters
) -> tuple[tuple[StageModel, ...] | None, list[Problem]]:
    """Return the stage models by name, or None when one has an error, and every problem.

    The workspace's model of a name takes the library's place whole.
    """
    definitions, problems = load_catalogue("stages", StageModelShape, workspace)
    models, found = _read_all(list(definitions), workspace, parameters)
    problems += found
    return (None if problems else models), problems


def load_stage_model(
    path: Path, name: str, workspace: Workspace, parameters: Parameters
) -> tuple[StageModel | None, list[Problem]]:
    """Return the stage model of that name in a file anywhere, or None, and every problem: to try rules out."""
    document, problems = read_yaml(path, path.name)
    if document is None or problems:
        return None, problems
    if name not in document.data:
        message = f'"{path.name}" defines no stage model "{name[:40]}".'
        return None, [Problem("stage.model", message, did_you_mean(name, tuple(document.data)), document.where())]
    shape, problems = check_shape(StageModelShape, document, inside=(name,))
    if shape is None:
        return None, problems
    models, problems = _read_all([Definition(name, shape, document, False)], workspace, parameters)
    return (None if problems else models[0]), problems


def _read_all(
    definitions: list[Definition[StageModelShape]], workspace: Workspace, parameters: Parameters
) -> tuple[tuple[StageModel, ...], list[Problem]]:
    event_types, problems = load_event_types(workspace)
    models = []
    for definition in definitions:
        reader = Reader(definition, event_types, parameters, workspace.industry)
        stages, rules = reader.read()
        problems += in_order(reader.problems)
        models.append(_model(definition, stages, rules))
    return tuple(models), problems


def _model(definition: Definition[StageModelShape], stages: tuple[Stage, ...], rules: tuple[Rule, ...]) -> StageModel:
    shape = definition.value
    meaning = {
        "scopes": sorted(shape.scopes),
        "stages": [stage.code for stage in stages],
        "rules": [asdict(rule) for rule in rules],
    }
    written = json.dumps(meaning, sort_keys=True, separators=(",", ":"))
    return StageModel(
        name=definition.name,
        zh=shape.label.zh,
        en=shape.label.en,
        source=shape.source,
        for_items="brand" not in shape.scopes or len(shape.scopes) > 1,
        stages=stages,
        rules=rules,
        version=hashlib.sha256(written.encode()).hexdigest()[:_VERSION_LENGTH],
    )
