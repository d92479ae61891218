"""Requests that nobody should send: each is refused as a problem with a code, none is a fault of ours."""

import json

import pytest

from quanyu.errors import UserError
from quanyu.server.limits import BODY, Rate
from quanyu.server.paging import cursor_of, place_of
from quanyu.server.refs import Ref
from server.api_client import Shop, served

LONG = "x" * 5_000
HOSTILE = (
    "'; DROP TABLE person; --",
    "../../quanyu.yaml",
    "..%2f..%2fkey",
    "%00",
    "é\u202e",
    "{{7*7}}",
    LONG,
    "-1",
    "9" * 40,
)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"metrics": ["buyers"], "metrics": ["orders"]}', 422, "request.json"),
        (b'{"metrics": ["buyers"], "latest": NaN}', 422, "request.json"),
        (b'{"metrics": ["buyers"], "latest": 1e999}', 422, "request.json"),
        (b'{"metrics": ["buyers"], "latest": 9007199254740993}', 422, "request.json"),
        (b'{"metrics": ["buyers"], "latest": ' + b"9" * 5_000 + b"}", 422, "request.json"),
        (b'{"metrics": ["a\\u0000b"]}', 422, "request.json"),
        (b'{"metrics": ["a\\ud800b"]}', 422, "request.json"),
        (b'\xef\xbb\xbf{"metrics": ["buyers"]}', 422, "request.json"),
        (b"\xff\xfe", 422, "request.json"),
        (b"[" * 100_000, 422, "request.json"),
        (b'{"metrics":' + b"[" * 40 + b"]" * 40 + b"}", 422, "request.json"),
        (b'{"metrics": ["buyers"]', 422, "request.json"),
        (b" " * (BODY + 1), 413, "request.length"),
        (b"", 422, "request.missing"),
        (b"[]", 422, "request.model_attributes_type"),
        (b'{"metrics": "buyers"}', 422, "request.list_type"),
        (b'{"metrics": ["buyers"], "latest": "3"}', 422, "request.int_type"),
        (b'{"metrics": ["buyers"], "latest": true}', 422, "request.int_type"),
        (b'{"metrics": ["buyers"], "start": "2026-02-30"}', 422, "request.value_error"),
        (b'{"metrics": ["buyers"], "start": "1700000000"}', 422, "request.value_error"),
        (b'{"metrics": ["buyers"], "nothing": 1}', 422, "request.extra_forbidden"),
        (b'{"metrics": ["byers"]}', 422, "metric.unknown"),
        (b'{"metrics": ["buyers"], "filters": ["1; DROP TABLE person"]}', 422, None),
    ],
)
def test_a_body_that_is_wrong_is_refused(shop: Shop, body: bytes, status: int, code: str | None):
    headers = {"Content-Type": "application/json"}
    answer = shop.problem("POST", "/metrics/query", content=body, headers=headers)
    assert answer == (status, code or answer[1])


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/xml"])
def test_a_body_that_is_no_json_is_refused(shop: Shop, kind: str):
    headers = {"Content-Type": kind}
    assert shop.problem("POST", "/metrics/query", content=b"{}", headers=headers) == (415, "request.media_type")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "http.404"),
        ("DELETE", "/metrics", 405, "http.405"),
        ("GET", "/metrics/byers", 404, "metric.unknown"),
        ("GET", "/stages/5r?day=2026-13-01", 422, "request.value_error"),
        ("GET", "/stages/5r?day=2026-01-01&day=2026-01-02", 422, "request.query_twice"),
        ("GET", "/stages/5r?day=%00", 422, "request.nul"),
        ("GET", "/stages/5r?day=%ff", 422, "request.query"),
        ("GET", "/stages/5r?day=2999-01-01", 422, "stages.dates"),
        ("GET", f"/tags/{LONG * 2}", 414, "request.url"),
        ("GET", "/quarantine?limit=0", 422, "request.greater_than_equal"),
        ("GET", "/quarantine?cursor=x", 422, "page.cursor"),
        ("GET", f"/quarantine/{'9' * 40}", 422, "request.string_pattern_mismatch"),
        ("GET", f"/quarantine/{'9' * 18}", 404, "quarantine.unknown"),
        ("GET", "/audit?limit=99999999999999999999", 422, "request.less_than_equal"),
        ("GET", "/persons/P0000000000", 422, "id.not_a_person"),
        ("GET", "/exports/999999/file", 404, "export.unknown_file"),
        ("GET", "/definitions/segment/nothing", 404, "definition.unknown"),
    ],
)
def test_an_address_that_is_wrong_is_refused(shop: Shop, method: str, path: str, status: int, code: str):
    assert shop.problem(method, path) == (status, code)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_only_names(shop: Shop, text: str):
    paths = [
        f"/{one}/{text}" for one in ("metrics", "tags", "segments", "stages", "persons", "tables", "refs", "exports")
    ]
    for path in [*paths, f"/definitions/tag/{text}", f"/segments/{text}/members"]:
        status, _ = shop.problem("GET", path)
        assert 400 <= status < 500, path
    for path, body in (
        ("/persons/search", {"identifier": text}),
        ("/segments/preview", {"segment": text}),
        ("/segments/preview", {"text": text}),
        ("/segments/preview", {"rule": {"segment": text}}),
        ("/exports", {"segment": text, "purpose": "analysis"}),
        ("/exports", {"columns": [text], "purpose": text[:200]}),
        ("/analytics/funnel", {"steps": [text]}),
        ("/diagnosis", {"scenario": text[:200]}),
        ("/diagnosis", {"period": text[:40]}),
        ("/identity/merge", {"one": text[:200], "other": text[:200], "reason": "the same"}),
    ):
        status, _ = shop.problem("POST", path, json=body)
        assert 400 <= status < 500, (path, body)


