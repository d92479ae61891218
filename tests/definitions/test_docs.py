"""The page of this folder tells the truth: its examples load, and every parameter and key is on it."""

import re
from pathlib import Path

import pytest

from quanyu.config import INDUSTRIES
from quanyu.definitions import load_parameters, load_sources, load_workspace
from quanyu.definitions.source import Feed, Source
from quanyu.definitions.workspace import IdentifierShape, LimitsShape, WorkspaceShape

PAGE = (Path(__file__).parents[2] / "docs" / "definitions.md").read_text(encoding="utf-8")


def example(kind: str) -> str:
    found = re.search(rf"```yaml {kind}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_settings_on_the_page_load(tmp_path, write) -> None:
    write("quanyu.yaml", example("workspace"))
    workspace, problems = load_workspace(tmp_path)
    assert problems == []
    assert workspace is not None
    assert load_parameters(workspace)[1] == []


def test_the_source_on_the_page_loads(workspace, write) -> None:
    write("sources/pos.yaml", example("source"))
    [source], problems = load_sources(workspace)
    assert problems == []
    assert len(source.feeds) == 3


@pytest.mark.parametrize("shape", [WorkspaceShape, Source, Feed, IdentifierShape, LimitsShape])
def test_every_key_is_on_the_page(shape) -> None:
    keys = [field.alias or name for name, field in shape.model_fields.items()]
    assert [key for key in keys if key not in PAGE] == []


def test_every_industry_and_parameter_is_on_the_page(workspace) -> None:
    found, _ = load_parameters(workspace)
    assert found is not None
    names = [*INDUSTRIES, *(f"`{one.id}`" for one in found if one.id != "P.tz")]
    assert [name for name in names if name not in PAGE] == []
