"""Signing in with an account of the retailer's own: OpenID Connect, authorization code flow with PKCE.

The provider says who somebody is; whether they are a user here, and what they may, is decided here.  Nothing is kept
on the way: the browser carries its attempt in a cookie that scripts cannot read.  Source: OpenID Connect Core 1.0 §3.1,
RFC 7636 (PKCE), RFC 9700 (what to check).
"""

import base64
import hashlib
import json
import os
import secrets
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, cast
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit

import structlog

from quanyu.config import OpenIdProvider, Workspace
from quanyu.definitions import read_secret
from quanyu.definitions.values import LOOPBACK
from quanyu.errors import Problem, UserError, Where

BACK: Final = "/api/v1/session/oidc/back"
"""The path people are sent back to."""

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures made with a key that only the provider has; never `none`, never one made with our own secret."""

_TIMEOUT_S: Final = 10
_MOST_BYTES: Final = 1_000_000
_KNOWN_FOR_S: Final = 600
_CLOCKS_DIFFER_S: Final = 60
_KEYS_AGAIN_S: Final = 10
NOT_FINISHED: Final = Problem("access.oidc", "The sign-in was not finished.", "Begin again, or ask an administrator.")
_LOG = structlog.get_logger(__name__)

Fetch = Callable[[str, Mapping[str, str] | None, Mapping[str, str]], Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in, kept by the browser: what must come back, be in the token, and prove who began."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Attempt":
        """Return an attempt of 256 random bits each."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @classmethod
    def read(cls, text: str) -> "Attempt | None":
        """Return the attempt of a cookie, None for anything else."""
        parts = text.split(".")
        return cls(*parts) if len(parts) == 3 and all(len(one) == 43 for one in parts) else None

    def __str__(self) -> str:
        return f"{self.state}.{self.nonce}.{self.verifier}"


class Provider:
    """The provider of a workspace; what it publishes of itself is asked for again after ten minutes."""

    def __init__(self, settings: OpenIdProvider, secret: str, fetch: Fetch | None = None) -> None:
        self.settings, self._secret, self._fetch = settings, secret, fetch or _fetch
        self._lock = Lock()
        self._document: dict[str, Any] = {}
        self._keys: dict[str, Any] = {}
        self._read_at = self._keys_at = float("-inf")

    def address_for(self, attempt: Attempt) -> str:
        """Return where to send a browser; raises UserError `access.oidc` when the provider cannot be asked."""
        digest = hashlib.sha256(attempt.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self._back,
            "scope": "openid email profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        place = self._place("authorization_endpoint")
        return f"{place}{'&' if urlsplit(place).query else '?'}{urlencode(asked)}"

    def name_of(self, code: str, attempt: Attempt) -> str:
        """Return the name the provider vouches for, for a code that it gave; raises UserError `access.oidc`.

        The token must be signed by a key of the provider, be of it, for quanyu, of this attempt, and not have ended.
        An e-mail address counts only when the provider says that it was verified.
        """
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": attempt.verifier,
        }
        # RFC 6749 §2.3.1: both are form-encoded before they are joined.
        pair = f"{quote(self.settings.client_id, safe='')}:{quote(self._secret, safe='')}"
        head = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        answer = self._ask(self._place("token_endpoint"), said, head)
        claims = self._claims(str(answer.get("id_token", "")), attempt)
        name = claims.get(self.settings.claim)
        if not isinstance(name, str) or not name:
            raise _refused(f"no claim {self.settings.claim}")
        if self.settings.claim == "email" and claims.get("email_verified") is not True:
            raise _refused("the e-mail address is not verified")
        return name

    @property
    def _back(self) -> str:
        return self.settings.address + BACK

    def _claims(self, token: str, attempt: Attempt) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet, KeySetSerialization

        for is_last in (False, True):
            found = cast(KeySetSerialization, self._known_keys(again=is_last))
            try:
                read = jwt.decode(token, KeySet.import_key_set(found), algorithms=list(ALGORITHMS))
            except (JoseError, ValueError, KeyError, TypeError) as error:
                # A key the provider began to use a moment ago is not among those known.
                if is_last:
                    raise _refused(type(error).__name__) from error
                continue
            try:
                jwt.JWTClaimsRegistry(
                    leeway=_CLOCKS_DIFFER_S,
                    iss={"essential": True, "value": self._document["issuer"]},
                    aud={"essential": True, "value": self.settings.client_id},
                    exp={"essential": True},
                    iat={"essential": True},
                    sub={"essential": True},
                    nonce={"essential": True, "value": attempt.nonce},
                ).validate(read.claims)
            except JoseError as error:
                raise _refused(str(error)) from error
            if read.claims.get("azp", self.settings.client_id) != self.settings.client_id:
                raise _refused("made for another client")
            return dict(read.claims)
        raise _refused("no key")

    def _place(self, name: str) -> str:
        found = self._known_document().get(name)
        if not isinstance(found, str) or not _is_safe(found):
            raise _refused(f"no {name} that is safe to use")
        return found

    def _known_document(self) -> dict[str, Any]:
        with self._lock:
            if time.monotonic() - self._read_at > _KNOWN_FOR_S:
                issuer = self.settings.issuer
                found = self._ask(f"{issuer}/.well-known/openid-configuration", None, {})
                if str(found.get("issuer", "")).rstrip("/") != issuer:
                    raise _refused("the provider calls itself by another address")
                self._document, self._read_at = found, time.monotonic()
            return self._document

    def _known_keys(self, *, again: bool) -> dict[str, Any]:
        place = self._place("jwks_uri")
        with self._lock:
            age = time.monotonic() - self._keys_at
            # Asked for again at most every few seconds, so that forged tokens do not make us a nuisance.
            if age > _KNOWN_FOR_S or (again and age > _KEYS_AGAIN_S):
                self._keys, self._keys_at = self._ask(place, None, {}), time.monotonic()
            return self._keys

    def _ask(self, place: str, said: Mapping[str, str] | None, head: Mapping[str, str]) -> dict[str, Any]:
        if not _is_safe(place):
            raise _refused("an address that is not safe to use")
        try:
            found = self._fetch(place, said, head)
        except (OSError, ValueError) as error:
            raise _refused(f"{urlsplit(place).path}: {error}") from error
        if not isinstance(found, dict):
            raise _refused(f"{urlsplit(place).path}: no object")
        return found


