"""Runs the application on a socket until it is told to stop."""

import logging
import signal
import sys
from typing import Final

import structlog
import uvicorn

from quanyu.server.app import Service

_GRACE_S: Final = 20
_CONNECTIONS: Final = 2_000
_IDLE_S: Final = 30


def listen(service: Service, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; answers that are being made are finished, then the spool is sealed and loaded."""
    app = service.app()
    _log_as_json()
    # When all is done uvicorn raises again what stopped it, which would end the process before its files are closed.
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        # Whoever stands in front is not known here: an address that a header names is nobody's proof.
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )


def _log_as_json() -> None:
    """Log one JSON object a line to standard error; nothing logged holds what a person sent."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
