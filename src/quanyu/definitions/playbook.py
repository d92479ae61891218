"""Playbooks in YAML: `library/playbooks/*.yaml`, what a scenario watches and what to do about a gap (§4.1, §4.2)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from quanyu.config import Workspace
from quanyu.definitions.catalogue import Catalogue, Definition, load_catalogue
from quanyu.definitions.document import Key
from quanyu.definitions.event_types import load_event_types
from quanyu.definitions.metric import MetricShape
from quanyu.definitions.parameters import LabelShape
from quanyu.definitions.segment_rule import Means, RuleShape, check_rule
from quanyu.definitions.shape import Frozen, Names, Shape, Text, require_one
from quanyu.errors import Problem, Severity, did_you_mean

Percent = Annotated[int, Field(ge=0, le=100)]


class StarShape(Shape):
    """How much a scenario leans on each of the four dimensions, in percent of 100."""

    scaling: Percent
    structure: Percent
    activating: Percent
    returning: Percent


class WatchShape(Shape):
    """One metric that is watched: which dimension of STAR it speaks for, its weight there, how to take it apart.

    `split`: dimensions to take a gap apart by, and to look for local gaps in; `a+b` looks at pairs of values.
    `base`: the metric that counts the persons behind it, when it does not count persons itself.
    """

    metric: Text
    star: Literal["scaling", "structure", "activating", "returning"] = "returning"
    weight: Annotated[int, Field(ge=1, le=10)] = 1
    split: Names = ()
    base: Text = "buyers"


class TriggerShape(Shape):
    """One sign that calls for the playbook; with `metric` and `above` or `below` it is tested, else people judge it.

    `where` fixes dimension values; `split`: it is asked of every value of these dimensions too.  `base`: as in a watch.
    """

    says: LabelShape
    metric: Text | None = None
    where: Frozen[Text] = Field(default_factory=dict, validate_default=True)
    split: Names = ()
    base: Text = "buyers"
    above: Text | None = None
    below: Text | None = None

    @model_validator(mode="after")
    def _is_tested_whole(self) -> Self:
        if self.metric is not None:
            require_one(self, "above", "below")
        return self


class AudienceShape(Shape):
    """For whom: a rule over persons, and the means by which they are addressed."""

    label: LabelShape
    rule: RuleShape
    means: Means


class PlaybookShape(Shape):
    """One playbook; `seed` and `mark` say where scenario and details come from (`domain.md` §0)."""

    label: LabelShape
    scenario: LabelShape
    reference: Annotated[str, Field(pattern=r"^domain §[0-9.]+$")]
    seed: Text
    mark: Literal["SEED", "PROPOSED"]
    star: StarShape | None = None
    watch: tuple[WatchShape, ...] = Field(min_length=1)
    triggers: tuple[TriggerShape, ...] = ()
    audiences: Frozen[AudienceShape]
    action: LabelShape
    benefit: LabelShape
    timing: LabelShape
    proof: LabelShape
    proof_metric: Text

    @model_validator(mode="after")
    def _leans_on_a_whole(self) -> Self:
        if self.star is not None:
            total = sum(self.star.model_dump().values())
            if total != 100:
                message = f"The four weights are {total} percent together, not 100."
                raise PydanticCustomError("config.value", "{message}", {"message": message, "remedy": ""})
        return self

    def weight_of(self, watch: WatchShape) -> int:
        """Return the weight of an indicator in the scenario: its own times that of its dimension of STAR."""
        return watch.weight * (1 if self.star is None else int(getattr(self.star, watch.star)))


@dataclass(frozen=True, slots=True)
class Playbooks:
    """All playbooks of a workspace by key (`pb_01`)."""

    catalogue: Catalogue[PlaybookShape]

    def __iter__(self) -> Iterator[Definition[PlaybookShape]]:
        return iter(self.catalogue)

    def __getitem__(self, name: str) -> Definition[PlaybookShape]:
        return self.catalogue[name]

    def find(self, name: str) -> Definition[PlaybookShape] | Problem:
        """Return the playbook of a key or code (`pb_01`, `PB-01`), or the problem of naming none."""
        key = name.lower().replace("-", "_")
        if key in self.catalogue:
            return self.catalogue[key]
        remedy = did_you_mean(key, tuple(self.catalogue.by_name)) or "`quanyu playbooks` lists them."
        return Problem("playbook.unknown", f'Playbook "{name[:40]}" does not exist.', remedy)


def code_of(key: str) -> str:
    """Return how people call a playbook: PB-01 for `pb_01`."""
    return key.upper().replace("_", "-")


def load_playbooks(
    workspace: Workspace, splits: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Playbooks | None, list[Problem]]:
    """Return every playbook of library and workspace, or None when one has an error, and every problem.

    Metrics, dimensions, attributes, event types, relation types and purposes must exist.  `splits` are the dimensions
    of every metric, for who has loaded the metrics already; without it they are read here.
    """
    found, problems = load_catalogue("playbooks", PlaybookShape, workspace)
    # What is wrong with metrics and event types is told where they are loaded for themselves.
    known = _splits(load_catalogue("metrics", MetricShape, workspace)[0]) if splits is None else splits
    types, _ = load_event_types(workspace)
    for definition in found:
        problems += _Checker(definition, known, tuple(types.by_name)).problems()
    if any(problem.severity is Severity.ERROR for problem in problems):
        return None, problems
    return Playbooks(found), problems


class _Checker:
    """Finds what one playbook names that does not exist."""

    def __init__(
        self, definition: Definition[PlaybookShape], splits: Mapping[str, tuple[str, ...]], event_types: tuple[str, ...]
    ) -> None:
        self.definition = definition
        self.splits = splits
        self.event_types = event_types

    def problems(self) -> Iterator[Problem]:
        """Yield every problem, each at its place in the file."""
        said = self.definition.value
        for number, watch in enumerate(said.watch):
            yield from self._metric(watch.metric, ("watch", number, "metric"))
            yield from self._metric(watch.base, ("watch", number, "base"))
            for place, split in enumerate(watch.split):
                yield from self._names(watch.metric, split.split("+"), ("watch", number, "split", place))
        for number, trigger in enumerate(said.triggers):
            yield from self._trigger(trigger, ("triggers", number))
        for name, audience in said.audiences.items():
            yield from check_rule(self.definition, audience.rule, ("audiences", name, "rule"), self.event_types)
        yield from self._metric(said.proof_metric, ("proof_metric",))

    def _metric(self, name: str, path: tuple[Key, ...]) -> Iterator[Problem]:
        if name not in self.splits:
            remedy = did_you_mean(name, tuple(self.splits))
            message = f'Metric "{name[:60]}" does not exist.'
            yield Problem("config.reference", message, remedy, self.definition.place(*path))

    def _names(self, metric: str, names: Iterable[str], path: tuple[Key, ...]) -> Iterator[Problem]:
        known = self.splits.get(metric)
        for name in names if known is not None else ():
            if known is not None and name not in known:
                message = f'"{metric}" cannot be split by {name[:60]}.'
                remedy = did_you_mean(name, known) or f"It can by {', '.join(known) or 'no dimension'}."
                yield Problem("config.reference", message, remedy, self.definition.place(*path))

    def _trigger(self, trigger: TriggerShape, path: tuple[Key, ...]) -> Iterator[Problem]:
        if trigger.metric is None:
            return
        yield from self._metric(trigger.metric, (*path, "metric"))
        yield from self._metric(trigger.base, (*path, "base"))
        yield from self._names(trigger.metric, trigger.where, (*path, "where"))
        for number, split in enumerate(trigger.split):
            yield from self._names(trigger.metric, split.split("+"), (*path, "split", number))
        for key in ("above", "below"):
            text = getattr(trigger, key)
            if text is not None and not _is_number(text):
                message = f'"{text[:40]}" is no number.'
                place = self.definition.place(*path, key)
                yield Problem("config.type", message, 'Write it in quotes: "0.30".', place)


def _splits(metrics: Catalogue[MetricShape]) -> dict[str, tuple[str, ...]]:
    return {one.name: _splits_of(metrics, one.value) for one in metrics}


def _splits_of(metrics: Catalogue[MetricShape], shape: MetricShape) -> tuple[str, ...]:
    if shape.numerator is None or shape.denominator is None:
        return shape.dimensions
    above, below = (metrics[part].value if part in metrics else None for part in (shape.numerator, shape.denominator))
    if above is None or below is None:
        return ()
    return tuple(one for one in above.dimensions if one in {*below.dimensions, *shape.across})


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False
