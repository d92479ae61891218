"""`quanyu metrics`, `periods`: figures by dimension and period, closed periods."""

import csv
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.numbers import period_name, written, written_change
from quanyu.cli.opened import opened_build
from quanyu.cli.options import HERE, ActorOption, JsonOption, WorkspaceOption, actor_name, find_workspace
from quanyu.config import Currency
from quanyu.metrics import Adjustment, Compare, Grain, Metric, MetricAnswer, Metrics
from quanyu.metrics.answer import json_number
from quanyu.services.metrics import open_metrics, query_metrics
from quanyu.services.periods import changed_since, close
from quanyu.services.project import open_project
from quanyu.store import Figure

metrics = typer.Typer(no_args_is_help=True, help="Figures: which there are, and their values.")
periods = typer.Typer(no_args_is_help=True, help="Close periods, and see what changed since.")


class Form(StrEnum):
    """How figures are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


MetricsArgument = Annotated[list[str], typer.Argument(help="Names of metrics; `quanyu metrics list` shows them.")]
ByOption = Annotated[list[str] | None, typer.Option("--by", help="Split by this dimension; may be repeated.")]
GrainOption = Annotated[Grain | None, typer.Option(help="Length of the periods.")]
StartOption = Annotated[str | None, typer.Option(help="First day, such as 2026-01-01.")]
EndOption = Annotated[str | None, typer.Option(help="First day after the last, such as 2026-02-01.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(metrics, name="metrics")
    app.add_typer(periods, name="periods")


@metrics.command("list")
def list_metrics(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """List every metric: what it is, its unit, the dimensions that can split it, where it is defined."""
    known = open_metrics(open_project(find_workspace(workspace)))
    if as_json:
        print_json([_metric_json(metric, known) for metric in known])
        return
    rows = [
        (one.name, one.label.zh, one.label.en, one.unit.value, f"{one.where.file}:{one.where.line}") for one in known
    ]
    print_table("", ("metric", "中文", "English", "unit", "defined in"), rows)
    say("`quanyu explain METRIC` tells what one is made of, `--json` by which dimensions each can be split.")


@metrics.command("query")
def query(
    names: MetricsArgument,
    workspace: WorkspaceOption = HERE,
    *,
    by: ByOption = None,
    grain: GrainOption = None,
    start: StartOption = None,
    end: EndOption = None,
    rolling: Annotated[int | None, typer.Option(min=1, help="The last so many days.")] = None,
    latest: Annotated[int | None, typer.Option(min=1, help="The last so many periods of the grain.")] = None,
    campaign: Annotated[str | None, typer.Option(help="The days of this campaign.")] = None,
    compare: Annotated[Compare, typer.Option(help="Compare each period with this one.")] = Compare.NONE,
    where: Annotated[
        list[str] | None, typer.Option("--filter", help="A condition over dimensions, such as \"channel = 'store'\".")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How to print it.")] = Form.TABLE,
    as_json: JsonOption = False,
) -> None:
    """Show figures of the published build.

    Without a period: the last twelve of the grain; without a grain too: the month of the build's date.
    """
    said = {
        "metrics": names,
        "by": by,
        "grain": grain and grain.value,
        "start": start,
        "end": end,
        "rolling": rolling,
        "latest": latest,
        "campaign": campaign,
        "compare": compare.value,
        "filters": where,
    }
    with opened_build(workspace) as here:
        answer = query_metrics(open_metrics(here.project), here.store, here.engine, here.build, said)
    if as_json or form is Form.JSON:
        print_json(answer.as_dict())
    elif form is Form.CSV:
        csv.writer(sys.stdout, lineterminator="\n").writerows(_csv_rows(answer))
    else:
        _say_answer(answer, here.project.workspace.currency)


@periods.command("close")
def close_command(
    names: MetricsArgument,
    workspace: WorkspaceOption = HERE,
    *,
    by: ByOption = None,
    grain: GrainOption = None,
    start: StartOption = None,
    end: EndOption = None,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Close figures of ended periods: they stay as published; what arrives later shows as an adjustment."""
    said = {"metrics": names, "by": by, "grain": grain and grain.value, "start": start, "end": end}
    with opened_build(workspace) as here:
        known = open_metrics(here.project)
        closed = close(known, here.store, here.engine, here.build, said, actor_name(actor))
    if as_json:
        print_json(
            {"ok": True, "closed": len(closed), "figures": [{"hash": one.row_hash, **_figure(one)} for one in closed]}
        )
        return
    say(f"{len(closed)} figures are closed at watermark {here.build.watermark}.")
    say("See what changes later with `quanyu periods adjustments`.")


