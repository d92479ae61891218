"""Parameters of metrics and models: library defaults by industry, a workspace's overrides, and their version.

A result stores the version it was computed with, so that two figures can be told apart by what was assumed
(`domain.md` §2.0, §2.10).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from quanyu.config import INDUSTRIES, Workspace
from quanyu.definitions.check import check_shape, show
from quanyu.definitions.document import Document
from quanyu.definitions.folders import LIBRARY, shown
from quanyu.definitions.shape import Frozen, Shape, Text
from quanyu.definitions.strict_yaml import read_yaml
from quanyu.errors import InternalError, Problem, Severity, Where, did_you_mean

Value: TypeAlias = int | str | Decimal | tuple[int, ...]
"""A parameter's value; its kind decides which."""

TIME_ZONE = "P.tz"
_VERSION_LENGTH = 16

_Written: TypeAlias = Annotated[Any, BeforeValidator(lambda given: given)]


class LabelShape(Shape):
    """A label in both languages."""

    zh: Text
    en: Text


class ParameterShape(Shape):
    """One parameter of the library file."""

    kind: Literal["int", "decimal", "text", "ints"]
    default: _Written
    by_industry: Frozen[_Written] = Field(default_factory=dict, validate_default=True)
    min: int | None = None
    max: int | None = None
    length: int | None = None
    ascending: bool = False
    choices: tuple[Text, ...] = ()
    unit: str = ""
    mark: Annotated[str, Field(pattern=r"^(SEED|PROPOSED|V[0-9]+[a-z]?)$")]
    label: LabelShape
    source: Text


class LibraryShape(Shape):
    """The library file of parameters."""

    parameters: Frozen[ParameterShape]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter as it holds in a workspace: value, unit, evidence mark, labels, and where the value stands.

    `minimum` and `maximum` include their ends; `overridden` says that the workspace changed the library's value.
    """

    id: str
    value: Value
    unit: str
    mark: str
    zh: str
    en: str
    source: str
    minimum: int | None
    maximum: int | None
    choices: tuple[str, ...]
    where: Where
    overridden: bool = False


@dataclass(frozen=True, slots=True)
class Parameters:
    """All parameters of a workspace by id, and `version`: 16 hex digits of the sha256 of all values.

    Equal versions mean equal values of every parameter, the time zone included.
    """

    by_id: Mapping[str, Parameter]
    version: str

    def __getitem__(self, name: str) -> Parameter:
        return self.by_id[name]

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.by_id.values())

    def integer(self, name: str) -> int:
        """Return a whole number."""
        value = self.by_id[name].value
        if not isinstance(value, int):
            raise InternalError(f"parameter {name} is not a whole number")
        return value

    def integers(self, name: str) -> tuple[int, ...]:
        """Return a list of whole numbers."""
        value = self.by_id[name].value
        if not isinstance(value, tuple):
            raise InternalError(f"parameter {name} is not a list")
        return value

    def text(self, name: str) -> str:
        """Return a text."""
        value = self.by_id[name].value
        if not isinstance(value, str):
            raise InternalError(f"parameter {name} is not text")
        return value

    def decimal(self, name: str) -> Decimal:
        """Return an exact decimal."""
        value = self.by_id[name].value
        if not isinstance(value, Decimal):
            raise InternalError(f"parameter {name} is not a decimal")
        return value


def load_parameters(workspace: Workspace) -> tuple[Parameters | None, list[Problem]]:
    """Return the parameters that hold in a workspace, or None, and every problem of its overrides."""
    shapes, library = _library()
    found = {name: _default(name, shape, workspace.industry, library) for name, shape in shapes.items()}
    found[TIME_ZONE] = _time_zone(workspace)
    document, _ = read_yaml(workspace.settings_file, workspace.relative(workspace.settings_file))
    problems: list[Problem] = []
    for name, given in workspace.parameters.items():
        where = document.where("parameters", name) if document is not None else Where(field=name)
        value, problem = _override(name, given, shapes, where)
        if problem is not None:
            problems.append(problem)
        elif value is not None:
            found[name] = replace(found[name], value=value, where=where, overridden=True)
    problems += _check_together(found)
    if any(problem.severity is Severity.ERROR for problem in problems):
        return None, problems
    return Parameters(MappingProxyType(found), _version(found)), problems


def _library() -> tuple[Mapping[str, ParameterShape], Document]:
    path = LIBRARY / "parameters.yaml"
    document, problems = read_yaml(path, shown(path, None))
    shape, found = check_shape(LibraryShape, document) if document is not None else (None, [])
    if document is None or shape is None or problems:
        raise InternalError("\n".join(map(str, [*problems, *found])))
    for name, parameter in shape.parameters.items():
        unknown = set(parameter.by_industry) - set(INDUSTRIES)
        if unknown:
            raise InternalError(f"{name} names unknown industries {sorted(unknown)}")
    return shape.parameters, document


def _default(name: str, shape: ParameterShape, industry: str, library: Document) -> Parameter:
    key = ("by_industry", industry) if industry in shape.by_industry else ("default",)
    where = library.where("parameters", name, *key)
    value, problem = read_value(shape.by_industry.get(industry, shape.default), shape, where)
    if value is None:
        raise InternalError(str(problem))
    return Parameter(
        id=name,
        value=value,
        unit=shape.unit,
        mark=shape.mark,
        zh=shape.label.zh,
        en=shape.label.en,
        source=shape.source,
        minimum=shape.min,
        maximum=shape.max,
        choices=shape.choices,
        where=where,
    )


def _time_zone(workspace: Workspace) -> Parameter:
    where = Where(file=workspace.relative(workspace.settings_file), field="time_zone")
    return Parameter(
        TIME_ZONE, workspace.time_zone, "", "PROPOSED", "时区", "Time zone", "domain §2.0", None, None, (), where
    )


def _override(
    name: str, given: Any, shapes: Mapping[str, ParameterShape], where: Where
) -> tuple[Value | None, Problem | None]:
    if name == TIME_ZONE:
        return None, Problem("config.exclusive", "The time zone is no override.", 'Use "time_zone".', where)
    if name not in shapes:
        remedy = did_you_mean(name, tuple(shapes)) or "See docs/definitions.md for the list."
        return None, Problem("config.reference", f'Parameter "{name[:60]}" does not exist.', remedy, where)
    return read_value(given, shapes[name], where)


def read_value(given: Any, shape: ParameterShape, where: Where) -> tuple[Value | None, Problem | None]:
    """Return what was written as a value of the parameter's kind, or the problem with it."""
    if given is None:
        return None, Problem("config.required", "The parameter has no value.", "Give it one, or remove it.", where)
    value = _convert(given, shape.kind)
    if value is None:
        return None, Problem("config.type", f"Expected {_KINDS[shape.kind]}, got {show(given)}.", "", where)
    if isinstance(value, str):
        if shape.choices and value not in shape.choices:
            message = f'"{value[:40]}" is not one of {", ".join(shape.choices)}.'
            return None, Problem("config.value", message, did_you_mean(value, shape.choices), where)
        return value, None
    return _in_range(value, shape, where)


