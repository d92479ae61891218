"""Who is asking."""

from typing import Any

from fastapi import APIRouter, Request

from quanyu.server.guard import May
from quanyu.server.shapes import Me

router = APIRouter(tags=["me"])


@router.get("/me", response_model=Me)
def tell_me(asking: May, request: Request) -> Any:
    """Tell who is signed in, what they may, and the token that writes of a browser session repeat."""
    caller, workspace = asking.caller, asking.state.project.workspace
    return {
        "id": caller.id,
        "name": caller.name,
        "kind": caller.kind,
        "role": caller.role or "",
        "permissions": sorted(one.value for one in caller.permissions),
        "sees_persons": asking.sees_persons,
        "csrf": asking.state.caller_of(request).csrf,
        "brand": {"zh": workspace.brand.zh, "en": workspace.brand.en},
        "zone": workspace.time_zone,
        "currency": workspace.currency.code,
    }
