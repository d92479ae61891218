"""Runs: start the main job, see how far it is, watch it."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from starlette.responses import StreamingResponse

from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import May, MayRun
from quanyu.server.runs import Run, RunState
from quanyu.server.shapes import Listed, One, RunAsked
from quanyu.services.build import BuildRequest
from quanyu.services.run import ALL_PARTS, Part, RunRequest

router = APIRouter(prefix="/runs", tags=["runs"], route_class=TaggedRoute)
RunId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
_WAIT_S: Final = 10.0


@router.post("", response_model=One)
def start_run(asking: MayRun, asked: RunAsked) -> Any:
    """Start a run: read new files, make and publish a build, write the report; one goes on at a time."""
    parts = frozenset(Part(one) for one in asked.parts) or ALL_PARTS
    request = RunRequest(BuildRequest(asked.as_of, asked.watermark), parts)
    return {"detail": asking.state.runs.start(request, asking.actor).as_dict()}


@router.get("", response_model=Listed)
def list_runs(asking: May) -> Any:
    """List the runs that were started here, newest first."""
    return {"rows": [one.as_dict() for one in asking.state.runs.all()]}


@router.get("/{run_id}", response_model=One)
def show_run(asking: May, run_id: RunId) -> Any:
    """Show how a run stands: running, done with its build, failed with its problems."""
    return {"detail": asking.state.runs.find(run_id).as_dict()}


@router.get("/{run_id}/events", response_class=StreamingResponse)
def watch_run(asking: May, run_id: RunId) -> Any:
    """Send what a run says as server-sent events: `progress` with numbers that rise, and `end` at last."""
    found = asking.state.runs.find(run_id)
    return StreamingResponse(_events(found), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _events(run: Run) -> AsyncIterator[str]:
    number, is_on = 0, True
    while is_on:
        # Asked before what was said is read: nothing said between the two is lost.
        is_on = run.state is RunState.RUNNING
        news = await asyncio.to_thread(run.after, number, _WAIT_S if is_on else 0)
        for number, progress in news:
            yield f"event: progress\nid: {number}\ndata: {json.dumps(asdict(progress), ensure_ascii=False)}\n\n"
        if not news and run.state is RunState.RUNNING:
            # A comment keeps proxies from closing a connection on which nothing happens.
            yield ": waiting\n\n"
    yield f"event: end\ndata: {json.dumps(run.as_dict(), ensure_ascii=False, default=str)}\n\n"
