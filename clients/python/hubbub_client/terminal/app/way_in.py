"""Who one is: the remembered session, or a name and a password."""

from collections.abc import Callable

from hubbub_client.client import Client
from hubbub_client.errors import RequestRefused
from hubbub_client.store import FileStore
from hubbub_client.terminal.options import Options
from hubbub_client.terminal.place import Place
from hubbub_client.terminal.state import last_user, open_store, remember_user

ATTEMPTS_MAX = 1_000
"""A terminal left open overnight is still there in the morning: 1,000 attempts of 15 s on average are four hours."""

MakeClient = Callable[[Place, FileStore], Client]


def make_client(place: Place, store: FileStore) -> Client:
    """A client for a terminal."""
    return place.client(store=store, max_attempts=ATTEMPTS_MAX)


class WayIn:
    """Makes clients that are signed in."""

    def __init__(self, options: Options, make: MakeClient = make_client) -> None:
        self._options = options
        self._make = make

    @property
    def server(self) -> str:
        """Where to."""
        return self._options.place.url

    @property
    def user(self) -> str:
        """Who is asked for, or was here last."""
        return self._options.user or last_user(self._options.place.server, self._options.state) or ""

    async def remembered(self) -> Client | None:
        """A client with the session that this user left here; none if there is none. Raises StoreInUse, OSError."""
        if not self.user or self._options.password is not None:
            return None
        client = self._client(self.user)
        if client.can_resume:
            return client
        await client.close()
        return None

    async def given(self) -> Client | None:
        """A client signed in with the password of the command line, a new name signed up; none if there is none."""
        user, password = self._options.user, self._options.password
        if user is None or password is None:
            return None
        try:
            return await self.sign_in(user, password, new=False)
        except RequestRefused as refused:
            if refused.code != "unauthenticated":
                raise
        return await self.sign_in(user, password, new=True)

    async def sign_in(self, user: str, password: str, *, new: bool) -> Client:
        """Log in, or make an account. Raises HubbubError, OSError."""
        client = self._client(user)
        try:
            await (client.sign_up(user, password) if new else client.log_in(user, password))
        except BaseException:
            await client.close()
            raise
        remember_user(self._options.place.server, self._options.state, user)
        return client

    def _client(self, user: str) -> Client:
        store = open_store(self._options.place.server, user, self._options.state)
        return self._make(self._options.place, store)
