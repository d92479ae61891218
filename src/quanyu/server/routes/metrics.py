"""Figures: which there are, their values by dimension and period, each with a reference."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Path

from quanyu.metrics import Metrics
from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import Asking, MayOfScope
from quanyu.server.paging import cursor_of, place_of
from quanyu.server.refs import ref_or_none
from quanyu.server.shapes import Figure, FigureRow, MetricAnswerTold, MetricList, MetricQuestion, MetricTold
from quanyu.services.metrics import find_metric, open_metrics, query_metrics

router = APIRouter(prefix="/metrics", tags=["metrics"], route_class=TaggedRoute)
_COUNT: Final = "count"
_RATIOS: Final = ("ratio", "index")


@router.get("", response_model=MetricList)
def list_metrics(asking: MayOfScope) -> Any:
    """List every metric with its meaning, unit, dimensions and place of definition."""
    known = open_metrics(asking.state.project)
    return {"metrics": [_told(known, metric.name) for metric in known]}


@router.get("/{name}", response_model=MetricTold)
def show_metric(asking: MayOfScope, name: str = Path(max_length=200)) -> Any:
    """Show one metric."""
    known = open_metrics(asking.state.project)
    find_metric(known, name)
    return _told(known, name)


@router.post("/query", response_model=MetricAnswerTold)
def ask_metrics(asking: MayOfScope, question: MetricQuestion) -> Any:
    """Answer a query; every figure has a `ref` from which its history and its people are told.

    Callers who may not see persons get no figure of a small group: counts below the limit, ratios of such counts, and
    in a split amounts beside no count that is large enough.  Callers who reach a part of the brand get the figures of
    that part, without a `ref`: its history tells of the whole.
    """
    said = question.model_dump(mode="json", exclude_none=True, exclude={"limit", "cursor"})
    with asking.state.opened() as here:
        known = open_metrics(here.project)
        answer = query_metrics(known, here.store, here.engine, here.build, said, asking.caller.scope)
    asked = [here.build.build_id, said]
    first = place_of(asked, question.cursor)
    told = answer.as_dict()
    units = {column["name"]: column["unit"] for column in told["metrics"]}
    rows = told["rows"][first : first + question.limit]
    after = first + len(rows)
    return {
        **told,
        "rows": [_row(row, units, said, here.build.build_id, asking) for row in rows],
        "next_cursor": cursor_of(asked, after) if after < len(told["rows"]) else None,
    }


def _row(row: dict[str, Any], units: Mapping[str, str], said: Mapping[str, Any], build_id: int, asking: Asking) -> Any:
    least = asking.least
    cells: dict[str, Figure] = {}
    for name, cell in row["cells"].items():
        asked = {"query": {**said, "metrics": [name]}, "start": row["start"], "dimensions": row["dimensions"]}
        ref = ref_or_none("figure", build_id, asked) if asking.caller.scope.is_all else None
        if least and _is_small(name, row, units, least):
            cells[name] = Figure(value=None, hidden=True, ref=ref)
        else:
            cells[name] = Figure(**cell, ref=ref)
    return FigureRow.model_validate({**row, "cells": cells})


def _is_small(name: str, row: Mapping[str, Any], units: Mapping[str, str], least: int) -> bool:
    """Return whether a figure tells of few persons, or does not say of how many."""
    cell = row["cells"][name]
    if units[name] == _COUNT:
        return any(_is_few(cell[part], least) for part in ("value", "compared"))
    if units[name] in _RATIOS:
        return any(_is_few(cell[part], least) for part in ("numerator", "denominator"))
    if not row["dimensions"]:
        return False
    counts = [row["cells"][other]["value"] for other, unit in units.items() if unit == _COUNT]
    return not any(isinstance(count, int) and count >= least for count in counts)


def _is_few(count: object, least: int) -> bool:
    return isinstance(count, int | float) and 0 < count < least


def _told(known: Metrics, name: str) -> dict[str, Any]:
    metric = known[name]
    return {
        "name": metric.name,
        "label": {"zh": metric.label.zh, "en": metric.label.en},
        "description": {"zh": metric.description.zh, "en": metric.description.en},
        "unit": metric.unit.value,
        "good": metric.good,
        "owner": metric.owner,
        "reference": metric.reference,
        "version": metric.version,
        "splits": list(known.splits(name)),
        "file": metric.where.file,
        "line": metric.where.line,
        "built_in": metric.built_in,
    }
