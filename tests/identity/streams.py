"""Random streams of evidence with hubs, conflicts and decisions, for property tests."""

from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import strategies as st

from identity.world import RULES, START, TYPES, World
from quanyu.identity.decision import Decision, DecisionKind
from quanyu.identity.rules import IdentityRules

# Tight, so that short streams meet them: two members make a phone shared, two phones are the most.
TIGHT = IdentityRules(
    tuple(
        replace(rule, shared_limit=2 if rule.shared_limit else None, limit=2 if rule.limit == 3 else rule.limit)
        for rule in RULES.rules
    )
)
# Few values per type, so that rows meet, limits break and phones become hubs.
NAMES = [f"{letter}{number}" for letter in TYPES for number in range({"p": 5, "M": 8, "d": 3}.get(letter, 4))]
ROW = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).map(tuple)


@dataclass(frozen=True)
class Choice:
    """A decision over names; `undone_in` is the batch after which it no longer holds."""

    kind: DecisionKind
    names: tuple[str, ...]
    batch: int
    undone_in: int | None
    known_seq: int | None


@st.composite
def choices(draw: st.DrawFn, batches: int) -> Choice:
    """Return a decision taken in one of the batches, perhaps undone later."""
    kind = draw(st.sampled_from([DecisionKind.MERGE, DecisionKind.UNMERGE, DecisionKind.UNLINK, DecisionKind.FORGET]))
    size = 2 if kind in (DecisionKind.MERGE, DecisionKind.UNMERGE) else 1
    names = draw(st.lists(st.sampled_from(NAMES), min_size=size, max_size=size, unique=True))
    batch = draw(st.integers(1, batches))
    undone = draw(st.one_of(st.none(), st.integers(batch + 1, batches + 1)))
    known = draw(st.one_of(st.none(), st.integers(0, batches)))
    return Choice(kind, tuple(names), batch, undone, known if size == 2 else None)


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[list[tuple[str, ...]]], list[Choice]]:
    """Return batches of rows, and decisions."""
    batches = draw(st.lists(st.lists(ROW, min_size=1, max_size=8), min_size=1, max_size=4))
    return batches, draw(st.lists(choices(len(batches)), max_size=4))


def decisions_at(chosen: list[Choice], world: World, batch: int) -> list[Decision]:
    """Return the decisions taken up to the batch, as they then stood; names never seen are unknown ids."""
    return [
        Decision(
            number, choice.kind, tuple(world.ids.get(name, 1) for name in choice.names), "ann", "test",
            START + timedelta(days=choice.batch),
            START if choice.undone_in is not None and choice.undone_in <= batch else None, choice.known_seq,
        )
        for number, choice in enumerate(chosen, start=1)
        if choice.batch <= batch
    ]  # fmt: skip
