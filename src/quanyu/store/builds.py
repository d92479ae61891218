"""Builds of the warehouse: what was built from what, when, by which SQL, and which one is served.

Grain: one build, and one step (table) of a build.  The published build is the newest with status `published`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from quanyu.clock import now
from quanyu.errors import InternalError
from quanyu.store.rows import columns_of, next_number, records
from quanyu.store.schema import build, build_step


class BuildStatus(StrEnum):
    """How a build stands: `RUNNING`, then `PUBLISHED`, `FAILED`, or `ABANDONED` when its process died."""

    RUNNING = "running"
    PUBLISHED = "published"
    FAILED = "failed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class NewBuild:
    """What decides a build's result: same values, same bytes.

    `as_of` is the last business date inside, `watermark` the last batch known, `zone` and `currency` the workspace's;
    `definition_hashes` maps definition names to hashes of their text.
    """

    engine: str
    as_of: date
    watermark: int
    zone: str
    currency: str
    parameter_version: str
    definition_hashes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Build:
    """One build; `timings` are seconds per phase, `failure` says why it failed (empty otherwise), times are UTC.

    `dropped_at` is None while the warehouse still has the schema.
    """

    build_id: int
    schema_name: str
    engine: str
    as_of: date
    watermark: int
    zone: str
    currency: str
    parameter_version: str
    definition_hashes: Mapping[str, str]
    status: BuildStatus
    started_at: datetime
    finished_at: datetime | None
    dropped_at: datetime | None
    timings: Mapping[str, float]
    failure: str


@dataclass(frozen=True, slots=True)
class BuildStep:
    """One table of a build: its place in the order, rows, seconds, and the SQL that made it (text and SHA-256)."""

    table_name: str
    ordinal: int
    rows: int
    seconds: float
    sql_hash: str
    sql_text: str
    finished_at: datetime


_COLUMNS = columns_of(Build, build)
_STEP_COLUMNS = columns_of(BuildStep, build_step)
_ID = build.c.build_id


class Builds:
    """The builds, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, new: NewBuild) -> Build:
        """Open the next build and return it; its schema is `b` and the number in six digits."""
        build_id = next_number(self._connection, _ID)
        row = {
            "build_id": build_id,
            "schema_name": f"b{build_id:06d}",
            "engine": new.engine,
            "as_of": new.as_of,
            "watermark": new.watermark,
            "zone": new.zone,
            "currency": new.currency,
            "parameter_version": new.parameter_version,
            "definition_hashes": dict(new.definition_hashes),
            "status": BuildStatus.RUNNING.value,
            "started_at": now(),
            "timings": {},
            "failure": "",
        }
        self._connection.execute(insert(build), row)
        return self._known(build_id)

    def add_steps(self, build_id: int, steps: Iterable[BuildStep]) -> None:
        """Keep the steps of a running build; a table is built once per build."""
        names = [column.name for column in _STEP_COLUMNS]
        rows = [{"build_id": build_id, **{name: getattr(step, name) for name in names}} for step in steps]
        if rows:
            self._connection.execute(insert(build_step), rows)

    def publish(self, build_id: int, timings: Mapping[str, float]) -> None:
        """Make a running build the one that is served, in the moment the unit of work ends."""
        self._finish(build_id, BuildStatus.PUBLISHED, timings=dict(timings))

    def fail(self, build_id: int, failure: str) -> None:
        """End a running build that failed, with the reason."""
        self._finish(build_id, BuildStatus.FAILED, failure=failure)

    def abandon_running(self) -> list[Build]:
        """Abandon what dead runs left running and return it, for its schemas to be dropped; only under the lease."""
        left = self.find(BuildStatus.RUNNING)
        for dead in left:
            self._finish(dead.build_id, BuildStatus.ABANDONED)
        return left

    def mark_dropped(self, build_id: int) -> None:
        """Say that the warehouse no longer has the schema of an ended build."""
        statement = update(build).where(_ID == build_id, build.c.status != BuildStatus.RUNNING.value)
        if self._connection.execute(statement, {"dropped_at": now()}).rowcount != 1:
            raise InternalError(f"build {build_id} is unknown or still running")

    def published(self) -> Build | None:
        """Return the build that is served, or None before the first."""
        query = select(func.max(_ID)).where(build.c.status == BuildStatus.PUBLISHED.value, build.c.dropped_at.is_(None))
        newest = self._connection.execute(query).scalar()
        return None if newest is None else self._known(newest)

    def get(self, build_id: int) -> Build | None:
        """Return the build of that number, or None."""
        row = self._connection.execute(select(*_COLUMNS).where(_ID == build_id)).first()
        return _build(row) if row else None

    def find(self, status: BuildStatus | None = None) -> list[Build]:
        """Return the builds, of one status if given, oldest first."""
        query = select(*_COLUMNS).order_by(_ID)
        if status is not None:
            query = query.where(build.c.status == status.value)
        return [_build(row) for row in self._connection.execute(query)]

    def steps(self, build_id: int) -> list[BuildStep]:
        """Return the steps of a build in the order they ran."""
        query = select(*_STEP_COLUMNS).where(build_step.c.build_id == build_id).order_by(build_step.c.ordinal)
        return records(BuildStep, self._connection.execute(query))

    def _known(self, build_id: int) -> Build:
        found = self.get(build_id)
        if found is None:
            raise InternalError(f"build {build_id} is unknown")
        return found

    def _finish(self, build_id: int, status: BuildStatus, **values: Any) -> None:
        statement = update(build).where(_ID == build_id, build.c.status == BuildStatus.RUNNING.value)
        changes = {"status": status.value, "finished_at": now(), **values}
        if self._connection.execute(statement, changes).rowcount != 1:
            raise InternalError(f"build {build_id} is not running")


def _build(row: Any) -> Build:
    values = row._asdict()
    return Build(**{**values, "status": BuildStatus(values["status"])})
