"""Every definition that a page shows loads, as it stands there."""

import re
from pathlib import Path

import pytest

from house.prose import pages
from quanyu.definitions import load_sources, load_workspace

_BLOCK = re.compile(r"^ *```yaml[^\n]*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
EXAMPLES = [
    pytest.param(block, id=f"{page.stem}:{number}")
    for page in pages()
    for number, block in enumerate(_BLOCK.findall(page.read_text(encoding="utf-8")))
    if re.match(r"\s*(?:brand|source): ", block)
]


def test_the_tour_shows_definitions():
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize("block", EXAMPLES)
def test_the_definition_loads(block: str, tmp_path: Path):
    indent = len(block) - len(block.lstrip(" "))
    text = "".join(line[indent:] for line in block.splitlines(keepends=True))
    is_workspace = text.startswith("brand:")
    (tmp_path / "quanyu.yaml").write_text(text if is_workspace else "brand: shop\n", encoding="utf-8")
    if not is_workspace:
        (tmp_path / "sources").mkdir()
        (tmp_path / "sources" / "example.yaml").write_text(text, encoding="utf-8")
    workspace, problems = load_workspace(tmp_path)
    assert workspace is not None and problems == []
    sources, problems = load_sources(workspace)
    assert problems == [] and len(sources) == (0 if is_workspace else 1)
