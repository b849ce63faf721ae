"""The four combinations of transport and codec, and how a connection of each is opened."""

from dataclasses import dataclass
from typing import Any, Protocol

from hubbub_conformance.codecs import JSON, PROTOBUF, Codec
from hubbub_conformance.raw_tcp import RawTcp
from hubbub_conformance.raw_websocket import RawWebSocket


class Server(Protocol):
    """Where a server is: `http` is the root of its API, `websocket` a URL, `tcp` host:port."""

    @property
    def http(self) -> str: ...
    @property
    def websocket(self) -> str: ...
    @property
    def tcp(self) -> str: ...


@dataclass(frozen=True)
class Wire:
    """One combination."""

    name: str
    codec: Codec
    is_tcp: bool

    async def connect(self, server: Server, **options: Any) -> RawWebSocket | RawTcp:  # noqa: ANN401 - the transport's
        """Open a connection; `options` are those of the transport's own `connect`."""
        if self.is_tcp:
            return await RawTcp.connect(server.tcp, self.codec.number, **options)
        if self.codec is not JSON:
            options = {"subprotocols": [f"hubbub.v1.{self.codec.name}"]} | options
        return await RawWebSocket.connect(server.websocket, **options)


WEBSOCKET_JSON = Wire("websocket+json", JSON, is_tcp=False)
WIRES = {
    wire.name: wire
    for wire in (
        WEBSOCKET_JSON,
        Wire("websocket+protobuf", PROTOBUF, is_tcp=False),
        Wire("tcp+json", JSON, is_tcp=True),
        Wire("tcp+protobuf", PROTOBUF, is_tcp=True),
    )
}
