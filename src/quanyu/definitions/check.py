"""Checks a document against a shape: a frozen object, or every problem with file, line, nearest key and remedy."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from quanyu.definitions.document import Document, Path, dotted
from quanyu.definitions.shape import Shape
from quanyu.errors import Problem, Where, did_you_mean, nearest

S = TypeVar("S", bound=Shape)

SECRET_KEYS = ("password", "passwd", "secret", "token", "api_key", "access_key", "secret_key", "private_key")
_LONGEST_SHOWN = 40
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
}


def check_shape(
    shape: type[S], document: Document, noted: Sequence[Problem] = (), inside: Path = ()
) -> tuple[S | None, list[Problem]]:
    """Return the document, or the part of it at `inside`, as a frozen object of the shape, or None and every problem.

    `noted` are problems already known (of reading): a place that has one is not reported a second time.
    """
    try:
        return shape.model_validate(document.value(*inside)), []
    except ValidationError as error:
        known = {(problem.where.file, problem.where.field) for problem in noted if problem.where.field}
        told = error.errors(include_url=False)
        details = (detail for detail in told if not _is_echo(detail, told))
        found = [_explain(shape, document, inside, detail) for detail in details]
        fresh = [problem for problem in found if (problem.where.file, problem.where.field) not in known]
        return None, in_order(dict.fromkeys(fresh))


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems as a reader meets them: by file and line."""
    return sorted(problems, key=lambda problem: (problem.where.file or "", problem.where.line or 0))


def json_schema_of(shape: type[Shape]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a shape, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **shape.model_json_schema()}


def show(given: Any) -> str:
    """Return a value as problems show it: its kind, and its text when short."""
    if given is None:
        return "nothing"
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, Mapping):
        return "a mapping"
    if isinstance(given, tuple):
        return "a list"
    kind = "text" if isinstance(given, str) else "number"
    written = str(given)
    short = written if len(written) <= _LONGEST_SHOWN else written[:_LONGEST_SHOWN] + "…"
    return f'{kind} "{short}"' if kind == "text" else f"{kind} {short}"


def _is_echo(detail: ErrorDetails, told: Sequence[ErrorDetails]) -> bool:
    # A list whose items are all refused is also reported as too short: no news.  Too few good items are.
    place = detail["loc"]
    return detail["type"] == "too_short" and any(
        other["loc"][: len(place)] == place and len(other["loc"]) > len(place) for other in told
    )


def _explain(shape: type[Shape], document: Document, inside: Path, detail: ErrorDetails) -> Problem:
    path: Path = (*inside, *(key for key in detail["loc"] if key != "[key]"))
    if detail["type"] != "missing":
        # Short forms are expanded before checking, so the path may go deeper than what was written.
        path = document.written(path)
    where = document.where(*path)
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(shape, path, len(inside), given, where)
    if kind == "missing" or given is None:
        remedy = _misspelt(path, len(inside), shape, document) if kind == "missing" else "Give it a value."
        return Problem("config.required", f'"{dotted(path)}" is required.', remedy, where)
    if kind.startswith("config."):
        return Problem(kind, detail["msg"], str(context.get("remedy", "")), where)
    if kind == "literal_error":
        return _not_one_of(str(context.get("expected", "")), given, where)
    if kind in _EXPECTED:
        return _wrong_type(_EXPECTED[kind], given, document, path, where)
    if kind == "string_pattern_mismatch":
        message = f"{show(given)} is not a name: lower-case letters, digits and _ only, a letter first."
        return Problem("config.name", message, "Rename it.", where)
    return Problem("config.range", _range_message(kind, given, context), "", where)


