"""How often an address may sign up and fail to log in, and how often an account may be failed into (protocol.md §5)."""

import ipaddress
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hubbub.dispatch.limits import TokenBuckets
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.logins import LoginFailed, LoginFailure

IPV6_SITE = 64  # bits: what one customer gets (RFC 6177); its addresses count as one
_COUNTS = frozenset({ErrorCode.CONFLICT})
_FAILED = frozenset({ErrorCode.UNAUTHENTICATED})


class SignInLimits:
    """Token buckets that are drawn on before the work and refilled if it did not count.

    So a hundred guesses at once are as limited as a hundred in a row. `signups` and `addresses` have addresses for
    keys (`site_of`), `accounts` user names.
    """

    def __init__(self, signups: TokenBuckets, addresses: TokenBuckets, accounts: TokenBuckets) -> None:
        self._signups = signups
        self._addresses = addresses
        self._accounts = accounts

    @asynccontextmanager
    async def sign_up(self, address: str, now: int) -> AsyncIterator[None]:
        """Around one sign-up: it counts if it made an account or found the name taken. Raises Refused(rate_limited)."""
        site = site_of(address)
        _check(self._signups.take(site, 1, now), "Too many sign-ups from your address; wait and retry.")
        try:
            yield
        except Refused as refused:
            if refused.code not in _COUNTS:
                self._signups.give(site, 1)
            raise

    @asynccontextmanager
    async def log_in(self, address: str, user: str, now: int) -> AsyncIterator[None]:
        """Around one log-in: it counts if it failed. Raises Refused(rate_limited)."""
        site = site_of(address)
        _check(
            self._addresses.take(site, 1, now), "Too many failed log-ins from your address; wait and retry."
        )
        wait = self._accounts.take(user, 1, now)
        if wait:
            self._addresses.give(site, 1)
        _check(wait, "Too many failed log-ins into this account; wait and retry.")
        try:
            yield
        except Refused as refused:
            if refused.code not in _FAILED:
                self._give_back(site, user)
            raise
        self._give_back(site, user)

    @asynccontextmanager
    async def external(self, address: str, now: int) -> AsyncIterator[None]:
        """Around the return from an identity provider: it counts if it proved nothing. Raises LoginFailed(limited)."""
        site = site_of(address)
        if self._addresses.take(site, 1, now):
            raise LoginFailed(LoginFailure.LIMITED, f"too many failed log-ins from {site}")
        try:
            yield
        except LoginFailed as failed:
            if failed.failure is not LoginFailure.INVALID:
                self._addresses.give(site, 1)
            raise
        self._addresses.give(site, 1)

    def _give_back(self, site: str, user: str) -> None:
        self._addresses.give(site, 1)
        self._accounts.give(user, 1)


def site_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(
            ipaddress.ip_network((parsed.packed[: IPV6_SITE // 8] + bytes(8), IPV6_SITE)).network_address
        )
    return str(parsed)


def _check(wait: float, message: str) -> None:
    if wait:
        raise Refused(ErrorCode.RATE_LIMITED, message, math.ceil(wait * 1000))
