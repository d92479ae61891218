"""For whom a finding is: the playbook's audiences, narrowed to the finding's group where a rule can say it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from quanyu.definitions.playbook import AudienceShape, PlaybookShape
from quanyu.definitions.segment_acts import DidShape, What
from quanyu.definitions.segment_rule import ATTRIBUTES, AttributeShape, RuleShape
from quanyu.diagnosis.series import Group
from quanyu.segments import Ground, Step, unknown_in, waterfall

# Dimension → attribute of the person as of the build that says the same.
_ATTRIBUTES: Final[Mapping[str, str]] = {
    "value_tier": "value_tier",
    "value_tier_opening": "value_tier",
    "lifecycle_stage": "lifecycle",
    "lifecycle_stage_opening": "lifecycle",
    "rfm_group": "rfm",
    "rfm_group_opening": "rfm",
    "stage_5r": "stage_5r",
    "opening_stage_5r": "stage_5r",
    "fp_layer": "fp_layer",
    "first_channel": "first_channel",
}
# Dimension → kinds of things done that have the field: who did any of them there in the last days.
_PLACES: Final[Mapping[str, tuple[What, ...]]] = {
    "channel": ("order", "event"),
    "store": ("order", "event"),
    "touchpoint": ("event",),
    "group": ("event",),
    "category": ("order_line",),
    "product": ("order_line",),
}
_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Audience:
    """One audience of one finding: whom the rule names, and the gates; `within`: the group it is narrowed to."""

    shape: AudienceShape
    within: Group
    steps: tuple[Step, ...]


def audiences_of(
    ground: Ground, findings: Iterable[tuple[str, Group, PlaybookShape]]
) -> dict[tuple[str, str], Audience]:
    """Return every audience of findings (id, group, playbook) by id and code; the same rule is counted once."""
    counted: dict[str, tuple[Step, ...]] = {}
    found = {}
    for finding_id, group, playbook in findings:
        leaves = {(name, value): leaf for name, value in group if (leaf := _leaf(ground, name, value)) is not None}
        for code, shape in playbook.audiences.items():
            rule = RuleShape(all=(shape.rule, *leaves.values())) if leaves else shape.rule
            narrow = shape.model_copy(update={"rule": rule})
            text = narrow.model_dump_json(by_alias=True)
            if text not in counted:
                counted[text] = waterfall(ground, narrow)
            found[finding_id, code] = Audience(narrow, tuple(leaves), counted[text])
    return found


def _leaf(ground: Ground, dimension: str, value: str | None) -> RuleShape | None:
    """Return the rule for those of a group; None where no fact of a person says it, or the facts are not known here."""
    if value is None:
        return None
    if dimension in _PLACES:
        done = [_done_there(what, dimension, value) for what in _PLACES[dimension]]
        known = tuple(rule for rule in done if not unknown_in(ground, rule))
        return RuleShape(any=known) if known else None
    attribute = ATTRIBUTES.get(_ATTRIBUTES.get(dimension, ""))
    if attribute is None or (attribute.values and value not in attribute.values):
        return None
    said = {"name": _ATTRIBUTES[dimension], "is": (value,)}
    return RuleShape(attribute=AttributeShape.model_validate(said))


def _done_there(what: What, field: str, value: str) -> RuleShape:
    return RuleShape(did=DidShape.model_validate({"what": what, "days": _DAYS, "where": {field: (value,)}}))