_KINDS = {
    "int": "a whole number",
    "decimal": 'a decimal in quotes ("1.96")',
    "text": "text",
    "ints": "a list of whole numbers",
}


def _convert(given: Any, kind: str) -> Value | None:
    if kind == "int":
        return given if isinstance(given, int) and not isinstance(given, bool) else None
    if kind == "text":
        return given if isinstance(given, str) else None
    if kind == "decimal":
        return _decimal(given)
    if isinstance(given, tuple) and all(isinstance(one, int) and not isinstance(one, bool) for one in given):
        return given
    return None


def _decimal(given: Any) -> Decimal | None:
    # A float is refused: it is not the number that was written (reliability Y43).
    if isinstance(given, bool) or not isinstance(given, int | str):
        return None
    try:
        value = Decimal(given)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _in_range(
    value: int | Decimal | tuple[int, ...], shape: ParameterShape, where: Where
) -> tuple[Value | None, Problem | None]:
    numbers = value if isinstance(value, tuple) else (value,)
    low, high = shape.min, shape.max
    if any((low is not None and number < low) or (high is not None and number > high) for number in numbers):
        return None, Problem("config.range", f"Must be {low}–{high}.", "Change the value.", where)
    if isinstance(value, tuple) and shape.length is not None and len(value) != shape.length:
        message = f"Expected {shape.length} numbers, got {len(value)}."
        return None, Problem("config.range", message, f"They are: {shape.unit}.", where)
    if isinstance(value, tuple) and shape.ascending and list(value) != sorted(set(value)):
        return None, Problem("config.order", "The numbers must ascend.", "Put the smaller number first.", where)
    return value, None


def _check_together(found: Mapping[str, Parameter]) -> Iterator[Problem]:
    dormant, lost = found["P.life.q_dormant"], found["P.life.q_lost"]
    if isinstance(dormant.value, int) and isinstance(lost.value, int) and dormant.value >= lost.value:
        message = f"P.life.q_dormant ({dormant.value}) must be below P.life.q_lost ({lost.value})."
        where = dormant.where if dormant.overridden else lost.where
        yield Problem("config.order", message, "A person is dormant before being lost.", where)
    cuts = found["P.value_tier.cuts"]
    if isinstance(cuts.value, tuple) and cuts.value[-1] != 100:
        yield Problem("config.range", "The last tier must end at 100 percent.", "Write 100 last.", cuts.where)


def _version(found: Mapping[str, Parameter]) -> str:
    values = {name: str(one.value) if isinstance(one.value, Decimal) else one.value for name, one in found.items()}
    canonical = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_VERSION_LENGTH]
