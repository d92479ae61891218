"""What was received and refused: sources, counters that add up, rows in quarantine and what is done with them."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import Asking, May, MayEdit
from quanyu.server.paging import ROWS, cursor_of, place_of
from quanyu.server.shapes import Cursor, DiscardAsked, Listed, One, Page, RepairAsked
from quanyu.services import ingest as service
from quanyu.store import QuarantineRow

router = APIRouter(tags=["ingest"], route_class=TaggedRoute)
RowId = Annotated[str, Path(pattern=r"^[0-9]{1,18}$")]


@router.get("/sources", response_model=Listed)
def list_sources(asking: May) -> Any:
    """List the sources of the workspace: format, system, tables they feed."""
    rows = [
        {
            "source": one.id,
            "system": one.system,
            "format": str(one.format),
            "label": one.label,
            "place": str(one.place()),
            "fingerprint": one.fingerprint,
        }
        for one in asking.state.project.sources
    ]
    return {"rows": rows}


@router.get("/ingest/status", response_model=One)
def show_status(asking: May) -> Any:
    """Tell what every source delivered per day (received = stored + quarantined + duplicate), and what needs care."""
    told = service.ingest_status(asking.state.project, asking.state.store)
    refused = [{"source": one.source, "file": one.file, "problems": list(one.problems)} for one in told.refused]
    return {
        "detail": {
            "days": [{**asdict(day), "adds_up": day.adds_up} for day in told.days],
            "refused_files": refused,
            "withdrawn_batches": told.withdrawn,
            "problems": [one.as_dict() for one in told.changed],
        }
    }


@router.get("/quarantine", response_model=Listed)
def list_quarantine(
    asking: May,
    source: Annotated[str | None, Query(max_length=80)] = None,
    code: Annotated[str | None, Query(max_length=80)] = None,
    limit: Page = 50,
    cursor: Cursor = None,
) -> Any:
    """List the rows that wait in quarantine, with where they stand and what is wrong; never their values."""
    question = ["quarantine", source, code]
    first = min(place_of(question, cursor), ROWS)
    page = service.refused_rows(asking.state.store, source=source, code=code, limit=first + limit + 1)
    rows = page.rows[first : first + limit]
    after = first + len(rows)
    return {
        "rows": [_row(one) for one in rows],
        "next_cursor": cursor_of(question, after) if after < len(page.rows) else None,
    }


@router.get("/quarantine/{row_id}", response_model=One)
def show_row(asking: May, row_id: RowId) -> Any:
    """Show a refused row, what may be personal in it masked; the look is audited."""
    state = asking.state
    told = service.show(state.project, state.store, int(row_id), asking.actor)
    return {"detail": {**_row(told.row), "cells": dict(told.cells), "edits": dict(told.edits)}}


@router.post("/quarantine/{row_id}/repair", response_model=Listed)
def repair(asking: MayEdit, row_id: RowId, asked: RepairAsked) -> Any:
    """Keep edits of a refused row for the next replay."""
    state = asking.state
    rows = service.repair(state.project, state.store, {int(row_id): asked.cells}, asking.actor)
    return {"rows": _now(asking, rows)}


@router.post("/quarantine/discard", response_model=Listed)
def discard(asking: MayEdit, asked: DiscardAsked) -> Any:
    """Give refused rows up for good; they stay counted."""
    rows = service.discard(asking.state.store, [int(one) for one in asked.ids], asking.actor)
    return {"rows": _now(asking, rows)}


def _now(asking: Asking, rows: Iterable[QuarantineRow]) -> list[dict[str, Any]]:
    """Return rows as they stand after what was done with them."""
    with asking.state.store.reading() as work:
        found = [work.quarantine.get(one.quarantine_id) for one in rows]
    return [_row(one) for one in found if one is not None]


def _row(row: QuarantineRow) -> dict[str, Any]:
    return {
        "id": str(row.quarantine_id),
        "batch_seq": row.batch_seq,
        "source": row.source,
        "file": row.file,
        "line": row.line,
        "row": row.row_number,
        "state": row.state.value,
        "problems": list(row.problems),
    }
