"""The pages at the entrance: `/login`, and `/welcome#TOKEN` where a link's password is set; nothing is fetched."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_PAGE: Final = Path(__file__).with_name("entrance.html").read_text(encoding="utf-8")


def _digest(tag: str) -> str:
    """Return the source of a policy that allows the page's own script or style, and no other."""
    found = re.search(rf"<{tag}>(.*?)</{tag}>", _PAGE, re.DOTALL)
    text = "" if found is None else found[1]
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


_POLICY: Final = (
    f"default-src 'none'; script-src {_digest('script')}; style-src {_digest('style')}; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


async def _entrance(_: Request) -> Response:
    return Response(_PAGE, media_type="text/html", headers=_HEADERS)


PAGES: Final = (Route("/login", _entrance), Route("/welcome", _entrance))
