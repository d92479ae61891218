"""Loads `sources/*.yaml`: every file over its profile, checked whole, resolved, with every problem at once."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from quanyu.config import Workspace
from quanyu.definitions.check import check_shape, in_order
from quanyu.definitions.document import Document
from quanyu.definitions.folders import LIBRARY, shown, yaml_files
from quanyu.definitions.profile import put_over
from quanyu.definitions.rules.columns import check_columns
from quanyu.definitions.rules.feeds import check_feeds
from quanyu.definitions.rules.origin import check_origin
from quanyu.definitions.source import Feed, IdentifierMap, Source
from quanyu.definitions.strict_yaml import read_yaml
from quanyu.errors import Problem, Severity, did_you_mean

LIVE = "live"
"""The format of sources that a collector fills, and the profile they have unless they name another."""

# What does not change the meaning of a row: where files lie and what the source is called.
_NOT_MAPPING = {"paths", "label", "profile"}


def load_sources(workspace: Workspace) -> tuple[list[Source], list[Problem]]:
    """Return the sources of a workspace that have no error, by file name, and every problem of all of them."""
    sources: list[Source] = []
    problems: list[Problem] = []
    first: dict[str, Source] = {}
    for path in yaml_files(workspace.root / "sources"):
        source, found = load_source(workspace, path)
        problems += found
        if source is None:
            continue
        if source.id in first:
            place = first[source.id].place("source")
            message = f'Source "{source.id}" is already declared in {place.file}, line {place.line}.'
            problems.append(Problem("config.duplicate", message, "Give it another name.", source.place("source")))
            continue
        first[source.id] = source
        sources.append(source)
    return sources, problems


def load_source(workspace: Workspace, path: Path) -> tuple[Source | None, list[Problem]]:
    """Return the source of one file, or None when it has an error, and every problem found."""
    document, problems = read_yaml(path, shown(path, workspace))
    if document is None:
        return None, problems
    document, found = _over_profile(workspace, document)
    problems += found
    source, found = check_shape(Source, document, problems)
    problems += found
    if source is None:
        return None, in_order(problems)
    source = _resolve(source, document, workspace)
    problems += _check_meaning(source, workspace)
    failed = any(problem.severity is Severity.ERROR for problem in problems)
    return None if failed else source, in_order(problems)


def profile_names(workspace: Workspace) -> tuple[str, ...]:
    """Return the names of all export profiles: the workspace's own and the built-in ones."""
    return tuple(sorted(_profiles(workspace)))


def _profiles(workspace: Workspace) -> dict[str, Path]:
    folders = (LIBRARY / "profiles", workspace.root / "library" / "profiles")
    return {path.stem: path for folder in folders for path in yaml_files(folder)}


def _over_profile(workspace: Workspace, document: Document) -> tuple[Document, list[Problem]]:
    name = document.data.get("profile", LIVE if document.data.get("format") == LIVE else None)
    if not isinstance(name, str):
        return document, []
    known = _profiles(workspace)
    if name not in known:
        remedy = did_you_mean(name, tuple(known)) or f"Known profiles: {', '.join(sorted(known)) or 'none'}."
        where = document.where("profile")
        return document, [Problem("config.reference", f'Profile "{name}" does not exist.', remedy, where)]
    base, problems = read_yaml(known[name], shown(known[name], workspace))
    return (document if base is None else put_over(document, base)), problems


def _resolve(source: Source, document: Document, workspace: Workspace) -> Source:
    """Return the source with nothing left open: zone, names of feeds and namespaces of identifiers."""
    feeds = tuple(_resolve_feed(feed, source.system, workspace) for feed in source.feeds)
    resolved = source.model_copy(
        update={"feeds": feeds, "time_zone": source.time_zone or workspace.time_zone},
    )
    mapping = resolved.model_dump(mode="json", exclude=_NOT_MAPPING)
    canonical = json.dumps(mapping, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return resolved.attach(document, hashlib.sha256(canonical.encode()).hexdigest())


def _resolve_feed(feed: Feed, system: str, workspace: Workspace) -> Feed:
    identifiers = tuple(_resolve_identifier(identifier, system, workspace) for identifier in feed.identifiers)
    return feed.model_copy(update={"name": feed.name or feed.table, "identifiers": identifiers})


def _resolve_identifier(identifier: IdentifierMap, system: str, workspace: Workspace) -> IdentifierMap:
    if identifier.namespace is not None:
        return identifier
    rule = workspace.identifier_rule(identifier.type)
    namespace = system if rule is not None and rule.namespaced else ""
    return identifier.model_copy(update={"namespace": namespace})


def _check_meaning(source: Source, workspace: Workspace) -> Iterator[Problem]:
    yield from check_origin(source, workspace)
    yield from check_feeds(source, workspace)
    yield from check_columns(source)
