"""The internal port: is it alive, is it ready, what does it measure. Never reachable from the public port."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Litestar, MediaType, Request, Response, get
from litestar.types import ASGIApp

from hubbub.accept.http.headers import with_security_headers
from hubbub.accept.http.problems import HANDLERS

Readiness = Callable[[], Awaitable[list[str]]]
Readings = Callable[[str], Awaitable[tuple[bytes, str]]]


def build_internal_app(readiness: Readiness, readings: Readings) -> ASGIApp:
    """The ASGI application. `readiness` gives the reasons why no traffic should come; none means ready.

    `readings` gives what is measured in a form that the header `Accept` names, and the form's media type.
    """

    @get("/livez", media_type=MediaType.JSON)
    async def livez() -> dict[str, str]:
        """The event loop turns."""
        return {"status": "alive"}

    @get("/readyz")
    async def readyz() -> Response[dict[str, Any]]:
        """Whether traffic should come, and if not, why."""
        reasons = await readiness()
        status = "not ready" if reasons else "ready"
        return Response({"status": status, "reasons": reasons}, status_code=503 if reasons else 200)

    @get("/metrics")
    async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Prometheus text, or OpenMetrics for who asks for it."""
        body, media_type = await readings(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": media_type})

    app = Litestar(
        [livez, readyz, metrics],
        exception_handlers=HANDLERS,
        openapi_config=None,
        logging_config=None,
    )
    return with_security_headers(app)
