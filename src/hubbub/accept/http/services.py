"""What the controllers call; wiring fills it in."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from litestar.types import Scope
from msgspec import Struct

from hubbub.accept.http.admin.services import AdminServices
from hubbub.accept.http.sign_in_limits import SignInLimits
from hubbub.dispatch.limits import TokenBuckets
from hubbub.dispatch.request_log import RequestLog
from hubbub.execute.accounts import Accounts
from hubbub.execute.authentication import Authenticator
from hubbub.execute.avatars import Avatars
from hubbub.execute.external_logins import ExternalLogins
from hubbub.execute.profiles import Profiles
from hubbub.execute.sessions import Sessions
from hubbub.model.commands import AnyCommand
from hubbub.model.identity import Caller
from hubbub.model.replies import Reply, Summary
from hubbub.model.sessions import Entropy
from hubbub.runtime.tracing import NO_TRACES, Traces

REQUEST_BYTES = 131_072


class Commands(Protocol):
    """The one table of commands: dispatch/dispatcher."""

    async def call(self, caller: Caller, command: AnyCommand, now: int) -> Reply:
        """Check rights and limits, run it, answer. Raises Refused, CommitUnknownError."""

    async def summary(self, caller: Caller, chat: str, now: int) -> Summary:
        """One chat as the caller's list shows it. Raises Refused(not_found, not_a_member)."""


def peer_address(scope: Scope) -> str:
    """The address of the socket's other end; wiring passes one that believes trusted proxies."""
    client = scope["client"]
    return client[0] if client else ""


class HttpPolicy(Struct, frozen=True, kw_only=True):
    """Settings `public_url` (empty: as the browser asked), `allowed_origins`, `limits.request_bytes` (0: no limit), and what the server says of itself."""

    public_url: str = ""
    allowed_origins: tuple[str, ...] = ()
    request_bytes: int = REQUEST_BYTES
    version: str = "1"
    name: str = "Hubbub"
    signup_open: bool = True
    password_chars: int = 8
    direct_policy: Literal["anyone", "friends"] = "friends"

    @property
    def is_secure(self) -> bool:
        """Whether browsers come over https."""
        return self.public_url.startswith("https:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Use cases, the dispatcher, and time, chance and identity. `clock` gives ms since the epoch."""

    accounts: Accounts
    sessions: Sessions
    profiles: Profiles
    avatars: Avatars
    authenticator: Authenticator
    external_logins: ExternalLogins
    admin: AdminServices
    commands: Commands
    sign_in_limits: SignInLimits
    profile_limits: TokenBuckets
    clock: Callable[[], int]
    requests: RequestLog
    traces: Traces = NO_TRACES
    entropy: Entropy = secrets.token_bytes
    address: Callable[[Scope], str] = peer_address
    policy: HttpPolicy = field(default_factory=HttpPolicy)
