"""Tags of a workspace: made in a build, listed, looked at, asked for one person or any date."""

import json
from datetime import date
from typing import Any, Final

import pyarrow as pa

from quanyu.config import Workspace
from quanyu.definitions.tag import Tag, Tags, load_tags
from quanyu.engine import DuckDBEngine, Made
from quanyu.engine.column_types import arrow_schema
from quanyu.errors import UserError, raise_if_errors
from quanyu.services.project import Project
from quanyu.services.readiness import open_readiness
from quanyu.store import Build, BuildStatus, Store
from quanyu.tables.tags import TAG_DEF
from quanyu.tags.history import BEFORE, make_person_tags
from quanyu.tags.insight import PERSONS_BEFORE, look_at
from quanyu.tags.needs import missing_data

HISTORY_DAYS: Final = "P.tag.history"


def open_tags(workspace: Workspace) -> Tags:
    """Return the tags of a workspace; raises UserError with every problem of their definitions."""
    tags, problems = load_tags(workspace)
    raise_if_errors(problems)
    if tags is None:
        raise UserError(problems)
    return tags


def make_tags(project: Project, store: Store, engine: DuckDBEngine, build: Build) -> list[Made]:
    """Make `tag_def`, `person_tag`, `tag_insight` and `tag_value` of a build from its features.

    History goes on from the published build of the latest date up to this one's, else from the earliest later one.
    """
    tags = open_tags(project.workspace)
    made = [engine.register("tag_def", tag_rows(tags))]
    why_not = missing_data(tags.valued, open_readiness(project), engine)
    computable = [tag for tag in tags.valued if tag.code not in why_not]
    for name, place in _before(store, engine, build).items():
        engine.catalog[name] = place
    try:
        history = project.parameters.integer(HISTORY_DAYS)
        made.append(make_person_tags(engine, computable, build.as_of, history))
        insight = look_at(engine, tags.valued, why_not, build.as_of)
    finally:
        for name in (BEFORE, PERSONS_BEFORE):
            engine.catalog.pop(name, None)
    return [*made, engine.register("tag_insight", insight.tags), engine.register("tag_value", insight.values)]


def _before(store: Store, engine: DuckDBEngine, build: Build) -> dict[str, str]:
    with store.reading() as work:
        known = [one for one in work.builds.find(BuildStatus.PUBLISHED) if one.dropped_at is None]
    here = [one for one in known if {"person_tag", "person_fact"} <= engine.tables_in(one.schema_name)]
    earlier = [one for one in here if one.as_of <= build.as_of]
    if not here:
        return {}
    last = max(earlier, key=_order) if earlier else min(here, key=_order)
    return {BEFORE: f"{last.schema_name}.person_tag", PERSONS_BEFORE: f"{last.schema_name}.person_fact"}


def _order(build: Build) -> tuple[date, int]:
    return build.as_of, build.build_id


def tag_rows(tags: Tags) -> pa.Table:
    """Return the rows of `tag_def`."""
    return pa.Table.from_pylist([_row(tag) for tag in tags], schema=arrow_schema(TAG_DEF))


def _row(tag: Tag) -> dict[str, Any]:
    shape = tag.shape
    rule = shape.rule.model_dump(mode="json", exclude_defaults=True) if shape.rule else None
    labels = {code: {"zh": label.zh, "en": label.en} for code, label in shape.values.items()}
    given = {} if tag.is_group else dict(tag.inherited)
    return {
        "tag_code": tag.code,
        "name_zh": shape.label.zh,
        "name_en": shape.label.en,
        "description_zh": shape.description.zh if shape.description else None,
        "description_en": shape.description.en if shape.description else None,
        "parent_code": shape.parent,
        "level": len(tag.path),
        "family_code": tag.family,
        "volatility": given.get("volatility"),
        "measure": None if tag.is_group else tag.measure,
        "origin": given.get("origin"),
        "derivation": given.get("derivation"),
        "value_type": shape.type,
        "unit": shape.unit,
        "labels": json.dumps(labels, ensure_ascii=False) if labels else None,
        "rule": json.dumps(rule, ensure_ascii=False) if rule else None,
        "refresh": given.get("refresh"),
        "owner": given.get("owner"),
        "review_on": date.fromisoformat(given["review_on"]) if "review_on" in given else None,
        "sensitivity": given.get("sensitivity"),
        "version": tag.version,
    }
