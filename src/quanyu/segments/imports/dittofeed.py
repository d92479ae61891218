"""Reads segments of Dittofeed: an entryNode and the nodes that it and others name by id.

Their windows are seconds back from the moment of asking, ours whole days that end with the date of the build; and
`Performed` without an operator asks for exactly so many times, not for at least so many.
"""

from collections.abc import Mapping
from typing import Any, Final

from quanyu.definitions.segment_rule import RuleShape
from quanyu.segments.imports.leaves import Did, Test, consent, did, noun, sample
from quanyu.segments.imports.reading import Path, Reading, negated
from quanyu.tables.people import CONSENT_PURPOSES

_SIGNS: Final = {
    "Equals": "=",
    "NotEquals": "!=",
    "Exists": "set",
    "NotExists": "empty",
    "GreaterThanOrEqual": ">=",
    "LessThan": "<",
}
_SECONDS_PER_DAY: Final = 86_400
_REASONS: Final = {
    "Manual": "Its persons were added by hand and stand in no definition; upload them as a list.",
    "Broadcast": "It stands for who received one broadcast of theirs.",
    "Email": "It counts letters of theirs, which are no messages here.",
    "KeyedPerformed": "It holds inside one journey of theirs, from the event that began it.",
    "LastPerformed": "It looks at the properties of the newest event alone.",
    "Everyone": "A rule here finds some persons; leave the segment out to mean everybody.",
}


def read_dittofeed(document: Mapping[str, Any], reading: Reading) -> tuple[str | None, RuleShape | None]:
    """Return the name and the rule of a segment resource, or of a bare definition."""
    name = document.get("name")
    inside = document.get("definition", document)
    path: Path = ("definition",) if "definition" in document else ()
    entry = inside.get("entryNode") if isinstance(inside, Mapping) else None
    nodes = inside.get("nodes", []) if isinstance(inside, Mapping) else None
    if not isinstance(entry, Mapping) or not isinstance(nodes, list):
        reading.lose(path, "malformed", "A definition has an entryNode and a list of nodes.")
        return None, None
    by_id = {
        node["id"]: ((*path, "nodes", number), node)
        for number, node in enumerate(nodes)
        if isinstance(node, Mapping) and isinstance(node.get("id"), str)
    }
    rule = _Nodes(by_id, reading).read(entry, (*path, "entryNode"))
    return (name if isinstance(name, str) else None), rule


class _Nodes:
    """The nodes of one definition by id; remembers which are being read, since they may name each other in a ring."""

    def __init__(self, by_id: Mapping[str, tuple[Path, Mapping[str, Any]]], reading: Reading) -> None:
        self.by_id = by_id
        self.reading = reading
        self.open: list[str] = []

    def read(self, node: Mapping[str, Any], path: Path) -> RuleShape | None:
        kind = node.get("type")
        with self.reading.part(path) as is_allowed:
            if not is_allowed:
                return None
            if kind in ("And", "Or"):
                return self.group(node, path)
            if kind == "Trait":
                return _trait(node, path, self.reading)
            if kind == "Performed":
                return _performed(node, path, self.reading)
            if kind == "Includes":
                return noun(str(node.get("path")), Test("=", (node.get("item"),)), path, self.reading)
            if kind == "RandomBucket":
                return _bucket(node, path, self.reading)
            if kind in ("SubscriptionGroup", "SubscriptionGroupUnsubscribed"):
                return _subscription(node, path, self.reading)
        reason = _REASONS.get(str(kind), "")
        self.reading.lose(path, "unsupported", f'"{str(kind)[:60]}" has no twin here.', reason)
        return None

    def group(self, node: Mapping[str, Any], path: Path) -> RuleShape | None:
        children = node.get("children")
        if not isinstance(children, list) or not children:
            self.reading.lose(path, "malformed", "A group has children.")
            return None
        placed = [((*path, "children", number), child) for number, child in enumerate(children)]
        return self.reading.group("all" if node["type"] == "And" else "any", placed, self.child)

    def child(self, name: Any, path: Path) -> RuleShape | None:
        found = self.by_id.get(name) if isinstance(name, str) else None
        if found is None:
            self.reading.lose(path, "malformed", f'There is no node "{str(name)[:60]}".')
            return None
        if name in self.open:
            self.reading.lose(path, "malformed", f'The node "{name[:60]}" stands inside itself.')
            return None
        self.open.append(name)
        rule = self.read(found[1], found[0])
        self.open.pop()
        return rule


