"""The routes of `/api/v1`, one module per resource."""

from typing import Final

from fastapi import APIRouter

from quanyu.server.routes import me, metrics, refs, stages

ROUTERS: Final[tuple[APIRouter, ...]] = (me.router, metrics.router, stages.router, refs.router)
