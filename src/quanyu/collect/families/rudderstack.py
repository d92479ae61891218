"""RudderStack: its Web SDK's single messages, batches, beacons and settings; its servers' batches are Segment's path.

The messages are of Segment's form, with the differences that `segment.decode_messages` reads.
"""

import msgspec

from quanyu.collect.families import segment
from quanyu.collect.fields import Sdk
from quanyu.collect.record import Answer, Decoded, Request

_TYPES = ("track", "identify", "page", "screen", "group", "alias", "merge")
_PATHS = frozenset((*(f"/v1/{name}" for name in _TYPES), "/beacon/v1/batch"))
_SETTINGS = ("/sourceConfig", "/sourceConfig/")


def owns(method: str, path: str) -> bool:
    """Return whether a request of this method and path is RudderStack's alone."""
    if method in ("GET", "HEAD"):
        return path in _SETTINGS
    return method == "POST" and path.rstrip("/") in _PATHS


def write_key(request: Request) -> str | None:
    """Return the key: of Basic auth, else `?writeKey=` (beacons, settings) or the body; None without one."""
    return segment.write_key(request)


def decode(request: Request) -> Decoded:
    """Return the messages of a request as records; an alias of an id with itself gives nothing.

    `userId` is "" for every anonymous visitor of the Web SDK, so it stands for nobody.
    """
    name = request.path.rstrip("/").rpartition("/")[2]
    return segment.decode_messages(request, said_type=None if name == "batch" else name)


def answer(request: Request) -> Answer:
    """Return 200, the one status the Python SDK takes for success."""
    return segment.OK_JSON


def setting(request: Request, write_key: str) -> Answer | None:
    """Return the least `sourceConfig` with which the Web SDK starts, or None for other requests."""
    if request.path not in _SETTINGS:
        return None
    quiet = {"errors": {"enabled": False}, "metrics": {"enabled": False}}
    source = {
        "id": "quanyu",
        "name": "quanyu",
        "writeKey": write_key,
        "config": {"statsCollection": quiet},
        "enabled": True,
        "workspaceId": "quanyu",
        "destinations": [],
        "dataplanes": {},
    }
    document = {"source": source, "updatedAt": "2026-01-01T00:00:00.000Z"}
    return Answer(200, {"content-type": "application/json"}, msgspec.json.encode(document))


FAMILY = Sdk("rudderstack", owns, write_key, decode, answer, setting)
