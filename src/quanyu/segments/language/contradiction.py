"""Warns, as far as a text itself shows it, of groups that hold for nobody or everybody, and of hidden unknowns."""

from collections.abc import Iterable, Sequence

from quanyu.definitions.segment_rule import RuleShape
from quanyu.segments.language.syntax import Comparison, Group, Node, Not
from quanyu.segments.language.trouble import Troubles

_Interval = tuple[float, float]


def warn_of_contradictions(node: Node, rule: RuleShape, troubles: Troubles) -> None:
    """Warn of what a text says but hardly means; the rule is that of the node, part by part."""
    _walk(node, rule, frozenset(), troubles)


def _walk(node: Node, rule: RuleShape, known: frozenset[str], troubles: Troubles) -> None:
    """Walk down node and rule together; `known` are the attributes that a group around asks to be set."""
    if isinstance(node, Group):
        parts = rule.all or rule.any
        if rule.all:
            known |= {part.attribute.name for part in parts if part.attribute and part.attribute.known}
        _warn_of_group(node, rule, troubles)
        for inner, part in zip(node.parts, parts, strict=True):
            _walk(inner, part, known, troubles)
    elif isinstance(node, Not) and rule.not_ is not None:
        _warn_of_unknown(node.part, rule, known, troubles)
        _walk(node.part, rule.not_, known, troubles)
    elif isinstance(node, Comparison):
        _warn_of_unknown(node, rule, known, troubles)


def _warn_of_unknown(node: Node, rule: RuleShape, known: frozenset[str], troubles: Troubles) -> None:
    asked = rule.not_.attribute if rule.not_ is not None else None
    if asked is None or asked.known is not None or asked.name in known or not isinstance(node, Comparison):
        return
    name = node.term.steps[-1].name
    message = f"People without {name} are included; add `and {name} is set` to leave them out."
    troubles.warn(node.at, "empty_note", message)


def _warn_of_group(node: Group, rule: RuleShape, troubles: Troubles) -> None:
    parts = rule.all or rule.any
    said = {repr(part) for part in parts}
    opposite = any(part.not_ is not None and repr(part.not_) in said for part in parts)
    if rule.all and (opposite or _is_empty(parts)):
        troubles.warn(node.at, "never", "This can never be true.")
    if rule.any and (opposite or _is_everything(parts)):
        troubles.warn(node.at, "always", "This is always true.")


def _is_empty(parts: Sequence[RuleShape]) -> bool:
    """Return whether one attribute is asked to be in ranges or among values that have nothing in common."""
    for own in _by_attribute(parts):
        intervals = [_interval(part) for part in own if _is_bounded(part)]
        if intervals and max(low for low, _ in intervals) > min(high for _, high in intervals):
            return True
        choices = [set(part.attribute.is_) for part in own if part.attribute and part.attribute.is_]
        if choices and not set.intersection(*choices):
            return True
    return False


def _is_everything(parts: Sequence[RuleShape]) -> bool:
    """Return whether the ranges of one attribute leave no whole number out."""
    for own in _by_attribute(parts):
        reached = float("-inf")
        for low, high in sorted(_interval(part) for part in own if _is_bounded(part)):
            if low > reached + 1:
                break
            reached = max(reached, high)
        if reached == float("inf"):
            return True
    return False


def _by_attribute(parts: Sequence[RuleShape]) -> Iterable[list[RuleShape]]:
    named: dict[str, list[RuleShape]] = {}
    for part in parts:
        if part.attribute is not None:
            named.setdefault(part.attribute.name, []).append(part)
    return named.values()


def _is_bounded(part: RuleShape) -> bool:
    asked = part.attribute
    return asked is not None and (asked.at_least is not None or asked.at_most is not None)


def _interval(part: RuleShape) -> _Interval:
    asked = part.attribute
    low = asked.at_least if asked is not None and asked.at_least is not None else float("-inf")
    high = asked.at_most if asked is not None and asked.at_most is not None else float("inf")
    return low, high
