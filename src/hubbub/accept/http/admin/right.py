"""Who may administer: the guard of every route under `/admin`."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from hubbub.accept.http.asking import bearer
from hubbub.accept.http.services import Services


async def authorize(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """A user with the right, or the operator. Refused: unauthenticated, forbidden. Runs before anything is parsed."""
    services: Services = connection.app.state.services
    token, now = bearer(connection), services.clock()
    identity = services.authenticator.operator(token, now)
    if identity is None:
        identity = await services.authenticator.authenticate(token, now)
        await services.admin.users.check_right(identity.user)
    connection.state.identity = identity
