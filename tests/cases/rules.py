"""The rule tables of the stage models, as a workspace of an industry (and its own models) registers them."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from quanyu.definitions import load_parameters, load_workspace
from quanyu.definitions.stage_model import StageModel
from quanyu.services.growth_rules import GROWTH_RULE_TABLES, growth_rule_rows
from quanyu.services.stage_rules import RULE_TABLES, event_type_rows, open_stage_models, stage_rows


@cache
def rule_tables(settings: str = "", models: tuple[tuple[str, str], ...] = ()) -> dict[str, pa.Table]:
    """Return the rule tables of a workspace with these lines of quanyu.yaml and these files in library/stages."""
    return _made(settings, models)[1]


@cache
def stage_models(settings: str = "", models: tuple[tuple[str, str], ...] = ()) -> tuple[StageModel, ...]:
    """Return the stage models of such a workspace."""
    return _made(settings, models)[0]


def _made(settings: str, models: tuple[tuple[str, str], ...]) -> tuple[tuple[StageModel, ...], dict[str, pa.Table]]:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "quanyu.yaml").write_text(f"brand: test\n{settings}\n", encoding="utf-8")
        (root / "library" / "stages").mkdir(parents=True)
        for name, text in models:
            (root / "library" / "stages" / f"{name}.yaml").write_text(text, encoding="utf-8")
        workspace, problems = load_workspace(root)
        assert workspace is not None, problems
        parameters, problems = load_parameters(workspace)
        assert parameters is not None, problems
        found = open_stage_models(workspace, parameters)
        tables = {"event_type": event_type_rows(workspace), **stage_rows(found)}
        tables |= growth_rule_rows(workspace, parameters)
    assert set(tables) == {*RULE_TABLES, *GROWTH_RULE_TABLES}
    return found, tables
