"""Rules for stage models: names exist, windows and days are possible, no two stages say the same."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from quanyu.config import INDUSTRIES
from quanyu.definitions.catalogue import Catalogue, Definition
from quanyu.definitions.document import Path
from quanyu.definitions.event_types import EventTypeShape
from quanyu.definitions.parameters import Parameters
from quanyu.definitions.stage_model import (
    CONDITIONS,
    Condition,
    ConditionShape,
    EventsShape,
    GroupShape,
    Rule,
    Stage,
    StageModelShape,
    Window,
    WindowShape,
)
from quanyu.errors import Problem, Where, did_you_mean
from quanyu.tables.identity import ID_TYPES
from quanyu.tables.stages import SPAN_MODELS

_ON_ITEMS = ("events", "purchase_days", "spread")
_LIFETIME = "lifetime"
_SPANS = {"capital": "capital", "member": "member", "relation": "relation"}


@dataclass(slots=True)
class Reader:
    """Reads the rules of one model; what is wrong gathers in `problems`."""

    definition: Definition[StageModelShape]
    event_types: Catalogue[EventTypeShape]
    parameters: Parameters
    industry: str
    problems: list[Problem] = field(default_factory=list)

    def read(self) -> tuple[tuple[Stage, ...], tuple[Rule, ...]]:
        """Return the stages and rules that could be read."""
        shape = self.definition.value
        if self.definition.name not in SPAN_MODELS:
            remedy = did_you_mean(self.definition.name, SPAN_MODELS) or f"There are {', '.join(SPAN_MODELS)}."
            self._wrong("stage.model", f'There is no stage model "{self.definition.name[:40]}".', remedy)
        stages = tuple(
            Stage(stage.code, number, stage.label.zh, stage.label.en)
            for number, stage in enumerate(shape.stages, start=1)
        )
        rules: list[tuple[Rule, Path]] = []
        for place, stage in enumerate(shape.stages):
            for number, group in enumerate(stage.any):
                conditions = self._group(group, ("stages", place, "any", number))
                if conditions is not None:
                    code = f"{stage.code}.{number + 1}"
                    rules.append((Rule(code, stage.code, place + 1, conditions), ("stages", place, "any", number)))
        self._check_codes()
        self._check_overlap(rules)
        return stages, tuple(rule for rule, _ in rules)

    def _wrong(self, code: str, message: str, remedy: str, *path: str | int) -> None:
        self.problems.append(Problem(code, message, remedy, self._where(*path)))

    def _where(self, *path: str | int) -> Where:
        return self.definition.place(*path)

    def _check_codes(self) -> None:
        seen: set[str] = set()
        for place, stage in enumerate(self.definition.value.stages):
            if stage.code in seen:
                self._wrong(
                    "stage.duplicate",
                    f'Stage "{stage.code}" stands here twice.',
                    "Rename one.",
                    "stages",
                    place,
                    "code",
                )
            seen.add(stage.code)

    def _check_overlap(self, rules: list[tuple[Rule, Path]]) -> None:
        first: dict[frozenset[Condition], Rule] = {}
        for rule, path in rules:
            meant = frozenset(rule.conditions)
            known = first.setdefault(meant, rule)
            if known is not rule:
                message = f"This rule is that of {known.code} too: who meets it would have two stages."
                if known.stage == rule.stage:
                    message = f"This rule is {known.code} over again."
                self._wrong("stage.overlap", message, "Make them differ, or remove one.", *path)

    def _group(self, group: GroupShape, path: Path) -> tuple[Condition, ...] | None:
        if group.all is None:
            condition = self._condition(group, path)
            return None if condition is None else (condition,)
        found = [self._condition(shape, (*path, "all", number)) for number, shape in enumerate(group.all)]
        known = [condition for condition in found if condition is not None]
        return tuple(dict.fromkeys(known)) if len(known) == len(found) else None

    def _condition(self, shape: ConditionShape, path: Path) -> Condition | None:
        before = len(self.problems)
        kind = next(name for name in CONDITIONS if getattr(shape, name) is not None)
        if kind not in _ON_ITEMS and set(self.definition.value.scopes) - {"brand"}:
            message = f'"{kind}" says nothing of one item, and this model has stages of items.'
            self._wrong("stage.scope", message, "Keep scope brand alone, or drop the condition.", *path, kind)
        condition = self._read(shape, kind, (*path, kind))
        sound = len(self.problems) == before
        if sound and condition.window_days is not None and condition.days > condition.window_days:
            message = f"{condition.days} different days never lie in a window of {condition.window_days}."
            self._wrong("stage.impossible", message, "Make the window longer, or ask for fewer days.", *path, kind)
        return None if len(self.problems) > before else condition

    def _read(self, shape: ConditionShape, kind: str, path: Path) -> Condition:
        if shape.events is not None:
            days = self._count(shape.events.days, (*path, "days"))
            return self._days(kind, (), self._types(shape.events, path), days, shape.events.window, path)
        if shape.purchase_days is not None:
            days = self._count(shape.purchase_days.at_least, (*path, "at_least"))
            return self._days(kind, ("purchase",), (), days, shape.purchase_days.window, path)
        if shape.spread is not None:
            return self._days(kind, tuple(sorted(set(shape.spread.kinds))), (), 1, shape.spread.window, path)
        if shape.period_purchase_days is not None:
            days = self._count(shape.period_purchase_days.at_least, (*path, "at_least"))
            return Condition(kind, "period", ("member_buy",), days=days)
        if shape.identifier is not None:
            return Condition(kind, "span", self._identifiers(shape.identifier, path))
        return Condition(kind, "span", (_SPANS[kind],))

    def _identifiers(self, names: tuple[str, ...], path: Path) -> tuple[str, ...]:
        if names == ("any",):
            names = ID_TYPES
        for name in names:
            if name not in ID_TYPES:
                remedy = did_you_mean(name, ID_TYPES) or f"Known: {', '.join(ID_TYPES)}."
                self._wrong("config.reference", f'Identifier type "{name[:40]}" does not exist.', remedy, *path)
        return tuple(f"id:{name}" for name in sorted(set(names)))

    def _types(self, shape: EventsShape, path: Path) -> tuple[str, ...]:
        known = tuple(definition.name for definition in self.event_types)
        for key in ("types", "without"):
            for number, name in enumerate(getattr(shape, key)):
                if name not in known:
                    remedy = did_you_mean(name, known) or "Add it in library/event_types/."
                    message = f'Event type "{name[:40]}" does not exist.'
                    self._wrong("stage.event_type", message, remedy, *path, key, number)
        named = {one.name for one in self.event_types if one.value.activity in shape.activity} | set(shape.types)
        found = tuple(sorted(named - set(shape.without)))
        if not found:
            self._wrong("stage.impossible", "No event type is left.", "Name at least one.", *path)
        return found

    def _days(
        self, kind: str, signals: tuple[str, ...], types: tuple[str, ...], days: int, window: Window, path: Path
    ) -> Condition:
        if window == _LIFETIME:
            return Condition(kind, "lifetime", signals, types, days)
        if isinstance(window, WindowShape) and window.months is not None:
            months = self._count(window.months, (*path, "window", "months"), "stage.window")
            return Condition(kind, "days", signals, types, days, window_months=months)
        length: int | str
        place: Path = (*path, "window")
        if isinstance(window, WindowShape):
            profiles = dict(window.by_industry or {})
            self._check_profiles(profiles, place)
            if self.industry not in profiles:
                return Condition(kind, "days", signals, types, days, window_days=days)
            length, place = profiles[self.industry], (*place, "by_industry", self.industry)
        else:
            length = window
        return Condition(kind, "days", signals, types, days, window_days=self._count(length, place, "stage.window"))

    def _check_profiles(self, profiles: dict[str, int | str], path: Path) -> None:
        for name in profiles:
            if name not in INDUSTRIES:
                remedy = did_you_mean(name, tuple(INDUSTRIES)) or f"Known: {', '.join(INDUSTRIES)}."
                message = f'Industry "{name[:40]}" does not exist.'
                self._wrong("stage.industry", message, remedy, *path, "by_industry", name)
        if self.industry not in profiles:
            message = f'There is no window for the industry of this workspace, "{self.industry}".'
            self._wrong("stage.industry", message, f"Add {self.industry}: … here.", *path, "by_industry")

    def _count(self, given: int | str, path: Path, code: str = "stage.days") -> int:
        """Return a whole number above zero, of a parameter where one is named; 1 when there is none."""
        value = given
        if isinstance(given, str):
            known = {one.id: one.value for one in self.parameters}
            if given not in known:
                remedy = did_you_mean(given, tuple(known)) or "See docs/definitions.md for the list."
                self._wrong("config.reference", f'Parameter "{given[:60]}" does not exist.', remedy, *path)
                return 1
            found = known[given]
            if not isinstance(found, int):
                self._wrong("stage.parameter", f"{given} is not a whole number.", "Name one that is.", *path)
                return 1
            value = found
        if isinstance(value, int) and value < 1:
            what = "window" if code == "stage.window" else "number of days"
            self._wrong(code, f"A {what} of {value} holds no day.", "Write 1 or more.", *path)
            return 1
        return int(value)


def same_signals(conditions: Iterator[Condition]) -> dict[str, str]:
    """Return the signal of every event type that a condition listens to; types that all conditions use alike share one.

    Signals are named e1, e2 … in the order of their first type, so equal rules name them equally.
    """
    used: dict[str, set[tuple[str, ...]]] = {}
    for condition in conditions:
        for name in condition.types:
            used.setdefault(name, set()).add(condition.types)
    alike: dict[frozenset[tuple[str, ...]], str] = {}
    return {name: alike.setdefault(frozenset(used[name]), f"e{len(alike) + 1}") for name in sorted(used)}
