"""The exceptions to the house rules: written down with a reason, still needed, and never more of them."""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

FILE = Path(__file__).with_name("exceptions.yaml")

# The ratchet. Lower a number when an exception goes; a higher one needs a decision record.
MOST = {"sql": 0, "names": 0, "sizes": 0}


@cache
def _entries() -> dict[str, dict[str, str]]:
    loaded = YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))
    return {rule: dict(entries or {}) for rule, entries in loaded.items()}


def unexcused(rule: str, faults: Iterable[str], place_of: Callable[[str], str]) -> list[str]:
    """The faults that no exception names, and the exceptions that name no fault any more."""
    entries, found = _entries()[rule], list(faults)
    places = {place_of(fault) for fault in found}
    stale = sorted(entries.keys() - places)
    return [fault for fault in found if place_of(fault) not in entries] + [
        f"exceptions.yaml excuses {rule} {place}, which is no fault (any more)" for place in stale
    ]


def faults_of_the_list() -> list[str]:
    """What is wrong with exceptions.yaml itself: an unknown rule, no reason, more entries than the ratchet allows."""
    faults = [f"unknown rule {rule}" for rule in _entries().keys() ^ MOST.keys()]
    for rule, entries in _entries().items():
        faults += [f"{rule} {place} has no reason" for place, reason in entries.items() if len(str(reason or "")) < 20]
        if len(entries) > MOST.get(rule, 0):
            faults.append(f"{len(entries)} exceptions to {rule}, at most {MOST.get(rule, 0)}")
    return faults
