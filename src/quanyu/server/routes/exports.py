"""Exports of persons: what can be written, files that were made, making one; each is a line of the audit log."""

from pathlib import Path as FilePath
from secrets import token_hex
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from starlette.responses import FileResponse

from quanyu.errors import Problem, UserError
from quanyu.exports.fields import OPEN
from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import MayExport
from quanyu.server.shapes import ExportAsked, Exported, Listed, Rows
from quanyu.services import exports as service
from quanyu.services.permissions import Permission
from quanyu.services.scope import persons_within
from quanyu.tables import Privacy

router = APIRouter(prefix="/exports", tags=["exports"], route_class=TaggedRoute)
FOLDER: Final = "exports"
_DETAIL: Final = ("form", "sha256", "bytes", "rows", "columns", "masked", "left_out", "build", "as_of")


@router.get("/columns", response_model=Rows)
def list_columns(asking: MayExport) -> Any:
    """List the fields that can be exported from the build, with the class of personal data of each."""
    with asking.state.opened() as here:
        fields = service.columns_known(here.engine)
    names = ("name", "zh", "en", "unit")
    rows = [
        {
            **{name: getattr(one, name) for name in names},
            "block": one.block.value,
            "type": one.type.value,
            "privacy": one.privacy.value,
        }
        for one in fields
    ]
    return {"build_id": here.build.build_id, "as_of": here.build.as_of, "rows": rows}


@router.get("", response_model=Listed)
def list_exports(asking: MayExport) -> Any:
    """List the exports that were made, oldest first: who, what for, how many, which fields.

    Whoever reaches a part of the brand sees their own.
    """
    rows = [
        {
            "audit_id": one.audit_id,
            "at": one.at,
            "actor": one.actor,
            "action": one.action,
            "persons": one.subject_count,
            "purpose": one.purpose,
            **{name: one.detail.get(name) for name in _DETAIL},
        }
        for one in service.export_log(asking.state.store)
        if asking.reaches_all or one.actor == asking.actor
    ]
    return {"rows": rows}


@router.post("", response_model=Exported)
def make_export(asking: MayExport, asked: ExportAsked) -> Any:
    """Write a file of persons who consented to the purpose; personal fields are `*` without the right to unmask.

    Of a segment it holds whom the caller reaches.
    Without that right a group below P.small_group is refused, too.
    """
    folder = _folder(asking.state.project.workspace.state)
    folder.mkdir(parents=True, exist_ok=True)
    # The name is ours: nothing that somebody sends ever becomes a path.
    path = folder / f"{token_hex(12)}.{asked.form}"
    classes = frozenset(Privacy) - OPEN if asking.caller.may(Permission.UNMASK) else frozenset()
    request = service.Request(path, tuple(asked.columns), asked.purpose, classes, headings=asked.headings)
    with asking.state.opened() as here:
        place = asking.place(here)
        choice = service.everybody() if asked.segment is None else service.by_segment(place, asked.segment)
        return service.export_persons(place, persons_within(asking.caller.scope, choice), request)


@router.get("/{audit_id}/file", response_class=FileResponse)
def fetch_file(asking: MayExport, audit_id: Annotated[int, Path(ge=1, le=2**53)]) -> Any:
    """Give the file of an export that was made here, to whom made it."""
    record = next((one for one in service.export_log(asking.state.store) if one.audit_id == audit_id), None)
    if record is None or record.actor != asking.actor:
        raise UserError(Problem("export.unknown_file", "No export of yours has that number.", "See GET /exports."))
    path = _folder(asking.state.project.workspace.state) / FilePath(str(record.detail["file"])).name
    if not path.is_file():
        raise UserError(Problem("export.unknown_file", "The file of that export is gone.", "Make it again."))
    return FileResponse(path, filename=f"export-{audit_id}{path.suffix}")


def _folder(state: FilePath) -> FilePath:
    return state / FOLDER
