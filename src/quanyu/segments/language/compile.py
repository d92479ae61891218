"""Turns the text form of a rule into the rule tree, checked against a vocabulary; every problem at once.

read_rule('orders.count(90d) >= 2 and lifecycle = "dormant"', vocabulary) -> RuleShape(all=(…)), ()
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, get_args

from quanyu.definitions.segment_list import LISTABLE
from quanyu.definitions.segment_rule import Means, RuleShape
from quanyu.errors import Problem, nearest
from quanyu.segments.language.acts import Acts, Said, between
from quanyu.segments.language.contradiction import warn_of_contradictions
from quanyu.segments.language.parser import parse
from quanyu.segments.language.shapes import join, rule
from quanyu.segments.language.syntax import (
    Argument,
    Broken,
    Comparison,
    Group,
    Listed,
    Literal,
    Node,
    Not,
    Operand,
    Step,
    Term,
)
from quanyu.segments.language.trouble import Troubles, shown
from quanyu.segments.language.values import Test
from quanyu.segments.language.vocabulary import Noun, Sort, Vocabulary
from quanyu.segments.language.words import Label

MAX_REFERENCES: Final = 5
_PREFIXES: Final = ("member", "person")
_LINES: Final = {"online": Label("线上", "online"), "offline": Label("线下", "offline")}
_LINE: Final = Noun("line", Sort.CHOICE, Label("线上/线下", "line"), _LINES)
# What a leaf of its own says shorter than `did`.
_PLAIN: Final = frozenset({"what", "type", "activity", "days", "at_least", "at_most"})


def read_rule(text: str, vocabulary: Vocabulary) -> tuple[RuleShape | None, tuple[Problem, ...]]:
    """Return the rule a text says and every problem of it in the order of the text.

    The rule is None when a problem is an error; warnings say how something was understood.  Every code begins with
    `seg.` (`docs/segment-language.md`); `where` holds line and column in the text.  Never raises for a text.
    """
    troubles = Troubles(text)
    node = parse(text, troubles)
    found = _Compiler(vocabulary, troubles).rule_of(node) if node is not None else None
    if node is not None and found is not None and not troubles.refused:
        warn_of_contradictions(node, found, troubles)
    return (None if troubles.refused else found), troubles.sorted()


class _Compiler(Acts):
    """Compiles the conditions of one text; each method answers None for what is wrong and says why in `troubles`."""

    def __init__(self, vocabulary: Vocabulary, troubles: Troubles) -> None:
        super().__init__(vocabulary, troubles)
        self.leaves: Mapping[str, Callable[[Comparison], RuleShape | None]] = {
            "orders": self.counted,
            "lines": self.counted,
            "events": self.counted,
            "event": self.event,
            "activity": self.event,
            "first": lambda said: self.keyed("first", self.edge(said)),
            "last": lambda said: self.keyed("last", self.edge(said)),
            "sequence": lambda said: self.keyed("sequence", self.sequence(said)),
            "tag": self.tag,
            "stage": self.stage,
            "changed": self.changed,
            "segment": self.segment,
            "sample": self.sample,
            "list": self.listed,
            "relation": self.relation,
            "consent": self.consent,
            "reach": self.reach,
            "between": self.between,
        }

    def keyed(self, kind: str, said: Said | None) -> RuleShape | None:
        return rule(kind, said) if said is not None else None

    def rule_of(self, node: Node) -> RuleShape | None:
        if isinstance(node, Group):
            parts = [self.rule_of(part) for part in node.parts]
            return join(node.word, [part for part in parts if part is not None])
        if isinstance(node, Not):
            part = self.rule_of(node.part)
            return rule("not", part) if part is not None else None
        if isinstance(node, Broken):
            return None
        return self.leaf(node)

    def leaf(self, said: Comparison) -> RuleShape | None:
        first = said.term.steps[0]
        read = self.leaves.get(first.name)
        if read is not None:
            return read(said)
        if first.name in _PREFIXES and len(said.term.steps) > 1:
            return self.attribute(said, said.term.steps[1:])
        return self.attribute(said, said.term.steps)

    def attribute(self, said: Comparison, steps: tuple[Step, ...]) -> RuleShape | None:
        first = steps[0]
        noun = self.vocabulary.attributes.get(first.name)
        if noun is None:
            hit = nearest(first.name, (*self.leaves, *self.vocabulary.attributes))
            message = f'Unknown "{shown(first.name)}"'
            kind = "unknown_name" if first.arguments is None else "unknown_function"
            self.refuse(first.at, kind, f'{message}; did you mean "{hit}"?' if hit else f"{message}.")
            return None
        if len(steps) > 1 or first.arguments is not None or first.where is not None:
            self.refuse(first.at, "syntax", f'"{first.name}" stands alone; it has no parts.')
            return None
        test = self.tested(said, first.name, noun)
        return (
            None if test is None or self.asks_part(test, said) else self.asked("attribute", {"name": noun.code}, test)
        )

    def asked(self, kind: str, who: Mapping[str, str], test: Test) -> RuleShape:
        """Return a leaf that asks for a value: of an attribute, of a tag."""
        asked = {
            "is": test.is_ or None,
            "at_least": test.at_least,
            "at_most": test.at_most,
            "known": test.known,
        }
        found = rule(kind, {**who, **{key: value for key, value in asked.items() if value is not None}})
        return rule("not", found) if test.negated else found

    def counted(self, said: Comparison) -> RuleShape | None:
        """Compile a measure of things done; what `order` and `event` say shorter becomes one of those."""
        first = said.term.steps[0]
        line = self.line(first)
        if line is not None:
            bare = Step(first.name, first.at, first.arguments)
            term = Term((bare, *said.term.steps[1:]), said.term.at)
            found = self.did(Comparison(term, said.sign, said.value, said.at, said.sign_at))
        else:
            found = self.did(said)
        if found is None:
            return None
        negated = found.pop("no", False)
        leaf = self.shortest(found, line)
        return rule("not", leaf) if negated and leaf is not None else leaf

    def shortest(self, said: Said, line: str | None) -> RuleShape | None:
        is_plain = said.keys() <= _PLAIN and "days" in said
        kept = {key: value for key, value in said.items() if key != "what"}
        if line is not None and not is_plain:
            self.refuse(0, "unsupported", "The line of an order can be asked of its count in a window alone.")
            return None
        if is_plain and said["what"] == "order":
            return rule("order", kept if line is None else {**kept, "line": line})
        if is_plain and said["what"] == "event" and ("type" in said or "activity" in said):
            return rule("event", kept)
        return rule("did", said)

    def line(self, step: Step) -> str | None:
        """Return the line of channels that orders are asked to be of, standing alone in square brackets."""
        said = step.where
        if step.name != "orders" or not isinstance(said, Comparison) or said.term.steps[0].name != "line":
            return None
        test = self.tested(said, "line", _LINE)
        if test is not None and len(test.is_) == 1 and not test.negated:
            return test.is_[0]
        if test is not None:
            self.refuse(said.at, "syntax", "Say one line.", 'Write orders[line = "online"].')
        return "online"

    def event(self, said: Comparison) -> RuleShape | None:
        """Compile event("…", 30d), which counts, and what is measured of events."""
        first, *rest = said.term.steps
        if rest:
            return self.counted(said)
        arguments = first.arguments or ()
        if first.where is not None or len(arguments) > 2:
            self.refuse(first.at, "syntax", f'Write {first.name}("…")[…].count(30d).')
            return None
        if len(arguments) < 2:
            if self.quoted(first) is not None:
                self.refuse(first.at, "unit", f'Give a window: {first.name}("…", 90d).')
            return None
        named = Step(first.name, first.at, arguments[:1])
        count = Step("count", first.at, arguments[1:])
        return self.counted(
            Comparison(Term((named, count), said.term.at), said.sign, said.value, said.at, said.sign_at)
        )

    def tag(self, said: Comparison) -> RuleShape | None:
        step = said.term.steps[0]
        code = self.quoted(step)
        if code is None or not self.is_whole(said):
            return None
        noun = self.vocabulary.tags.get(code)
        if noun is None:
            self.unknown(code, step.at, tuple(self.vocabulary.tags))
            return None
        if not said.sign or said.sign in ("is set", "is empty"):
            held = rule("tag", {"code": code})
            return rule("not", held) if said.sign == "is empty" else held
        test = self.tested(said, code, noun)
        return None if test is None or self.asks_part(test, said) else self.asked("tag", {"code": code}, test)

    def asks_part(self, test: Test, said: Comparison) -> bool:
        if test.contains is None and test.starts_with is None:
            return False
        self.refuse(said.sign_at, "unsupported", "No rule asks for a part of a text yet.", "Use =, !=, in.")
        return True

    def stage(self, said: Comparison) -> RuleShape | None:
        step = said.term.steps[0]
        model = self.model(step, said)
        arguments = (step.arguments or ())[1:]
        on = arguments[0].value if arguments else None
        if model is None or len(arguments) > 1 or (on is not None and not self.is_day(on)):
            if len(arguments) > 1:
                self.refuse(step.at, "syntax", 'Write stage("5r", 2026-01-31) = "r3".')
            return None
        noun = self.vocabulary.models[model]
        test = self.tested(said, model, noun)
        if test is None or not test.is_:
            if test is not None:
                self.refuse(said.sign_at, "type", "A stage is compared with stages.", f"Use in {list(noun.values)}.")
            return None
        day = {"on": on.value} if isinstance(on, Literal) else {}
        found = rule("stage", {"model": model, "is": test.is_, **day})
        return rule("not", found) if test.negated else found

    def is_day(self, said: Operand) -> bool:
        found = isinstance(said, Literal) and isinstance(said.value, date)
        if not found:
            self.refuse(said.at, "date", "A day is meant.", "Write year-month-day as 2026-03-31.")
        return found

    def model(self, step: Step, said: Comparison) -> str | None:
        name = self.quoted(step)
        if name is None or not self.is_whole(said):
            return None
        return self.one_of(name, self.vocabulary.models, "Models", step.at)

    def changed(self, said: Comparison) -> RuleShape | None:
        step = said.term.steps[0]
        model = self.model(step, said)
        arguments = (step.arguments or ())[1:]
        plain = [one for one in arguments if one.name is None]
        named = {one.name: one for one in arguments if one.name is not None}
        if model is None or not self.is_bare(said):
            return None
        if len(plain) != 1 or not named or not named.keys() <= {"from", "to"}:
            self.refuse(step.at, "syntax", 'Write changed("5r", 30d, from: ["r1", "r2"], to: ["r4"]).')
            return None
        days = self.days(plain[0].value)
        sides = {name: self.stages(model, one) for name, one in named.items()}
        if days is None or None in sides.values():
            return None
        return rule("changed", {"model": model, "days": days, **sides})

    def stages(self, model: str, said: Argument) -> tuple[str, ...] | None:
        items = said.value.items if isinstance(said.value, Listed) else (said.value,)
        known = (*self.vocabulary.models[model].values, "none")
        names = [item.value if isinstance(item, Literal) and isinstance(item.value, str) else "" for item in items]
        found = [self.one_of(name, known, "Stages", said.at) for name in names]
        return tuple(names) if names and None not in found else None

    def segment(self, said: Comparison) -> RuleShape | None:
        step = said.term.steps[0]
        name = self.quoted(step)
        if name is None or not self.is_whole(said) or not self.is_bare(said):
            return None
        known = self.vocabulary.segments
        if name not in known:
            hit = nearest(name, tuple(known))
            message = f'Segment "{shown(name)}" does not exist'
            self.refuse(step.at, "reference", f'{message}; did you mean "{hit}"?' if hit else f"{message}.")
            return None
        return rule("segment", name) if self.may_refer(name, step.at) else None

    def may_refer(self, name: str, at: int) -> bool:
        """Return whether a reference leads neither back to the segment being written nor too deep."""
        own, known = self.vocabulary.own, self.vocabulary.segments
        paths: list[tuple[str, ...]] = [(name,)]
        for _ in range(MAX_REFERENCES):
            rings = [path for path in paths if path[-1] == own]
            if rings:
                ring = " → ".join((str(own), *rings[0]))
                self.refuse(at, "cycle", f"{ring} refer to each other.")
                return False
            # One path to each name is enough; a ring elsewhere never ends and is found to be too deep.
            nexts = {after: (*path, after) for path in paths for after in known.get(path[-1], ())}
            paths = list(nexts.values())
        if paths:
            self.refuse(at, "depth", f"References deeper than {MAX_REFERENCES}.", "Write the rule out.")
        return not paths

    def sample(self, said: Comparison) -> RuleShape | None:
        step = said.term.steps[0]
        values = [one.value.value if isinstance(one.value, Literal) else None for one in step.arguments or ()]
        if not self.is_whole(said) or not self.is_bare(said):
            return None
        if len(values) != 2 or not isinstance(values[0], int) or not isinstance(values[1], str) or not values[1]:
            self.refuse(step.at, "syntax", 'Write sample(10, "seed"): percent of all persons, and any word.')
            return None
        if not 1 <= values[0] <= 99:
            self.refuse(step.at, "range", "A sample is 1 to 99 percent.")
            return None
        return rule("sample", {"percent": values[0], "seed": values[1]})

    def listed(self, said: Comparison) -> RuleShape | None:
        step = said.term.steps[0]
        values = [one.value.value if isinstance(one.value, Literal) else None for one in step.arguments or ()]
        if not self.is_whole(said) or not self.is_bare(said):
            return None
        names = [value for value in values if isinstance(value, str) and value]
        if not 1 <= len(values) <= 3 or len(names) < len(values):
            self.refuse(step.at, "syntax", 'Write list("lists/own.csv", "mobile"): a file and what its column holds.')
            return None
        if len(names) > 1 and self.one_of(names[1], LISTABLE, "Identifier types", step.at) is None:
            return None
        keys = dict(zip(("file", "identifier", "namespace"), names, strict=False))
        try:
            return rule("list", keys)
        except ValueError:
            self.refuse(step.at, "reference", "Not a CSV file below lists/.", 'Write list("lists/own.csv", "mobile").')
            return None

    def relation(self, said: Comparison) -> RuleShape | None:
        steps = said.term.steps
        ever = len(steps) == 2 and steps[1].name == "ever"
        step = steps[-1]
        if len(steps) > 2 or (len(steps) == 2 and not ever) or step.arguments is None:
            self.refuse(step.at, "syntax", 'Write relation("member") or relation.ever("member").')
            return None
        who: dict[str, object] = {"live": False} if ever else {}
        if step.arguments:
            name = self.quoted(step)
            if name is None or self.one_of(name, self.vocabulary.relations, "Relations", step.at) is None:
                return None
            who["type"] = name
        return rule("relation", who) if self.is_bare(said) else None

    def consent(self, said: Comparison) -> RuleShape | None:
        name = self.named(said, self.vocabulary.purposes, "Purposes")
        return rule("consent", name) if name is not None else None

    def reach(self, said: Comparison) -> RuleShape | None:
        name = self.named(said, get_args(Means), "Means")
        return rule("reach", name) if name is not None else None

    def between(self, said: Comparison) -> RuleShape | None:
        """Compile between(what, low, high): what is an attribute or a count."""
        arguments = said.term.steps[0].arguments or ()
        if len(arguments) != 3 or not isinstance(arguments[0].value, Term) or said.sign:
            self.refuse(said.at, "syntax", "A value between two bounds is meant.", "Write between(age, 18, 60).")
            return None
        return self.leaf(between(said, arguments[0].value, arguments))

    def named(self, said: Comparison, known: Any, what: str) -> str | None:
        """Return what a call of one quoted name names."""
        step = said.term.steps[0]
        name = self.quoted(step)
        if name is None or not self.is_whole(said) or not self.is_bare(said):
            return None
        return self.one_of(name, known, what, step.at)

    def is_bare(self, said: Comparison) -> bool:
        """Return whether nothing is compared; it is refused otherwise."""
        if said.sign:
            name = said.term.steps[0].name
            self.refuse(
                said.sign_at, "type", f"{name} holds or not; it is compared with nothing.", f"Use not {name}(…)."
            )
        return not said.sign

    def is_whole(self, said: Comparison) -> bool:
        """Return whether a term is one call without parts; it is refused otherwise."""
        first, *rest = said.term.steps
        if rest or first.where is not None:
            self.refuse(rest[0].at if rest else first.at, "syntax", f"{first.name}(…) has no parts.")
        return not rest and first.where is None
