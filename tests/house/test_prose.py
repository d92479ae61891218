"""What the pages say exists: commands, options, targets, files, headings."""

from pathlib import Path

import pytest

from house.prose import command_fault, command_faults, link_faults, pages, said_commands, target_faults
from house.source import ROOT


def test_every_command_of_the_pages_exists():
    assert [fault for page in pages() for fault in command_faults(page)] == []


def test_every_target_of_the_pages_exists():
    assert [fault for page in pages() for fault in target_faults(page)] == []


def test_every_link_of_the_pages_leads_somewhere():
    assert [fault for page in pages() for fault in link_faults(page)] == []


def test_the_readme_says_commands():
    said = list(said_commands((ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"run", "check", "explain"} <= {words[0] for words in said}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("run --as-of 2025-11-30", None),
        ("ingest status --json", None),
        ("ingest …", None),
        ("runs", "no command runs"),
        ("ingest states", "no command states"),
        ("run --date 2025-11-30", "no option --date"),
    ],
)
def test_a_planted_command_is_judged(line: str, fault: str | None):
    found = command_fault(line.split())
    assert (found is None) if fault is None else (found is not None and found.endswith(fault))


def test_planted_gaps_of_a_page_are_found(tmp_path: Path):
    (tmp_path / "run").write_text("    demo)\n", encoding="utf-8")
    (tmp_path / "other.md").write_text("# One heading\n\n## 阶段 · Stages\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md#one-heading) [b](other.md#阶段--stages) [c](gone.md) [d](other.md#two) ![e](gone.png)\n\n"
        "```sh\n$ quanyu nothing  # why\nmake demo && quanyu run\n./run fly\n```\n\n"
        "Ask `quanyu never`. Not a quanyu word.\n",
        encoding="utf-8",
    )
    assert [fault.split(": ", 1)[1] for fault in link_faults(page)] == [
        "gone.md leads nowhere",
        "other.md#two has no such heading",
        "gone.png leads nowhere",
    ]
    assert [fault.split(": ", 1)[1] for fault in command_faults(page)] == [
        "`quanyu nothing`: no command nothing",
        "`quanyu never`: no command never",
    ]
    assert target_faults(page, tmp_path) == ["page.md: no target fly"]
