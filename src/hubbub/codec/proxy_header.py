"""Headers of the PROXY protocol, versions 1 and 2: whom a proxy brings (haproxy.org, proxy-protocol.txt). Pure.

The caller's duties: one `ProxyHeaderReader` per connection; read `wanted` bytes at most and feed them, until none are wanted. So
nothing behind the header is read, where a TLS handshake or the first frame begins.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from struct import Struct
from typing import Final

SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
TEXT: Final = b"PROXY "
LONGEST_LINE: Final = 107
"""Bytes of version 1, as its text says: two IPv6 addresses and ports."""
LONGEST_BLOCK: Final = 2_048
"""Bytes behind the head of version 2: the addresses, and what proxies add of TLS and of their cloud; refused beyond."""

_HEAD: Final = Struct(">12sBBH")
_VERSION: Final = 2
_LOCAL, _PROXY = range(2)
_ADDRESSES: Final = {1: (IPv4Address, 4), 2: (IPv6Address, 16)}  # the families; the source comes first


class ProxyHeaderViolation(Exception):
    """The peer sends no such header."""


class ProxyHeaderReader:
    """`wanted`: how many bytes may be read next, 0 once the header is complete. `address`: the client's; None: the proxy speaks for itself."""

    __slots__ = ("_held", "_length", "address", "wanted")

    def __init__(self) -> None:
        self._held = bytearray()
        self._length = len(SIGNATURE)
        self.address: str | None = None
        self.wanted = self._length

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Some of the bytes that were wanted. Raises ProxyHeaderViolation."""
        self._held += data
        held = bytes(self._held)
        if len(held) < self._length:
            self.wanted = self._length - len(held)
        elif held.startswith(SIGNATURE):
            self._read_block(held)
        elif held.startswith(TEXT):
            self._read_line(held)
        else:
            raise ProxyHeaderViolation("It begins with other bytes.")

    def _read_block(self, held: bytes) -> None:
        """Version 2: a head, and a block whose length it says."""
        if len(held) < _HEAD.size:
            self._want(_HEAD.size - len(held))
            return
        _, kind, family, length = _HEAD.unpack_from(held)
        version, command = divmod(kind, 16)
        if version != _VERSION or command not in (_LOCAL, _PROXY):
            raise ProxyHeaderViolation(f"Version and command are 0x{kind:02x}.")
        if length > LONGEST_BLOCK:
            raise ProxyHeaderViolation(f"A block of {length} bytes; at most {LONGEST_BLOCK} are read.")
        self._want(_HEAD.size + length - len(held))
        if not self.wanted and command == _PROXY:
            self.address = _source(family >> 4, held[_HEAD.size :])

    def _read_line(self, held: bytes) -> None:
        """Version 1: a line, at least two bytes of which are still to come unless the first of them is there."""
        if held.endswith(b"\r\n"):
            self._want(0)
            self.address = _named(held.split())
            return
        if len(held) >= LONGEST_LINE:
            raise ProxyHeaderViolation(f"A line of more than {LONGEST_LINE} bytes.")
        self._want(1 if held.endswith(b"\r") else 2)

    def _want(self, more: int) -> None:
        self.wanted = more
        self._length = len(self._held) + more


def _source(family: int, block: bytes) -> str | None:
    if family not in _ADDRESSES:
        return None  # a Unix socket, or nothing known: the proxy's own
    kind, size = _ADDRESSES[family]
    if len(block) < 2 * size:
        raise ProxyHeaderViolation("The block is shorter than its addresses.")
    return str(kind(block[:size]))


def _named(words: Sequence[bytes]) -> str | None:
    if words[1:2] == [b"UNKNOWN"]:
        return None
    try:
        _, family, source, _, _, _ = words
        kind = {b"TCP4": IPv4Address, b"TCP6": IPv6Address}[family]
        return str(kind(source.decode("ascii")))
    except (ValueError, KeyError) as error:
        raise ProxyHeaderViolation("The line names no address.") from error