FORGED = (
    ("stage", {"model": 1, "stage": "r5", "day": "2026-02-01"}),
    ("stage", {"model": "5r", "stage": "r5", "day": "x"}),
    ("tag", {"code": ["a"], "step": {}, "day": "2026-02-01"}),
    ("segment", {"segment": "buyers"}),
    ("rule", {"rule": "buyers"}),
    ("rule", {"rule": {"all": [[]]}}),
    ("behaviour", {"question": "bomb", "said": {}}),
    ("behaviour", {"question": ["trend"], "said": {}}),
    ("behaviour", {"question": "trend", "said": {"acts": {"x": 1}}}),
    ("figure", {"query": {"metrics": [{}]}, "start": "2026-01-01", "dimensions": {}}),
    ("figure", {"query": {"metrics": ["buyers"], "by": 7}, "start": "2026-01-01", "dimensions": {}}),
    ("figure", {"query": {"metrics": ["buyers"]}, "start": "9999-12-31", "dimensions": {"x": "y"}}),
    ("figure", {"query": {"metrics": []}, "start": 5, "dimensions": 6}),
)


@pytest.mark.parametrize(("kind", "said"), FORGED)
def test_a_forged_reference_is_refused(shop: Shop, kind: str, said: dict):
    ref = Ref(kind, 1, said)
    assert 400 <= shop.problem("GET", f"/refs/{ref}/people?cell=x")[0] < 500
    if kind != "behaviour":
        assert 400 <= shop.problem("GET", f"/refs/{ref}/explain")[0] < 500
    assert shop.problem("GET", f"/refs/{Ref(kind, 2**70, said)}/people?cell=x")[0] < 500


def test_a_forged_cursor_leads_nowhere(shop: Shop):
    ref = str(Ref("stage", 1, {"model": "5r", "stage": "r5", "day": "2026-02-12"}))
    figure = shop.post("/metrics/query", {"metrics": ["buyers"]})["rows"][0]["cells"]["buyers"]["ref"]
    for path, question, rows in (
        ("/audit", "audit", "records"),
        ("/quarantine", ["quarantine", None, None], "rows"),
        (f"/refs/{ref}/people", [ref, 0, None], "persons"),
        (f"/refs/{figure}/people", [figure, 0, None], "persons"),
    ):
        assert shop.get(path, params={"cursor": cursor_of(question, 2**63 - 1)})[rows] == []
        for place in (-1, 2**63, 2**200):
            assert shop.problem("GET", path, params={"cursor": cursor_of(question, place)}) == (422, "page.cursor")


def test_all_problems_of_a_question_are_told_at_once(shop: Shop):
    answer = shop.ask("POST", "/metrics/query", json={"metrics": ["buyers"], "latest": "x", "nothing": 1}).json()
    assert sorted(one["field"] for one in answer["problems"]) == ["body.latest", "body.nothing"]


@pytest.mark.parametrize(
    ("said", "title"),
    [("zh-CN,en;q=0.5", "不存在"), ("en,zh;q=0.9", "There is no such thing"), ("fr;q=x", "There is no such thing")],
)
def test_a_problem_speaks_the_language_of_who_asks(shop: Shop, said: str, title: str):
    answer = shop.ask("GET", "/metrics/byers", headers={"Accept-Language": said})
    assert answer.json()["title"] == title
    assert "buyers" in answer.json()["remedy"]


def test_a_request_id_is_kept_when_it_is_harmless(shop: Shop):
    for given, is_kept in (("abc-123-def", True), ("short", False), ("x" * 65, False), ("a b c d e f g", False)):
        answer = shop.ask("GET", "/me", headers={"X-Request-Id": given})
        assert (answer.headers["x-request-id"] == given) is is_kept
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_who_asks_too_often_waits(shop: Shop):
    root = shop.root
    with served(root, Rate(per_s=0.001, burst=2)) as client:
        again = Shop(client, root)
        for _ in range(2):
            again.get("/me", "owner")
        answer = again.ask("GET", "/me", "owner")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        again.get("/me", "viewer")


def test_a_bucket_fills_again_and_callers_are_bounded(monkeypatch: pytest.MonkeyPatch):
    at = [0.0]
    monkeypatch.setattr("quanyu.server.limits.monotonic", lambda: at[0])
    rate = Rate(per_s=1, burst=1)
    rate.take("one")
    with pytest.raises(UserError):
        rate.take("one")
    at[0] = 1.0
    rate.take("one")


def test_a_cursor_is_of_one_question():
    cursor = cursor_of(["a", 1], 7)
    assert place_of(["a", 1], cursor) == 7
    assert place_of(["a", 1], None) == 0
    for question, text in ((["a", 2], cursor), (["a", 1], cursor[:-2]), (["a", 1], json.dumps([7, "x"])), (["a"], "é")):
        with pytest.raises(UserError, match=r"page\.cursor"):
            place_of(question, text)
