"""Drafts source mappings for a folder of files: known export profiles by their headings, else by a list of synonyms.

A draft is a proposal for people: what could not be placed is said in the notes, never guessed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from quanyu.definitions.folders import LIBRARY, yaml_files
from quanyu.definitions.strict_yaml import read_yaml
from quanyu.errors import InternalError
from quanyu.ingest.headings import comparable
from quanyu.ingest.peek import SUFFIXES, Peek, peek_file
from quanyu.tables import CONTRACTS

_PASSED_OVER: Final = frozenset({"sources", "library", "node_modules"})
_NAME: Final = re.compile(r"[^a-z0-9]+")
_NUMBER: Final = re.compile(r"[0-9]+(?:[_.-][0-9]+)*")
_PROFILE_SHARE: Final = 0.5
_CONSTANTS: Final = {("order", "status"): "completed", ("membership", "status"): "active", ("refund", "kind"): "return"}


@dataclass(slots=True)
class Drafts:
    """Drafted sources as YAML-ready mappings, and what a person should know or decide about them."""

    sources: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def draft_sources(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a drafted source per kind of file in the folder and below, by name, and notes; nothing is written."""
    drafts = Drafts()
    profiles = dict(_profiles())
    kinds = list(_kinds(folder, drafts.notes))
    for peeks in kinds:
        name = _free_name(peeks[0].path.stem, drafts.sources)
        given = {"source": name}
        paths = [peek.path.relative_to(folder).as_posix() for peek in peeks]
        others = [peek.path.relative_to(folder).as_posix() for kind in kinds if kind is not peeks for peek in kind]
        patterns = _patterns(paths, others)
        where = {"path": patterns[0] if len(patterns) == 1 else patterns}
        profile = _best_profile(peeks[0], profiles)
        if profile:
            drafts.sources.append({**given, "profile": profile, **_layout(peeks[0], keeps_format=False), **where})
            drafts.notes.append(f"{name}: {', '.join(paths)} read as profile {profile}.")
            continue
        feeds = _feeds(peeks[0], name, drafts.notes)
        if not feeds:
            drafts.notes.append(f"{name}: no table fits {', '.join(paths)} ({', '.join(peeks[0].headings[:12])}).")
            continue
        unplaced = _unplaced(peeks[0], feeds)
        if unplaced:
            drafts.notes.append(f"{name}: not used: {', '.join(unplaced)}.")
        ignored = {"ignore_columns": unplaced} if unplaced else {}
        layout = _layout(peeks[0], keeps_format=True)
        drafts.sources.append({**given, "system": "own", **layout, **where, **ignored, "feeds": feeds})
    return drafts.sources, drafts.notes