@periods.command("adjustments")
def adjustments(
    names: Annotated[list[str] | None, typer.Argument(help="Only these metrics.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Show closed figures beside the live ones: adjustment = live - closed."""
    with opened_build(workspace) as here:
        known = open_metrics(here.project)
        found = changed_since(known, here.store, here.engine, here.build, names or ())
    if as_json:
        print_json([_adjustment_json(one) for one in found])
        return
    if not found:
        say("No figure is closed yet: `quanyu periods close METRIC --start … --end …`.")
        return
    write = _writer(known, here.project.workspace.currency)
    rows = [
        (one.metric, period_name(one.period), _groups(one.dimensions), write(one.metric, one.closed),
         write(one.metric, one.live), one.incomparable or write(one.metric, one.difference))
        for one in found
    ]  # fmt: skip
    columns = ("metric", "period", "split", "closed", "live", "adjustment")
    print_table("", columns, rows, right=columns[3:])


def _say_answer(answer: MetricAnswer, currency: Currency) -> None:
    compares = any(row.compared_period for row in answer.rows)
    columns = ["period", *answer.by]
    for column in answer.columns:
        columns += [column.name, *(["before", "change"] if compares else [])]
    rows = []
    for row in answer.rows:
        cells = [period_name(row.period) + ("" if row.is_complete else " …"), *row.dimensions.values()]
        for column in answer.columns:
            cell = row.cells[column.name]
            cells.append(written(cell.value, column.unit, currency))
            if compares:
                cells.append(written(cell.compared, column.unit, currency))
                cells.append(written_change(cell, column.unit))
        rows.append(cells)
    title = f"build {answer.build_id}, as of {answer.as_of} ({answer.zone})"
    print_table(title, columns, rows, right=columns[1 + len(answer.by) :])
    if any(not row.is_complete for row in answer.rows):
        say("… the period has not ended as of the build.")


def _csv_rows(answer: MetricAnswer) -> Iterator[list[Any]]:
    compares = any(row.compared_period for row in answer.rows)
    heads = [["", "_before", "_change"] if compares else [""]] * len(answer.columns)
    names = [column.name + end for column, ends in zip(answer.columns, heads, strict=True) for end in ends]
    yield ["start", "end", "is_complete", *answer.by, *names]
    for row in answer.rows:
        values: list[Any] = []
        for column in answer.columns:
            cell = row.cells[column.name]
            values += [cell.value, cell.compared, cell.change] if compares else [cell.value]
        yield [row.period.start, row.period.end, str(row.is_complete).lower(), *row.dimensions.values(), *values]


def _writer(known: Metrics, currency: Currency) -> Callable[[str, Any], str]:
    def write(name: str, value: Any) -> str:
        unit = known[name].unit if name in known.by_name else None
        return str(value) if unit is None else written(value, unit, currency)

    return write


def _groups(dimensions: Any) -> str | None:
    return ", ".join(f"{name}={value}" for name, value in dimensions.items()) or None


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "metric": figure.metric,
        "dimensions": dict(figure.dimensions),
        "start": figure.period_start,
        "end": figure.period_end,
        "value": figure.value,
        "hash": figure.row_hash,
    }


def _adjustment_json(one: Adjustment) -> dict[str, Any]:
    return {
        "metric": one.metric,
        "dimensions": dict(one.dimensions),
        "start": one.period.start,
        "end": one.period.end,
        "closed": json_number(one.closed),
        "live": json_number(one.live),
        "difference": json_number(one.difference),
        "closed_watermark": one.closed_watermark,
        "live_watermark": one.live_watermark,
        "incomparable": one.incomparable or None,
    }


def _metric_json(metric: Metric, known: Metrics) -> dict[str, Any]:
    return {
        "name": metric.name,
        "label": {"zh": metric.label.zh, "en": metric.label.en},
        "description": {"zh": metric.description.zh, "en": metric.description.en},
        "unit": metric.unit.value,
        "good": metric.good,
        "owner": metric.owner,
        "reference": metric.reference,
        "version": metric.version,
        "splits": list(known.splits(metric.name)),
        "file": metric.where.file,
        "line": metric.where.line,
        "built_in": metric.built_in,
    }
