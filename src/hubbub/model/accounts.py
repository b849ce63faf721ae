"""Accounts: what a row holds, what may be written into it, and the ports of signing up and logging in."""

import re
from typing import Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.replies import ProfileListing
from hubbub.model.sessions import Opening

MAX_PASSWORD = 1_024  # characters: enough for any passphrase, and no megabytes to hash
MAX_DISPLAY_NAME = 80
MAX_AVATAR = 512
MAX_DEVICE = 64
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Account(Struct, frozen=True, kw_only=True):
    """A row of a user with a password of ours."""

    user: str
    display_name: str
    password_hash: str
    created_at: int


class AccountStore(Protocol):
    """Users at rest: persist/accounts. Each call is one transaction."""

    async def create(self, account: Account, opening: Opening) -> bool:
        """The account with its first session; False (and nothing written) if the name is taken."""

    async def password_hash(self, user: str) -> str | None:
        """The hash to verify against, None without such an account."""

    async def log_in(self, opening: Opening, rehashed: str | None) -> None:
        """A new session, and the password's hash with today's parameters if it changed."""

    async def profile(self, user: str) -> ProfileListing | None:
        """Name and picture."""

    async def change_profile(
        self, user: str, display_name: str | None, avatar: str | None, *, clear_avatar: bool
    ) -> ProfileListing | None:
        """Change what is not None; the profile as it is then, None without such a user."""


class Passwords(Protocol):
    """Hashes of passwords: runtime/passwords. Raises Refused(unavailable) when too many wait."""

    async def hash(self, password: str) -> str:
        """A salted hash, with its parameters."""

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password. None costs the same time and is False: there is no such user."""

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than today's."""


def check_display_name(name: str) -> None:
    """1-80 characters, none of them a control character, and not only blanks."""
    if not name.strip():
        raise Refused(ErrorCode.BAD_REQUEST, "display_name must not be empty.")
    if len(name) > MAX_DISPLAY_NAME:
        raise Refused(ErrorCode.TOO_LONG, f"display_name has at most {MAX_DISPLAY_NAME} characters.")
    if _CONTROL.search(name):
        raise Refused(ErrorCode.BAD_REQUEST, "display_name must not contain control characters.")


def check_avatar(avatar: str) -> None:
    """An https URL, or a short text such as an emoji: nothing a browser would run or fetch in the clear."""
    if len(avatar) > MAX_AVATAR:
        raise Refused(ErrorCode.TOO_LONG, f"avatar has at most {MAX_AVATAR} characters.")
    if _CONTROL.search(avatar):
        raise Refused(ErrorCode.BAD_REQUEST, "avatar must not contain control characters.")
    if ":" in avatar and not _is_https(avatar):
        raise Refused(ErrorCode.BAD_REQUEST, "avatar must be an https URL or a short text without a colon.")


def _is_https(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and not re.search(r"\s", text)
