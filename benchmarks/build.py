"""From landing tables to a whole build, without ingest and store: what the step benchmarks stand on."""

import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from benchmarks import calendar as cal
from benchmarks.landing import BATCH, LANDING, land, write_settings
from benchmarks.maker import World
from quanyu.config import Workspace
from quanyu.definitions import Parameters, load_parameters, load_workspace
from quanyu.engine import DuckDBEngine, Value, order_steps
from quanyu.errors import InternalError
from quanyu.facts.calendar import report_periods, snapshot_dates
from quanyu.facts.current import make_current
from quanyu.identity.resolve import resolve_full
from quanyu.identity.rules import IdentityRules
from quanyu.services.build import SNAPSHOT_MONTHS, house_steps
from quanyu.services.growth_rules import growth_rule_rows
from quanyu.services.parameters import step_values
from quanyu.services.stage_rules import rule_rows
from quanyu.tables import CONTRACTS

BUILD: Final = "b000001"
AS_OF: Final = date(2025, 12, 31)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the main job: seconds, rows, and the process's peak memory (VmHWM) when it was done."""

    name: str
    seconds: float
    rows: int
    peak_mb: int


def workspace_of(folder: Path) -> Workspace:
    """Return the synthetic workspace of a folder."""
    workspace, problems = load_workspace(folder)
    if workspace is None:
        raise InternalError("\n".join(map(str, problems)))
    return workspace


def engine_of(workspace: Workspace) -> DuckDBEngine:
    """Open the warehouse of a synthetic workspace as a run does: bounded memory, spilling to its folder."""
    settings = workspace.engine
    limits = {} if settings.memory_limit is None else {"memory_limit": f"{settings.memory_limit}B"}
    return DuckDBEngine(workspace.warehouse_file, CONTRACTS, spill=workspace.folder("tmp"), **limits)


def parameters_of(workspace: Workspace) -> Parameters:
    """Return the parameters of a synthetic workspace."""
    parameters, problems = load_parameters(workspace)
    if parameters is None:
        raise InternalError("\n".join(map(str, problems)))
    return parameters


def values_of(workspace: Workspace) -> dict[str, Value]:
    """Return the parameters of the steps as of the last synthetic day."""
    return step_values(parameters_of(workspace), AS_OF, BATCH, cal.ZONE)


def make_landing(world: World, folder: Path) -> list[Part]:
    """Make the workspace of a world anew, its landing tables filled; returns what that took."""
    started = time.perf_counter()
    write_settings(folder)
    workspace = workspace_of(folder)
    workspace.state.mkdir(exist_ok=True)
    for old in (workspace.warehouse_file, workspace.warehouse_file.with_suffix(".duckdb.wal")):
        old.unlink(missing_ok=True)
    engine = engine_of(workspace)
    land(world, engine, lambda what: print(f"  {time.perf_counter() - started:6.1f} s  {what}", flush=True))
    engine.close()
    return [Part("make landing", time.perf_counter() - started, world.size.events, peak_mb())]


def make_build(folder: Path) -> list[Part]:
    """Make identity and every step's table from the landing tables; returns what each took."""
    workspace = workspace_of(folder)
    engine = engine_of(workspace)
    engine.drop_schema(BUILD)
    engine.use_schema(BUILD)
    engine.attach_schema(LANDING)
    report = resolve_full(engine, IdentityRules(workspace.identity), (), watermark=BATCH)
    parts = [Part("identity", report.seconds, report.pairs, peak_mb())]
    started = time.perf_counter()
    made = make_current(engine, LANDING, BATCH)
    seconds = time.perf_counter() - started
    parts.append(Part("current versions", seconds, sum(one.rows for one in made), peak_mb()))
    engine.register("report_period", report_periods(cal.FIRST, AS_OF))
    engine.register("snapshot_date", snapshot_dates(cal.FIRST, AS_OF, SNAPSHOT_MONTHS))
    parameters = parameters_of(workspace)
    for name, rows in (rule_rows(workspace, parameters) | growth_rule_rows(workspace, parameters)).items():
        engine.register(name, rows)
    values = values_of(workspace)
    for step in order_steps(house_steps(), engine.tables):
        one = engine.make(step, values)
        parts.append(Part(one.table, one.seconds, one.rows, peak_mb()))
        print(f"  {one.seconds:8.2f} s {one.rows:12,}  {one.table}  (peak {parts[-1].peak_mb:,} MB)", flush=True)
    engine.close()
    return parts


def peak_mb() -> int:
    """Return the peak resident memory of this process so far, in MB (VmHWM)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1000
    return 0
