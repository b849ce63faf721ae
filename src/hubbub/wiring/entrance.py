"""Accounts, sessions and identity providers of this node."""

from collections.abc import Callable
from dataclasses import dataclass

from hubbub.execute.accounts import AccountPolicy, Accounts
from hubbub.execute.authentication import Authenticator
from hubbub.execute.avatars import Avatars
from hubbub.execute.external_logins import ExternalLogins, LoginPolicy
from hubbub.execute.profiles import Profiles
from hubbub.execute.sessions import Sessions
from hubbub.model.sessions import ExternalSessions, OnRevoked
from hubbub.persist.accounts import StoredAccounts
from hubbub.persist.avatars import StoredAvatars
from hubbub.persist.engine import Database
from hubbub.persist.revocations import Revocations
from hubbub.persist.sessions import StoredSessions
from hubbub.runtime.passwords import ArgonPasswords, HashCost
from hubbub.wiring.cluster import OnProfile
from hubbub.wiring.identity import lifetimes_of, providers, signing_secret
from hubbub.wiring.settings import Settings

Clock = Callable[[], int]


@dataclass(kw_only=True)
class Entrance:
    """Whoever comes in, and how: accounts, sessions, profiles, providers."""

    passwords: ArgonPasswords
    accounts: Accounts
    sessions: Sessions
    profiles: Profiles
    avatars: Avatars
    authenticator: Authenticator
    external_logins: ExternalLogins


def entrance(
    settings: Settings,
    database: Database,
    clock: Clock,
    revocations: Revocations,
    on_revoked: OnRevoked,
    on_profile: OnProfile,
    on_signed_up: Callable[[str], None],
    shared: Callable[[ExternalSessions], ExternalSessions],
) -> Entrance:
    """Made from the settings `auth`. Raises OSError where the secret or a provider's keys cannot be read."""
    auth = settings.auth
    secret = signing_secret(settings)
    lifetimes = lifetimes_of(settings)
    passwords = ArgonPasswords(
        HashCost(
            time=auth.argon2_time,
            memory_kib=auth.argon2_memory_kib,
            parallelism=auth.argon2_parallelism,
            threads=auth.argon2_threads,
            queue=auth.argon2_queue,
        )
    )
    policy = AccountPolicy(
        secret=secret,
        signup_open=auth.signup_open,
        password_chars=auth.password_chars,
        lifetimes=lifetimes,
    )
    external = providers(settings, clock)
    stored, sessions = StoredAccounts(database), StoredSessions(database, lifetimes)
    return Entrance(
        passwords=passwords,
        accounts=Accounts(stored, passwords, policy, on_signed_up),
        sessions=Sessions(sessions, secret, lifetimes, on_revoked),
        profiles=Profiles(stored, on_profile),
        avatars=Avatars(StoredAvatars(database), on_profile),
        authenticator=Authenticator(secret, revocations.is_revoked, shared(sessions), external.tokens),
        external_logins=ExternalLogins(
            external.doors, sessions, LoginPolicy(secret=secret, lifetimes=lifetimes)
        ),
    )
