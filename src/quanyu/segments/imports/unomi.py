"""Reads segments of Apache Unomi: a condition with `type` and `parameterValues`, nested by booleanCondition.

Their past events count over whole days too, and `notEquals`, `notIn` and `hasNoneOf` hold for persons without a value,
as `not` does here.
"""

from collections.abc import Mapping
from typing import Any, Final

from quanyu.definitions.segment_rule import RuleShape
from quanyu.segments.imports.leaves import Did, Test, did, noun, segments
from quanyu.segments.imports.reading import Path, Reading, negated

_SIGNS: Final = {
    "equals": "=",
    "notEquals": "!=",
    "greaterThan": ">",
    "greaterThanOrEqualTo": ">=",
    "lessThan": "<",
    "lessThanOrEqualTo": "<=",
    "between": "between",
    "in": "in",
    "hasSomeOf": "in",
    "notIn": "not in",
    "hasNoneOf": "not in",
    "exists": "set",
    "missing": "empty",
    "contains": "contains",
    "startsWith": "starts_with",
}
_PREFIXES: Final = ("properties.", "systemProperties.")
_VALUES: Final = ("", "Integer", "Double", "Date", "DateExpr")
_PAST_EVENT: Final = frozenset(
    {
        "eventCondition",
        "operator",
        "numberOfDays",
        "fromDate",
        "toDate",
        "minimumEventCount",
        "maximumEventCount",
        # Unomi's own note for finding the counts again; it changes nothing.
        "generatedPropertyKey",
    }
)


def read_unomi(document: Mapping[str, Any], reading: Reading) -> tuple[str | None, RuleShape | None]:
    """Return the name and the rule of a segment document, or of a bare condition."""
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if "condition" not in document:
        return None, _condition(document, (), reading)
    return (name if isinstance(name, str) else None), _condition(document["condition"], ("condition",), reading)


def _condition(said: Any, path: Path, reading: Reading) -> RuleShape | None:
    kind = said.get("type") if isinstance(said, Mapping) else None
    values = said.get("parameterValues", {}) if isinstance(said, Mapping) else None
    if not isinstance(kind, str) or not isinstance(values, Mapping):
        reading.lose(path, "malformed", "A condition has a type and parameterValues.")
        return None
    inside = (*path, "parameterValues")
    with reading.part(path) as is_allowed:
        if not is_allowed:
            return None
        if kind == "booleanCondition":
            return _boolean(values, inside, reading)
        if kind == "notCondition":
            return negated(_condition(values.get("subCondition"), (*inside, "subCondition"), reading))
        if kind == "profilePropertyCondition":
            return _property(values, inside, reading)
        if kind == "profileSegmentCondition":
            return _segments(values, inside, reading)
        if kind == "pastEventCondition":
            return _past_event(values, inside, reading)
    remedy = "A rule here finds some persons; leave the segment out to mean everybody."
    reading.lose(path, "unsupported", f'"{kind[:60]}" has no twin here.', remedy if kind == "matchAllCondition" else "")
    return None


def _boolean(values: Mapping[str, Any], path: Path, reading: Reading) -> RuleShape | None:
    operator, parts = values.get("operator", "and"), values.get("subConditions")
    if not isinstance(parts, list) or not parts or str(operator).lower() not in ("and", "or"):
        reading.lose(path, "malformed", "A booleanCondition has an operator, and or or, and subConditions.")
        return None
    word = "all" if str(operator).lower() == "and" else "any"
    placed = [((*path, "subConditions", number), part) for number, part in enumerate(parts)]
    return reading.group(word, placed, lambda part, place: _condition(part, place, reading))


def _test(values: Mapping[str, Any], path: Path, reading: Reading) -> Test | None:
    operator = values.get("comparisonOperator")
    sign = _SIGNS.get(operator) if isinstance(operator, str) else None
    if sign is None:
        reading.lose(path, "unsupported", f'The operator "{str(operator)[:60]}" has no twin here.')
        return None
    single = [values[f"propertyValue{kind}"] for kind in _VALUES if values.get(f"propertyValue{kind}") is not None]
    many = [values[f"propertyValues{kind}"] for kind in _VALUES if values.get(f"propertyValues{kind}") is not None]
    if values.get("propertyValueDateExpr") or values.get("propertyValuesDateExpr"):
        reading.lose(path, "unsupported", "A date that is reckoned when asked has no twin here.")
        return None
    found = many[0] if many and isinstance(many[0], list) else single
    return Test(sign, tuple(found))


