"""The audit log: who did what, and whether anybody touched the log."""

from typing import Any

from fastapi import APIRouter

from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import MayAdmin
from quanyu.server.paging import cursor_of, place_of
from quanyu.server.shapes import AuditPage, Cursor, Page, Verified
from quanyu.services.privacy_audit import verify_audit

router = APIRouter(prefix="/audit", tags=["audit"], route_class=TaggedRoute)
_QUESTION = "audit"


@router.get("", response_model=AuditPage)
def list_records(asking: MayAdmin, limit: Page = 100, cursor: Cursor = None) -> Any:
    """List the records, oldest first."""
    with asking.state.store.reading() as work:
        records = work.audit.find(after=place_of(_QUESTION, cursor), limit=limit + 1)
    shown = records[:limit]
    is_more = len(records) > limit
    return {"records": shown, "next_cursor": cursor_of(_QUESTION, shown[-1].audit_id) if is_more else None}


@router.get("/verify", response_model=Verified)
def verify(asking: MayAdmin) -> Any:
    """Check the whole log: no record changed, gone or out of place, and none cut off that was the last once."""
    problems = verify_audit(asking.state.project.workspace, asking.state.store)
    return {"holds": not problems, "problems": [one.as_dict() for one in problems]}
