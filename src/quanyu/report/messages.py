"""The words of the report in one language: `messages/<language>/*.json`, nested by part, read by dotted key."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from quanyu.config import Language
from quanyu.errors import InternalError
from quanyu.report.html import Html, html_of

_FOLDER = Path(__file__).parent / "messages"
_PLACE = re.compile(r"\{([a-z_0-9]+)\}")


@cache
def load_messages(language: Language) -> Mapping[str, str]:
    """Return every message of a language by dotted key, of all its files; a key stands in one file only."""
    found: dict[str, str] = {}
    for file in sorted((_FOLDER / language.value).glob("*.json")):
        pairs = dict(_flat(json.loads(file.read_text(encoding="utf-8")), ""))
        if twice := found.keys() & pairs.keys():
            raise InternalError(f"{file.name} repeats messages: {sorted(twice)}")
        found |= pairs
    return MappingProxyType(found)


def fill(message: str, values: Mapping[str, Any]) -> Html:
    """Return the message escaped, with `{name}` replaced by the markup of the value of that name."""
    used = set(_PLACE.findall(message))
    if not used <= values.keys():
        raise InternalError(f"a message lacks {sorted(used - values.keys())}: {message}")
    parts = _PLACE.split(message)
    return Html("".join(html_of(values[part] if index % 2 else part) for index, part in enumerate(parts)))


def fill_plain(message: str, values: Mapping[str, str]) -> str:
    """Return the message unescaped, with the places that have a value filled; other places stay as they are."""
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), message)


def _flat(node: Any, path: str) -> list[tuple[str, str]]:
    if isinstance(node, str):
        return [(path, node)]
    return [pair for key, value in node.items() for pair in _flat(value, f"{path}.{key}" if path else key)]
