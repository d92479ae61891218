"""Sources of live events: three lines are enough, and a path is refused."""

from pathlib import Path

from quanyu.collect.act import COLUMNS
from quanyu.config import Brand, Currency, IdentifierRule, Language, Workspace
from quanyu.definitions.sources import load_sources
from quanyu.errors import Problem
from quanyu.tables.identity import ID_TYPES

RULES = tuple(IdentifierRule(name, True, number) for number, name in enumerate(ID_TYPES, start=1))


def _load(root: Path, text: str) -> tuple[list[str], list[Problem], set[str]]:
    """Names of the feeds, problems, and every heading the mapping reads."""
    (root / "sources").mkdir()
    (root / "sources" / "shop.yaml").write_text(text, encoding="utf-8")
    workspace = Workspace(
        root, Brand("demo"), "Asia/Shanghai", Currency("CNY", 2), "beauty", Language.ZH, identity=RULES
    )
    sources, problems = load_sources(workspace)
    feeds = [feed for source in sources for feed in source.feeds]
    read = {name for feed in feeds for mapping in feed.columns.values() for name in mapping.from_}
    read |= {name for feed in feeds for given in feed.identifiers for name in given.from_}
    read |= {name for feed in feeds for name in (*feed.key, *([feed.version] if feed.version else []))}
    return [feed.name for feed in feeds], problems, read


def test_a_live_source_has_the_feeds_of_every_kind_of_row(tmp_path: Path) -> None:
    feeds, problems, read = _load(tmp_path, "source: shop\nsystem: shop\nformat: live\n")
    assert problems == [] and set(feeds) == set(COLUMNS)
    assert read <= {name for own in COLUMNS.values() for name in own}


def test_a_live_source_may_change_its_profile(tmp_path: Path) -> None:
    more = "feeds:\n  - table: event\n    columns:\n      channel_id: {from: platform}\n"
    feeds, problems, _ = _load(tmp_path, f"source: shop\nsystem: shop\nformat: live\n{more}")
    assert problems == [] and set(feeds) == set(COLUMNS)


def test_a_live_source_has_no_path(tmp_path: Path) -> None:
    _, problems, _ = _load(tmp_path, "source: shop\nsystem: shop\nformat: live\npath: data/a.csv\n")
    assert [problem.code for problem in problems] == ["config.exclusive"]
