"""Everything public is explained, every folder has its page, every decision is listed, no machine is named."""

from pathlib import Path

import pytest

from house.documents import addresses, missing_pages, undocumented, unlisted_records
from house.source import PACKAGE, ROOT, project_files


def test_everything_public_has_a_docstring():
    assert undocumented(PACKAGE) == []


def test_every_folder_has_a_page():
    assert missing_pages(PACKAGE, ROOT / "docs") == []


def test_every_decision_record_is_listed():
    assert unlisted_records(ROOT / "docs" / "decisions") == []


def test_no_file_names_a_machine_or_a_registry():
    files = project_files()
    assert len(files) > 20
    assert addresses(ROOT, files) == []


def test_planted_gaps_are_found(tmp_path: Path):
    package, docs = tmp_path / "quanyu", tmp_path / "docs"
    (package / "facts").mkdir(parents=True)
    docs.mkdir()
    (package / "facts" / "orders.py").write_text(
        '"""Doc."""\nclass Order:\n    """Doc."""\n    def net(self): ...\n    def _own(self): ...\ndef load(): ...\n',
        encoding="utf-8",
    )
    (package / "facts" / "order_fact.sql").write_text("SELECT 1", encoding="utf-8")
    assert undocumented(package) == ["facts/orders.py:Order.net", "facts/orders.py:load", "facts/order_fact.sql"]
    assert missing_pages(package, docs) == ["docs/facts.md"]


def test_planted_records_are_found(tmp_path: Path):
    (tmp_path / "README.md").write_text("- [a](0001-a.md)\n- [b](0002-b.md)\n", encoding="utf-8")
    (tmp_path / "0001-a.md").write_text("", encoding="utf-8")
    (tmp_path / "0003-c.md").write_text("", encoding="utf-8")
    assert unlisted_records(tmp_path) == ["not listed: 0003-c.md", "listed but not there: 0002-b.md"]


# The lines are in pieces, so that this file does not hold what it plants.
@pytest.mark.parametrize(
    ("name", "line", "is_fault"),
    [
        ("a.py", "open('/" + "home/ann/x.csv')", True),
        ("a.md", "see /" + "work/main/DESIGN.md", True),
        ("a.md", "see https://example.com/home/ann", False),
        ("a.sh", "#!/usr/bin/env bash", False),
        ("a.md", "pip install --extra-" + "index-url https://x", True),
        ("a.toml", "url = 'https://files.python" + "hosted.org/x'", True),
        ("requirements.txt", "# https://example.com", True),
        ("a.md", "https://example.com", False),
    ],
)
def test_a_planted_address_is_found(tmp_path: Path, name: str, line: str, is_fault: bool):
    path = tmp_path / name
    path.write_text(f"first line\n{line}\n", encoding="utf-8")
    assert [fault.split(" ")[0] for fault in addresses(tmp_path, [path])] == ([f"{name}:2"] if is_fault else [])
