"""Tokens: who may speak for the user now, and how to stay that one (protocol.md §6)."""

import asyncio
from collections.abc import Awaitable, Callable

from hubbub_client.accounts import Accounts
from hubbub_client.errors import HubbubError, RequestRefused, Stopped, Unreachable
from hubbub_client.store import Store, Tokens

FRESH_MS = 60_000
"""A token that ends within a minute is renewed before it is used."""

TokenSource = Callable[[], Awaitable[str]]
"""Where tokens of an external identity provider come from."""


def one_token(token: str) -> TokenSource:
    """A source of a token that cannot be renewed: it is given once."""
    given = False

    async def give() -> str:
        nonlocal given
        if given:
            raise Stopped("the token was refused: get a new one")
        given = True
        return token

    return give


class Credentials:
    """The tokens of one session. Renewals never run in parallel: a refresh token can be used once."""

    def __init__(
        self, accounts: Accounts, store: Store, now_ms: Callable[[], int], source: TokenSource | None = None
    ) -> None:
        self._accounts = accounts
        self._store = store
        self._now_ms = now_ms
        self._source = source
        self._tokens = store.load().tokens
        self._renewing = asyncio.Lock()

    @property
    def present(self) -> bool:
        """There is something to connect with."""
        return self._tokens is not None or self._source is not None

    @property
    def user(self) -> str | None:
        """The user the tokens are for."""
        return None if self._tokens is None else self._tokens.user

    def adopt(self, tokens: Tokens) -> None:
        """A new session began."""
        self._store.claim(tokens.user)
        self._keep(tokens)

    def forget(self) -> None:
        """The session is over."""
        self._tokens = None
        self._store.save_tokens(None)

    async def fresh(self) -> str:
        """A token good for at least a minute. Raises as `renew`."""
        tokens = self._tokens
        if tokens is None or self._ends_soon(tokens):
            return await self.renew()
        return tokens.token

    async def renew(self) -> str:
        """A new token.

        Raises Stopped when somebody has to log in, Unreachable or RequestRefused when it may work later.
        """
        stale = self._tokens
        async with self._renewing:
            if self._tokens is not None and self._tokens is not stale:
                return self._tokens.token  # somebody else renewed while we waited
            tokens = await (self._from_source() if self._source else self._refresh())
            self._keep(tokens)
            return tokens.token

    def seconds_until_stale(self) -> float | None:
        """Seconds until the token should be renewed; none if it does not say when it ends."""
        if self._tokens is None or not self._tokens.expires_at or not self._tokens.refresh_token:
            return None
        return (self._tokens.expires_at - FRESH_MS - self._now_ms()) / 1000

    def _ends_soon(self, tokens: Tokens) -> bool:
        can_renew = bool(tokens.refresh_token) or self._source is not None
        return can_renew and 0 < tokens.expires_at < self._now_ms() + FRESH_MS

    async def _from_source(self) -> Tokens:
        """Whatever goes wrong at an identity provider may go right later, unless it raises Stopped."""
        assert self._source is not None  # noqa: S101 (for the type checker)
        try:
            return Tokens(user=self.user or "", token=await self._source())
        except HubbubError:
            raise
        except Exception as error:
            raise Unreachable(f"no token from the identity provider: {error}") from error

    async def _refresh(self) -> Tokens:
        if self._tokens is None or not self._tokens.refresh_token:
            raise Stopped("log in first")
        try:
            return await self._accounts.refresh(self._tokens.refresh_token)
        except RequestRefused as refused:
            if refused.code in ("unauthenticated", "forbidden", "bad_request", "not_found"):
                self.forget()
                raise Stopped("the session is over: log in again") from refused
            raise

    def _keep(self, tokens: Tokens) -> None:
        self._tokens = tokens
        if self._source is None:
            self._store.save_tokens(tokens)
