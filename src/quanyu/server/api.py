"""`/api/v1`: everything the command line can ask, over HTTP, described by an OpenAPI 3.1 document."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from quanyu import __version__
from quanyu.errors import ExternalError, InternalError, UserError
from quanyu.server import problems
from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import GUARDED
from quanyu.server.idempotency import PARAMETER
from quanyu.server.limits import Attempts, Hardened, Rate
from quanyu.server.oidc import open_provider
from quanyu.server.routes import ROUTERS
from quanyu.server.state import State

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "remedy", "request_id", "problems"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "code", "detail", "remedy", "request_id")},
        "status": {"type": "integer"},
        "problems": {"type": "array", "items": {"type": "object"}},
    },
}
_REFUSALS: Final = (401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 503)
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": en, "content": {problems.MEDIA_TYPE: {"schema": _PROBLEM}}}
    for status, (_, en) in problems.TITLES.items()
    if status in _REFUSALS
}


def api(state: State, rate: Rate | None = None) -> FastAPI:
    """Return the application that answers `/api/v1`, to be mounted there."""
    app = FastAPI(
        title="quanyu",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        responses=RESPONSES,
        redirect_slashes=False,
    )
    app.state.quanyu = state
    app.state.rate = rate or Rate()
    app.state.provider = open_provider(state.project.workspace)
    # Behind a proxy everybody comes from one address: it may be wrong much more often than one name.
    app.state.attempts, app.state.places = Attempts(), Attempts(free=200)
    for router in ROUTERS:
        _mark(router.routes)
        app.include_router(router)
    app.add_middleware(Hardened)
    app.add_exception_handler(UserError, problems.user_error)
    app.add_exception_handler(ExternalError, problems.external_error)
    app.add_exception_handler(RequestValidationError, problems.invalid)
    app.add_exception_handler(HTTPException, problems.http_error)
    app.add_exception_handler(Exception, problems.our_fault)
    return app


def permission_of(route: APIRoute) -> str:
    """Return the permission a route needs; raises InternalError for a route without a guard."""
    found = next((one for one in _calls(route.dependant) if hasattr(one, "permission")), None)
    if found is None:
        raise InternalError(f"the route {route.path} has no guard")
    return str(found.permission)


def _mark(routes: Any) -> None:
    """Write the permission of each route into its part of the document."""
    for route in routes:
        route.openapi_extra = {GUARDED: permission_of(route)}
        if isinstance(route, TaggedRoute) and "GET" not in (route.methods or ()) and not route.is_question:
            route.openapi_extra["parameters"] = [PARAMETER]


def _calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for one in dependant.dependencies:
        yield from _calls(one)