def _unknown_key(shape: type[Shape], path: Path, skip: int, given: Any, where: Where) -> Problem:
    key = str(path[-1])
    if isinstance(given, str) and key.casefold() in SECRET_KEYS:
        remedy = f"Use `{key}: {{env: NAME}}` or `{{file: …}}` where a secret is expected."
        return Problem("config.secret_inline", f'"{key}" holds a secret in clear.', remedy, where)
    allowed = _allowed_keys(shape, path[skip:-1])
    remedy = did_you_mean(key, allowed)
    place = f' under "{dotted(path[:-1])}"' if len(path) > 1 else ""
    if not remedy and any(key in _allowed_keys(shape, path[skip:cut]) for cut in range(skip, len(path) - 1)):
        remedy = "Did you mean one level up? Check the indentation."
    if not remedy:
        remedy = f"Known keys: {', '.join(allowed)}."
    return Problem("config.unknown_key", f'Unknown key "{key}"{place}.', remedy, where)


def _misspelt(path: Path, skip: int, shape: type[Shape], document: Document) -> str:
    present = document.value(*path[:-1])
    allowed = _allowed_keys(shape, path[skip:-1])
    strays = [key for key in present if key not in allowed] if isinstance(present, Mapping) else []
    hit = nearest(str(path[-1]), strays)
    return f'Is "{hit}" meant to be it?' if hit else "Add it."


def _not_one_of(expected: str, given: Any, where: Where) -> Problem:
    names = [name.strip().strip("'") for name in expected.replace(" or ", ", ").split(", ")]
    remedy = did_you_mean(given, names) if isinstance(given, str) else "Put it in quotes."
    return Problem("config.value", f"{show(given)} is not one of {', '.join(names)}.", remedy, where)


def _wrong_type(expected: str, given: Any, document: Document, path: Path, where: Where) -> Problem:
    if expected == "a mapping" and isinstance(given, str) and "：" in given:
        return Problem("yaml.fullwidth", 'Full-width "：" found.', 'Use ":" and a space.', where)
    place = document.place(*path)
    written = place.written if place is not None else ""
    remedy = ""
    if expected == "text" and written:
        # Long numbers may be phone numbers: they are not repeated.
        remedy = f'Put it in quotes: "{written}".' if len(written) < 10 else "Put it in quotes."
        given = written if len(written) < 10 else "…"
        return Problem("config.type", f"Expected text, got {given} without quotes.", remedy, where)
    if "number" in expected and isinstance(given, str):
        remedy = "Write the number without quotes, signs or separators."
    if expected == "a list":
        remedy = "Write [a, b] or one `- a` per line."
    return Problem("config.type", f"Expected {expected}, got {show(given)}.", remedy, where)


_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def _range_message(kind: str, given: Any, context: Mapping[str, Any]) -> str:
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"{show(given)} is out of range: it must be {words} {context[name]}."
    if kind in ("too_short", "string_too_short"):
        return "This may not be empty."
    if kind in ("too_long", "string_too_long"):
        return f"This is too long: at most {context.get('max_length')}."
    return f"{show(given)} is not allowed here."


@cache
def _schema(shape: type[Shape]) -> dict[str, Any]:
    return shape.model_json_schema()


def _allowed_keys(shape: type[Shape], path: Path) -> tuple[str, ...]:
    """Return the keys a shape allows at a path, in order of declaration; () when any key is."""
    top = _schema(shape)
    nodes = [top]
    for key in path:
        nodes = [inner for node in nodes for inner in _step(_resolve(node, top), key, top)]
    keys = (name for node in nodes for variant in _variants(node, top) for name in variant.get("properties", {}))
    return tuple(dict.fromkeys(keys))


def _resolve(node: Mapping[str, Any], top: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = node.get("$ref")
    return top["$defs"][reference.rsplit("/", 1)[-1]] if reference else node


def _variants(node: Mapping[str, Any], top: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    node = _resolve(node, top)
    inner: Collection[Mapping[str, Any]] = node.get("anyOf", ()) or node.get("allOf", ())
    return [_resolve(variant, top) for variant in inner] if inner else [node]


def _step(node: Mapping[str, Any], key: str | int, top: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = []
    for variant in _variants(node, top):
        if isinstance(key, int):
            found.append(variant.get("items"))
        else:
            found.append(variant.get("properties", {}).get(key, variant.get("additionalProperties")))
    return [inner for inner in found if isinstance(inner, Mapping)]
