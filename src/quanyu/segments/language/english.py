"""The English sentence of a rule.

Persons who ordered at least 2 times in the last 90 days, and whose life-cycle stage is “dormant”.
"""

from collections.abc import Sequence

from quanyu.config import Language
from quanyu.definitions.segment_acts import (
    ActShape,
    DidShape,
    EdgeShape,
    SequenceShape,
    StepShape,
    WholeShape,
    WindowedShape,
)
from quanyu.definitions.segment_list import PERSON_ID, ListShape
from quanyu.definitions.segment_rule import (
    AttributeShape,
    ChangedShape,
    EventShape,
    OrderShape,
    RelationShape,
    RuleShape,
    SampleShape,
    StageShape,
    TagShape,
)
from quanyu.segments.language.naming import Naming, quoted
from quanyu.segments.language.vocabulary import Noun, Sort, Vocabulary
from quanyu.segments.language.words import (
    ACTIVITY_LABELS,
    FIELD_LABELS,
    MEANS_LABELS,
    MEASURE_LABELS,
    THING_LABELS,
    Label,
)

_MONEY = Noun("", Sort.MONEY, Label("", ""))

_LINES = {None: "", "online": " online", "offline": " offline"}


def say_english(rule: RuleShape, vocabulary: Vocabulary) -> str:
    """Return the sentence of a rule in English."""
    return f"Persons {_English(vocabulary).node(rule)}."


