"""Questions about behaviour: funnel, retention, states, stickiness, paths, attribution, trend, distribution."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body

from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import May
from quanyu.server.refs import ref_or_none
from quanyu.server.shapes import BehaviourTold, Row
from quanyu.services.behaviour import ask

router = APIRouter(prefix="/analytics", tags=["analytics"], route_class=TaggedRoute)
Question = Annotated[Row, Body(description="The question as `quanyu KIND --ask FILE` reads it.")]
_COUNT: Final = "count"
_FROM_COUNTS: Final = ("ratio", "money", "seconds")


class Kind(StrEnum):
    """A kind of question."""

    FUNNEL = "funnel"
    RETENTION = "retention"
    STATES = "states"
    STICKINESS = "stickiness"
    PATHS = "paths"
    ATTRIBUTION = "attribution"
    TREND = "trend"
    DISTRIBUTION = "distribution"


@router.post("/{kind}", response_model=BehaviourTold)
def ask_behaviour(asking: May, kind: Kind, question: Question) -> Any:
    """Answer a question about behaviour: tables of figures, and the cells whose people `ref` gives."""
    with asking.state.opened() as here:
        answer = ask(here.project, here.engine, here.build, kind.value, question)
        told = answer.as_dict()
    least = asking.least
    return {
        **told,
        "build_id": here.build.build_id,
        "grids": [_without_small(grid, least) for grid in told["grids"]],
        "cells": {cell: count for cell, count in told["cells"].items() if not 0 < count < least},
        "ref": ref_or_none("behaviour", here.build.build_id, {"question": kind.value, "said": question}),
    }


def _without_small(grid: Mapping[str, Any], least: int) -> dict[str, Any]:
    """Return a grid with plain numbers, and of rows with a small count neither counts nor what is made of them."""
    units = {column["name"]: column["unit"] for column in grid["columns"]}
    rows = []
    for row in grid["rows"]:
        plain = {name: _plain(value) for name, value in row.items()}
        counts = [plain[name] for name, unit in units.items() if unit == _COUNT and plain[name] is not None]
        if any(0 < count < least for count in counts):
            hidden = [name for name, unit in units.items() if unit == _COUNT or unit in _FROM_COUNTS]
            plain |= dict.fromkeys(hidden)
        rows.append(plain)
    return {**grid, "rows": rows}


def _plain(value: Any) -> Any:
    """Return a number of NumPy's as Python's own, anything else as it is."""
    return value.item() if hasattr(value, "item") else value
