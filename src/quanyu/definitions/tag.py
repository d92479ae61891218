"""Tags in YAML: `library/tags/*.yaml` (TAG-01 to TAG-17).  A tag gives a person a value, from features of the person.

loyal_shopper:
  label: {zh: 忠诚客, en: Loyal shopper}
  description: {zh: 近365天购买4天及以上, en: Bought on 4 days or more in 365}
  parent: frequency
  type: flag
  rule: {when: "purchase_days >= 4"}
  tests:
    - {given: {purchase_days: 4}, expect: "yes"}

What a tag or group does not say of its classes, owner, review, refresh and sensitivity it takes from its parent.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from quanyu.config import Workspace
from quanyu.definitions.catalogue import Catalogue, Definition, load_catalogue
from quanyu.definitions.document import Key
from quanyu.definitions.parameters import LabelShape
from quanyu.definitions.readiness import NeedShape
from quanyu.definitions.rules.expressions import read
from quanyu.definitions.shape import Frozen, Literal_, Names, Shape, Text, require_one
from quanyu.engine import columns_of, parse_expression
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.engine.tree import Tree
from quanyu.engine.typed import check_types, type_of
from quanyu.errors import Problem, Severity, Where, did_you_mean
from quanyu.tables.contract import Table, Type
from quanyu.tables.features import FEATURE_NEEDS, PERSON_FEATURE

FAMILIES: Final = ("basic", "purchasing_power", "behaviour")
"""The three families at the top of the tree (TAG-15)."""

HELD: Final = "yes"
"""The value of a flag that holds; one that does not hold has no row."""

_INHERITED: Final = ("volatility", "origin", "derivation", "refresh", "owner", "review_on", "sensitivity")
_WANTED: Final[Mapping[str, tuple[Type, ...]]] = {
    "flag": (Type.BOOL,),
    "category": (Type.TEXT,),
    "number": (Type.INT, Type.DECIMAL),
    "date": (Type.DATE,),
}
_SAID_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "flag": ("when",),
    "category": ("cases", "bands", "value"),
    "number": ("value",),
    "date": ("value",),
}


_BELOW: Final = t.col("number") < t.col("cut")


class CaseShape(Shape):
    """One case: the value of persons for whom the condition holds and none before it does."""

    when: Text
    value: Text


class BandsShape(Shape):
    """Bands of a number: below the first cut the first value, from each cut on the next one."""

    of: Text
    cuts: Annotated[tuple[int, ...], Field(min_length=1)]
    values: Names

    @model_validator(mode="after")
    def _has_a_value_per_band(self) -> Self:
        if len(self.values) != len(self.cuts) + 1 or list(self.cuts) != sorted(set(self.cuts)):
            message = f"{len(self.cuts)} cuts that rise make {len(self.cuts) + 1} bands; {len(self.values)} are named."
            raise PydanticCustomError("config.value", "{message}", {"message": message, "remedy": ""})
        return self


class TagRuleShape(Shape):
    """How the value comes from features: a condition, cases, bands, or an expression; `score` is a number beside it."""

    when: Text | None = None
    cases: tuple[CaseShape, ...] = ()
    otherwise: Text | None = None
    bands: BandsShape | None = None
    value: Text | None = None
    score: Text | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        require_one(self, "when", "cases", "bands", "value")
        if self.otherwise is not None and not self.cases:
            message = "`otherwise` belongs to cases."
            raise PydanticCustomError("config.value", "{message}", {"message": message, "remedy": ""})
        return self


class ExampleShape(Shape):
    """One row that tests the rule: features (all others are null) and the value they must give; none: no value."""

    given: Frozen[Literal_] = Field(default_factory=dict, validate_default=True)
    expect: Text | None = None


class TagShape(Shape):
    """A group (no `type`), or a tag with its rule and test rows.

    `values` names the only values of a category in both languages; without it any text is one.  `model`: what a tag
    that is modelled or predicted rests on.  `truth`: an expression that gives the right value where it is known.
    """

    label: LabelShape
    description: LabelShape | None = None
    parent: Text | None = None
    type: Literal["flag", "category", "number", "date"] | None = None
    volatility: Literal["static", "dynamic"] | None = None
    measure: Literal["qualitative", "quantitative"] | None = None
    origin: Literal["base", "business", "smart"] | None = None
    derivation: Literal["fact", "model", "predict"] | None = None
    refresh: Literal["daily", "weekly", "monthly"] | None = None
    owner: Text | None = None
    review_on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    sensitivity: Literal["none", "personal", "sensitive"] | None = None
    unit: Text | None = None
    values: Frozen[LabelShape] = Field(default_factory=dict, validate_default=True)
    rule: TagRuleShape | None = None
    model: Text | None = None
    truth: Text | None = None
    tests: tuple[ExampleShape, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.type is None:
            extra = [key for key in ("rule", "values", "tests", "truth") if getattr(self, key)]
            self._refuse(extra, f"A group says no {', '.join(extra)}; give the tag a type.")
            return self
        missing = [key for key in ("description", "parent", "rule", "tests") if not getattr(self, key)]
        self._refuse(missing, f"A tag needs {', '.join(missing)}.")
        if self.rule is not None and not any(getattr(self.rule, key) for key in _SAID_BY[self.type]):
            said = " or ".join(_SAID_BY[self.type])
            self._refuse([self.type], f"The rule of a {self.type} says {said}.")
        return self

    @staticmethod
    def _refuse(faults: list[str], message: str) -> None:
        if faults:
            raise PydanticCustomError("config.required", "{message}", {"message": message, "remedy": ""})


@dataclass(frozen=True, slots=True)
class Tag:
    """One node of the tree with all it inherits; a group has no `type`.

    `value` gives the text of the value, null for no value; `number` the number beside it.  `needs` are names of
    `library/needs`, each of which must be met; `version` changes with whatever changes the value.
    """

    code: str
    shape: TagShape
    path: tuple[str, ...]
    inherited: Mapping[str, str]
    value: Tree | None
    number: Tree | None
    truth: Tree | None
    features: tuple[str, ...]
    needs: tuple[str, ...]
    version: str

    @property
    def is_group(self) -> bool:
        """Return whether this is a group of tags, without values."""
        return self.shape.type is None

    @property
    def family(self) -> str:
        """Return the code of the family on the first level."""
        return self.path[0]

    @property
    def measure(self) -> str:
        """Return whether the tag says how much or of what kind; said, or following from the type."""
        return self.shape.measure or ("quantitative" if self.shape.type == "number" else "qualitative")


@dataclass(frozen=True, slots=True)
class Tags:
    """All groups and tags of a workspace by code, in the order of codes."""

    by_code: Mapping[str, Tag]
    catalogue: Catalogue[TagShape]

    def __iter__(self) -> Iterator[Tag]:
        return iter(self.by_code.values())

    @property
    def valued(self) -> tuple[Tag, ...]:
        """Return the tags that give values, groups left out."""
        return tuple(tag for tag in self if not tag.is_group)

    def find(self, code: str) -> Tag | Problem:
        """Return the tag or group of that code, or the problem of naming none."""
        if code in self.by_code:
            return self.by_code[code]
        remedy = did_you_mean(code, tuple(self.by_code)) or "`quanyu tags list` lists them."
        return Problem("tag.unknown", f'Tag "{code[:60]}" does not exist.', remedy)


def load_tags(workspace: Workspace) -> tuple[Tags | None, list[Problem]]:
    """Return every tag of library and workspace, or None when one has an error, and every problem."""
    found, problems = load_catalogue("tags", TagShape, workspace)
    needs, _ = load_catalogue("needs", NeedShape, workspace)
    tags = {}
    for definition in found:
        reader = _Reader(definition, found, needs)
        tags[definition.name] = reader.tag()
        problems += reader.problems
    if any(problem.severity is Severity.ERROR for problem in problems):
        return None, problems
    return Tags(tags, found), problems


class _Reader:
    """Reads one definition; `problems` holds what is wrong with it, each at its place."""

    def __init__(
        self, definition: Definition[TagShape], tags: Catalogue[TagShape], needs: Catalogue[NeedShape]
    ) -> None:
        self.definition = definition
        self.shape = definition.value
        self.tags = tags
        self.needs = needs
        self.problems: list[Problem] = []

    def tag(self) -> Tag:
        """Return the tag; only to be used when there are no problems."""
        path = self._path()
        inherited = self._inherited(path)
        value, number = (None, None) if self.shape.rule is None else self._compiled(self.shape.rule)
        truth = None if self.shape.truth is None else self._tree(self.shape.truth, ("truth",), (Type.TEXT,))
        self._check_examples()
        self._check_model(inherited)
        used = sorted(columns_of(value) if value is not None else ())
        needed = tuple(dict.fromkeys(FEATURE_NEEDS[name] for name in used if name in FEATURE_NEEDS))
        for name in needed:
            wrong = self.needs.find(name, self.definition.place("rule"))
            self.problems += [wrong] if isinstance(wrong, Problem) else []
        return Tag(
            code=self.definition.name,
            shape=self.shape,
            path=path,
            inherited=inherited,
            value=value,
            number=number,
            truth=truth,
            features=tuple(used),
            needs=needed,
            version=_version(self.shape),
        )

    def _path(self) -> tuple[str, ...]:
        path = [self.definition.name]
        while (parent := self.tags[path[0]].value.parent) is not None:
            if parent in path:
                circle = " → ".join([*reversed(path[: path.index(parent) + 1]), path[0]][::-1])
                self._wrong("config.cycle", f"{circle}: the tag stands under itself.", "Name another parent.", "parent")
                return tuple(path)
            if parent not in self.tags:
                if path[0] == self.definition.name:
                    found = self.tags.find(parent, self.definition.place("parent"))
                    self.problems += [found] if isinstance(found, Problem) else []
                return (parent, *path)
            path.insert(0, parent)
        if path[0] not in FAMILIES and len(path) == 1:
            message = f'"{path[0]}" stands under none of the families {", ".join(FAMILIES)}.'
            self._wrong("config.required", message, "Name a parent.")
        return tuple(path)

    def _inherited(self, path: tuple[str, ...]) -> Mapping[str, str]:
        shapes = [self.tags[code].value for code in path if code in self.tags]
        said = {key: [text for shape in shapes if (text := getattr(shape, key))] for key in _INHERITED}
        missing = [key for key, texts in said.items() if not texts]
        if missing and self.shape.type is not None and path[0] in FAMILIES:
            self._wrong("config.required", f"Neither the tag nor a group above says {', '.join(missing)}.", "Say it.")
        day = said["review_on"][-1] if said["review_on"] else "2000-01-01"
        try:
            date.fromisoformat(day)
        except ValueError:
            self._wrong("config.value", f'"{day}" is no date.', "Write the day as 2027-06-30.", "review_on")
        return {key: texts[-1] for key, texts in said.items() if texts}

    def _compiled(self, rule: TagRuleShape) -> tuple[Tree | None, Tree | None]:
        kind = self.shape.type or ""
        number = None
        if rule.score is not None:
            number = self._tree(rule.score, ("rule", "score"), _WANTED["number"])
        if rule.when is not None:
            held = self._tree(rule.when, ("rule", "when"), _WANTED["flag"])
            return (None if held is None else t.case([(held, t.lit(HELD))])), number
        if rule.cases:
            return self._cases(rule), number
        if rule.bands is not None:
            return self._bands(rule.bands), number
        value = self._tree(rule.value or "", ("rule", "value"), _WANTED[kind])
        if value is None or kind == "category":
            return value, number
        return t.cast(value, "VARCHAR"), value if kind == "number" else number

    def _cases(self, rule: TagRuleShape) -> Tree | None:
        branches = []
        for place, case in enumerate(rule.cases):
            when = self._tree(case.when, ("rule", "cases", place, "when"), _WANTED["flag"])
            self._check_value(case.value, ("rule", "cases", place, "value"))
            branches.append((when, t.lit(case.value)))
        if rule.otherwise is not None:
            self._check_value(rule.otherwise, ("rule", "otherwise"))
        done = [(when, value) for when, value in branches if when is not None]
        return t.case(done, None if rule.otherwise is None else t.lit(rule.otherwise)) if done else None

    def _bands(self, bands: BandsShape) -> Tree | None:
        number = self._tree(bands.of, ("rule", "bands", "of"), (*_WANTED["number"], Type.RATIO))
        for place, value in enumerate(bands.values):
            self._check_value(value, ("rule", "bands", "values", place))
        if number is None:
            return None
        below = [
            (q.put(_BELOW, {"number": number, "cut": t.lit(cut)}), t.lit(value))
            for cut, value in zip(bands.cuts, bands.values[:-1], strict=True)
        ]
        return t.case([(t.is_null(number.copy()), t.lit(None)), *below], t.lit(bands.values[-1]))

    def _tree(self, text: str, path: tuple[Key, ...], wanted: tuple[Type, ...]) -> Tree | None:
        where = self.definition.place(*path)
        tree, found = read(self.definition, text, PERSON_FEATURE, path)
        self.problems += found
        if tree is None:
            return None
        mixed, given = _judged(text)
        self.problems += [Problem(one.code, one.message, one.remedy, where) for one in mixed]
        if given is not None and given not in wanted:
            names = " or ".join(kind.value for kind in wanted)
            message = f"`{text[:60]}` gives {given.value}, not {names}."
            remedy = "Compute in whole numbers: int_div(100 * a, b)." if given is Type.RATIO else ""
            self.problems.append(Problem("config.type", message, remedy, where))
        return tree

    def _check_value(self, value: str, path: tuple[Key, ...]) -> None:
        if value not in self.shape.values:
            remedy = did_you_mean(value, tuple(self.shape.values)) or "Name it under `values`, in both languages."
            self._wrong("config.reference", f'Value "{value[:60]}" has no name.', remedy, *path)

    def _check_examples(self) -> None:
        for number, example in enumerate(self.shape.tests):
            for name in example.given:
                if PERSON_FEATURE.column(name) is None:
                    remedy = did_you_mean(name, PERSON_FEATURE.column_names)
                    self._wrong("config.reference", f'No feature "{name[:60]}".', remedy, "tests", number, "given")
            if example.expect is not None and self.shape.values:
                self._check_value(example.expect, ("tests", number, "expect"))

    def _check_model(self, inherited: Mapping[str, str]) -> None:
        derivation = inherited.get("derivation")
        if self.shape.type is None or derivation not in ("model", "predict"):
            return
        if self.shape.model is None:
            self._wrong("config.required", f"A tag of derivation {derivation} names its model.", "Say `model`.")
        if derivation == "predict" and self.shape.truth is None:
            message = "A predicted tag is judged by what is true."
            self._wrong(
                "config.required", message, "Say `truth`: an expression that gives the right value where known."
            )

    def _wrong(self, code: str, message: str, remedy: str, *path: Key) -> None:
        self.problems.append(Problem(code, message, remedy, self.definition.place(*path)))


@cache
def _judged(text: str) -> tuple[tuple[Problem, ...], Type | None]:
    """Return what mixes kinds of values in an expression over features, and what it gives.

    Remembered: hundreds of rules are read at every build, and telling types takes most of that time.
    """
    tree, _ = parse_expression(text, PERSON_FEATURE.column_names, Where())
    if tree is None:
        return (), None
    features = _narrow(columns_of(tree))
    query = t.select({"value": tree.copy()}, features.name)
    return tuple(check_types(query, [features], None, "")), type_of(tree, features)


def _narrow(names: frozenset[str]) -> Table:
    """Only the columns named: types are told from the contract, and this one is wide."""
    columns = tuple(column for column in PERSON_FEATURE.columns if column.name in names)
    return replace(PERSON_FEATURE, key=(), columns=columns or PERSON_FEATURE.columns[:1])


def _version(shape: TagShape) -> str:
    said: dict[str, Any] = {"type": shape.type, "rule": shape.rule.model_dump(mode="json") if shape.rule else None}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
