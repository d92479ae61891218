"""Builds nodes of the rule tree by the keys of its YAML, and joins them."""

from collections.abc import Sequence
from typing import Any

from quanyu.definitions.segment_rule import RuleShape


def rule(kind: str, said: Any) -> RuleShape:
    """Return one node by its key in YAML: `rule("order", {"days": 90})`, `rule("not", other)`."""
    return RuleShape.model_validate({kind: said})


def join(word: str, parts: Sequence[RuleShape]) -> RuleShape | None:
    """Return parts joined by `and` or `or`; one part stands for itself, none gives None."""
    if len(parts) < 2:
        return parts[0] if parts else None
    return rule("all" if word == "and" else "any", tuple(parts))
