"""What the build says of itself, as far as figures tell it: as-of date, zone, watermark, tables, received files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from quanyu.store import Build, BuildStep


@dataclass(frozen=True, slots=True)
class BuiltTable:
    """One table of a build: rows, when it was finished (UTC), and the SQL that made it (empty when from Python)."""

    rows: int
    built_at: datetime
    sql: str


@dataclass(frozen=True, slots=True)
class MetricContext:
    """The build that figures are read from; `files` maps a position in the raw log to the file received there."""

    as_of: date
    zone: str
    watermark: int
    build_id: int
    tables: Mapping[str, BuiltTable] = field(default_factory=lambda: MappingProxyType({}))
    files: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))


def context_of(build: Build, steps: Iterable[BuildStep], files: Mapping[int, str]) -> MetricContext:
    """Return the context of a build, its steps and the files of the raw log."""
    tables = {step.table_name: BuiltTable(step.rows, step.finished_at, step.sql_text) for step in steps}
    return MetricContext(
        as_of=build.as_of,
        zone=build.zone,
        watermark=build.watermark,
        build_id=build.build_id,
        tables=MappingProxyType(tables),
        files=MappingProxyType(dict(files)),
    )
