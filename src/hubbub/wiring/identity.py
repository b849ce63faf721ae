"""Accounts, sessions and tokens, put together from settings."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hubbub.accept.http.sign_in_limits import SignInLimits
from hubbub.codec.external_tokens import Provider
from hubbub.execute.accounts import AccountPolicy, Accounts
from hubbub.execute.authentication import Authenticator, KeySource
from hubbub.execute.profiles import Profiles
from hubbub.execute.sessions import Sessions
from hubbub.model.sessions import DAY_MS, Lifetimes
from hubbub.persist.accounts import StoredAccounts
from hubbub.persist.engine import Database
from hubbub.persist.provider_keys import jwks_file, jwks_url, public_key, secret_key
from hubbub.persist.revocations import Ended, Revocations
from hubbub.persist.sessions import StoredSessions
from hubbub.runtime.passwords import ArgonPasswords, HashCost
from hubbub.wiring.settings import Auth, ExternalProvider, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityParts:
    """`await revocations.load()` and `await passwords.warm()` before listening; spawn `revocations.run()`."""

    accounts: Accounts
    sessions: Sessions
    profiles: Profiles
    authenticator: Authenticator
    revocations: Revocations
    passwords: ArgonPasswords
    sign_in_limits: SignInLimits


def build_identity(
    auth: Auth,
    limits: Limits,
    secret: bytes,
    database: Database,
    clock: Callable[[], int],
    *,
    on_revoked: Ended,
    on_expired: Ended,
    on_profile: Callable[[str], None],
) -> IdentityParts:
    """All of it. The callbacks get session ids whose connections must close now, and users whose profile changed.

    Raises OSError, ValueError for key files that cannot be read.
    """
    lifetimes = Lifetimes(
        access_ms=auth.access_token_seconds * 1000,
        session_ms=auth.session_days * DAY_MS,
        grace_ms=int(auth.refresh_grace_seconds * 1000),
    )
    accounts, sessions = StoredAccounts(database), StoredSessions(database, lifetimes)
    revocations = Revocations(database, clock, on_revoked, on_expired)
    passwords = ArgonPasswords(_cost(auth))
    policy = AccountPolicy(
        secret=secret,
        signup_open=auth.signup_open,
        password_chars=auth.password_chars,
        lifetimes=lifetimes,
    )
    providers = {alias: _provider(alias, each) for alias, each in auth.external.items()}
    return IdentityParts(
        accounts=Accounts(accounts, passwords, policy),
        sessions=Sessions(sessions, secret, lifetimes, revocations.announce),
        profiles=Profiles(accounts, on_profile),
        authenticator=Authenticator(secret, revocations.is_revoked, sessions, providers),
        revocations=revocations,
        passwords=passwords,
        sign_in_limits=SignInLimits(
            limits.signups_per_address, limits.logins_per_address, limits.logins_per_account
        ),
    )


def _cost(auth: Auth) -> HashCost:
    return HashCost(
        time=auth.argon2_time,
        memory_kib=auth.argon2_memory_kib,
        parallelism=auth.argon2_parallelism,
        threads=auth.argon2_threads,
        queue=auth.argon2_queue,
    )


def _provider(alias: str, given: ExternalProvider) -> tuple[Provider, KeySource]:
    provider = Provider(
        alias=alias,
        issuer=given.issuer,
        audience=given.audience,
        algorithms=given.algorithms,
        name_claim=given.name_claim,
    )
    return provider, _keys(given)


def _keys(given: ExternalProvider) -> KeySource:
    """The one source that is set; the settings saw to it that it is one."""
    if given.hmac_secret:
        return secret_key(given.hmac_secret)
    if given.public_key_file:
        return public_key(Path(given.public_key_file))
    if given.jwks_file:
        return jwks_file(given.jwks_file, given.algorithms)
    return jwks_url(given.jwks_url, given.algorithms)
