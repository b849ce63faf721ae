"""News as bytes: `[version, node, [news, …]]` in MessagePack. What a newer node says is not understood, and said to be so. Pure."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from hubbub.model.news import VERSION, News


class Bulletin(Struct, array_like=True, frozen=True):
    """What one node says on one topic in one loop turn."""

    version: int
    node: str
    news: list[News]


class _Head(Struct, array_like=True, frozen=True):
    version: int
    node: str


class UnknownVersionError(Exception):
    """A bulletin of another version; it was written by `node`."""

    def __init__(self, version: int, node: str) -> None:
        super().__init__(f"version {version} of node {node}")
        self.version = version


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Bulletin).decode
_decode_head = msgspec.msgpack.Decoder(_Head).decode


def encode(node: str, news: Sequence[News]) -> bytes:
    """What `node` says."""
    return _encode(Bulletin(VERSION, node, list(news)))


def decode(data: bytes) -> Bulletin:
    """What was said. Raises UnknownVersionError, and msgspec.DecodeError for what is no bulletin."""
    try:
        bulletin = _decode(data)
    except msgspec.ValidationError:
        head = _decode_head(data)
        if head.version == VERSION:
            raise
        raise UnknownVersionError(head.version, head.node) from None
    if bulletin.version != VERSION:
        raise UnknownVersionError(bulletin.version, bulletin.node)
    return bulletin
