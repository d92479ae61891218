"""The gates between a rule and a send: consent for the purpose, reach, risk; persons counted before and after each."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from quanyu.definitions.playbook import AudienceShape
from quanyu.definitions.segment_rule import PURPOSES
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.segments.ground import Ground
from quanyu.segments.persons import ONE, PERSON, persons_tree
from quanyu.segments.rule import condition_of, consented, reached, unknown_in, unreached


class Gate(StrEnum):
    """What lets a person through: the rule itself, live consent, a way to reach them, no block."""

    RULE = "rule"
    CONSENT = "consent"
    REACH = "reach"
    RISK = "risk"


# Advertising and the counter meet people without a relation of their own: nothing is sent to an address.
UNADDRESSED: Final = ("ads", "store")


@dataclass(frozen=True, slots=True)
class Step:
    """Persons before and after a gate; null with `why_unknown` when the build cannot tell."""

    gate: Gate
    before: int | None
    after: int | None
    why_unknown: str | None = None


def waterfall(ground: Ground, audience: AudienceShape) -> tuple[Step, ...]:
    """Return the gates of an audience in order.

    A gate that needs what the build does not know has no count, and neither has any after it: nobody may be said to
    have consented who has not been asked.  Without any verdict on risk nobody is blocked.
    """
    everybody = ground.count(persons_tree([])) if ground.knows("person") else 0
    before: int | None = everybody
    conditions: list[t.Tree] = []
    steps = []
    for gate in Gate:
        missing = _missing(ground, gate, audience)
        condition = None if missing else _condition(ground, gate, audience)
        if condition is not None:
            conditions.append(condition)
        after: int | None = None
        if before is not None and not missing:
            after = before if condition is None else ground.count(persons_tree(conditions))
        steps.append(Step(gate, before, after, ", ".join(missing) or None))
        before = after
    return tuple(steps)


def _missing(ground: Ground, gate: Gate, audience: AudienceShape) -> list[str]:
    if gate is Gate.RULE:
        return unknown_in(ground, audience.rule)
    if gate is Gate.CONSENT and PURPOSES[audience.means] is not None and not ground.knows("consent"):
        return ["consent"]
    if gate is Gate.REACH and audience.means not in UNADDRESSED:
        return unreached(ground, audience.means)
    return []


def _condition(ground: Ground, gate: Gate, audience: AudienceShape) -> t.Tree | None:
    purpose = PURPOSES[audience.means]
    if gate is Gate.RULE:
        return condition_of(ground, audience.rule)
    if gate is Gate.CONSENT:
        return None if purpose is None else consented(ground, purpose)
    if gate is Gate.REACH:
        return None if audience.means in UNADDRESSED else reached(ground, audience.means)
    return unblocked(ground)


def unblocked(ground: Ground) -> t.Tree | None:
    """Return the condition that a person is not blocked; None when the build holds no verdicts."""
    if not ground.knows("person_risk"):
        return None
    level = t.col("decision").eq(t.lit("blocked"))
    blocked = t.select({PERSON: t.col(PERSON)}, "person_risk", where=level)
    return q.is_in(t.col(PERSON, ONE), blocked).not_()
