"""Folders of definitions: the library first, the workspace over it, every problem with its file and line."""

import pytest

from quanyu.definitions import folders, load_catalogue
from quanyu.definitions.catalogue import Definition
from quanyu.definitions.schemas import KINDS, json_schema
from quanyu.definitions.shape import Shape, Text
from quanyu.errors import Problem, Where


class Tone(Shape):
    expr: Text
    good: bool = True


@pytest.fixture
def library(tmp_path_factory, monkeypatch):
    """A built-in library with two definitions."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "tones").mkdir()
    (folder / "tones" / "a.yaml").write_text("low:\n  expr: a\nhigh:\n  expr: b\n")
    monkeypatch.setattr(folders, "LIBRARY", folder)
    monkeypatch.setattr("quanyu.definitions.catalogue.LIBRARY", folder)
    return folder


def test_a_workspace_definition_takes_the_place_of_the_built_in_one(workspace, write, library) -> None:
    write("library/tones/mine.yaml", "high: {expr: c, good: false}\nmid: {expr: d}\n")
    tones, problems = load_catalogue("tones", Tone, workspace)
    assert problems == []
    assert [(one.name, one.value.expr, one.built_in) for one in tones] == [
        ("high", "c", False),
        ("low", "a", True),
        ("mid", "d", False),
    ]
    assert tones["low"].where == Where("quanyu:library/tones/a.yaml", 1, 1, field="low")
    assert tones["mid"].place("expr") == Where("library/tones/mine.yaml", 2, 7, field="mid.expr")


def test_problems_name_the_definition_and_hide_nothing(workspace, write, library) -> None:
    write("library/tones/mine.yaml", "x:\n  expr: a\n  god: true\ny:\n  exprr: a\nz: {expr: c}\n")
    tones, problems = load_catalogue("tones", Tone, workspace)
    assert sorted(one.name for one in tones) == ["high", "low", "z"]
    assert [(problem.code, problem.where.line, problem.where.field) for problem in problems] == [
        ("config.unknown_key", 3, "x.god"),
        ("config.required", 4, "y.expr"),
        ("config.unknown_key", 5, "y.exprr"),
    ]
    assert problems[0].remedy == 'Did you mean "good"?'


def test_one_name_in_two_files_of_a_library_is_a_problem(workspace, write, library) -> None:
    write("library/tones/a.yaml", "x: {expr: a}\n")
    write("library/tones/b.yaml", "x: {expr: b}\n")
    _, problems = load_catalogue("tones", Tone, workspace)
    assert [(problem.code, problem.where.file) for problem in problems] == [
        ("config.duplicate", "library/tones/b.yaml")
    ]


def test_an_unknown_name_is_answered_with_the_nearest(workspace, library) -> None:
    tones, _ = load_catalogue("tones", Tone, workspace)
    assert isinstance(tones.find("low", Where()), Definition)
    missing = tones.find("hihg", Where("a.yaml", 3))
    assert isinstance(missing, Problem)
    assert (missing.code, missing.where.line, missing.remedy) == ("config.reference", 3, 'Did you mean "high"?')


@pytest.mark.parametrize("kind", KINDS)
def test_editors_get_a_closed_schema(kind) -> None:
    schema = json_schema(kind)
    # A file of a catalogue maps any names to definitions; each of these is closed.
    shape = schema["additionalProperties"] or schema
    assert shape["additionalProperties"] is False
    assert shape["required"]
    assert all("description" in part for part in schema["$defs"].values())


def test_editors_see_keys_as_written() -> None:
    assert {"source", "path"} <= set(json_schema("source")["properties"])
    assert "from" in json_schema("source")["$defs"]["ColumnMap"]["properties"]
