"""Signing up and logging in (docs/protocol.md §6)."""

from collections.abc import Callable

from msgspec import Struct

from hubbub.codec.access_tokens import mint
from hubbub.model.accounts import (
    MAX_DEVICE,
    MAX_PASSWORD,
    Account,
    AccountStore,
    Passwords,
    check_display_name,
)
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Tokens
from hubbub.model.ids import is_handle
from hubbub.model.sessions import Entropy, Lifetimes, Opening, open_session


class AccountPolicy(Struct, frozen=True, kw_only=True):
    """Settings `auth.signup_open`, `auth.password_chars` and the secret that signs access tokens."""

    secret: bytes
    signup_open: bool = True
    password_chars: int = 8
    lifetimes: Lifetimes = Lifetimes()


class Accounts:
    """The two ways to come by a session. `signed_up` is told of a new user, before the answer."""

    def __init__(
        self,
        store: AccountStore,
        passwords: Passwords,
        policy: AccountPolicy,
        signed_up: Callable[[str], None] = lambda _user: None,
    ) -> None:
        self._signed_up = signed_up
        self._store = store
        self._passwords = passwords
        self._policy = policy

    def check_sign_up(self, user: str, password: str, display_name: str) -> None:
        """Refuse what can be refused without any work: forbidden, bad_request, too_long."""
        if not self._policy.signup_open:
            raise Refused(ErrorCode.FORBIDDEN, "Signing up is closed on this server.")
        if not is_handle(user):
            raise Refused(
                ErrorCode.BAD_REQUEST,
                "user must be 2 to 32 characters of a-z 0-9 _ . - and start with a letter or digit.",
            )
        if len(password) < self._policy.password_chars:
            raise Refused(
                ErrorCode.BAD_REQUEST, f"password needs at least {self._policy.password_chars} characters."
            )
        if len(password) > MAX_PASSWORD:
            raise Refused(ErrorCode.TOO_LONG, f"password has at most {MAX_PASSWORD} characters.")
        check_display_name(display_name)

    async def sign_up(
        self, user: str, password: str, display_name: str | None, device: str, now: int, entropy: Entropy
    ) -> Tokens:
        """A new account and its first session. Refused: forbidden, bad_request, too_long, conflict, unavailable."""
        name = user if display_name is None else display_name
        self.check_sign_up(user, password, name)
        _check_device(device)
        if await self._store.profile(user) is not None:  # before the expensive hash; `create` decides
            raise _taken(user)
        hashed = await self._passwords.hash(password)
        opening = open_session(user, device, now, entropy, self._policy.lifetimes)
        account = Account(user=user, display_name=name, password_hash=hashed, created_at=now)
        if not await self._store.create(account, opening):
            raise _taken(user)
        self._signed_up(user)
        return self._tokens(opening, now)

    async def log_in(self, user: str, password: str, device: str, now: int, entropy: Entropy) -> Tokens:
        """A new session of an account. Refused: unauthenticated (unknown user or wrong password alike), unavailable."""
        _check_device(device)
        if len(password) > MAX_PASSWORD:
            raise _wrong()
        hashed = await self._store.password_hash(user)
        if not await self._passwords.verify(password, hashed) or hashed is None:
            raise _wrong()
        rehashed = await self._passwords.hash(password) if self._passwords.is_outdated(hashed) else None
        opening = open_session(user, device, now, entropy, self._policy.lifetimes)
        await self._store.log_in(opening, rehashed)
        return self._tokens(opening, now)

    def _tokens(self, opening: Opening, now: int) -> Tokens:
        session = opening.session
        token, expires_at = mint(
            session.user, session.id, now, self._policy.lifetimes.access_ms, self._policy.secret
        )
        return Tokens(user=session.user, token=token, expires_at=expires_at, refresh_token=opening.secret)


def _check_device(device: str) -> None:
    if len(device) > MAX_DEVICE:
        raise Refused(ErrorCode.TOO_LONG, f"device has at most {MAX_DEVICE} characters.")


def _taken(user: str) -> Refused:
    return Refused(ErrorCode.CONFLICT, f"The name {user} is taken.")


def _wrong() -> Refused:
    return Refused(ErrorCode.UNAUTHENTICATED, "Unknown user or wrong password.")
