"""Ports for servers that do not choose their own, given out so that two never get the same one.

A port found free and let go is anybody's until its server binds it, and again while that server is down. So a process
takes a block of ports by holding its first one, and gives the others out, each once. The blocks lie below where Linux, macOS
and Windows take the near ends of outgoing connections from: a connection cannot take the port of a server that restarts.
"""

import random
import socket
from contextlib import suppress

LOOPBACK = "127.0.0.1"
FIRST, LAST, BLOCK = 12_000, 32_000, 50  # 400 blocks: more processes than one machine runs of us
TRIES = 2_000  # blocks drawn; far fewer find one while a single block is not taken


class NoPortsError(Exception):
    """Every block is held by somebody."""


class Ports:
    """Those of one process, for as long as it lives. `holds` are the sockets that keep others out of its blocks."""

    def __init__(self) -> None:
        self._left: list[int] = []
        self.holds: list[socket.socket] = []

    def take(self) -> int:
        """One that nobody listens on, and that nobody else is given. Raises NoPortsError."""
        while True:
            if not self._left:
                self._left = self._take_block()
            if (probe := bound(port := self._left.pop())) is not None:
                probe.close()
                return port

    def _take_block(self) -> list[int]:
        chance = random.SystemRandom()  # not the generator that tests seed: they would all draw alike
        for _ in range(TRIES):
            first = chance.randrange(FIRST, LAST, BLOCK)
            if (hold := bound(first)) is not None:
                self.holds.append(hold)
                return list(range(first + 1, first + BLOCK))
        raise NoPortsError(f"no {BLOCK} ports between {FIRST} and {LAST} are to be had")


def bound(port: int) -> socket.socket | None:
    """A socket that has this port and does not listen; None if another one has it."""
    made = socket.socket()
    with suppress(OSError):
        made.bind((LOOPBACK, port))
        return made
    made.close()
    return None


_ours = Ports()


def free_port() -> int:
    """A port for a server to listen on, which no other process that asks here is given while this one lives."""
    return _ours.take()
