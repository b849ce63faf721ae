"""The HTTP API for what happens before there is a socket: accounts, sessions, own profile (protocol.md §6)."""

import ssl
from typing import Any

import httpx
import msgspec

from hubbub_client.addresses import is_this_machine
from hubbub_client.errors import RequestRefused, Unreachable
from hubbub_client.store import Tokens

ANSWER_S = 30.0
"""Seconds an HTTP request may take; hashing a password on a busy server takes some."""
NOWHERE = "http://localhost"
NO_API = "framed TCP has no accounts: say where the HTTP API is, as in api='http://127.0.0.1:8080'"
NOT_HUBBUB = "this does not look like a Hubbub server"


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One of this user's sessions. Times in ms since the epoch."""

    session: str
    device: str = ""
    created_at: int = 0
    used_at: int = 0
    expires_at: int = 0
    current: bool = False


class _Sessions(msgspec.Struct):
    sessions: list[SessionInfo]


class _Problem(msgspec.Struct):
    code: str = ""
    detail: str = ""
    retry_after_ms: int | None = None


class Accounts:
    """One server's HTTP API. Every method raises RequestRefused or Unreachable."""

    def __init__(
        self,
        url: str | None,
        transport: httpx.AsyncBaseTransport | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`url` is the server's, e.g. http://127.0.0.1:8080, none if nobody said; `transport` replaces the network."""
        self._known = url is not None
        self._http = httpx.AsyncClient(
            base_url=f"{url or NOWHERE}/api/v1",
            timeout=ANSWER_S,
            transport=transport,
            trust_env=not is_this_machine(url or NOWHERE),
            verify=True if tls is None else tls,
        )

    async def sign_up(self, user: str, password: str, display_name: str | None = None) -> Tokens:
        """Make an account; a taken name is `conflict`."""
        body = {"user": user, "password": password}
        return await self._tokens(
            "/accounts", body | ({"display_name": display_name} if display_name else {})
        )

    async def log_in(self, user: str, password: str, device: str) -> Tokens:
        """Start a session; an unknown user or a wrong password is `unauthenticated`."""
        return await self._tokens("/sessions", {"user": user, "password": password, "device": device})

    async def refresh(self, refresh_token: str) -> Tokens:
        """Trade a refresh token for new tokens; it is used up thereby."""
        return await self._tokens("/sessions/refresh", {"refresh_token": refresh_token})

    async def sessions(self, token: str) -> list[SessionInfo]:
        """This user's sessions."""
        answer = await self._ask("GET", "/sessions", token=token)
        try:
            return msgspec.json.decode(answer.content, type=_Sessions).sessions
        except msgspec.DecodeError as error:
            raise Unreachable(NOT_HUBBUB) from error

    async def end_session(self, token: str, session: str) -> None:
        """End a session: an id, `current`, or the empty string for all of them."""
        await self._ask("DELETE", f"/sessions/{session}".rstrip("/"), token=token)

    async def rename_me(self, token: str, display_name: str) -> None:
        """Change how this user is shown."""
        await self._ask("PATCH", "/me", {"display_name": display_name}, token)

    async def picture_me(self, token: str, picture: bytes, media_type: str) -> None:
        """Change the picture this user is shown with."""
        await self._ask("PUT", "/me/avatar", token=token, picture=(picture, media_type))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _tokens(self, path: str, body: dict[str, str]) -> Tokens:
        answer = await self._ask("POST", path, body)
        try:
            return msgspec.json.decode(answer.content, type=Tokens)
        except msgspec.DecodeError as error:
            raise Unreachable(NOT_HUBBUB) from error

    async def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        token: str | None = None,
        picture: tuple[bytes, str] | None = None,
    ) -> httpx.Response:
        if not self._known:
            raise Unreachable(NO_API)
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        try:
            content, headers["content-type"] = picture or (
                msgspec.json.encode(body or {}),
                "application/json",
            )
            answer = await self._http.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise Unreachable(
                f"{self._http.base_url.host} does not answer: {error or type(error).__name__}"
            ) from error
        if answer.is_success:
            return answer
        raise _refusal(answer)


_CODES = {401: "unauthenticated", 403: "forbidden", 404: "not_found", 409: "conflict", 429: "rate_limited"}


def _refusal(answer: httpx.Response) -> RequestRefused | Unreachable:
    """What a failed answer means; one without a problem+json body comes from something in between."""
    try:
        problem = msgspec.json.decode(answer.content, type=_Problem)
    except msgspec.DecodeError:
        problem = _Problem()
    if answer.status_code >= 500 and not problem.code:
        return Unreachable(f"the server answered HTTP {answer.status_code}")
    code = problem.code or _CODES.get(answer.status_code, "bad_request")
    return RequestRefused(code, problem.detail, problem.retry_after_ms)
