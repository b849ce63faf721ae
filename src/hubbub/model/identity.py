"""Who is asking."""

from msgspec import Struct


class Identity(Struct, frozen=True, kw_only=True):
    """What a valid token says. `ends_at` (ms) is when a connection opened with it must end; None: with its session."""

    user: str
    session: str
    ends_at: int | None = None


class Caller(Struct, frozen=True, kw_only=True, gc=False):
    """The author of one command: an identity on a device at a network address."""

    user: str
    session: str
    device: str = ""
    address: str = ""


class Tokens(Struct, kw_only=True):
    """What signing up, logging in and refreshing give. `expires_at` (ms) is the access token's."""

    user: str
    token: str
    expires_at: int
    refresh_token: str


class SessionListing(Struct, kw_only=True):
    """One of a user's sessions; times in ms."""

    session: str
    device: str
    created_at: int
    used_at: int
    expires_at: int
    current: bool
