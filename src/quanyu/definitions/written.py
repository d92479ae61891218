"""YAML that quanyu writes for people to go on with: keys in the order given, every text read back as it was."""

import io
from collections.abc import Mapping
from typing import Any, Final

from ruamel.yaml import YAML

_LONGEST_LINE: Final = 110


def yaml_text(value: Mapping[str, Any]) -> str:
    """Return a mapping of plain values as YAML text that `parse_yaml` reads back as the same values.

    Top keys stand on lines of their own; what holds no further lists or mappings is written on one line.
    """
    return "".join(_entry(key, part) for key, part in value.items())


def _entry(key: str, part: Any) -> str:
    writer = YAML(typ="safe", pure=True)
    # None: a collection without collections in it is written on one line; for a single text that would add braces.
    writer.default_flow_style = None if isinstance(part, Mapping | list | tuple) else False
    writer.allow_unicode = True
    writer.width = _LONGEST_LINE
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # its stub knows None only
    out = io.StringIO()
    writer.dump({key: part}, out)
    return out.getvalue()
