"""An assistant's own client talks to `quanyu mcp`, which asks a running server; rights and record are the server's."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from e2e.test_serve import Server
from quanyu.assistants.tools import CHARACTERS, NAMES, _told, guarded
from quanyu.services.access import make_api_key, revoke_key
from quanyu.services.project import Project, open_operations, open_project
from quanyu.services.roles import open_roles
from services.shop import NOW, built_shop, module, quanyu

ASKED = {
    "list_metrics": {},
    "query_metrics": {"metrics": ["buyers", "net_sales"], "start": "2026-01-01", "end": "2026-03-01"},
    "count_stages": {"model": "5r"},
    "stage_flows": {"model": "5r", "start": "2026-01-31", "end": "2026-02-12"},
    "list_segments": {},
    "preview_segment": {"segment": "buyers"},
    "show_findings": {},
    "show_definition": {"kind": "segment", "name": "buyers"},
    "show_readiness": {},
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Server]]:
    with built_shop(tmp_path_factory.mktemp("mcp") / "shop") as root:
        server = Server(root, "--build-after", "0")
        server.start(NOW)
        try:
            yield open_project(root), server
        finally:
            server.end(signal.SIGTERM)


def key_of(project: Project, role: str) -> Any:
    with open_operations(project.workspace) as store:
        return make_api_key(store, open_roles(project.workspace), f"mcp {role}", role, "test", days=1)


def talk(served: tuple[Project, Server], key: str, asked: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what a session says of itself under "tools", and the answer of each tool."""
    command = module("mcp", "--server", served[1].url)
    environment = {**os.environ, "QUANYU_API_KEY": key, "QUANYU_NOW": NOW}
    told: dict[str, Any] = {}

    async def session() -> None:
        async with Client(StdioServerParameters(command=command[0], args=command[1:], env=environment)) as client:
            told["tools"] = (await client.list_tools()).tools
            for name, given in asked.items():
                answer = await client.call_tool(name, given)
                told[name] = answer.content[0].text
    asyncio.run(session())
    return told


def test_each_tool_answers_with_figures_and_the_record_names_it(served: tuple[Project, Server]):
    project = served[0]
    told = talk(served, key_of(project, "analyst").secret, ASKED)
    assert {one.name for one in told["tools"]} == set(NAMES) == {*ASKED, "explain_figure"}
    assert all(one.description and one.annotations.read_only_hint for one in told["tools"])
    answers = {name: json.loads(told[name]) for name in ASKED}
    assert not [name for name, one in answers.items() if isinstance(one, dict) and "refused" in one]
    cell = answers["query_metrics"][0]["cells"]["buyers"]
    assert cell["value"] > 0
    history = talk(served, key_of(project, "analyst").secret, {"explain_figure": {"ref": cell["ref"]}})
    assert "SELECT" in history["explain_figure"]
    assert not re.search(r'"P[0-9A-Z]{8,}"|"shown"', history["explain_figure"]), "counts of persons, never a person"
    assert "P" + "0" not in told["preview_segment"] and answers["preview_segment"]["sample"] == {}
    with open_operations(project.workspace) as store, store.reading() as work:
        noted = [one for one in work.audit.find(after=0, limit=1000) if one.action == "assistant.ask"]
    assert {one.detail["tool"] for one in noted} == {*ASKED, "explain_figure"}
    assert all(one.actor.startswith("key:") for one in noted)


def test_rights_are_those_of_the_key(served: tuple[Project, Server]):
    project = served[0]
    small = json.loads(talk(served, key_of(project, "viewer").secret, {"preview_segment": {"segment": "buyers"}})[
        "preview_segment"
    ])
    assert (small["persons"], small["hidden"]) == (None, True), "three buyers are too few for who sees no persons"
    ended = key_of(project, "analyst")
    with open_operations(project.workspace) as store:
        revoke_key(store, ended.key.key_id, "test")
    for key in (ended.secret, "qya_000000000000_" + "0" * 64):
        told = json.loads(talk(served, key, {"list_segments": {}})["list_segments"])
        assert told["refused"] == "access.signed_out"


def test_a_hostile_or_wrong_question_is_told_in_words(served: tuple[Project, Server]):
    asked = {
        "query_metrics": {"metrics": ["net_sale'; DROP TABLE person; --"], "rolling_days": 7},
        "show_definition": {"kind": "../../etc", "name": "passwd"},
        "explain_figure": {"ref": "../../.quanyu/key"},
        "count_stages": {"model": "5r\" OR 1=1"},
    }
    told = talk(served, key_of(served[0], "analyst").secret, asked)
    assert all(json.loads(told[name])["refused"] for name in asked), told


def test_of_several_questions_at_once_each_is_on_record_by_its_own_name():
    asked: list[tuple[str, str]] = []

    class Calls:
        tool = ""

        def say_tool(self, name: str) -> None:
            self.tool = name

    calls = Calls()

    def answer(name: str) -> Any:
        time.sleep(0.002)
        asked.append((name, calls.tool))
        return []

    segments = SimpleNamespace(all=lambda: answer("list_segments"))
    stages = SimpleNamespace(count=lambda *_: answer("count_stages"))
    client: Any = SimpleNamespace(calls=calls, segments=segments, stages=stages)
    turn = Lock()
    tools = [guarded(client, "list_segments", turn), partial(guarded(client, "count_stages", turn), model="5r")]
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(tools[number % 2]) for number in range(40)]:
            done.result()
    assert len(asked) == 40 and all(name == said for name, said in asked)


def test_without_a_key_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("QUANYU_API_KEY", raising=False)
    told = quanyu("mcp")
    assert told.exit_code != 0
    assert "quanyu keys api" in told.output
    monkeypatch.setenv("QUANYU_API_KEY", "x")
    assert "over https only" in quanyu("mcp", "--server", "http://quanyu.example.com").output


def test_a_long_answer_is_cut_and_says_so():
    rows = [{"number": one} for one in range(201)]
    assert json.loads(_told(rows))["more"] and len(json.loads(_told(rows))["rows"]) == 200
    text = _told({"long": "x" * CHARACTERS})
    assert len(text) < CHARACTERS + 100 and "ask narrower" in text


def test_no_tool_can_ask_for_single_persons():
    assert not [name for name in NAMES if "person" in name or "member" in name]
    source = Path(sys.modules["quanyu.assistants.tools"].__file__ or "").read_text(encoding="utf-8")
    assert ".persons." not in source and ".members(" not in source and ".people(" not in source
