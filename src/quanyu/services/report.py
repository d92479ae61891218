"""Writes the report of a build into the workspace."""

from quanyu.config import Language
from quanyu.engine import DuckDBEngine
from quanyu.report import render_report
from quanyu.report.context import (
    BuildRecord,
    ParameterRow,
    QualityRow,
    ReceivedRow,
    ReportContext,
    ReportFiles,
    StepRecord,
)
from quanyu.services.build import house_steps
from quanyu.services.project import Project
from quanyu.store import Build, Store


def write_report(project: Project, store: Store, engine: DuckDBEngine, build: Build) -> ReportFiles:
    """Write both pages and the JSON twin of a build whose tables the engine sees, and return the files."""
    folder = project.workspace.folder("reports") / f"{build.as_of.isoformat()}-{build.build_id:06d}"
    folder.mkdir(parents=True, exist_ok=True)
    return render_report(report_context(project, store, engine, build), engine, folder)


def report_context(project: Project, store: Store, engine: DuckDBEngine, build: Build) -> ReportContext:
    """Return what the report says beside the tables: the build's record, reconciliation, checks, steps, parameters."""
    workspace = project.workspace
    with store.reading() as work:
        days = work.segments.reconciliation()
        steps = work.builds.steps(build.build_id)
    files = {step.name: step.file for step in house_steps()}
    return ReportContext(
        brand=workspace.brand,
        time_zone=build.zone,
        currency=workspace.currency,
        language=Language(workspace.language),
        build=BuildRecord(
            build_id=build.build_id,
            as_of=build.as_of,
            watermark=build.watermark,
            engine=build.engine,
            parameter_version=build.parameter_version,
            built_at=build.finished_at or build.started_at,
        ),
        received=tuple(
            ReceivedRow(day.source, day.day, day.received, day.stored, day.quarantined, day.duplicate) for day in days
        ),
        quality=tuple(QualityRow(**row) for row in engine.rows_of("data_quality").to_pylist()),
        steps=tuple(
            StepRecord(
                table=step.table_name,
                sql=step.sql_text,
                rows=step.rows,
                seconds=step.seconds,
                file=files.get(step.table_name, ""),
                finished_at=step.finished_at,
            )
            for step in steps
        ),
        parameters=tuple(
            ParameterRow(one.id, str(one.value), one.unit, one.mark, one.zh, one.en, one.overridden)
            for one in project.parameters
        ),
        small_group=project.parameters.integer("P.small_group"),
    )