def _test(operator: Any, path: Path, reading: Reading) -> Test | None:
    kind = operator.get("type") if isinstance(operator, Mapping) else None
    sign = _SIGNS.get(kind) if isinstance(kind, str) else None
    if sign is None:
        reading.lose(path, "unsupported", f'The operator "{str(kind)[:60]}" has no twin here.')
        return None
    return Test(sign, (operator["value"],) if operator.get("value") is not None else ())


def _trait(node: Mapping[str, Any], path: Path, reading: Reading) -> RuleShape | None:
    test = _test(node.get("operator"), (*path, "operator"), reading)
    return noun(_plain(node.get("path")), test, path, reading) if test is not None else None


def _plain(path: Any) -> str:
    """Return the name of a property; JSONPath is one of their ways to write it."""
    return str(path).removeprefix("$.").strip("[]'\"")


def _performed(node: Mapping[str, Any], path: Path, reading: Reading) -> RuleShape | None:
    filters = []
    for number, said in enumerate(node.get("properties") or []):
        place = (*path, "properties", number)
        test = _test(said.get("operator") if isinstance(said, Mapping) else None, (*place, "operator"), reading)
        if test is None:
            return None
        filters.append((_plain(said.get("path")), test, place))
    counted = _times(node, path, reading)
    window = _window(node, path, reading)
    if counted is None or window is None:
        return None
    return did(Did(str(node.get("event")), *counted, filters=tuple(filters), **window), path, reading)


def _times(node: Mapping[str, Any], path: Path, reading: Reading) -> tuple[int | None, int | None] | None:
    """Return the least and most times that are asked for."""
    times, operator = node.get("times", 1), node.get("timesOperator", "=")
    if isinstance(times, int) and operator == "=":
        return (None, 0) if times == 0 else (times, times)
    if isinstance(times, int) and operator == ">=" and times > 0:
        return times, None
    if isinstance(times, int) and operator == "<" and times > 0:
        return None, times - 1
    reading.lose(path, "unsupported", f'"{str(operator)[:10]} {str(times)[:20]}" times says nothing.')
    return None


def _window(node: Mapping[str, Any], path: Path, reading: Reading) -> dict[str, Any] | None:
    operator, seconds, moment = node.get("timeOperator"), node.get("withinSeconds"), node.get("absoluteTimestamp")
    if operator == "AfterAbsolute":
        return {"from_": moment}
    if operator == "BeforeAbsolute":
        return {"to": moment}
    if operator not in (None, "Within"):
        reading.lose(path, "unsupported", f'The operator "{str(operator)[:60]}" has no twin here.')
        return None
    if not seconds:
        return {}
    if not isinstance(seconds, int) or seconds % _SECONDS_PER_DAY:
        reading.lose(path, "unsupported", f"A window of {str(seconds)[:20]} seconds is not of whole days.")
        return None
    days = seconds // _SECONDS_PER_DAY
    reading.differ(path, f"{days} days end with the date of the build here, and with the moment of asking there.")
    return {"days": days}


def _bucket(node: Mapping[str, Any], path: Path, reading: Reading) -> RuleShape | None:
    share = node.get("percent")
    if not isinstance(share, int | float) or not 0 < share < 1:
        reading.lose(path, "malformed", "percent is a share between 0 and 1.")
        return None
    return sample(round(share * 100, 6), str(node.get("id", "")), path, reading)


def _subscription(node: Mapping[str, Any], path: Path, reading: Reading) -> RuleShape | None:
    theirs = str(node.get("subscriptionGroupId"))
    purpose = reading.ours(theirs, CONSENT_PURPOSES, "Purpose of consent", (*path, "subscriptionGroupId"))
    if purpose is None:
        return None
    if node.get("subscriptionGroupType") == "OptOut":
        reading.differ(path, "Who never said anything is in their group and has not agreed here.")
    return negated(consent(purpose)) if node["type"].endswith("Unsubscribed") else consent(purpose)
