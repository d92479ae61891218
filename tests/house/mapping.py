"""The reference `docs/mapping.md`: every key of a source mapping, drawn from its JSON Schema, and every fault of a row.

`./run docs` (`python -m house.mapping`) writes it anew; a test holds the page to the shapes.
"""

import inspect
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from house.source import ROOT
from quanyu.definitions import json_schema
from quanyu.definitions import source as source_shapes
from quanyu.ingest.messages import SAYINGS

PAGE = ROOT / "docs" / "mapping.md"

INTRODUCTION = """# mapping · every key of a source file

The reference of `sources/*.yaml`, drawn by `./run docs` from the shapes in `src/quanyu/definitions/source.py`. For a
guided tour read [bring your own data](bring-your-own-data.md). `quanyu schema source` prints the same as a JSON Schema,
for completion in an editor.

Names stand for one text or a list of them. "—" means the key may be left out and has no value then.
"""

# The order in which a person meets them.
SHAPES = (
    ("", "The file"),
    ("Feed", "Feeds"),
    ("ColumnMap", "Columns"),
    ("IdentifierMap", "Identifiers"),
    ("FillFromFirst", "fill_from_first"),
    ("CsvOptions", "csv"),
    ("ExcelOptions", "excel"),
    ("SqlOptions", "sql"),
)


def _kind(node: dict[str, Any]) -> str:
    """Return in words what a key takes."""
    if reference := node.get("$ref"):
        name = reference.rsplit("/", 1)[-1]
        titles = {shape: title for shape, title in SHAPES} | {"_SecretRef": "`{env: NAME}` or `{file: path}`"}
        return titles[name].lower() if not titles[name].startswith("`") else titles[name]
    if "enum" in node:
        return " ".join(f"`{value}`" for value in node["enum"])
    if "anyOf" in node:
        kinds = [_kind(inner) for inner in node["anyOf"] if inner.get("type") != "null"]
        if kinds[:2] == ["text", "list of text"]:
            kinds[:2] = ["names"]
        return " or ".join(dict.fromkeys(kinds))
    if node["type"] == "array":
        inner = "cleaners" if "trim" in node["items"].get("enum", ()) else _kind(node["items"])
        return f"list of {inner}"
    if node["type"] == "object":
        return f"mapping to {_kind(node['additionalProperties'])}"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}[node["type"]]


def _default(name: str, shape: dict[str, Any]) -> str:
    node = shape["properties"][name]
    if "default" not in node or isinstance(node["default"], dict):
        return "**required**" if name in shape.get("required", ()) else "—"
    value = node["default"]
    return "—" if value in (None, [], "") else f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _paragraphs(text: str) -> str:
    """Return a docstring as Markdown: single spaces, and a list only where it has one."""
    return re.sub(r"(?<=\S) {2}(?=\S)", " ", inspect.cleandoc(text)).strip()


def _shape_lines(title: str, shape: dict[str, Any]) -> Iterator[str]:
    yield from (f"## {title}", "", _paragraphs(shape.get("description", "")), "")
    yield from ("| key | takes | default |", "| --- | --- | --- |")
    yield from (f"| `{name}` | {_kind(node)} | {_default(name, shape)} |" for name, node in shape["properties"].items())
    yield ""


def _cleaner_text() -> str:
    """Return what stands below the names of the cleaners in the module."""
    text = inspect.getsource(source_shapes)
    found = re.search(r'^Cleaner = Literal\[.*?^\]\n"""(.*?)"""', text, re.DOTALL | re.MULTILINE)
    assert found, "the cleaners are explained below their names"
    return _paragraphs(found[1])


def _cleaner_lines() -> Iterator[str]:
    opening, _, listed = _cleaner_text().partition("\n\n")
    yield from ("## Cleaners", "", opening, "", "| cleaner | what it does |", "| --- | --- |")
    names = "|".join(source_shapes.Cleaner.__args__)
    for name, text in re.findall(rf"({names}): (.*?)(?=\s(?:{names}): |$)", " ".join(listed.split())):
        yield f"| `{name}` | {text} |"
    yield ""


def _fault_lines() -> Iterator[str]:
    yield from ("## Why a row is refused", "")
    yield "The code of a row in quarantine, what it means and what to do. `text.formula`, `identifier.masked` and"
    yield "`identifier.junk` are warnings: the row is kept."
    yield from ("", "| code | meaning | what to do |", "| --- | --- | --- |")
    yield from (f"| `{code}` | {message} | {remedy} |" for code, (message, remedy) in sorted(SAYINGS.items()))


def mapping_markdown() -> str:
    """Return the whole page."""
    top = json_schema("source")
    lines = [INTRODUCTION]
    for name, title in SHAPES:
        lines += _shape_lines(title, top["$defs"][name] if name else top)
    return "\n".join([*lines, *_cleaner_lines(), *_fault_lines()]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(mapping_markdown(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} written\n")
