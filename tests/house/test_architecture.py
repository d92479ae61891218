"""The architecture page is what the code says of itself."""

from pathlib import Path

import pytest

from house.architecture import PAGE, blocks, direct, exchanged, filled, imports_of


def test_the_page_is_drawn_from_the_code():
    page = PAGE.read_text(encoding="utf-8")
    assert page == filled(page, blocks()), "draw it anew: ./run docs"


def test_the_flow_has_its_known_arrows():
    edges = exchanged()
    assert "order" in edges["ingest", "facts"]
    assert "identifier_person" in edges["identity", "facts"]
    assert not [edge for edge in edges if edge[0] == edge[1]]


def test_imports_are_those_of_the_modules(tmp_path: Path):
    package = tmp_path / "quanyu"
    for place, text in {
        "tables/__init__.py": "",
        "engine/__init__.py": "from quanyu.tables import contract\nfrom quanyu.errors import Problem\n",
        "facts/__init__.py": "import quanyu.engine\nfrom quanyu import tables\n",
    }.items():
        (package / place).parent.mkdir(parents=True)
        (package / place).write_text(text, encoding="utf-8")
    assert imports_of(package) == {"engine": {"tables"}, "facts": {"engine", "tables"}, "tables": set()}


def test_an_import_that_follows_from_others_is_not_drawn():
    imports = {"facts": {"engine", "tables"}, "engine": {"tables"}, "tables": set()}
    assert direct(imports) == {"facts": {"engine"}, "engine": {"tables"}, "tables": set()}


def test_a_page_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="parts"):
        filled("<!-- generated: flow -->\n<!-- end -->\n", {"flow": "x", "floors": "y"})