def _patterns(paths: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return the paths with the numbers of their names as `*`, so that next month's file is found as well.

    A pattern that would also find a file of another kind is not used.
    """
    patterns: list[str] = []
    for path in paths:
        folder, _, name = path.rpartition("/")
        pattern = (f"{folder}/" if folder else "") + _NUMBER.sub("*", name)
        safe = pattern if not any(fnmatchcase(other, pattern) for other in others) else path
        if safe not in patterns:
            patterns.append(safe)
    return patterns


def _kinds(folder: Path, notes: list[str]) -> Iterator[list[Peek]]:
    """Yield files of one format with equal headings together, in the order of their names."""
    kinds: dict[tuple[str, int, tuple[str, ...]], list[Peek]] = {}
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder).parts
        hidden = any(part[:1] in (".", "~") for part in inner) or inner[0] in _PASSED_OVER
        if hidden or not path.is_file() or path.suffix.lower() not in SUFFIXES:
            continue
        peek = peek_file(path)
        if isinstance(peek, str):
            notes.append(f"{path.relative_to(folder).as_posix()}: left out, {peek}.")
            continue
        kinds.setdefault((peek.format, peek.header_line, tuple(map(comparable, peek.headings))), []).append(peek)
    yield from kinds.values()


def _profiles() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in yaml_files(LIBRARY / "profiles"):
        profile = _read(path)
        # What a collector makes of live events lies in no file.
        if profile["format"] != "live":
            yield path.stem, profile


def _read(path: Path) -> Mapping[str, Any]:
    document, problems = read_yaml(path, path.name)
    if document is None:
        raise InternalError(f"{path.name} is broken: {problems}")
    return document.data


def _best_profile(peek: Peek, profiles: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the profile whose keys the file has and most of whose headings it has, or None."""
    own = set(map(comparable, peek.headings))
    scores: dict[str, int] = {}
    for name, profile in profiles.items():
        keys = {comparable(key) for feed in profile["feeds"] for key in _names(feed["key"])}
        groups = [group for feed in profile["feeds"] for group in _groups(feed)]
        hits = [group for group in groups if own & group]
        if keys <= own and len(hits) >= _PROFILE_SHARE * len(groups):
            scores[name] = len({heading for group in hits for heading in group & own})
    return max(scores, key=lambda name: (scores[name], name)) if scores else None


def _groups(feed: Mapping[str, Any]) -> Iterator[set[str]]:
    entries = [*feed["columns"].values(), *feed.get("identifiers", ())]
    for entry in entries:
        given = entry.get("from", ()) if isinstance(entry, Mapping) else entry
        if given:
            yield set(map(comparable, _names(given)))


def _names(given: Any) -> Sequence[str]:
    return (given,) if isinstance(given, str) else tuple(given or ())


def _feeds(peek: Peek, name: str, notes: list[str]) -> list[dict[str, Any]]:
    words = _read(LIBRARY / "headings.yaml")
    own = {comparable(heading): heading for heading in peek.headings}
    placed = {table: _place(told["columns"], own) for table, told in words.items()}
    fitting = [table for table, told in words.items() if set(told["needs"]) <= set(placed[table])]
    # Lines carry their order's columns: then the order is made of them.
    chosen = ["order", "order_line"] if {"order", "order_line"} <= set(fitting) else _widest(fitting, placed)
    return [
        _feed(table, placed[table], words[table], own, name, notes, is_lines="order_line" in chosen) for table in chosen
    ]


def _widest(fitting: Sequence[str], placed: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [max(fitting, key=lambda table: (len(placed[table]), table))] if fitting else []


def _place(words: Mapping[str, Sequence[str]], own: Mapping[str, str]) -> dict[str, str]:
    """Return heading by column: each column takes the first of its words that the file has and no other has taken."""
    placed: dict[str, str] = {}
    for column, names in words.items():
        found = next((own[key] for name in names if (key := comparable(name)) in own), None)
        if found is not None and found not in placed.values():
            placed[column] = found
    return placed


def _feed(
    table: str, placed: Mapping[str, str], told: Mapping[str, Any], own: Mapping[str, str], name: str, notes: list[str],
    *, is_lines: bool,
) -> dict[str, Any]:  # fmt: skip
    columns: dict[str, Any] = dict(placed)
    feed: dict[str, Any] = {"table": table, "key": [placed[table + "_id"]] if table + "_id" in placed else []}
    if table == "order_line":
        columns.setdefault("line_no", {"number_within": [placed["order_id"]]})
        feed["key"] = [placed["order_id"], placed.get("line_no", placed["product_id"])]
        if "line_no" not in placed:
            notes.append(f"{name}: lines have no number; one product may stand once per order.")
    if table == "membership":
        feed["key"] = [placed["member_id"]]
    if table == "order" and is_lines:
        feed["one_per"] = feed["key"]
        columns["paid_fen"] = {"from": placed["paid_fen"], "combine": "sum"}
        notes.append(f"{name}: {placed['paid_fen']} is taken as the amount of a line and summed per order; check that.")
    for column in CONTRACTS[table].columns:
        constant = _CONSTANTS.get((table, column.name))
        if not column.null and column.name not in columns and constant:
            columns[column.name] = {"value": constant}
            notes.append(f"{name}: {column.name} is set to {constant} for every row.")
    if "status" in placed and table in ("order", "membership"):
        notes.append(f"{name}: give the `values` of {placed['status']}: {', '.join(_allowed(table))}.")
    if table == "refund" and "refunded_at" in placed:
        columns["local_date"] = placed["refunded_at"]
    feed["columns"] = columns
    identifiers = [
        {"type": kind, "from": [own[key] for word in names if (key := comparable(word)) in own]}
        for kind, names in told.get("identifiers", {}).items()
    ]
    found = [identifier for identifier in identifiers if identifier["from"]]
    return {**feed, "identifiers": found} if found else feed


def _allowed(table: str) -> tuple[str, ...]:
    column = CONTRACTS[table].column("status")
    return column.values if column else ()


def _unplaced(peek: Peek, feeds: Sequence[Mapping[str, Any]]) -> list[str]:
    used = {heading for feed in feeds for group in _groups(feed) for heading in group}
    used |= {comparable(name) for feed in feeds for name in feed["key"]}
    return [heading for heading in peek.headings if comparable(heading) not in used]


def _layout(peek: Peek, *, keeps_format: bool) -> dict[str, Any]:
    layout: dict[str, Any] = {"format": peek.format} if keeps_format or peek.format != "csv" else {}
    if peek.header_line > 1:
        options = "excel" if peek.format == "excel" else "csv"
        layout[options] = {"header_row": peek.header_line}
    return layout


def _free_name(stem: str, sources: Sequence[Mapping[str, Any]]) -> str:
    base = _NAME.sub("_", stem.lower()).strip("_")
    base = base if base[:1].isalpha() else f"source_{base}".rstrip("_")
    base = re.sub(r"_?[0-9]{4,}$", "", base) or base
    taken = {source["source"] for source in sources}
    return next(
        name
        for number in range(len(taken) + 1)
        if (name := base if not number else f"{base}_{number + 1}") not in taken
    )
