"""Tags and features for tests: the library's tags, features of invented persons, the values that rules give."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cases.rows import table_of
from quanyu.definitions import load_workspace
from quanyu.definitions.tag import Tag, Tags, load_tags
from quanyu.engine import DuckDBEngine, Engine
from quanyu.tables import CONTRACTS
from quanyu.tags.values import values_tree

Held = dict[tuple[int, str], tuple[str, Any]]


@cache
def tags_of(text: str = "") -> Tags:
    """Return the tags of the library, and those of a file of the workspace."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "quanyu.yaml").write_text("brand: test\n", encoding="utf-8")
        (root / "library" / "tags").mkdir(parents=True)
        (root / "library" / "tags" / "own.yaml").write_text(text or "{}\n", encoding="utf-8")
        workspace, problems = load_workspace(root)
        assert workspace is not None, problems
        tags, problems = load_tags(workspace)
        assert tags is not None, problems
        return tags


def with_features(rows: Sequence[Mapping[str, Any]], engine: Engine | None = None) -> Engine:
    """Return an engine (DuckDB in memory unless given) whose person_feature holds the rows."""
    engine = engine or DuckDBEngine(None, CONTRACTS, threads=1)
    engine.register("person_feature", table_of("person_feature", rows))
    return engine


def held(engine: Engine, tags: Sequence[Tag]) -> Held:
    """Return value and number of every person and tag that has one."""
    rows = engine.query(values_tree(tags), {}).to_pylist()
    found = {(row["person_id"], row["tag_code"]): (row["value"], row["number"]) for row in rows}
    assert len(found) == len(rows), "a tag gave a person two values"
    return found
