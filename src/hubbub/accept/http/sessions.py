"""`/sessions`: logging in, staying in, and logging out here, there and everywhere."""

from typing import Annotated

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from hubbub.accept.http.asking import Ask, authenticate, check_text
from hubbub.accept.http.documentation import AUTHENTICATED, answers
from hubbub.model.accounts import MAX_DEVICE
from hubbub.model.identity import SessionListing, Tokens
from hubbub.model.ids import is_handle


class LogIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """`device` is how the session is shown in the list of sessions."""

    user: str
    password: str
    device: Annotated[str, Meta(max_length=MAX_DEVICE)] = ""


class Refresh(Struct, kw_only=True, forbid_unknown_fields=True):
    """The refresh token of the last answer; it is used up by this."""

    refresh_token: str


class SessionList(Struct, kw_only=True):
    """Living sessions, the last used first."""

    sessions: list[SessionListing]


class LogInController(Controller):
    """Getting tokens."""

    path = "/sessions"
    tags = ("Sessions",)

    @post(responses=answers(Tokens, 201, (400, 401, 429, 500, 503)))
    async def log_in(self, ask: Ask, data: JSONBody[LogIn]) -> Response[Tokens]:
        """Start a session. An unknown user and a wrong password are answered alike."""
        check_text(data)
        services = ask.services
        account = data.user if is_handle(data.user) else ""  # no such account: they share one small bucket
        async with services.sign_in_limits.log_in(ask.address, account, ask.now):
            tokens = await services.accounts.log_in(
                account, data.password, data.device, ask.now, services.entropy
            )
        return Response(tokens, status_code=201)

    @post("/refresh", responses=answers(Tokens, 201, (400, 401, 500, 503)))
    async def refresh(self, ask: Ask, data: JSONBody[Refresh]) -> Response[Tokens]:
        """New tokens for a refresh token.

        Used again within 30 s, while its successor is unused, it gives another successor; any other reuse ends the session.
        """
        tokens = await ask.services.sessions.refresh(data.refresh_token, ask.now, ask.services.entropy)
        return Response(tokens, status_code=201)


class SessionsController(Controller):
    """The caller's sessions."""

    path = "/sessions"
    tags = ("Sessions",)
    guards = (authenticate,)
    security = AUTHENTICATED

    @get(responses=answers(SessionList))
    async def list_sessions(self, ask: Ask) -> SessionList:
        """One's living sessions."""
        return SessionList(sessions=await ask.services.sessions.listing(ask.identity, ask.now))

    @delete(responses=answers(None, 204))
    async def log_out_everywhere(self, ask: Ask) -> None:
        """End every session of the caller, this one included."""
        await ask.services.sessions.revoke_all(ask.identity, ask.now)

    @delete("/{session:str}", responses=answers(None, 204))
    async def log_out(self, ask: Ask, session: FromPath[str]) -> None:
        """End one session; `current` is the one the token belongs to."""
        await ask.services.sessions.revoke(ask.identity, session, ask.now)
