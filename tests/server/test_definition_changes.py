"""Definitions are changed over the API: planned, then made as planned, all files or none, what stood before kept."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quanyu.clock import FROZEN_NOW
from quanyu.services import definition_change
from server.api_client import NOW, Shop, served

OWN = "library/segments/own.yaml"
SETTINGS = "brand: tiny\nname: {zh: 小店, en: Tiny shop}\n"
FIRST = """# ours
loyal:
  label: {zh: 忠诚, en: Loyal}
  rule: {attribute: {name: orders_365, at_least: 3}}
"""
SECOND = FIRST.replace("at_least: 3", "at_least: 5") + FIRST.split("\n", 1)[1].replace("loyal:", "new_ones:")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "quanyu.yaml").write_text(SETTINGS, encoding="utf-8")
    with served(tmp_path) as client:
        yield Shop(client, tmp_path)


def plan(place: Shop, files: dict[str, str | None], role: str = "owner") -> Any:
    return place.post("/definitions/plan", {"files": _said(files)}, role)["detail"]


def make(place: Shop, files: dict[str, str | None], tag: str | None, role: str = "owner") -> Any:
    headers = {} if tag is None else {"If-Match": f'"{tag}"'}
    return place.ask("POST", "/definitions/apply", role, json={"files": _said(files)}, headers=headers)


def _said(files: dict[str, str | None]) -> list[dict[str, str | None]]:
    return [{"file": name, "text": text} for name, text in files.items()]


def test_a_plan_tells_what_would_change_and_writes_nothing(place: Shop):
    told = plan(place, {OWN: FIRST})
    assert told["changes"] == [
        {"file": OWN, "is_new": True, "is_gone": False, "added": ["loyal"], "changed": [], "removed": []}
    ]
    assert told["can_be_made"] and told["problems"] == []
    assert not (place.root / "library").exists()
    assert not list((place.root / ".quanyu" / "tmp").iterdir()), "the copy it was checked in is gone"


def test_what_was_planned_is_made_and_what_stood_is_kept(place: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(FROZEN_NOW, NOW)
    for text, added, changed in ((FIRST, ["loyal"], []), (SECOND, ["new_ones"], ["loyal"]), (None, [], [])):
        told = plan(place, {OWN: text})
        assert (told["changes"][0]["added"], told["changes"][0]["changed"]) == (added, changed)
        answer = make(place, {OWN: text}, told["tag"])
        assert answer.status_code == 200, answer.text
    assert not (place.root / OWN).exists()
    kept = (place.root / ".quanyu" / "definitions").iterdir()
    assert {(one / OWN).read_text(encoding="utf-8") for one in kept if (one / OWN).exists()} == {FIRST, SECOND}
    names = {one["name"] for one in place.get("/definitions/segment")["rows"]}
    assert "loyal" not in names
    noted = [one for one in place.get("/audit")["records"] if one["action"] == "definitions.changed"]
    assert [one["detail"]["files"][OWN] for one in noted] == [["loyal"], ["new_ones", "loyal"], ["loyal", "new_ones"]]


def test_a_definition_that_was_made_is_there_at_once(place: Shop):
    make(place, {OWN: FIRST}, plan(place, {OWN: FIRST})["tag"])
    shown = place.get("/definitions/segment/loyal")["detail"]
    assert (shown["file"], shown["line"], shown["built_in"]) == (OWN, 2, False)


def test_every_problem_of_a_change_is_told_with_file_and_line_and_nothing_is_made(place: Shop):
    wrong = FIRST.replace("name: orders_365", "name: oders_365")
    files = {OWN: wrong, "library/tags/own.yaml": "a: [1\n", "sources/till.yaml": "source: till\n"}
    told = plan(place, files)
    assert not told["can_be_made"]
    assert {one["file"] for one in told["problems"]} == set(files)
    assert any(one["line"] == 4 and "orders" in one["remedy"] for one in told["problems"])
    answer = make(place, files, told["tag"])
    assert answer.status_code == 422
    assert len(answer.json()["problems"]) == len(told["problems"])
    assert not (place.root / "library").exists() and not (place.root / "sources").exists()


def test_problems_that_stand_already_do_not_hold_a_change_back(place: Shop):
    broken = place.root / "library" / "tags"
    broken.mkdir(parents=True)
    (broken / "bad.yaml").write_text("a: [1\n", encoding="utf-8")
    assert plan(place, {OWN: FIRST})["can_be_made"]


def test_a_change_that_is_not_the_planned_one_is_refused(place: Shop):
    tag = plan(place, {OWN: FIRST})["tag"]
    assert make(place, {OWN: FIRST}, None).status_code == 428
    assert make(place, {OWN: SECOND}, tag).status_code == 412
    (place.root / "library" / "segments").mkdir(parents=True)
    (place.root / OWN).write_text("# somebody was faster\n", encoding="utf-8")
    assert make(place, {OWN: FIRST}, tag).json()["code"] == "definitions.stale"
    assert (place.root / OWN).read_text(encoding="utf-8") == "# somebody was faster\n"


@pytest.mark.parametrize(
    "name",
    [
        "quanyu.yaml",
        "library/../quanyu.yaml",
        "/etc/own.yaml",
        "library//own.yaml",
        "library/./own.yaml",
        "library/own.yml",
        "library/segments/own.yaml\n",
        ".quanyu/own.yaml",
        "library\\own.yaml",
        "library",
        "sources/linked/own.yaml",
    ],
)
def test_only_definition_files_of_the_workspace_are_written(place: Shop, name: str, tmp_path_factory: Any):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (place.root / "sources").mkdir()
    (place.root / "sources" / "linked").symlink_to(elsewhere)
    for path in ("plan", "apply"):
        body = {"files": [{"file": name, "text": "a: 1\n"}]}
        told = place.problem("POST", f"/definitions/{path}", json=body, headers={"If-Match": "x"})
        assert told == (422, "definitions.path")
    assert not list(elsewhere.iterdir())


def test_a_failure_in_the_middle_takes_all_back(place: Shop, monkeypatch: pytest.MonkeyPatch):
    make(place, {OWN: FIRST}, plan(place, {OWN: FIRST})["tag"])
    files = {OWN: SECOND, "library/segments/second.yaml": FIRST.replace("loyal", "others")}
    tag = plan(place, files)["tag"]
    original, done = Path.replace, []

    def failing(self: Path, target: Any) -> Any:
        done.append(target)
        if Path(target) == place.root / "library/segments/second.yaml":
            raise OSError(28, os.strerror(28))
        return original(self, target)

    monkeypatch.setattr(definition_change.Path, "replace", failing)
    assert make(place, files, tag).status_code == 500
    monkeypatch.undo()
    assert len(done) >= 2
    assert (place.root / OWN).read_text(encoding="utf-8") == FIRST
    assert sorted(one.name for one in (place.root / "library" / "segments").iterdir()) == ["own.yaml"]


def test_planning_and_making_need_different_rights(place: Shop):
    body = {"files": _said({OWN: FIRST})}
    assert place.problem("POST", "/definitions/plan", "viewer", json=body) == (403, "access.denied")
    assert plan(place, {OWN: FIRST}, "editor")["can_be_made"]
    assert make(place, {OWN: FIRST}, "x", "editor").status_code == 403
