"""What a supervisor gives a worker: its place, the sockets it listens on, and how to say that it serves."""

import os
import socket
from typing import Self

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from hubbub.persist.nodes import Circle
from hubbub.wiring.settings import Settings


class Station(Struct, frozen=True, kw_only=True):
    """File descriptors are the worker's by inheritance. `bus` is the supervisor's, where the settings name none.

    `lifeline` can be read once the supervisor is gone, however it went.
    """

    slot: int
    ready: int
    lifeline: int
    public: int
    circle: Circle
    tcp: int | None = None
    bus: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The station that `str` wrote."""
        return msgspec.json.decode(text, type=cls)

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()

    def settings(self, settings: Settings) -> Settings:
        """The settings of all workers as this one has them: its internal port is for the supervisor."""
        own = {"internal_host": "127.0.0.1", "internal_port": 0, "bus": settings.bus or self.bus}
        return replace(settings, **own)

    def sockets(self) -> tuple[socket.socket, socket.socket | None]:
        """The listening sockets: public, and framed TCP if there is one."""
        framed = None if self.tcp is None else socket.socket(fileno=self.tcp)
        return socket.socket(fileno=self.public), framed

    def say_ready(self, internal: str) -> None:
        """The worker serves; its internal pages are at this URL."""
        os.write(self.ready, f"{internal}\n".encode())
        os.close(self.ready)
