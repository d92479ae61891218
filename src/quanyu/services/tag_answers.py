"""What people ask about tags: which there are, what one says, who held it on a date, what is to be reviewed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from quanyu.config import Workspace
from quanyu.definitions.catalogue import text_of
from quanyu.definitions.folders import LIBRARY, shown, yaml_files
from quanyu.definitions.strict_yaml import read_yaml
from quanyu.definitions.tag import Tag, Tags
from quanyu.display import HIDDEN_SIGN
from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError
from quanyu.services.project import Project
from quanyu.services.tags import open_tags
from quanyu.store import Build

_USERS: Final = ("segments", "playbooks")
_LABELS: Final[Mapping[str, tuple[str, str]]] = {"yes": ("是", "Yes")}


@dataclass(frozen=True, slots=True)
class TagShown:
    """One tag of a build: its definition with place and text, its insight, its values, and who uses it."""

    tag: Tag
    definition: Mapping[str, Any]
    insight: Mapping[str, Any]
    values: tuple[Mapping[str, Any], ...]
    used_by: tuple[str, ...]
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class TagOn:
    """How many persons held each value of a tag on a day, as builds said it.

    `since` is the first day on which a build said anything of the tag; for a day before it nothing is known
    (`values` is None), and a build of that day (`quanyu run --as-of`) computes it.
    """

    code: str
    day: date
    since: date | None
    values: tuple[tuple[str, int], ...] | None


def list_tags(engine: DuckDBEngine) -> list[dict[str, Any]]:
    """Return every group and tag of the build with its insight (null for groups), in the order of the tree."""
    insight = {row["tag_code"]: row for row in _rows(engine, "tag_insight")}
    listed = [{**row, "insight": insight.get(row["tag_code"])} for row in _rows(engine, "tag_def")]
    return sorted(listed, key=lambda row: _place(row["tag_code"], {one["tag_code"]: one for one in listed}))


def show_tag(project: Project, engine: DuckDBEngine, code: str) -> TagShown:
    """Return what is known of one tag; raises UserError `tag.unknown`, and `tag.group` for a group."""
    tags, tag = find_tag(project, code)
    definition = tags.catalogue[code]
    here = t.col("tag_code").eq(t.lit(code))
    values = sorted(_rows(engine, "tag_value", here), key=lambda row: (-int(row["persons"]), str(row["value"])))
    insight = _rows(engine, "tag_insight", here)
    if not insight:
        message = f"The published build does not know the tag {code}."
        raise UserError(Problem("tag.not_built", message, "Run `quanyu run`."))
    workspace = project.workspace
    return TagShown(
        tag=tag,
        definition=_rows(engine, "tag_def", here)[0],
        insight=insight[0],
        values=tuple(values),
        used_by=tuple(used_by(workspace, code)),
        place=str(definition.where),
        text=text_of(definition, workspace),
    )


def find_tag(project: Project, code: str) -> tuple[Tags, Tag]:
    """Return all tags and the one of that code; raises UserError `tag.unknown` or `tag.group`."""
    tags = open_tags(project.workspace)
    found = tags.find(code)
    if isinstance(found, Problem):
        raise UserError(found)
    if found.is_group:
        below = ", ".join(one.code for one in tags.valued if code in one.path)
        raise UserError(Problem("tag.group", f"{code} is a group and has no values.", f"Its tags are {below}."))
    return tags, found


def tag_on(project: Project, engine: DuckDBEngine, build: Build, code: str, day: date) -> TagOn:
    """Return how many persons held each value of a tag on a day up to the build's, the most first.

    Raises UserError `tag.unknown`, `tag.group`, `tag.dates`.
    """
    find_tag(project, code)
    _check_day(build, day)
    here = t.col("tag_code").eq(t.lit(code))
    first = engine.query(t.select({"day": t.smallest_of(t.col("from_date"))}, "person_tag", where=here)).to_pylist()
    since = first[0]["day"]
    if since is None or day < since:
        return TagOn(code, day, since, None)
    columns = {"value": t.col("value"), "persons": t.count()}
    where = t.all_of([here.copy(), *held_on(day)])
    rows = engine.query(t.select(columns, "person_tag", where=where, group=[t.col("value")])).to_pylist()
    counted = sorted(((str(row["value"]), int(row["persons"])) for row in rows), key=lambda one: (-one[1], one[0]))
    return TagOn(code, day, since, tuple(counted))


def tags_of(engine: DuckDBEngine, build: Build, person_id: int, day: date) -> list[dict[str, Any]]:
    """Return the tags that a person held on a day up to the build's, in the order of codes; raises `tag.dates`.

    The value of a sensitive tag is hidden: that somebody has one is told, not which.
    """
    _check_day(build, day)
    where = t.all_of([t.col("person_id").eq(t.lit(person_id)), *held_on(day)])
    definitions = {row["tag_code"]: row for row in _rows(engine, "tag_def")}
    rows = sorted(_rows(engine, "person_tag", where), key=lambda row: str(row["tag_code"]))
    return [_shown({**row, "definition": definitions.get(row["tag_code"])}) for row in rows]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    definition = row["definition"]
    # A tag that is not defined any more may have been sensitive.
    if definition is not None and definition["sensitivity"] != "sensitive":
        return row
    return {**row, "value": HIDDEN_SIGN, "number": None}


def overdue_tags(workspace: Workspace, day: date) -> list[Tag]:
    """Return the tags whose review was due before the day, the longest due first."""
    late = [tag for tag in open_tags(workspace).valued if tag.inherited["review_on"] < day.isoformat()]
    return sorted(late, key=lambda tag: (tag.inherited["review_on"], tag.code))


def held_on(day: date) -> list[t.Tree]:
    """Return the conditions under which a row of `person_tag` holds on a day."""
    return [t.col("from_date") <= t.lit(day), t.col("to_date") > t.lit(day)]


def used_by(workspace: Workspace, code: str) -> Iterator[str]:
    """Yield `kind name` of every segment and playbook whose definition names the tag."""
    folders = [(kind, folder / kind) for kind in _USERS for folder in (LIBRARY, workspace.root / "library")]
    found = {
        f"{kind[:-1]} {name}"
        for kind, folder in folders
        for path in yaml_files(folder)
        for name, said in _definitions(path, workspace)
        if _names_tag(said, code)
    }
    yield from sorted(found)


def _definitions(path: Path, workspace: Workspace) -> Iterator[tuple[str, Any]]:
    document, _ = read_yaml(path, shown(path, workspace))
    if document is not None:
        yield from document.data.items()


def value_label(definition: Mapping[str, Any], labels: Mapping[str, Any], value: str) -> tuple[str, str]:
    """Return how a value of a tag is called in Chinese and English: its name, or as it stands."""
    if definition["value_type"] == "flag":
        return _LABELS.get(value, (value, value))
    named = labels.get(value)
    return (named["zh"], named["en"]) if named else (value, value)


def _names_tag(said: Any, code: str) -> bool:
    if isinstance(said, Mapping):
        named = said.get("tag")
        if named == code or (isinstance(named, Mapping) and named.get("code") == code):
            return True
        return any(_names_tag(part, code) for part in said.values())
    return isinstance(said, tuple) and any(_names_tag(part, code) for part in said)


def _check_day(build: Build, day: date) -> None:
    if day > build.as_of:
        message = f"{day.isoformat()} is after the build's date, {build.as_of.isoformat()}."
        raise UserError(Problem("tag.dates", message, "Choose a day up to it, or run again."))


def _place(code: str, definitions: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    path = [code]
    while (parent := definitions[path[0]]["parent_code"]) in definitions:
        path.insert(0, parent)
    return tuple(path)


def _rows(engine: DuckDBEngine, table: str, where: t.Tree | None = None) -> list[dict[str, Any]]:
    if table not in engine.tables:
        raise UserError(Problem("tag.not_built", "The published build has no tags.", "Run `quanyu run`."))
    columns = {name: t.col(name) for name in engine.contracts[table].column_names}
    rows: list[dict[str, Any]] = engine.query(t.select(columns, table, where=where)).to_pylist()
    return rows
