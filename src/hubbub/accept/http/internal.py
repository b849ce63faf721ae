"""The internal port: is it alive, is it ready, what does it measure. Never reachable from the public port."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Litestar, MediaType, Response, get
from litestar.types import ASGIApp
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from hubbub.accept.http.headers import with_security_headers
from hubbub.accept.http.problems import HANDLERS

Readiness = Callable[[], Awaitable[list[str]]]
Readings = Callable[[], Awaitable[bytes]]


def build_internal_app(readiness: Readiness, readings: Readings) -> ASGIApp:
    """The ASGI application. `readiness` gives the reasons why no traffic should come; none means ready.

    `readings` gives Prometheus text.
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
    async def metrics() -> Response[bytes]:
        """Prometheus text."""
        return Response(await readings(), headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4})

    app = Litestar(
        [livez, readyz, metrics],
        exception_handlers=HANDLERS,
        openapi_config=None,
        logging_config=None,
    )
    return with_security_headers(app)
