"""People who sign in: over a link that works once, by a password, in sessions that end when they should."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from quanyu.clock import FROZEN_NOW
from quanyu.server.app import Service, Settings
from quanyu.server.cookie import PLAIN, SECURE
from quanyu.server.limits import Attempts
from quanyu.services import users
from quanyu.services.permissions import Permission
from quanyu.services.project import Project, ensure_key, open_operations, open_project, open_warehouse
from quanyu.services.roles import Role
from quanyu.store import Store

ROLES = {
    "admin": Role("管理员", "Administrator", frozenset(Permission)),
    "viewer": Role("查看者", "Viewer", frozenset({Permission.SEE})),
    "store_manager": Role("店长", "Store manager", frozenset({Permission.SEE}), "stores"),
}
GOOD = "drei nasse Handschuhe"
OTHER = "vier trockene Socken"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "quanyu.yaml").write_text("brand: tiny\n", encoding="utf-8")
    return open_project(tmp_path)


@contextmanager
def entered(project: Project, scheme: str = "http") -> Iterator[tuple[TestClient, Store]]:
    with open_operations(project.workspace) as store, open_warehouse(project.workspace) as warehouse:
        ensure_key(project.workspace, store)
        app = Service(project, store, warehouse, Settings()).app()
        with TestClient(app, base_url=f"{scheme}://testserver", raise_server_exceptions=False) as client:
            yield client, store


@pytest.fixture
def place(project: Project) -> Iterator[tuple[TestClient, Store]]:
    with entered(project) as (client, store):
        yield client, store


def problem(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def welcomed(client: TestClient, store: Store, name: str = "li@brand.cn", role: str = "admin") -> str:
    """Make a user with a password, signed in; return the token that writes repeat."""
    link = users.add_user(store, ROLES, name, role, "test").link
    answer = client.post("/api/v1/session/link", json={"token": link, "password": GOOD})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["detail"]["csrf"])


def test_the_first_start_gives_a_link_that_makes_an_administrator_once(place: tuple[TestClient, Store]):
    client, store = place
    earlier, link = users.first_link(store), users.first_link(store)
    assert earlier and link and earlier != link
    assert problem(client.post("/api/v1/session/link/look", json={"token": earlier})) == (404, "access.link")
    assert client.post("/api/v1/session/link/look", json={"token": link}).json()["detail"]["name"] == "admin"
    used = {"token": link, "password": GOOD}
    assert client.post("/api/v1/session/link", json=used).status_code == 200
    me = client.get("/api/v1/me").json()
    assert (me["name"], me["role"], "admin" in me["permissions"]) == ("admin", "admin", True)
    assert problem(client.post("/api/v1/session/link", json=used)) == (404, "access.link")
    assert users.first_link(store) is None


def test_a_link_holds_for_a_day(place: tuple[TestClient, Store], monkeypatch: pytest.MonkeyPatch):
    client, store = place
    monkeypatch.setenv(FROZEN_NOW, "2026-01-01T00:00:00+00:00")
    link = users.add_user(store, ROLES, "li", "viewer", "test").link
    monkeypatch.setenv(FROZEN_NOW, "2026-01-02T00:00:01+00:00")
    assert problem(client.post("/api/v1/session/link/look", json={"token": link})) == (404, "access.link")


def test_a_password_lets_in_and_nothing_of_it_is_kept(place: tuple[TestClient, Store]):
    client, store = place
    welcomed(client, store)
    client.cookies.clear()
    wrong = [("li@brand.cn", OTHER), ("nobody", GOOD), ("li@brand.cn", "")]
    answers = [client.post("/api/v1/session", json={"name": name, "password": word}) for name, word in wrong[:2]]
    assert [problem(one) for one in answers] == [(401, "access.login")] * 2
    assert answers[0].json()["detail"] == answers[1].json()["detail"], "who exists is not told"
    answer = client.post("/api/v1/session", json={"name": "LI@brand.cn", "password": GOOD})
    assert answer.status_code == 200 and client.get("/api/v1/me").json()["kind"] == "user"
    token = client.cookies[PLAIN]
    with store.reading() as work:
        tables = ("user_account", "user_session", "user_link", "audit_log")
        kept = repr([work.connection.exec_driver_sql(f"SELECT * FROM {one}").fetchall() for one in tables])
    assert GOOD not in kept and token not in kept and "argon2id" in kept


def test_a_session_begins_anew_with_each_sign_in_and_ends_when_told(place: tuple[TestClient, Store]):
    client, store = place
    welcomed(client, store)
    client.cookies.clear()
    client.cookies.set(PLAIN, "planted-by-somebody")
    csrf = client.post("/api/v1/session", json={"name": "li@brand.cn", "password": GOOD}).json()["detail"]["csrf"]
    token = [one.value for one in client.cookies.jar if one.value != "planted-by-somebody"][-1]
    client.cookies.clear()
    client.cookies.set(PLAIN, token)
    assert client.get("/api/v1/me").json()["csrf"] == csrf
    assert problem(client.delete("/api/v1/session")) == (403, "access.csrf")
    assert client.delete("/api/v1/session", headers={"X-CSRF-Token": csrf}).json()["detail"] == {"ended": True}
    client.cookies.set(PLAIN, token)
    assert problem(client.get("/api/v1/me")) == (401, "access.signed_out")


def test_a_session_ends_by_silence_and_by_age(place: tuple[TestClient, Store], monkeypatch: pytest.MonkeyPatch):
    client, store = place
    monkeypatch.setenv(FROZEN_NOW, "2026-01-01T00:00:00+00:00")
    welcomed(client, store)
    for day in range(1, 7):
        for hour in (1, 8, 15, 22):
            monkeypatch.setenv(FROZEN_NOW, f"2026-01-0{day}T{hour:02d}:00:00+00:00")
            assert client.get("/api/v1/me").status_code == 200, (day, hour)
    monkeypatch.setenv(FROZEN_NOW, "2026-01-07T06:00:01+00:00")
    assert problem(client.get("/api/v1/me")) == (401, "access.signed_out")


def test_the_cookie_is_out_of_reach_and_over_tls_of_this_host_alone(project: Project):
    with entered(project) as (client, store):
        link = users.add_user(store, ROLES, "li", "viewer", "test").link
        answer = client.post("/api/v1/session/link", json={"token": link, "password": GOOD})
        said = answer.headers["set-cookie"].lower()
        assert said.startswith(PLAIN) and "httponly" in said and "samesite=lax" in said and "secure" not in said
    with entered(project, "https") as (client, _):
        answer = client.post("/api/v1/session", json={"name": "li", "password": GOOD})
        said = answer.headers["set-cookie"]
        assert said.startswith(SECURE) and "Secure" in said and "Path=/" in said and "Domain" not in said


def test_a_page_of_another_site_signs_nobody_in(place: tuple[TestClient, Store]):
    client, store = place
    welcomed(client, store)
    body, other = {"name": "li@brand.cn", "password": GOOD}, {"Origin": "https://evil.example"}
    assert problem(client.post("/api/v1/session", json=body, headers=other)) == (403, "access.origin")
    assert client.post("/api/v1/session", json=body, headers={"Origin": "http://testserver"}).status_code == 200


def test_wrong_attempts_have_to_wait_and_another_name_has_not(place: tuple[TestClient, Store]):
    client, store = place
    welcomed(client, store)
    wrong = {"name": "li@brand.cn", "password": OTHER}
    seen = [problem(client.post("/api/v1/session", json=wrong)) for _ in range(6)]
    assert seen == [(401, "access.login")] * 5 + [(429, "access.attempts")]
    right = client.post("/api/v1/session", json={**wrong, "password": GOOD})
    assert problem(right) == (429, "access.attempts") and right.headers["retry-after"]
    assert problem(client.post("/api/v1/session", json={**wrong, "name": "wang"})) == (401, "access.login")


def test_waiting_grows_and_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    at = [0.0]
    monkeypatch.setattr("quanyu.server.limits.monotonic", lambda: at[0])
    attempts = Attempts(free=2)
    waits = []
    for _ in range(14):
        while True:
            try:
                attempts.check("li")
            except users.UserError:
                at[0] += 1
                continue
            break
        waits.append(at[0])
        attempts.count("li")
    steps = [round(after - before) for before, after in pairwise(waits)]
    assert steps[:5] == [0, 1, 2, 4, 8] and max(steps) <= 900
    at[0] += 3601
    attempts.count("li")
    attempts.check("li")


@pytest.mark.parametrize(
    "word", ["short", "x" * 129, "passwordpassword", "aaaaaaaaaaaaaaa", "mr li@brand.cn 1", "012345678901"]
)
def test_a_password_that_is_tried_first_is_refused(place: tuple[TestClient, Store], word: str):
    client, store = place
    link = users.add_user(store, ROLES, "li@brand.cn", "viewer", "test").link
    answer = client.post("/api/v1/session/link", json={"token": link, "password": word})
    assert problem(answer) == (422, "user.password") and word not in answer.text
    assert client.post("/api/v1/session/link", json={"token": link, "password": GOOD}).status_code == 200


def test_a_new_password_ends_every_other_session(place: tuple[TestClient, Store]):
    client, store = place
    welcomed(client, store)
    elsewhere = client.cookies[PLAIN]
    client.cookies.clear()
    csrf = client.post("/api/v1/session", json={"name": "li@brand.cn", "password": GOOD}).json()["detail"]["csrf"]
    assert len(client.get("/api/v1/me/sessions").json()["rows"]) == 2
    head = {"X-CSRF-Token": csrf}
    changed = {"old": OTHER, "new": OTHER}
    assert problem(client.put("/api/v1/me/password", json=changed, headers=head)) == (401, "access.login")
    assert client.put("/api/v1/me/password", json={**changed, "old": GOOD}, headers=head).status_code == 200
    (row,) = client.get("/api/v1/me/sessions").json()["rows"]
    assert row["current"]
    client.cookies.clear()
    client.cookies.set(PLAIN, elsewhere)
    assert problem(client.get("/api/v1/me")) == (401, "access.signed_out")


def test_an_administrator_makes_changes_and_ends_users(place: tuple[TestClient, Store]):
    client, store = place
    head = {"X-CSRF-Token": welcomed(client, store)}
    made = client.post("/api/v1/users", json={"name": "wang", "role": "analyst"}, headers=head).json()["detail"]
    assert problem(client.post("/api/v1/users", json={"name": "WANG", "role": "analyst"}, headers=head)) == (
        409,
        "user.exists",
    )
    assert (
        problem(client.post("/api/v1/users", json={"name": "zhao", "role": "analist"}, headers=head))[1]
        == "user.role_unknown"
    )
    narrow = {"name": "zhao", "role": "store_manager"}
    assert problem(client.post("/api/v1/users", json=narrow, headers=head))[1] == "user.scope"
    assert client.post("/api/v1/users", json={**narrow, "scope": {"stores": ["S1"]}}, headers=head).status_code == 200
    with entered_as(client, made["link"]) as wang:
        assert wang.get("/api/v1/me").json()["role"] == "analyst"
        assert problem(wang.get("/api/v1/users")) == (403, "access.denied")
        client.patch(f"/api/v1/users/{made['user_id']}", json={"role": "viewer"}, headers=head)
        assert problem(wang.get("/api/v1/me")) == (401, "access.signed_out"), "new rights, new session"
        wang.post("/api/v1/session", json={"name": "wang", "password": GOOD})
        assert wang.get("/api/v1/me").json()["role"] == "viewer"
        client.patch(f"/api/v1/users/{made['user_id']}", json={"disabled": True}, headers=head)
        assert problem(wang.get("/api/v1/me")) == (401, "access.signed_out")
        assert problem(wang.post("/api/v1/session", json={"name": "wang", "password": GOOD})) == (401, "access.login")
    me = client.get("/api/v1/me").json()["id"]
    for change in ({"disabled": True}, {"role": "viewer"}):
        assert problem(client.patch(f"/api/v1/users/{me}", json=change, headers=head)) == (409, "user.last_admin")
    with store.reading() as work:
        actions = [one.action for one in work.audit.find()]
    assert {"user.made", "user.role", "user.disabled", "user.signed_in", "user.password_set"} <= set(actions)


def test_an_administrator_ends_the_sessions_of_another(place: tuple[TestClient, Store]):
    client, store = place
    head = {"X-CSRF-Token": welcomed(client, store)}
    made = users.add_user(store, ROLES, "wang", "viewer", "test")
    path = f"/api/v1/users/{made.user.user_id}/sessions"
    with entered_as(client, made.link) as wang:
        (row,) = client.get(path).json()["rows"]
        assert set(row) == {"session_id", "created_at", "seen_at"}, "no token"
        assert problem(client.delete(path)) == (403, "access.csrf")
        assert client.delete(path, headers=head).json()["detail"] == {"ended": 1}
        assert problem(wang.get("/api/v1/me")) == (401, "access.signed_out")
    assert client.get("/api/v1/me").status_code == 200 and client.get(path).json()["rows"] == []
    with store.reading() as work:
        assert "user.sessions_ended" in [one.action for one in work.audit.find()]


@contextmanager
def entered_as(client: TestClient, link: str) -> Iterator[TestClient]:
    """Give another browser in which a link's user is signed in."""
    other = TestClient(client.app, raise_server_exceptions=False)
    assert other.post("/api/v1/session/link", json={"token": link, "password": GOOD}).status_code == 200
    yield other


def test_who_reaches_one_store_sees_who_they_are_and_nothing_of_the_brand(place: tuple[TestClient, Store]):
    client, store = place
    link = users.add_user(store, ROLES, "zhao", "store_manager", "test", {"stores": ["S1"]}).link
    client.post("/api/v1/session/link", json={"token": link, "password": GOOD})
    assert client.get("/api/v1/me").json()["scope"] == {"stores": ["S1"]}
    assert problem(client.get("/api/v1/stages")) == (403, "access.scope")


@pytest.mark.parametrize("path", ["/login", "/welcome"])
def test_the_entrance_runs_its_own_script_and_no_other(place: tuple[TestClient, Store], path: str):
    answer = place[0].get(path)
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200 and "unsafe" not in policy and policy.count("'sha256-") == 2
    assert not re.search(r'src=|href="(?!/api/v1/)', answer.text) and " on" + "click" not in answer.text
    assert "no-store" in answer.headers["cache-control"]