def open_provider(workspace: Workspace) -> Provider | None:
    """Return the provider of a workspace, None without one; raises UserError when secret or extra is missing."""
    settings = workspace.oidc
    if settings is None:
        return None
    try:
        import joserfc  # noqa: F401
    except ImportError as error:
        message = "Signing in by OpenID Connect needs a package that is not installed."
        raise UserError(Problem("extra.missing", message, 'Install it: pip install "quanyu[oidc]".')) from error
    where = Where("quanyu.yaml", field="sign_in.oidc.client_secret")
    secret, problem = read_secret(settings.secret, workspace.root, os.environ, where)
    if secret is None:
        raise UserError(problem) if problem else UserError(NOT_FINISHED)
    return Provider(settings, secret)


def _refused(why: str) -> UserError:
    """Return the refusal; why goes into the log, as it may tell an attacker how far they came."""
    _LOG.warning("oidc.refused", why=why[:200])
    return UserError(NOT_FINISHED)


def _is_safe(place: str) -> bool:
    try:
        parts = urlsplit(place)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


class _Stay(urllib.request.HTTPRedirectHandler):
    """A provider does not send servers elsewhere; who does is not believed."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER: Final = urllib.request.build_opener(_Stay)


def _fetch(place: str, said: Mapping[str, str] | None, head: Mapping[str, str]) -> Any:
    """Return the JSON of an address, asked by POST with a form when something is said; raises OSError, ValueError."""
    data = None if said is None else urlencode(said).encode()
    request = urllib.request.Request(place, data=data, headers={"Accept": "application/json", **head})
    try:
        with _OPENER.open(request, timeout=_TIMEOUT_S) as answer:
            content = answer.read(_MOST_BYTES + 1)
    except HTTPError as error:
        with error:
            raise ValueError(f"answered {error.code}") from error
    if len(content) > _MOST_BYTES:
        raise ValueError("too long an answer")
    return json.loads(content)
