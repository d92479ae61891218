"""Which family a request is of, and what browsers must hear before they send one."""

from quanyu.collect.families import (
    analysys,
    growingio,
    posthog,
    rudderstack,
    segment,
    sensors,
    snowplow,
    webhook,
)
from quanyu.collect.record import Family

# No two own the same method and path; RudderStack's servers post to Segment's /v1/batch and are read there.
FAMILIES: tuple[Family, ...] = (
    segment.FAMILY,
    rudderstack.FAMILY,
    sensors.FAMILY,
    analysys.FAMILY,
    growingio.FAMILY,
    posthog.FAMILY,
    snowplow.FAMILY,
    webhook.FAMILY,
)

# The largest body any family takes; each family's decoder has its own limit.
MAX_BODY_BYTES = posthog.LIMITS.body_bytes

# Headers that decoding needs; a kept request has no others.
DECODED_HEADERS = frozenset(
    (
        *("content-encoding", "content-type", "user-agent", "sentat", "sp-anonymous", "posthog-request-timestamp"),
        *("x-compress-codec", "x-crypt-codec", "dry-run"),
    )
)
# Headers from which only the key and the answer are made; they are not kept.
ANSWERED_HEADERS = frozenset(("authorization", "x-write-key", "host", "x-forwarded-proto"))

# Chromium keeps the answer to a preflight for two hours at most; without it every event costs two requests.
PREFLIGHT_MAX_AGE_S = 7_200
_ALWAYS = ("content-type", "content-encoding", "authorization")
# Segment Web asks for authorization; RudderStack Web for its anonymous id and time of sending as well.
_ALLOWED_HEADERS = {
    "rudderstack": (*_ALWAYS, "anonymousid", "sentat"),
    "segment": (*_ALWAYS, "anonymousid", "sentat", "x-retry-count"),
    "snowplow": (*_ALWAYS, "sp-anonymous"),
    "growingio": (*_ALWAYS, "x-compress-codec", "x-crypt-codec"),
    "sensors": (*_ALWAYS, "dry-run"),
    "posthog": (
        *_ALWAYS,
        *("posthog-sdk-info", "posthog-attempt", "posthog-request-id", "posthog-request-timestamp"),
    ),
    "webhook": (*_ALWAYS, "x-write-key"),
}
_METHODS = ("POST", "GET")


def find(method: str, path: str) -> Family | None:
    """Return the family that owns a method and path, or None when it is nobody's."""
    return next((family for family in FAMILIES if family.owns(method, path)), None)


def cors_headers(origin: str) -> dict[str, str]:
    """Return the headers with which a page of an origin may read an answer.

    The origin is repeated as it is: Snowplow Web and beacons send with credentials, for which "*" fails.
    """
    return {"access-control-allow-origin": origin, "access-control-allow-credentials": "true", "vary": "Origin"}


def preflight_headers(path: str, origin: str) -> dict[str, str] | None:
    """Return the headers that answer a preflight (OPTIONS) for a path; None when no family owns it."""
    owners = [(method, family) for method in _METHODS if (family := find(method, path)) is not None]
    if not owners:
        return None
    names = dict.fromkeys(name for _, family in owners for name in _ALLOWED_HEADERS.get(family.name, _ALWAYS))
    return {
        **cors_headers(origin),
        "access-control-allow-methods": ", ".join(method for method, _ in owners),
        "access-control-allow-headers": ", ".join(names),
        "access-control-max-age": str(PREFLIGHT_MAX_AGE_S),
    }