def _property(values: Mapping[str, Any], path: Path, reading: Reading) -> RuleShape | None:
    name = values.get("propertyName")
    if not isinstance(name, str):
        reading.lose(path, "malformed", "A propertyName is missing.")
        return None
    if name == "segments":
        named = values.get("propertyValues") or [values.get("propertyValue")]
        return _segments({**values, "segments": named}, path, reading)
    test = _test(values, path, reading)
    return noun(_plain(name), test, path, reading) if test is not None else None


def _plain(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _segments(values: Mapping[str, Any], path: Path, reading: Reading) -> RuleShape | None:
    operator = values.get("matchType", values.get("comparisonOperator", "in"))
    names = values.get("segments")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        reading.lose(path, "malformed", "The list of segments is missing.")
        return None
    if operator in ("in", "equals", "hasSomeOf"):
        return segments(names, "any", path, reading)
    if operator == "all":
        return segments(names, "all", path, reading)
    if operator in ("notIn", "notEquals", "hasNoneOf"):
        return negated(segments(names, "any", path, reading))
    reading.lose(path, "unsupported", f'The operator "{str(operator)[:60]}" of segments has no twin here.')
    return None


def _past_event(values: Mapping[str, Any], path: Path, reading: Reading) -> RuleShape | None:
    unread = [key for key in values if key not in _PAST_EVENT]
    if unread:
        reading.lose(path, "unsupported", f"pastEventCondition has no {', '.join(map(str, unread))[:60]}.")
        return None
    asked = _event(values.get("eventCondition"), (*path, "eventCondition"), reading)
    if asked is None:
        return None
    event, filters = asked
    never = values.get("operator") == "eventsNotOccurred"
    if not never and values.get("operator", "eventsOccurred") != "eventsOccurred":
        reading.lose(path, "unsupported", f'The operator "{str(values["operator"])[:60]}" has no twin here.')
        return None
    most = 0 if never else values.get("maximumEventCount")
    # Their minimum of nothing or 0 still asks for one event.
    least = None if never else max(_whole(values.get("minimumEventCount")) or 1, 1)
    window = {"days": values.get("numberOfDays"), "from_": values.get("fromDate"), "to": values.get("toDate")}
    return did(Did(event, least, _whole(most), filters=filters, **window), path, reading)


def _whole(value: Any) -> int | None:
    # They take numbers in quotes too.
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()) else None


def _event(said: Any, path: Path, reading: Reading) -> tuple[str, tuple[tuple[str, Test, Path], ...]] | None:
    """Return type and filters of the events that are counted: one type, and properties that all hold."""
    events: list[str] = []
    filters: list[tuple[str, Test, Path]] = []
    queue = [(said, path)]
    while queue:
        here, place = queue.pop(0)
        kind = here.get("type") if isinstance(here, Mapping) else None
        values = here.get("parameterValues") if isinstance(here, Mapping) else None
        inside = (*place, "parameterValues")
        if kind == "eventTypeCondition" and isinstance(values, Mapping) and isinstance(values.get("eventTypeId"), str):
            events.append(values["eventTypeId"])
        elif kind == "booleanCondition" and isinstance(values, Mapping) and values.get("operator", "and") == "and":
            parts = values.get("subConditions")
            queue += [
                (part, (*inside, "subConditions", at))
                for at, part in enumerate(parts if isinstance(parts, list) else [])
            ]
        elif kind == "eventPropertyCondition" and isinstance(values, Mapping):
            test = _test(values, inside, reading)
            if test is None:
                return None
            filters.append((_plain(str(values.get("propertyName"))), test, inside))
        else:
            reading.lose(place, "unsupported", f'"{str(kind)[:60]}" on events has no twin here.')
            return None
    if len(events) != 1:
        reading.lose(path, "unsupported", f"{len(events)} types of event in one count; here it is one.")
        return None
    return events[0], tuple(filters)
