"""An identity provider's own addresses: its description, which is kept for a while, and its token endpoint."""

import asyncio
from collections.abc import Mapping

from hubbub.codec.oidc import Metadata, discovery_url, parse_metadata
from hubbub.model.logins import LoginFailed, LoginFailure
from hubbub.runtime import outgoing

FRESH_MS = 3_600_000  # an hour: endpoints move rarely, and announced
AGAIN_MS = 5_000  # a provider that does not answer is asked once in so long, whoever wants to log in


class ProviderSite:
    """The provider of one issuer. A description that cannot be fetched anew is believed on."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._known: Metadata | None = None
        self._asked_at: int | None = None
        self._fetched_at = 0
        self._problem = "it was not asked yet"
        self._asking = asyncio.Lock()

    async def describe(self, now: int) -> Metadata:
        """What the provider says of itself. Raises LoginFailed(unavailable)."""
        async with self._asking:
            if self._may_ask(now):
                await self._ask(now)
        if self._known is None:
            raise LoginFailed(LoginFailure.UNAVAILABLE, f"{discovery_url(self._issuer)}: {self._problem}")
        return self._known

    def _may_ask(self, now: int) -> bool:
        is_fresh = self._known is not None and now - self._fetched_at < FRESH_MS
        return not is_fresh and (self._asked_at is None or now - self._asked_at >= AGAIN_MS)

    async def _ask(self, now: int) -> None:
        self._asked_at = now
        try:
            self._known = parse_metadata(await outgoing.get(discovery_url(self._issuer)), self._issuer)
        except outgoing.FAILURES as error:
            self._problem = str(error)
        else:
            self._fetched_at = now

    async def keys(self, now: int) -> bytes:
        """The document of its keys. Raises one of outgoing.FAILURES."""
        try:
            metadata = await self.describe(now)
        except LoginFailed as failed:
            raise OSError(failed.detail) from failed
        return await outgoing.get(metadata.jwks_uri)

    async def grant(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        """What its token endpoint answers. Raises LoginFailed: invalid where it refuses, unavailable where it fails."""
        try:
            return await outgoing.post_form(url, fields, headers)
        except outgoing.AnsweredError as error:
            failure = LoginFailure.INVALID if error.status < 500 else LoginFailure.UNAVAILABLE
            raise LoginFailed(failure, f"{url} answered {error.status}: {_quoted(error.body)}") from error
        except outgoing.FAILURES as error:
            raise LoginFailed(LoginFailure.UNAVAILABLE, f"{url}: {error}") from error


def _quoted(body: bytes) -> str:
    """The beginning of an error, for the log."""
    return body[:200].decode("ascii", "backslashreplace")
