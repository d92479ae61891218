"""Requests of SDKs on their way through a spool into a workspace, for tests of live events."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ingest.workplace import Workplace
from quanyu.collect.record import Answer, Change, Decoded, Fault, Identity, Kind, Record, Request
from quanyu.collect.spool import Spool, SpoolLimits
from quanyu.collect.spool_files import Disk
from quanyu.definitions import load_sources
from quanyu.ingest.live import LiveLoad, SpoolReader, load_spool
from quanyu.store import open_vault
from quanyu.store.cipher import SpoolCipher

RECEIVED = 1_780_000_000_000  # 2026-05-28T20:26:40Z
LIMITS = SpoolLimits(seal_after_s=60, free_bytes=0, gather_s=0)
Said = Mapping[str, Any]


class Plain:
    """A family whose body is a JSON list of events: {id, event, who, at, properties, traits, kind} or {bad: text}."""

    name = "plain"

    def owns(self, method: str, path: str) -> bool:
        return (method, path) == ("POST", "/plain")

    def write_key(self, request: Request) -> str | None:
        return None

    def decode(self, request: Request) -> Decoded:
        given = msgspec.json.decode(request.body)
        bad = tuple(Fault("body.not_json", "not an object", one["bad"]) for one in given if "bad" in one)
        return Decoded(tuple(self._record(one) for one in given if "bad" not in one), bad)

    def _record(self, one: Said) -> Record:
        return Record(
            kind=Kind(one.get("kind", "track")),
            message_id=one["id"],
            happened_at=one.get("at", RECEIVED),
            event=one.get("event", "page"),
            identities=tuple(Identity(type_, value) for type_, value in one.get("who", ())),
            properties=one.get("properties", {}),
            traits=one.get("traits", {}),
            change=Change(one.get("change", "set")),
        )

    def answer(self, request: Request) -> Answer:
        return Answer()

    def setting(self, request: Request, write_key: str) -> Answer | None:
        return None


PLAIN = Plain()


def find(method: str, path: str) -> Plain | None:
    return PLAIN if PLAIN.owns(method, path) else None


def request(*said: Said, path: str = "/plain", received_at: int = RECEIVED) -> Request:
    return Request(method="POST", path=path, body=msgspec.json.encode(said), received_at=received_at)


def live_source(place: Workplace, name: str = "shop") -> None:
    place.source(f"source: {name}\nsystem: {name}\nformat: live\n", name)


def cipher(place: Workplace) -> SpoolCipher:
    return SpoolCipher(open_vault(place.workspace.key_file))


def spooled(
    place: Workplace,
    requests: Iterable[Request | tuple[str, Request]],
    collector: str = "one",
    disk: Disk | None = None,
) -> list[int]:
    """Put requests into a spool file of the workspace and return their positions; a bare one is of source `shop`."""
    given: Sequence[tuple[str, Request]] = [one if isinstance(one, tuple) else ("shop", one) for one in requests]
    folder: Path = place.workspace.folder("spool") / collector
    with Spool(folder, cipher(place), LIMITS, disk=disk) as spool:
        futures = [spool.append(source, one) for source, one in given]
        return [future.result(10) for future in futures]


def load(place: Workplace) -> LiveLoad:
    sources, problems = load_sources(place.workspace)
    assert not [problem for problem in problems if problem.severity == "error"], "\n".join(map(str, problems))
    return load_spool(place.workspace, sources, place.store, place.engine, SpoolReader(cipher(place), find))
