"""Who is asking."""

from typing import Any

from fastapi import APIRouter, Request

from quanyu.server.guard import MayOwn
from quanyu.server.shapes import Me
from quanyu.services.permissions import Scope

router = APIRouter(tags=["me"])


@router.get("/me", response_model=Me)
def tell_me(asking: MayOwn, request: Request) -> Any:
    """Tell who is signed in, what they may, and the token that writes of a browser session repeat."""
    caller, workspace = asking.caller, asking.state.project.workspace
    return {
        "id": caller.id,
        "name": caller.name,
        "kind": caller.kind,
        "role": caller.role or "",
        "scope": _scope(caller.scope),
        "permissions": sorted(one.value for one in caller.permissions),
        "sees_persons": asking.sees_persons,
        "csrf": asking.state.caller_of(request).csrf,
        "brand": {"zh": workspace.brand.zh, "en": workspace.brand.en},
        "zone": workspace.time_zone,
        "currency": workspace.currency.code,
    }


def _scope(scope: Scope) -> dict[str, list[str]]:
    kinds = {"brands": scope.brands, "regions": scope.regions, "stores": scope.stores}
    return {kind: sorted(ids) for kind, ids in kinds.items() if ids is not None}
