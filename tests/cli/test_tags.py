"""`quanyu tags` on a shop: answers, JSON, every mistake; and a rebuild of the same date changes nothing."""

from pathlib import Path

from quanyu.engine import DuckDBEngine
from quanyu.ids import PersonId, format_person_id
from quanyu.services.build import attach_build
from quanyu.services.project import open_operations, open_project, open_warehouse
from services.shop import problems, quanyu, told


def _tables(root: Path) -> tuple[int, dict[str, object]]:
    project = open_project(root)
    with open_operations(project.workspace) as store, open_warehouse(project.workspace, read_only=True) as engine:
        build = attach_build(store, engine)
        return build.build_id, {name: _sorted(engine, name) for name in ("person_feature", "person_tag", "tag_def")}


def _sorted(engine: DuckDBEngine, table: str) -> object:
    return sorted(engine.rows_of(table).to_pylist(), key=str)


def test_tags_are_listed_as_a_tree(shop: Path):
    listed = told("tags", "list", "-w", shop)
    tags = {one["tag_code"]: one for one in listed}
    assert len([one for one in listed if one["value_type"]]) >= 150
    assert tags["bought"]["parent_code"] == "purchase_status"
    assert tags["bought"]["level"] == 3
    assert tags["bought"]["insight"]["persons"] > 0
    assert tags["basic"]["insight"] is None
    assert {one["family_code"] for one in told("tags", "list", "--group", "basic", "-w", shop)} == {"basic"}
    assert "已购买" in quanyu("tags", "list", "-w", shop).output


def test_one_tag_is_shown_with_its_place_values_and_users(shop: Path):
    (shop / "library" / "segments").mkdir(parents=True, exist_ok=True)
    text = "mine:\n  rule: {all: [{tag: {code: bought, known: true}}]}\n"
    (shop / "library" / "segments" / "mine.yaml").write_text(text, encoding="utf-8")
    said = told("tags", "show", "bought", "-w", shop)
    assert said["path"] == ["behaviour", "purchase_status", "bought"]
    assert "segment mine" in said["used_by"]
    assert said["values"][0]["value"] == "yes"
    assert said["values"][0]["persons"] == said["insight"]["persons"]
    assert said["yaml"].startswith("bought:")
    output = quanyu("tags", "show", "bought", "-w", shop).output
    assert "coverage" in output


def test_a_tag_without_data_says_what_to_connect(shop: Path):
    said = told("tags", "show", "complained", "-w", shop)
    assert said["insight"]["is_computable"] is False
    assert said["insight"]["persons"] is None
    assert said["insight"]["why_not_en"].startswith("Not computable because")
    assert said["insight"]["why_not_zh"].startswith("无法计算，因为")
    assert said["values"] == []


def test_values_on_the_build_date_and_before_any_build(shop: Path):
    now = told("tags", "on", "bought", "-w", shop)
    assert now["values"] == [
        {"value": "yes", "persons": told("tags", "show", "bought", "-w", shop)["insight"]["persons"]}
    ]
    early = told("tags", "on", "bought", "--date", "2001-01-01", "-w", shop)
    assert early["values"] is None
    assert early["known_since"] == now["date"]
    assert "--as-of 2001-01-01" in quanyu("tags", "on", "bought", "--date", "2001-01-01", "-w", shop).output


def test_overdue_reviews_are_listed(shop: Path):
    assert told("tags", "overdue", "--date", "2027-06-30", "-w", shop) == []
    late = told("tags", "overdue", "--date", "2027-07-01", "-w", shop)
    assert {one["days_overdue"] for one in late} == {1}
    assert len(late) >= 150


def test_mistakes_are_told_with_a_code(shop: Path):
    assert problems("tags", "show", "bougt", "-w", shop) == ["tag.unknown"]
    assert problems("tags", "show", "basic", "-w", shop) == ["tag.group"]
    assert problems("tags", "on", "bought", "--date", "2099-01-01", "-w", shop) == ["tag.dates"]
    assert problems("tags", "list", "--group", "none", "-w", shop) == ["tag.unknown"]


def test_check_reads_tags_too(shop: Path):
    (shop / "library" / "tags").mkdir(parents=True)
    (shop / "library" / "tags" / "own.yaml").write_text("own: {label: x}\n", encoding="utf-8")
    assert "library/tags/own.yaml" in quanyu("check", "-w", shop).output


def test_a_rebuild_of_the_same_date_gives_equal_tables(shop: Path):
    first, before = _tables(shop)
    quanyu("run", "--only", "build", "-w", shop)
    second, after = _tables(shop)
    assert second > first
    assert after == before


def test_the_tags_of_one_person(shop: Path):
    _, tables = _tables(shop)
    rows = tables["person_tag"]
    assert isinstance(rows, list)
    person = next(row["person_id"] for row in rows if row["tag_code"] == "bought")
    said = told("tags", "person", format_person_id(PersonId(person)), "-w", shop)
    held = {one["tag"]: one for one in said["tags"]}
    assert held["bought"]["value_zh"] == "是"
    assert len(held) == len([row for row in rows if row["person_id"] == person])
