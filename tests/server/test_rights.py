"""Who may what: the document says each operation's permission, and every operation keeps to it for every role."""

import re

import pytest
from fastapi import APIRouter

from quanyu.errors import InternalError
from quanyu.server.api import permission_of
from server.api_client import PARTS, ROLES, TOKEN, Shop

WRITES = ("post", "put", "patch", "delete")
WRONG = {"nothing": 1}
"""A body that every write refuses once it has let the caller in: the matrix changes nothing."""


VALUES = {
    "person_id": "P0000000000",
    "kind": "trend",
    "row_id": "1",
    "run_id": "0" * 16,
    "decision_id": "1",
    "audit_id": "1",
}


def operations(shop: Shop) -> list[tuple[str, str, str]]:
    """Return method, path with values put in, and permission of every operation of the document."""
    document = shop.client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    return [
        (method, re.sub(r"{(\w+)}", lambda name: VALUES.get(name[1], "x"), path), operation["x-permission"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation["x-permission"] != "anybody"
    ]


OF_SCOPE = ("/me", "/session", "/metrics", "/persons", "/exports")
"""Paths under which everybody finds what is their own, or figures and persons of the part of the brand they reach."""

OF_SCOPE_TOO = {("get", "/segments"), ("get", "/segments/x"), ("get", "/segments/x/members")}
OF_SCOPE_TOO |= {("get", "/segments/x/persons/P0000000000")}


def test_what_anybody_may_is_to_sign_in(shop: Shop):
    document = shop.client.get("/openapi.json").json()
    found = {
        (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation["x-permission"] == "anybody"
    }
    ways = {("get", "/session/ways"), ("get", "/session/oidc"), ("get", "/session/oidc/back")}
    assert found == ways | {("post", "/session"), ("post", "/session/link"), ("post", "/session/link/look")}


def test_every_operation_is_refused_without_its_permission_and_passed_with_it(shop: Shop):
    tried = 0
    for method, path, permission in operations(shop):
        body = {"json": WRONG} if method in WRITES else {}
        assert shop.problem(method, path, None, **body) == (401, "access.signed_out"), path
        for role, held in ROLES.items():
            answer = shop.ask(method, path, role, **body)
            is_denied = answer.status_code == 403 and f"permission {permission}," in answer.json()["detail"]
            assert is_denied == (permission not in held), (method, path, role, answer.text)
            assert answer.status_code < 500, (method, path, role, answer.text)
            tried += 1
    assert tried > 200


@pytest.mark.parametrize("part", PARTS)
def test_who_reaches_a_part_is_told_nothing_of_the_whole_brand(shop: Shop, part: str):
    for method, path, _ in operations(shop):
        body = {"json": WRONG} if method in WRITES else {}
        if not path.startswith(OF_SCOPE) and (method, path) not in OF_SCOPE_TOO:
            assert shop.problem(method, path, part, **body) == (403, "access.scope"), path


def test_a_route_without_a_guard_is_refused_when_the_application_is_made():
    router = APIRouter()

    @router.get("/open")
    def unguarded() -> dict[str, str]:
        return {}

    with pytest.raises(InternalError, match="/open has no guard"):
        permission_of(router.routes[0])


@pytest.mark.parametrize("token", [None, "", "another", "é"])
def test_a_write_of_a_session_needs_its_token(shop: Shop, token: str | None):
    headers = {"Cookie": "session=owner", **({} if token is None else {"X-CSRF-Token": token.encode()})}
    body = {"metrics": ["buyers"]}
    assert shop.problem("POST", "/metrics/query", None, json=body, headers=headers) == (403, "access.csrf")


def test_a_session_reads_without_and_writes_with_its_token(shop: Shop):
    cookie = {"Cookie": "session=owner"}
    assert shop.get("/me", None, headers=cookie)["csrf"] == TOKEN
    headers = {**cookie, "X-CSRF-Token": TOKEN}
    assert shop.ask("POST", "/metrics/query", None, json={"metrics": ["buyers"]}, headers=headers).status_code == 200


def person(shop: Shop) -> str:
    """Return Li's id."""
    return shop.post("/persons/search", {"identifier": "mobile:13912345678"})["detail"]["person_id"]


def test_personal_fields_are_masked_without_right_and_purpose(shop: Shop):
    path = f"/persons/{person(shop)}"
    for role, headers in (("analyst", {}), ("privacy", {}), ("owner", {})):
        fields = shop.get(path, role, headers=headers)["detail"]["attributes"]
        assert {one["value"] for one in fields if one["masked"]} == {"*"}
    assert shop.problem("GET", path, "analyst", headers={"X-Purpose": "service"}) == (403, "access.denied")
    assert shop.problem("GET", path, "privacy", headers={"X-Purpose": "curiosity"}) == (422, "person.purpose")


def test_unmasking_opens_the_fields_and_is_audited_with_its_purpose(shop: Shop):
    whom = person(shop)
    page = shop.get(f"/persons/{whom}", "privacy", headers={"X-Purpose": "service"})["detail"]
    assert not any(one["masked"] for one in page["attributes"])
    last = [one for one in shop.get("/audit")["records"] if one["action"] == "person.unmask"][-1]
    assert (last["actor"], last["purpose"], last["detail"]["person"]) == ("key:privacy", "service", whom)
    assert shop.get("/audit/verify") == {"holds": True, "problems": []}


def test_single_persons_are_for_who_may_see_them(shop: Shop):
    whom = person(shop)
    for path in (f"/persons/{whom}", f"/persons/{whom}/tags", "/segments/buyers/members", "/identity/decisions"):
        assert shop.problem("GET", path, "viewer") == (403, "access.denied")
    body = {"identifier": "mobile:13912345678"}
    assert shop.problem("POST", "/persons/search", "viewer", json=body) == (403, "access.denied")
    assert shop.post("/segments/preview", {"segment": "buyers"}, "viewer")["detail"]["persons"] is None
    told = shop.post("/analytics/trend", {"acts": "*"}, "viewer")
    assert not any(0 < count < 30 for count in told["cells"].values())


def test_a_mobile_number_is_in_no_answer_and_no_record(shop: Shop):
    answer = shop.ask("POST", "/persons/search", json={"identifier": "mobile:13912345678"})
    texts = [answer.text, shop.ask("GET", "/audit").text, shop.ask("GET", f"/persons/{person(shop)}").text]
    wrong = shop.ask("POST", "/persons/search", json={"identifier": "mobile:1391234567"})
    assert wrong.status_code == 422
    assert not any("139123456" in text for text in [*texts, wrong.text])
