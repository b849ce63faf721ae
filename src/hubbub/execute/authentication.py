"""Who is asking: a token becomes an identity, without a database read for tokens of our own (docs/protocol.md §2, §6).

Tokens of external identity providers are accepted by configuration only. A token is ours or a provider's by its `iss`,
which selects key and algorithms before anything in the token is believed (RFC 8725 §3.8, §3.9).
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping

from hubbub.codec.access_tokens import read
from hubbub.codec.external_tokens import ExternalClaims, Provider, Verified, issuer_and_key_id, verify
from hubbub.model.administration import OPERATOR, OPERATOR_SESSION
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Identity
from hubbub.model.ids import external_user
from hubbub.model.logins import KeySource
from hubbub.model.sessions import EXTERNAL_PREFIX, ExternalSessions, Session

KNOWN_EXTERNAL = 100_000  # sessions of some 150 bytes; one forgotten is looked up in the database again
EXTERNAL_DEVICE = "external"


class Authenticator:
    """The one place that believes a token. `lookups`: how often the database was asked about one."""

    def __init__(
        self,
        secret: bytes,
        is_revoked: Callable[[str], bool],
        store: ExternalSessions,
        providers: Mapping[str, tuple[Provider, KeySource]] | None = None,
    ) -> None:
        self._secret = secret
        self._is_revoked = is_revoked
        self._store = store
        self._by_issuer = {provider.issuer: (provider, keys) for provider, keys in (providers or {}).values()}
        self._known: OrderedDict[str, None] = OrderedDict()
        self.lookups = 0

    async def authenticate(self, token: str, now: int) -> Identity:
        """`verify`, and for external tokens the keys they need and the rows they are. Own tokens never wait.

        Refused: unauthenticated, unavailable.
        """
        own = self._own(token, now)
        if own is not None:
            return own
        await self._fetch_keys(token, now)
        identity, name = self._external(token, now)
        await self._ensure(self._unrevoked(identity), name, now)
        return identity

    def verify(self, token: str, now: int) -> Identity:
        """Who holds this token, from memory alone. Refused: unauthenticated, with what to do about it."""
        return self._own(token, now) or self._unrevoked(self._external(token, now)[0])

    def operator(self, token: str, now: int) -> Identity | None:
        """Whoever holds our secret and signed this with it (`hubbub admin`); None for every other token."""
        claims = read(token, self._secret)
        if claims is None or claims.user != OPERATOR or claims.expires_at <= now:
            return None
        return Identity(user=OPERATOR, session=OPERATOR_SESSION)

    async def _fetch_keys(self, token: str, now: int) -> None:
        """Get the provider's key this token names, if it is one we do not have yet."""
        issuer, key_id = issuer_and_key_id(token)
        found = self._by_issuer.get(issuer)
        if found is not None and found[1].wants(key_id, now):
            await found[1].fetch(now)

    def _own(self, token: str, now: int) -> Identity | None:
        claims = read(token, self._secret)
        if claims is None:
            return None
        if claims.expires_at <= now:
            raise Refused(ErrorCode.UNAUTHENTICATED, "The token has expired; refresh it, or log in again.")
        if claims.user == OPERATOR:
            raise _invalid("An operator's token opens nothing but /admin.")
        return self._unrevoked(Identity(user=claims.user, session=claims.session))

    def _external(self, token: str, now: int) -> tuple[Identity, str]:
        issuer, key_id = issuer_and_key_id(token)
        provider, keys = self._by_issuer.get(issuer, (None, None))
        if provider is None or keys is None:
            raise _invalid("The token is not valid here; log in to get one.")
        key = keys.find(key_id)
        if key is None:
            raise _invalid("The token's key is not known; get a new token from your identity provider.")
        claims = verify(token, Verified(provider, key), now)
        if isinstance(claims, str):
            raise _invalid(f"{claims} Get a new token from your identity provider.")
        return _identity(provider, claims), claims.name

    def _unrevoked(self, identity: Identity) -> Identity:
        if self._is_revoked(identity.session):
            raise _invalid("This session has ended; log in again.")
        return identity

    async def _ensure(self, identity: Identity, name: str, now: int) -> None:
        if identity.session in self._known:
            self._known.move_to_end(identity.session)
            return
        self.lookups += 1
        await self._store.ensure(_session(identity, now), name or identity.user.partition(":")[2][:80])
        self._known[identity.session] = None
        if len(self._known) > KNOWN_EXTERNAL:
            self._known.popitem(last=False)


def _identity(provider: Provider, claims: ExternalClaims) -> Identity:
    user = external_user(provider.alias, claims.subject)
    if user is None:
        raise _invalid("The token's subject cannot be a user name here.")
    return Identity(user=user, session=f"{EXTERNAL_PREFIX}{claims.fingerprint}", ends_at=claims.expires_at)


def _session(identity: Identity, now: int) -> Session:
    return Session(
        id=identity.session,
        user=identity.user,
        device=EXTERNAL_DEVICE,
        created_at=now,
        used_at=now,
        expires_at=identity.ends_at or now,
    )


def _invalid(message: str) -> Refused:
    return Refused(ErrorCode.UNAUTHENTICATED, message)
