"""The field's words: what a table, a column or a class may not be called (house.md 3.8, docs/glossary.yaml)."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from house.source import ROOT, modules
from quanyu.definitions.strict_yaml import read_yaml

GLOSSARY = ROOT / "docs" / "glossary.yaml"

# In class and module names these say nothing.
CATCH_ALLS = dict.fromkeys(("utils", "util", "helper", "manager"), "what it does")


def glossary(path: Path = GLOSSARY) -> dict[str, dict]:
    """Return the terms of the glossary by their word."""
    document, problems = read_yaml(path, path.name)
    assert document is not None and problems == [], problems
    return dict(document.data)


def _instead(terms: dict[str, dict], *keys: str) -> dict[str, str]:
    """Return each refused word with what to say instead."""
    return {word: term for term, entry in terms.items() for key in keys for word in entry.get(key, ())}


_TERMS = glossary()
COLUMN_WORDS = _instead(_TERMS, "not", "not_in_tables")
CLASS_WORDS = _instead(_TERMS, "not") | CATCH_ALLS


def words(name: str) -> list[str]:
    """The words of a snake_case or CamelCase name, in lower case: `OrderLine` → order, line."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def _wrong(name: str, forbidden: dict[str, str]) -> Iterator[str]:
    yield from (f"{word} → {forbidden[word]}" for word in words(name) if word in forbidden)


def contract_faults(tables: Iterable) -> list[str]:
    """Tables and columns that use a word which is not the field's: `table.column: word → word to use`."""
    found = []
    for table in tables:
        found += [f"{table.name}: {what}" for what in _wrong(table.name, COLUMN_WORDS)]
        for name in table.column_names:
            found += [f"{table.name}.{name}: {what}" for what in _wrong(name, COLUMN_WORDS)]
    return found


def class_faults(package: Path) -> list[str]:
    """Classes and modules that use a word which is not the field's."""
    found = []
    for module in modules(package):
        found += [f"{module.place}: {what}" for what in _wrong(module.path.stem, CLASS_WORDS)]
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                found += [f"{module.place}:{node.name}: {what}" for what in _wrong(node.name, CLASS_WORDS)]
    return found
