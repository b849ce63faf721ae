"""A server as a command line names it."""

from dataclasses import dataclass

from hubbub_client.addresses import read_address
from hubbub_client.client import ATTEMPTS_MAX, Client
from hubbub_client.store import Store
from hubbub_client.wire.codecs import CodecName


@dataclass(frozen=True, slots=True)
class Place:
    """`url`, `codec` and `api` as `Client` takes them. Raises ValueError for what is no address."""

    url: str
    codec: CodecName = "json"
    api: str | None = None

    def __post_init__(self) -> None:
        """An address that cannot be is told at once."""
        read_address(self.url, self.api)

    @property
    def server(self) -> str:
        """What stays the same whichever way the server is reached: the HTTP API if there is one."""
        address = read_address(self.url, self.api)
        return address.api or address.socket

    def client(self, *, store: Store, token: str | None = None, max_attempts: int = ATTEMPTS_MAX) -> Client:
        """A client of this server."""
        return Client(
            self.url, codec=self.codec, api=self.api, store=store, token=token, max_attempts=max_attempts
        )
