"""Diagnosis of the published build, or of one that is being made."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final

import pyarrow as pa

from quanyu.clock import Period
from quanyu.definitions import Parameters
from quanyu.definitions.playbook import Playbooks, load_playbooks
from quanyu.diagnosis import Baseline, Known, Outcome, Request, Rule, diagnose, last_complete, tables_of
from quanyu.diagnosis.readiness import unready
from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem, UserError, raise_if_errors
from quanyu.metrics import Grain, MetricContext, Metrics
from quanyu.metrics.periods import grain_of
from quanyu.services.metrics import open_metrics
from quanyu.services.project import Project
from quanyu.services.readiness import open_readiness

ALL: Final = "all"
PERCENT: Final = 100


def open_playbooks(project: Project, metrics: Metrics | None = None) -> Playbooks:
    """Return every playbook of the workspace, checked against the metrics (read anew when not given).

    Raises UserError with every problem of their definitions.
    """
    splits = None if metrics is None else {metric.name: metrics.splits(metric.name) for metric in metrics}
    playbooks, problems = load_playbooks(project.workspace, splits)
    raise_if_errors(problems)
    if playbooks is None:
        raise UserError(problems)
    return playbooks


def known_of(project: Project, engine: DuckDBEngine, context: MetricContext) -> Known:
    """Return what a diagnosis is made from: the build the engine sees, and the definitions of the workspace."""
    workspace = project.workspace
    metrics = open_metrics(project)
    return Known(
        engine=engine,
        metrics=metrics,
        playbooks=open_playbooks(project, metrics),
        context=context,
        industry=workspace.industry,
        currency=workspace.currency,
        fp_grain=Grain(project.parameters.text("P.fp.period")),
        unready=unready(open_readiness(project), metrics, engine),
    )


def rule_of(parameters: Parameters) -> Rule:
    """Return the rule of a finding: P.finding.gap, z, n and false_rate."""
    return Rule(
        gap=Fraction(parameters.integer("P.finding.gap"), PERCENT),
        z=Fraction(parameters.decimal("P.finding.z")),
        persons=parameters.integer("P.finding.n"),
        false_rate=Fraction(parameters.integer("P.finding.false_rate"), PERCENT),
    )


def diagnosis_tables(project: Project, engine: DuckDBEngine, context: MetricContext) -> dict[str, pa.Table]:
    """Return the tables of the diagnosis that a build keeps: every scenario, the last complete month."""
    known = known_of(project, engine, context)
    parameters = project.parameters
    request = Request(
        scenarios=tuple(one.name for one in known.playbooks),
        period=last_complete(Grain.MONTH, context.as_of),
        grain=Grain.MONTH,
        previous=parameters.integer("P.finding.periods"),
        baseline=Baseline(parameters.text("P.finding.baseline")),
    )
    return tables_of(known, diagnose(known, request, rule_of(parameters)), parameters.version)


def ask(
    project: Project,
    engine: DuckDBEngine,
    context: MetricContext,
    *,
    scenario: str = ALL,
    period: Period | None = None,
    baseline: Baseline | None = None,
    targets: Sequence[str] = (),
    asked_by: str | None = None,
) -> tuple[Known, Outcome]:
    """Return a diagnosis made now; nothing is kept.

    `targets` are texts such as `repurchase_rate=0.25`, money in minor units; they make the baseline a manual one.
    Raises UserError for an unknown scenario, a period that is not a natural one or has not ended, a target amiss.
    """
    known = known_of(project, engine, context)
    found = period or last_complete(Grain.MONTH, context.as_of)
    grain = _check_period(found, context.as_of)
    default = Baseline.MANUAL if targets else Baseline(project.parameters.text("P.finding.baseline"))
    request = Request(
        scenarios=_scenarios(known.playbooks, scenario),
        period=found,
        grain=grain,
        previous=project.parameters.integer("P.finding.periods"),
        baseline=baseline or default,
        targets=_targets(known, targets),
        started_by=asked_by,
    )
    return known, diagnose(known, request, rule_of(project.parameters))


def _scenarios(playbooks: Playbooks, name: str) -> tuple[str, ...]:
    if name == ALL:
        return tuple(one.name for one in playbooks)
    found = playbooks.find(name)
    if isinstance(found, Problem):
        raise UserError(found)
    return (found.name,)


def _check_period(period: Period, as_of: date) -> Grain:
    grain = grain_of(period)
    if grain is Grain.NONE:
        message = f"{period.start.isoformat()} – {period.last_day.isoformat()} is no natural period."
        raise UserError(Problem("diagnosis.period", message, "Name a day, week, month, quarter or year."))
    if period.last_day > as_of:
        message = f"The period ends on {period.last_day.isoformat()}, the build on {as_of.isoformat()}."
        raise UserError(Problem("diagnosis.period", message, "Name a period that has ended."))
    return grain


def _targets(known: Known, texts: Sequence[str]) -> Mapping[str, Fraction]:
    targets, problems = {}, []
    for text in texts:
        name, _, number = text.partition("=")
        found = known.metrics.find(name)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        try:
            targets[name] = Fraction(Decimal(number))
        except (InvalidOperation, ValueError):
            remedy = "Write metric=number, such as repurchase_rate=0.25."
            problems.append(Problem("diagnosis.target", f'"{text[:60]}" is no target.', remedy))
    if problems:
        raise UserError(problems)
    return targets
