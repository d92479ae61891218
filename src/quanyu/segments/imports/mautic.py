"""Reads segments of Mautic: a list of filters, each joined to the one before by `glue`.

An `or` begins a new group of `and`, so theirs is always "any of groups that hold as a whole".  Their negations hold for
contacts without a value, as `not` does here.
"""

from collections.abc import Mapping
from typing import Any, Final

from quanyu.definitions.segment_rule import RuleShape
from quanyu.segments.imports.leaves import Test, noun, segments
from quanyu.segments.imports.reading import Path, Reading, negated

_SIGNS: Final = {
    "=": "=",
    "!=": "!=",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "between": "between",
    "in": "in",
    "multiselect": "in",
    "!in": "not in",
    "!multiselect": "not in",
    "empty": "empty",
    "!empty": "set",
    "contains": "contains",
    "startsWith": "starts_with",
}


def read_mautic(document: Any, reading: Reading) -> tuple[str | None, RuleShape | None]:
    """Return the name and the rule of a segment, as its API gives it or as its bare list of filters."""
    path: Path = ()
    inside = document
    if isinstance(inside, Mapping) and isinstance(inside.get("list"), Mapping):
        inside, path = inside["list"], ("list",)
    name = inside.get("name") if isinstance(inside, Mapping) else None
    filters = inside
    if isinstance(inside, Mapping):
        filters, path = inside.get("filters"), (*path, "filters")
    if not isinstance(filters, list) or not filters:
        reading.lose(path, "malformed", "A segment has a list of filters.", "Without filters it is a list of contacts.")
        return (name if isinstance(name, str) else None), None
    groups: list[list[tuple[Path, Any]]] = [[]]
    for number, said in enumerate(filters):
        glue = said.get("glue", "and") if isinstance(said, Mapping) else "and"
        if number and str(glue).lower() == "or":
            groups.append([])
        groups[-1].append(((*path, number), said))
    placed = [(group[0][0], group) for group in groups]
    rule = reading.group("any", placed, lambda group, _: _together(group, reading))
    return (name if isinstance(name, str) else None), rule


def _together(group: list[tuple[Path, Any]], reading: Reading) -> RuleShape | None:
    return reading.group("all", group, lambda said, path: _filter(said, path, reading))


def _filter(said: Any, path: Path, reading: Reading) -> RuleShape | None:
    with reading.part(path) as is_allowed:
        if not is_allowed:
            return None
        if not isinstance(said, Mapping) or not isinstance(said.get("field"), str):
            reading.lose(path, "malformed", "A filter has a field, an operator and a value.")
            return None
        properties = said.get("properties")
        value = properties.get("filter") if isinstance(properties, Mapping) else None
        value = said.get("filter") if value is None else value
        if said.get("object", "lead") != "lead":
            reading.lose(path, "unsupported", f'A filter on "{str(said["object"])[:60]}" has no twin here.')
            return None
        if said["field"] == "leadlist":
            return _lists(said, value, path, reading)
        return _field(said, value, path, reading)


def _lists(said: Mapping[str, Any], value: Any, path: Path, reading: Reading) -> RuleShape | None:
    names = [str(one) for one in (value if isinstance(value, list) else [value])]
    if said.get("operator") in ("in", "="):
        return segments(names, "any", path, reading)
    if said.get("operator") in ("!in", "!="):
        return negated(segments(names, "any", path, reading))
    reading.lose(path, "unsupported", f'The operator "{str(said.get("operator"))[:60]}" of segments has no twin here.')
    return None


def _field(said: Mapping[str, Any], value: Any, path: Path, reading: Reading) -> RuleShape | None:
    operator = said.get("operator")
    values = tuple(value) if isinstance(value, list) else () if value is None else (value,)
    if operator in ("like", "!like"):
        test = _like(str(value), path, reading)
    elif said.get("type") in ("date", "datetime") and operator not in ("empty", "!empty"):
        reading.lose(path, "unsupported", "A date of theirs, fixed or reckoned when asked, has no twin here.")
        return None
    else:
        # Segments of old hold "=" with a list and mean "in".
        sign = "in" if operator == "=" and isinstance(value, list) else _SIGNS.get(str(operator))
        test = Test(sign, values) if sign is not None else None
        if test is None:
            reading.lose(path, "unsupported", f'The operator "{str(operator)[:60]}" has no twin here.')
    if test is None:
        return None
    rule = noun(said["field"], test, path, reading)
    return negated(rule) if operator == "!like" else rule


def _like(pattern: str, path: Path, reading: Reading) -> Test | None:
    """Return the test that a pattern with % says, where it is one of ours; without % it is "contains"."""
    inner = pattern.strip("%")
    if inner and "%" not in inner and "_" not in inner:
        if "%" not in pattern or (pattern.startswith("%") and pattern.endswith("%")):
            return Test("contains", (inner,))
        if pattern.endswith("%"):
            return Test("starts_with", (inner,))
    reading.lose(path, "unsupported", f'The pattern "{pattern[:40]}" has no twin here.')
    return None