class _English:
    """Every leaf answers what it says, or with `no` its opposite, as a clause behind "persons"."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.naming = Naming(vocabulary, Language.EN)

    def node(self, rule: RuleShape, no: bool = False) -> str:
        parts = rule.all or rule.any
        if rule.not_ is not None:
            return self.node(rule.not_, not no)
        if not parts:
            return self.leaf(rule, no)
        said = (", and " if rule.all else ", or ").join(self.part(part) for part in parts)
        return f"other than those ({said})" if no else said

    def part(self, rule: RuleShape) -> str:
        said = self.node(rule)
        return f"({said})" if len(rule.all or rule.any) > 1 else said

    def leaf(self, rule: RuleShape, no: bool) -> str:
        kind = next(key for key in RuleShape.model_fields if getattr(rule, key) not in (None, ()))
        said: str = getattr(self, kind)(getattr(rule, kind), no)
        return said

    def consent(self, purpose: str, no: bool) -> str:
        return f"who have {'not ' if no else ''}agreed to {self.naming.called(self.vocabulary.purposes, purpose)}"

    def reach(self, means: str, no: bool) -> str:
        return f"who {'cannot' if no else 'can'} be reached by {self.naming.called(MEANS_LABELS, means)}"

    def segment(self, name: str, no: bool) -> str:
        return f"who are {'not ' if no else ''}in the segment {quoted(name)}"

    def persons(self, persons: Sequence[int], no: bool) -> str:
        return f"who are {'not ' if no else ''}on a list of {len(persons):,} persons"

    def list(self, said: ListShape, no: bool) -> str:
        at = f" of {quoted(said.namespace)}" if said.namespace is not None else ""
        by = "person id" if said.identifier == PERSON_ID else quoted(said.identifier)
        return f"who are {'not ' if no else ''}listed in the file {quoted(said.file)} (by {by}{at})"

    def sample(self, said: SampleShape, no: bool) -> str:
        return f"who are {'not ' if no else ''}in a random {said.percent} % (seed {quoted(said.seed)})"

    def tag(self, said: TagShape, no: bool) -> str:
        name, noun = self.naming.noun(self.vocabulary.tags, said.code)
        if not said.is_ and said.at_least is said.at_most is None:
            return f"who {'do not have' if no else 'have'} the tag {quoted(name)}"
        return f"whose tag {quoted(name)} is {self.asked(said.is_, (said.at_least, said.at_most), None, noun, no)}"

    def stage(self, said: StageShape, no: bool) -> str:
        name, noun = self.naming.noun(self.vocabulary.models, said.model)
        stages = " or ".join(self.naming.value(noun, one) for one in said.is_)
        if said.on is None:
            return f"whose stage of {name} is {'not ' if no else ''}{stages}"
        return f"whose stage of {name} on {said.on.isoformat()} was {'not ' if no else ''}{stages}"

    def changed(self, said: ChangedShape, no: bool) -> str:
        name, noun = self.naming.noun(self.vocabulary.models, said.model)
        sides = [
            f" {word} {' or '.join('no stage' if one == 'none' else self.naming.value(noun, one) for one in side)}"
            for word, side in (("from", said.from_), ("to", said.to))
            if side
        ]
        turned = "did not turn" if no else "turned"
        return f"whose stage of {name} {turned}{''.join(sides)} in the last {_days(said.days)}"

    def did(self, said: DidShape, no: bool) -> str:
        window, thing = self.window(said), self.thing(said)
        if said.measure == "count":
            article = " an" if said.what != "event" else ""
            return f"who {_did('had', 'have', f'{article} {thing}', said, no)} {window}"
        name = self.naming.called(FIELD_LABELS, said.of or "")
        noun = _MONEY if (said.of or "").endswith("_fen") and said.measure != "distinct" else None
        bounds = (said.at_least, said.at_most)
        low, high = (self.naming.number(bound, noun) if bound is not None else None for bound in bounds)
        measure = self.naming.called(MEASURE_LABELS, said.measure)
        return f"whose {measure} of {name} of {thing} {window} is {_range(low, high, no)}"

    def thing(self, said: ActShape) -> str:
        if said.type is not None:
            name = quoted(self.naming.called(self.vocabulary.events, said.type).strip("“”"))
        elif said.activity is not None:
            name = self.naming.called(ACTIVITY_LABELS, said.activity)
        else:
            name = self.naming.called(THING_LABELS, said.what)
        asked = [
            f"{self.naming.called(FIELD_LABELS, field)} {self.asked(values, (None, None), None, None, False)}"
            for field, values in said.where.items()
        ]
        for field in dict.fromkeys((*said.least, *said.most)):
            bounds = (said.least.get(field), said.most.get(field))
            noun = _MONEY if field.endswith("_fen") else None
            asked.append(f"{self.naming.called(FIELD_LABELS, field)} {self.asked((), bounds, None, noun, False)}")
        return f"{name} (with {', '.join(asked)})" if asked else name

    def window(self, said: WindowedShape) -> str:
        if said.days is not None and said.ago:
            return f"between {said.days + said.ago} and {said.ago} days ago"
        if said.days is not None:
            return f"in the last {_days(said.days)}"
        if said.during is not None:
            return f'during campaign "{said.during}"'
        if said.whole is not None:
            return _whole(said.whole)
        if said.this is not None:
            return f"this {said.this} to date"
        start = f"from {said.from_.isoformat()} on" if said.from_ is not None else ""
        end = f"before {said.until.isoformat()}" if said.until is not None else ""
        return f"{start}{' and ' if start and end else ''}{end}" or "ever"

    def first(self, said: EdgeShape, no: bool, which: str = "first") -> str:
        return f"whose {which} {self.thing(said)} was {'not ' if no else ''}{self.window(said)}"

    def last(self, said: EdgeShape, no: bool) -> str:
        return self.first(said, no, "last")

    def sequence(self, said: SequenceShape, no: bool) -> str:
        steps = ", then ".join(self.step(step) for step in said.steps)
        gap = f", at most {said.gap_days} days between steps" if said.gap_days is not None else ""
        after = f", and for {said.then_days} days after no {self.thing(said.then_not)}" if said.then_not else ""
        had = "did not have" if no else "had"
        return f"who {had} one after the other ({steps}{gap}{after}) in the last {_days(said.days)}"

    def step(self, said: StepShape) -> str:
        absent = f"(without {self.thing(said.without)} in between) " if said.without is not None else ""
        return f"{absent}{self.thing(said)}"

    def attribute(self, asked: AttributeShape, no: bool) -> str:
        name, noun = self.naming.noun(self.vocabulary.attributes, asked.name)
        said = self.asked(asked.is_, (asked.at_least, asked.at_most), asked.known, noun, no)
        return f"whose {_inside(name)} is {said}"

    def asked(
        self,
        values: Sequence[str],
        bounds: tuple[int | None, int | None],
        known: bool | None,
        noun: Noun | None,
        no: bool,
    ) -> str:
        if known is not None:
            return "known" if known is not no else "unknown"
        unknown = " (or is unknown)" if no else ""
        if values:
            said = " or ".join(self.naming.value(noun, value) for value in values)
            return f"{'not ' if no else ''}{said}{unknown}"
        low, high = (self.naming.number(bound, noun) if bound is not None else None for bound in bounds)
        return f"{_range(low, high, no)}{unknown}"

    def event(self, said: EventShape, no: bool) -> str:
        what = (
            quoted(self.naming.called(self.vocabulary.events, said.type).strip("“”"))
            if said.type is not None
            else self.naming.called(ACTIVITY_LABELS, said.activity or "")
        )
        return f"who {_did('had', 'have', f' {what}', said, no)} in the last {_days(said.days)}"

    def order(self, said: OrderShape, no: bool) -> str:
        line = _LINES[said.line]
        return f"who {_did('ordered', 'order', line, said, no)} in the last {_days(said.days)}"

    def relation(self, said: RelationShape, no: bool) -> str:
        if said.type is None:
            return _held("have", "a relation with the brand", said.live, no)
        return _held("are", f"a {self.naming.called(self.vocabulary.relations, said.type)}", said.live, no)


def _did(past: str, verb: str, what: str, said: EventShape | OrderShape | DidShape, no: bool) -> str:
    """Return how often something was done: at least once when no bound is said."""
    least, most = said.at_least, said.at_most
    if least is None and (most is None or most == 0):
        return f"did not {verb}{what}" if (most == 0) is not no else f"{past}{what}"
    low, high = (None if bound is None else f"{bound:,}" for bound in (least, most))
    times = _range(low, high, no)
    return f"{past}{what} {times} time{'' if times.endswith(' 1') else 's'}"


def _held(verb: str, what: str, live: bool, no: bool) -> str:
    if live:
        return (
            f"who {verb} {'not ' if no else ''}{what}"
            if verb == "are"
            else f"who {'do not have' if no else 'have'} {what}"
        )
    return f"who have {'never' if no else 'at some time'} {'been' if verb == 'are' else 'had'} {what}"


def _range(low: str | None, high: str | None, no: bool) -> str:
    if low is not None and high is not None:
        if low == high:
            return f"not exactly {low}" if no else f"exactly {low}"
        return f"{'not ' if no else ''}between {low} and {high}"
    if low is not None:
        return f"fewer than {low}" if no else f"at least {low}"
    return f"more than {high}" if no else f"at most {high}"


def _whole(said: WholeShape) -> str:
    periods = f"{said.count} whole {said.unit}{'' if said.count == 1 else 's'}"
    return f"in the {periods} before the last {said.ago}" if said.ago else f"in the last {periods}"


def _days(days: int) -> str:
    return "day" if days == 1 else f"{days} days"


def _inside(label: str) -> str:
    """Return a label as it stands inside a sentence: RFM keeps its capitals."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
