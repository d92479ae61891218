"""What a merge of two persons means for what each of them had: consent, experiment arms, new registrations.

Pure rules; the tables they are applied to belong to other stages.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

CONTROL = "control"


@dataclass(frozen=True, slots=True)
class ConsentStatement:
    """One statement of consent: under which person it was made, for which purpose and channel, yes or no, when.

    `separate` says that it was given separately, as PIPL asks for sensitive purposes.
    """

    person_id: int
    purpose: str
    channel: str
    granted: bool
    separate: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """Whether a purpose may be served on a channel, and whether consent was given separately."""

    granted: bool
    separate: bool


def strictest_consent(
    statements: Iterable[ConsentStatement], merged_at: datetime | None = None
) -> dict[tuple[str, str], Consent]:
    """Return the consent of a merged person per (purpose, channel): the stricter one of its parts.

    Per part the latest statement holds; of two at one moment the refusal.  Any part that refuses or withdrew refuses
    for all; a part that was never asked says nothing.  Statements after `merged_at` were made by the merged person, so
    the latest of them holds alone: a withdrawn consent never comes back by a merge, only by a new yes (invariant I5).
    """
    latest: dict[tuple[str, str, int], ConsentStatement] = {}
    together: dict[tuple[str, str], ConsentStatement] = {}
    for one in sorted(statements, key=lambda one: (one.at, not one.granted, not one.separate)):
        if merged_at is not None and one.at > merged_at:
            together[one.purpose, one.channel] = one
        else:
            latest[one.purpose, one.channel, one.person_id] = one
    strict: dict[tuple[str, str], Consent] = {}
    for (purpose, channel, _), one in latest.items():
        other = strict.get((purpose, channel), Consent(True, True))
        strict[purpose, channel] = Consent(one.granted and other.granted, one.separate and other.separate)
    return strict | {key: Consent(one.granted, one.separate) for key, one in together.items()}


def arm_after_merge(arms: Iterable[str]) -> str | None:
    """Return the arm of a merged person in a running experiment; `control` wins, None means excluded from analysis.

    Parts in one arm stay in it; parts in different treated arms saw both, so they prove nothing (invariant I6, M-32).
    """
    found = set(arms)
    if CONTROL in found:
        return CONTROL
    return found.pop() if len(found) == 1 else None


def next_generation(identifier_id: int, generation: int) -> int:
    """Return the identifier id of a value whose person was deleted `generation` times: 60 bits, the id itself for 0.

    A forgotten identifier stays inert for ever; who registers again with the same value is a new identifier, so a new
    person without the old history (invariant I7).  Same as house SQL
    hash60(CAST(identifier_id AS VARCHAR) || '|' || CAST(generation AS VARCHAR)).
    """
    if generation == 0:
        return identifier_id
    return int(hashlib.md5(f"{identifier_id}|{generation}".encode(), usedforsecurity=False).hexdigest()[:15], 16)
