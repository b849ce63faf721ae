"""`/oidc`: to an identity provider and back, in redirects and cookies; no token ever stands in a URL (docs/web.md)."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

import structlog
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from hubbub.accept.http.asking import AnyRequest, Ask, check_text
from hubbub.accept.http.documentation import answers
from hubbub.accept.http.services import Services
from hubbub.model.accounts import MAX_DEVICE
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.logins import ATTEMPT_MS, HAND_OVER_MS, LoginFailed, LoginFailure, SignedIn

WEB_APP = "/"  # it redeems the hand-over, or says what went wrong
ATTEMPT, HAND_OVER = "hubbub-login", "hubbub-hand-over"
OPERATORS = frozenset({LoginFailure.UNAVAILABLE, LoginFailure.INVALID})  # failures somebody should look into
log = structlog.get_logger("hubbub.external_logins")


class Redemption(Struct, kw_only=True, forbid_unknown_fields=True):
    """`device` is how the session is shown in the list of sessions."""

    device: Annotated[str, Meta(max_length=MAX_DEVICE)] = ""


class ExternalLoginController(Controller):
    """Logging in through an identity provider. For browsers: other clients bring the provider's tokens."""

    path = "/oidc"
    tags = ("Sessions",)

    @get("/{alias:str}/start", status_code=302, responses=answers(None, 302, (400, 404, 500, 503)))
    async def start(
        self, ask: Ask, alias: FromPath[str], return_to: FromQuery[str | None] = None
    ) -> Response[None]:
        """Send the browser to the provider. `return_to` is where in the app the person wants to be afterwards."""
        services = ask.services
        try:
            url, sealed = await services.external_logins.start(alias, return_to, ask.now, services.entropy)
        except LoginFailed as failed:
            return _failed(alias, failed)
        return _redirect(url, _cookie(services, ATTEMPT, sealed, ATTEMPT_MS, "lax"))

    @get("/{alias:str}/callback", status_code=302, responses=answers(None, 302, (400, 404, 500, 503)))
    async def callback(self, request: AnyRequest, alias: FromPath[str]) -> Response[None]:
        """Where the provider sends the browser back to, with a code or an error."""
        services: Services = request.app.state.services
        used = _cookie(services, ATTEMPT, "", 0, "lax")
        try:
            sealed = await _finish(services, request, alias)
        except LoginFailed as failed:
            return _failed(alias, failed, used)
        handed = _cookie(services, HAND_OVER, sealed, HAND_OVER_MS, "strict")
        return _redirect(_app(provider=alias), used, handed)

    @post("/session", responses=answers(SignedIn, 201, (400, 401, 403, 500, 503)))
    async def redeem(
        self, ask: Ask, request: Request[Any, Any, Any], data: JSONBody[Redemption]
    ) -> Response[SignedIn]:
        """Fetch the session of who has just come back, once, with the cookie the browser got on the way."""
        check_text(data)
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise Refused(ErrorCode.FORBIDDEN, "Only the web app itself may fetch its session.")
        services = ask.services
        sealed = request.cookies.get(_name(services, HAND_OVER), "")
        signed_in = await services.external_logins.redeem(sealed, data.device, ask.now, services.entropy)
        return Response(signed_in, status_code=201, cookies=[_cookie(services, HAND_OVER, "", 0, "strict")])


async def _finish(services: Services, request: AnyRequest, alias: str) -> str:
    """The hand-over. What a provider adds to the query of its own is passed over. Raises LoginFailed."""
    now = services.clock()
    sealed = request.cookies.get(_name(services, ATTEMPT), "")
    async with services.sign_in_limits.external(services.address(request.scope), now):
        return await services.external_logins.finish(alias, _once(request), sealed, now, services.entropy)


def _once(request: AnyRequest) -> Mapping[str, str]:
    """The query; a parameter given twice is none (RFC 6749 §3.1)."""
    return {name: values[0] for name, values in request.query_params.dict().items() if len(values) == 1}


def _failed(alias: str, failed: LoginFailed, *cookies: Cookie) -> Response[None]:
    say = log.warning if failed.failure in OPERATORS else log.info
    say("a log-in failed", provider=alias, failure=str(failed.failure), detail=failed.detail[:500])
    return _redirect(_app(provider=alias, error=str(failed.failure)), *cookies)


def _app(**said: str) -> str:
    return f"{WEB_APP}?{urlencode(said)}"


def _redirect(url: str, *cookies: Cookie) -> Response[None]:
    return Response(None, status_code=302, headers={"Location": url}, cookies=list(cookies))


def _name(services: Services, name: str) -> str:
    """With the prefix no other host and no plain connection can set (RFC 6265bis §4.1.3.2), wherever cookies can be secure."""
    return f"__Host-{name}" if services.policy.is_secure else name


def _cookie(services: Services, name: str, value: str, life_ms: int, same_site: Any) -> Cookie:  # noqa: ANN401
    return Cookie(
        key=_name(services, name),
        value=value,
        max_age=life_ms // 1000,
        path="/",
        secure=services.policy.is_secure,
        httponly=True,
        samesite=same_site,
    )
