"""Signing in with an account of a provider: one over a socket, and forged answers that must let nobody in."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

import pytest
from joserfc import jwk, jwt
from starlette.testclient import TestClient

from e2e.faults import wait_until
from quanyu.config import OpenIdProvider, Secret
from quanyu.errors import UserError
from quanyu.server.oidc import Attempt, Provider
from quanyu.services import users
from quanyu.services.project import open_project
from quanyu.store import Store
from server.test_session import ROLES, entered, problem

SETTINGS = """brand: tiny
sign_in:
  oidc:
    issuer: ISSUER
    client_id: quanyu
    client_secret: {env: OIDC_SECRET}
    address: http://localhost
    label: 总部账号
"""
ISSUER = "https://login.shop.example"
PLACES = {f"{name}_endpoint": f"{ISSUER}/{name}" for name in ("authorization", "token")}
DOCUMENT = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", **PLACES}
OWN = jwk.RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
FOREIGN = jwk.RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    people = [
        {"sub": "li", "email": "li@brand.cn", "email_verified": True},
        {"sub": "guest", "email": "guest@brand.cn", "email_verified": True},
        {"sub": "claims-li", "email": "li@brand.cn"},
    ]
    known = [part for one in people for part in ("--user-claims", json.dumps(one))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *known]
    provider = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(f"{address}/.well-known/openid-configuration"), 30)
        yield address
    finally:
        provider.terminate()
        provider.wait(10)


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def place(tmp_path: Path, issuer: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TestClient, Store]]:
    monkeypatch.setenv("OIDC_SECRET", "kept here")
    (tmp_path / "quanyu.yaml").write_text(SETTINGS.replace("ISSUER", issuer), encoding="utf-8")
    with entered(open_project(tmp_path)) as (client, store):
        users.add_user(store, ROLES, "li@brand.cn", "viewer", "test")
        yield client, store


def went(client: TestClient, path: str) -> str:
    """Return where an answer sends the browser."""
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


class Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def agreed(address: str, whom: str) -> str:
    """Sign in at the provider as a browser does, and return the path it sends back to."""
    with pytest.raises(HTTPError) as sent:
        build_opener(Stay).open(Request(address, data=f"sub={whom}".encode(), method="POST"), timeout=10)
    with sent.value as answer:
        parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def test_a_user_signs_in_with_an_account_of_the_provider(place: tuple[TestClient, Store]):
    client, store = place
    assert client.get("/api/v1/session/ways").json()["detail"] == {"password": True, "oidc": "总部账号"}
    back = agreed(went(client, "/api/v1/session/oidc"), "li")
    assert went(client, back) == "/login?done"
    me = client.get("/api/v1/me").json()
    assert (me["name"], me["role"], bool(me["csrf"])) == ("li@brand.cn", "viewer", True)
    # The attempt is over: the same way back leads nowhere, and says nothing of why.
    client.cookies.delete("quanyu_session")
    assert went(client, back) == "/login?fault=access.oidc"
    assert problem(client.get("/api/v1/me")) == (401, "access.signed_out")
    with store.reading() as work:
        texts = str(work.audit.find(after=0, limit=100))
    assert "user.signed_in" in texts


def test_who_is_no_user_here_stays_outside(place: tuple[TestClient, Store]):
    client, store = place
    assert went(client, agreed(went(client, "/api/v1/session/oidc"), "guest")) == "/login?fault=access.no_user"
    li = next(one for one in users.list_users(store) if one.name == "li@brand.cn")
    users.set_disabled(store, ROLES, li.user_id, "test", is_disabled=True)
    assert went(client, agreed(went(client, "/api/v1/session/oidc"), "li")) == "/login?fault=access.no_user"
    assert client.get("/api/v1/me").status_code == 401


def test_an_address_that_was_not_verified_vouches_for_nobody(place: tuple[TestClient, Store]):
    client, _ = place
    assert went(client, agreed(went(client, "/api/v1/session/oidc"), "claims-li")) == "/login?fault=access.oidc"


def test_a_way_back_of_another_browser_is_refused(place: tuple[TestClient, Store]):
    client, _ = place
    back = agreed(went(client, "/api/v1/session/oidc"), "li")
    client.cookies.delete("quanyu_attempt")
    assert went(client, back) == "/login?fault=access.oidc", "no attempt"
    went(client, "/api/v1/session/oidc")
    assert went(client, back) == "/login?fault=access.oidc", "the attempt of somebody else"
    assert went(client, "/api/v1/session/oidc/back?error=access_denied") == "/login?fault=access.oidc"
    assert client.get("/api/v1/me").status_code == 401


def test_without_a_provider_there_is_only_the_password(tmp_path: Path):
    (tmp_path / "quanyu.yaml").write_text("brand: tiny\n", encoding="utf-8")
    with entered(open_project(tmp_path)) as (client, _):
        assert client.get("/api/v1/session/ways").json()["detail"] == {"password": True, "oidc": None}
        assert went(client, "/api/v1/session/oidc") == "/login?fault=access.no_oidc"


def test_a_missing_secret_is_told_before_anything_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OIDC_SECRET", raising=False)
    (tmp_path / "quanyu.yaml").write_text(SETTINGS.replace("ISSUER", ISSUER), encoding="utf-8")
    with pytest.raises(UserError, match="OIDC_SECRET is not set"), entered(open_project(tmp_path)):
        raise AssertionError("it started")


class Forger:
    """A provider that answers as it is told."""

    def __init__(self, token: str, document: Mapping[str, Any] = DOCUMENT) -> None:
        self.token, self.document, self.asked = token, document, []

    def __call__(self, place: str, said: Mapping[str, str] | None, head: Mapping[str, str]) -> Any:
        self.asked.append((place, said, head))
        if place.endswith("openid-configuration"):
            return self.document
        if place == DOCUMENT["jwks_uri"]:
            return {"keys": [OWN.as_dict(private=False)]}
        return {"id_token": self.token}


ATTEMPT = Attempt.new()


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    given = {
        "iss": ISSUER, "aud": "quanyu", "sub": "1", "iat": now, "exp": now + 300, "nonce": ATTEMPT.nonce,
        "email": "li@brand.cn", "email_verified": True, **changed,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def signed(key: Any = OWN, algorithm: str = "RS256", **changed: Any) -> str:
    return jwt.encode({"alg": algorithm, "kid": "1"}, claims(**changed), key, algorithms=[algorithm])


def provider(forger: Forger) -> Provider:
    return Provider(OpenIdProvider(ISSUER, "quanyu", Secret(env="X"), "https://q.example"), "kept: here", forger)


def test_a_token_of_the_provider_gives_the_name_and_the_secret_goes_to_it_alone():
    forger = Forger(signed())
    assert provider(forger).name_of("code", ATTEMPT) == "li@brand.cn"
    for place, said, head in forger.asked:
        assert ("Authorization" in head) == (place == DOCUMENT["token_endpoint"])
        assert said is None or said["code_verifier"] == ATTEMPT.verifier
    asked = parse_qs(urlsplit(provider(forger).address_for(ATTEMPT)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert ATTEMPT.verifier not in str(asked)


# A secret that both know, and the public key taken for one: what HS256 would be forged with.
SHARED = jwk.OctKey.import_key("kept: here".ljust(32, "."))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        signed(FOREIGN),
        signed(SHARED, "HS256"),
        "eyJhbGciOiJub25lIn0." + signed().split(".")[1] + ".",
        signed(iss="https://evil.example"),
        signed(aud="another"),
        signed(aud=["quanyu", "another"], azp="another"),
        signed(nonce="x"),
        signed(nonce=None),
        signed(exp=int(time.time()) - 120),
        signed(exp=None),
        signed(email=None),
        signed(email=["li@brand.cn"]),
        signed(email_verified=False),
        signed(email_verified="true"),
    ],
)
def test_a_forged_token_lets_nobody_in(token: str):
    with pytest.raises(UserError) as refused:
        provider(Forger(token)).name_of("code", ATTEMPT)
    assert [one.code for one in refused.value.problems] == ["access.oidc"]


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://login.shop.example/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": None},
        {"jwks_uri": "http://10.0.0.1/keys"},
    ],
)
def test_a_provider_that_names_unsafe_places_is_not_asked(changed: dict[str, Any]):
    forger = Forger(signed(), {**DOCUMENT, **changed})
    with pytest.raises(UserError):
        provider(forger).name_of("code", ATTEMPT)
    assert not any(place in changed.values() for place, *_ in forger.asked)


def test_a_provider_that_does_not_answer_is_a_fault_told_in_words():
    def silent(*_: Any) -> Any:
        raise TimeoutError

    one = Provider(OpenIdProvider(ISSUER, "quanyu", Secret(env="X"), "https://q.example"), "s", silent)
    with pytest.raises(UserError, match="not finished"):
        one.address_for(ATTEMPT)


def test_new_keys_of_the_provider_are_asked_for_once_not_for_every_forged_token():
    forger = Forger(signed(FOREIGN))
    one = provider(forger)
    for _ in range(5):
        with pytest.raises(UserError):
            one.name_of("code", ATTEMPT)
    assert sum(place == DOCUMENT["jwks_uri"] for place, *_ in forger.asked) == 1
