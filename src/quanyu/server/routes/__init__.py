"""The routes of `/api/v1`, one module per resource."""

from typing import Final

from fastapi import APIRouter

from quanyu.server.routes import (
    audit,
    behaviour,
    definitions,
    diagnosis,
    exports,
    identity,
    ingest,
    me,
    metrics,
    persons,
    privacy,
    refs,
    runs,
    segments,
    session,
    stages,
    tags,
    users,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    me.router,
    session.router,
    users.router,
    metrics.router,
    stages.router,
    persons.router,
    tags.router,
    segments.router,
    behaviour.router,
    identity.router,
    ingest.router,
    definitions.router,
    diagnosis.router,
    exports.router,
    runs.router,
    audit.router,
    privacy.router,
    refs.router,
)
