"""The gates between a rule and a send: consent for the purpose, reach, risk, fatigue; persons before and after each."""

from dataclasses import dataclass
from datetime import timedelta
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
    """What lets a person through: the rule itself, live consent, a way to reach them, no block, few messages."""

    RULE = "rule"
    CONSENT = "consent"
    REACH = "reach"
    RISK = "risk"
    FATIGUE = "fatigue"


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
    have consented who has not been asked.  Without any verdict on risk nobody is blocked.  Fatigue is a gate where
    the ground has caps.
    """
    everybody = ground.count(persons_tree([])) if ground.knows("person") else 0
    before: int | None = everybody
    conditions: list[t.Tree] = []
    steps = []
    for gate in [one for one in Gate if one is not Gate.FATIGUE or ground.caps is not None]:
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
    if gate is Gate.FATIGUE:
        return uncounted(ground, audience.means)
    return []


def _condition(ground: Ground, gate: Gate, audience: AudienceShape) -> t.Tree | None:
    purpose = PURPOSES[audience.means]
    if gate is Gate.RULE:
        return condition_of(ground, audience.rule)
    if gate is Gate.CONSENT:
        return None if purpose is None else consented(ground, purpose)
    if gate is Gate.REACH:
        return None if audience.means in UNADDRESSED else reached(ground, audience.means)
    if gate is Gate.FATIGUE:
        return uncapped(ground, audience.means)
    return unblocked(ground)


def uncounted(ground: Ground, means: str) -> list[str]:
    """Return what is missing to tell whether somebody may get one more message by a means: the messages themselves."""
    return [] if means in UNADDRESSED or ground.knows("message_fact") else ["message_fact"]


def uncapped(ground: Ground, means: str) -> t.Tree | None:
    """Return the condition that one more message on the build's date stays within the caps; None where none is sent.

    Messages that were sent count, of every channel; those known to be no marketing do not.
    """
    if ground.caps is None or means in UNADDRESSED:
        return None
    sent = t.call("local_date", t.col("sent_at"), t.lit(ground.zone))
    counted = [t.not_null(t.col(PERSON)), t.not_null(t.col("sent_at")), t.coalesce(t.col("is_marketing"), t.lit(True))]
    counted += [sent > t.lit(ground.as_of - timedelta(days=7)), sent.copy() <= t.lit(ground.as_of)]
    rows = t.select({PERSON: t.col(PERSON)}, "message_fact", where=t.all_of(counted), group=[t.col(PERSON)])
    today = t.count(t.case([(sent.copy().eq(t.lit(ground.as_of)), t.lit(1))]))
    full = t.any_of([t.count() >= t.lit(ground.caps.week), today >= t.lit(ground.caps.day)])
    return q.is_in(t.col(PERSON, ONE), q.having(rows, full)).not_()


def unblocked(ground: Ground) -> t.Tree | None:
    """Return the condition that a person is not blocked; None when the build holds no verdicts."""
    if not ground.knows("person_risk"):
        return None
    level = t.col("decision").eq(t.lit("blocked"))
    blocked = t.select({PERSON: t.col(PERSON)}, "person_risk", where=level)
    return q.is_in(t.col(PERSON, ONE), blocked).not_()
