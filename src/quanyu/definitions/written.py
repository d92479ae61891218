"""YAML that quanyu writes for people to go on with: keys in the order given, every text read back as it was."""

import io
import re
from collections.abc import Mapping
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import SafeRepresenter

_LONGEST_LINE: Final = 110
# Words of letters. The rest is quoted: the emitter leaves texts such as `?0` bare, which then mean another thing.
_PLAIN: Final = re.compile(r"[^\W\d_](?:[\w ./*-]*[\w/*])?")
_KEYWORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_TEXT_TAG: Final = "tag:yaml.org,2002:str"


def yaml_text(value: Mapping[str, Any]) -> str:
    """Return a mapping of plain values as YAML text that `parse_yaml` reads back as the same values.

    Outer blanks of texts are lost, since people do not see them.  Top keys stand on lines of their own; what holds no
    further lists or mappings is written on one line.
    """
    return "".join(_entry(key, part) for key, part in value.items())


class _Representer(SafeRepresenter):
    """Writes texts bare only when nothing else could be meant."""


def _text_node(representer: SafeRepresenter, text: str) -> ScalarNode:
    is_plain = _PLAIN.fullmatch(text) is not None and text.casefold() not in _KEYWORDS
    return representer.represent_scalar(_TEXT_TAG, text, style=None if is_plain else '"')


_Representer.add_representer(str, _text_node)


def _entry(key: str, part: Any) -> str:
    writer = YAML(typ="safe", pure=True)
    writer.Representer = _Representer
    # None: a collection without collections in it is written on one line; for a single text that would add braces.
    writer.default_flow_style = None if isinstance(part, Mapping | list | tuple) else False
    writer.allow_unicode = True
    writer.width = _LONGEST_LINE
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # its stub knows None only
    out = io.StringIO()
    writer.dump({key: part}, out)
    return out.getvalue()
