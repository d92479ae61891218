"""The field's words: what a table, a column or a class may not be called (house.md 3.8, docs/glossary.yaml)."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from house.source import modules

# Only words that have one meaning here; `key`, `label` and the like are right in some places, and domain.md §3 decides
# about the columns it names (`qty`, `person_attribute`).
INSTEAD = {
    "customer": "person",
    "profile": "person",
    "uid": "person_id or identifier",
    "cust": "person",
    "transaction": "order, or transfer in the ledger",
    "txn": "order, or transfer in the ledger",
    "hit": "event",
    "created": "occurred_at or recorded_at, or what happened",
    "timestamp": "occurred_at, recorded_at or as_of",
    "kpi": "metric",
    "workflow": "journey",
    "wallet": "account",
    "variant": "arm",
    "optin": "consent",
    "amt": "amount",
    "cnt": "count",
    "dt": "date",
    "ts": "a word ending in _at",
    "desc": "description",
    "num": "count or number",
    "pct": "ratio (0-1)",
}
COLUMN_WORDS = INSTEAD | {"user": "person, or operator for who works with quanyu"}
# In code, `Transaction` also means what SQL means by it; catch-alls say nothing.
CLASS_WORDS = {
    **{word: INSTEAD[word] for word in ("customer", "kpi", "workflow", "wallet", "hit", "cust", "txn", "amt")},
    "utils": "what it does",
    "util": "what it does",
    "helper": "what it does",
    "manager": "what it does",
}


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
