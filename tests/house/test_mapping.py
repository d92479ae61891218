"""The reference of source mappings is what the shapes say."""

from house.mapping import PAGE, mapping_markdown
from quanyu.definitions import json_schema
from quanyu.definitions import source as source_shapes


def test_the_page_is_drawn_from_the_shapes():
    assert PAGE.read_text(encoding="utf-8") == mapping_markdown(), "draw it anew: ./run docs"


def test_every_key_and_cleaner_has_its_line():
    page, schema = mapping_markdown(), json_schema("source")
    shapes = [schema, *(shape for name, shape in schema["$defs"].items() if not name.startswith("_"))]
    keys = [key for shape in shapes for key in shape["properties"]]
    names = [*keys, *source_shapes.Cleaner.__args__]
    assert [name for name in names if f"\n| `{name}` |" not in page] == []
