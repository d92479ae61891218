"""Writes a rule as text, in one normal form that reads back to the same rule.

A group of one part is written as that part, since it says nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from quanyu.definitions.segment_acts import ActShape, DidShape, SequenceShape, WindowedShape
from quanyu.definitions.segment_list import PERSON_ID, ListShape
from quanyu.definitions.segment_rule import (
    AttributeShape,
    ChangedShape,
    EventShape,
    OrderShape,
    RelationShape,
    RuleShape,
    StageShape,
    TagShape,
)
from quanyu.segments.language.acts import MAX_DAYS, WHATS, number_name
from quanyu.segments.language.lexer import is_writable
from quanyu.segments.language.vocabulary import Noun, Sort, Vocabulary
from quanyu.segments.language.words import Label

_MONEY = Noun("", Sort.MONEY, Label("", ""))
_NAMES = {what: name for name, what in WHATS.items() if name not in ("event", "activity")}


@dataclass(frozen=True, slots=True)
class Written:
    """A rule as text; None when a part of it has no text form, and then what and why, each part once."""

    text: str | None
    missing: tuple[str, ...]


def write_rule(rule: RuleShape, vocabulary: Vocabulary) -> Written:
    """Return the text of a rule, or what of it cannot be said as text."""
    writer = _Writer(vocabulary)
    text = writer.node(rule)
    missing = tuple(dict.fromkeys(writer.missing))
    return Written(None if missing else text, missing)


class _Writer:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.by_code = {noun.code: (name, noun) for name, noun in vocabulary.attributes.items()}
        self.missing: list[str] = []

    def node(self, rule: RuleShape) -> str:
        """Return the text of a node without brackets around it."""
        rule = _bare(rule)
        if rule.all or rule.any:
            word = " and " if rule.all else " or "
            return word.join(self.part(part) for part in rule.all or rule.any)
        if rule.not_ is not None:
            return f"not {self.part(rule.not_)}"
        return self.leaf(rule)

    def part(self, rule: RuleShape) -> str:
        """Return the text of a node inside another: a group stands in brackets."""
        rule = _bare(rule)
        return f"({self.node(rule)})" if rule.all or rule.any else self.node(rule)

    def leaf(self, rule: RuleShape) -> str:
        kind = next(key for key in RuleShape.model_fields if getattr(rule, key) not in (None, ()))
        said = getattr(rule, kind)
        if kind in ("first", "last"):
            arguments = ", ".join([self.thing(said), *self.window(said)])
            return f"{kind}({arguments})"
        if kind == "sample":
            return f"sample({said.percent}, {self.quoted(said.seed)})"
        if kind == "persons":
            self.missing.append(f"a list of {len(said)} persons")
            return ""
        if kind in ("consent", "reach", "segment"):
            return f"{kind}({self.quoted(said)})"
        text: str = getattr(self, kind)(said)
        return text

    def did(self, said: DidShape) -> str:
        of = [number_name(said.of)] if said.of is not None else []
        what = f"{self.thing(said)}.{said.measure}({', '.join([*of, *self.window(said)])})"
        if said.measure in ("count", "distinct"):
            if (said.at_least is not None and said.at_least < 1) or (said.at_most is not None and said.at_most < 0):
                self.missing.append("a count of less than 1, which holds for everybody or nobody")
            return self.counted(what, said.at_least, said.at_most)
        is_money = str(said.of).endswith("_fen")
        return self.bounded(what, said.at_least, said.at_most, _MONEY if is_money else None)

    def thing(self, said: ActShape) -> str:
        name = _NAMES[said.what]
        if said.type is not None:
            name = f"event({self.quoted(said.type)})"
        elif said.activity is not None:
            name = f'activity("{said.activity}")'
        asked = [self.among(field, values) for field, values in said.where.items()]
        for field in dict.fromkeys((*said.least, *said.most)):
            noun = _MONEY if field.endswith("_fen") else None
            asked.append(self.bounded(number_name(field), said.least.get(field), said.most.get(field), noun))
        return f"{name}[{' and '.join(asked)}]" if asked else name

    def window(self, said: WindowedShape) -> list[str]:
        if said.days is not None:
            if not said.ago:
                return [self.days(said.days)]
            return [f"{self.days(said.days + said.ago)}..{said.ago}d"]
        if said.during is not None:
            return [f"during: {self.quoted(said.during)}"]
        if said.whole is not None:
            whole = f"{said.whole.unit}s: {said.whole.count}"
            return [whole, f"ago: {said.whole.ago}"] if said.whole.ago else [whole]
        if said.this is not None:
            return [f"this: {said.this}"]
        days = {"from": said.from_, "until": said.until}
        return [f"{key}: {day.isoformat()}" for key, day in days.items() if isinstance(day, date)]

    def sequence(self, said: SequenceShape) -> str:
        parts = []
        for step in said.steps:
            if step.without is not None:
                parts.append(f"without: {self.thing(step.without)}")
            parts.append(self.thing(step))
        parts.append(f"within: {self.days(said.days)}")
        if said.gap_days is not None:
            parts.append(f"gap: {self.days(said.gap_days)}")
        if said.then_not is not None and said.then_days is not None:
            parts += [f"then_not: {self.thing(said.then_not)}", f"then: {self.days(said.then_days)}"]
        return f"sequence({', '.join(parts)})"

    def among(self, name: str, values: Sequence[str]) -> str:
        quoted = [self.quoted(value) for value in values]
        return f"{name} = {quoted[0]}" if len(quoted) == 1 else f"{name} in [{', '.join(quoted)}]"

    def list(self, said: ListShape) -> str:
        names = [said.file, *([said.identifier] if said.identifier != PERSON_ID or said.namespace else [])]
        return f"list({', '.join(self.quoted(name) for name in (*names, *filter(None, [said.namespace])))})"

    def tag(self, said: TagShape) -> str:
        name = f"tag({self.quoted(said.code)})"
        if said.is_:
            return self.among(name, said.is_)
        return name if said.at_least is said.at_most is None else self.bounded(name, said.at_least, said.at_most, None)

    def stage(self, said: StageShape) -> str:
        day = f", {said.on.isoformat()}" if said.on is not None else ""
        return self.among(f'stage("{said.model}"{day})', said.is_)

    def changed(self, said: ChangedShape) -> str:
        sides = [
            f"{key}: [{', '.join(self.quoted(one) for one in names)}]"
            for key, names in (("from", said.from_), ("to", said.to))
            if names
        ]
        return f'changed("{said.model}", {self.days(said.days)}, {", ".join(sides)})'

    def attribute(self, asked: AttributeShape) -> str:
        name, noun = self.by_code.get(asked.name, (asked.name, None))
        if noun is None:
            self.missing.append(f'attribute "{asked.name}", which is not known')
            return name
        if asked.known is not None:
            return f"{name} is {'set' if asked.known else 'empty'}"
        if asked.is_:
            return self.among(name, asked.is_)
        return self.bounded(name, asked.at_least, asked.at_most, noun)

    def bounded(self, what: str, least: int | None, most: int | None, noun: Noun | None) -> str:
        low, high = (self.number(bound, noun) if bound is not None else "" for bound in (least, most))
        if least is not None and most is not None:
            if least > most:
                self.missing.append(f"bounds of which the lower, {low}, is above the upper, {high}")
            return f"{what} = {low}" if least == most else f"between({what}, {low}, {high})"
        return f"{what} >= {low}" if least is not None else f"{what} <= {high}"

    def number(self, bound: int, noun: Noun | None) -> str:
        if noun is None or noun.sort is not Sort.MONEY or not self.vocabulary.currency.minor_digits:
            return str(bound)
        digits = self.vocabulary.currency.minor_digits
        sign, padded = "-" if bound < 0 else "", str(abs(bound)).rjust(digits + 1, "0")
        whole, part = padded[:-digits], padded[-digits:]
        return f"{sign}{whole}" if not int(part) else f"{sign}{whole}.{part}"

    def event(self, said: EventShape) -> str:
        what = f"event({self.quoted(said.type)}" if said.type is not None else f'activity("{said.activity}"'
        return self.counted(f"{what}, {self.days(said.days)})", said.at_least, said.at_most)

    def order(self, said: OrderShape) -> str:
        what = f'orders[line = "{said.line}"]' if said.line is not None else "orders"
        return self.counted(f"{what}.count({self.days(said.days)})", said.at_least, said.at_most)

    def counted(self, what: str, least: int | None, most: int | None) -> str:
        if least is None and most is None:
            return what
        if most == 0 and least is None:
            return f"{what} = 0"
        return self.bounded(what, least, most, None)

    def relation(self, said: RelationShape) -> str:
        name = "relation" if said.live else "relation.ever"
        return f"{name}({self.quoted(said.type) if said.type is not None else ''})"

    def days(self, days: int) -> str:
        if days > MAX_DAYS:
            self.missing.append(f"a window of {days} days, which is longer than {MAX_DAYS}")
        return f"{days}d"

    def quoted(self, text: str) -> str:
        if not is_writable(text):
            self.missing.append("a text with hidden characters")
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'


def _bare(rule: RuleShape) -> RuleShape:
    while len(rule.all or rule.any) == 1:
        rule = (rule.all or rule.any)[0]
    return rule
