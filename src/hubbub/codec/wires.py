"""The combinations of transport and codec: how a reply or push becomes bytes on a connection of that kind."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hubbub.codec import data_frame, json, protobuf
from hubbub.codec.websocket_frames import binary_frame, text_frame
from hubbub.model.commands import AnyCommand


@dataclass(frozen=True, slots=True, eq=False)
class Codec:
    """How envelopes are written. `decode` raises MalformedError; `is_pong` knows the answer to framed TCP's `ping`."""

    name: str
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], AnyCommand]
    is_pong: Callable[[bytes], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Wire:
    """One combination; `wrap` makes of an encoded envelope what the transport writes."""

    name: str
    codec: Codec
    wrap: Callable[[bytes], bytes]

    def frame(self, envelope: object) -> bytes:
        """One envelope."""
        return self.wrap(self.codec.encode(envelope))

    def frames(self, envelopes: Iterable[object]) -> bytes:
        """Several envelopes, joined."""
        return b"".join(map(self.frame, envelopes))


class Encoded:
    """Envelopes for many connections: encoded once per codec in use, wrapped once per wire, when first asked for."""

    __slots__ = ("_envelopes", "_frames", "_joined", "_payloads")

    def __init__(self, envelopes: Sequence[object]) -> None:
        self._envelopes = envelopes
        self._payloads: dict[Codec, list[bytes]] = {}
        self._frames: dict[Wire, list[bytes]] = {}
        self._joined: dict[Wire, bytes] = {}

    def on(self, wire: Wire) -> bytes:
        """All of them, joined, for connections of this kind; the same object each time."""
        joined = self._joined.get(wire)
        if joined is None:
            joined = self._joined[wire] = b"".join(self._on(wire))
        return joined

    def but(self, wire: Wire, place: int) -> bytes:
        """All but the one at this place."""
        frames = self._on(wire)
        return b"".join(frames[:place] + frames[place + 1 :])

    def _on(self, wire: Wire) -> list[bytes]:
        frames = self._frames.get(wire)
        if frames is None:
            frames = self._frames[wire] = list(map(wire.wrap, self._in(wire.codec)))
        return frames

    def _in(self, codec: Codec) -> list[bytes]:
        payloads = self._payloads.get(codec)
        if payloads is None:
            payloads = self._payloads[codec] = list(map(codec.encode, self._envelopes))
        return payloads


JSON = Codec("json", json.encode, json.decode, json.is_pong)
PROTOBUF = Codec("protobuf", protobuf.encode, protobuf.decode, protobuf.is_pong)

WEBSOCKET_JSON = Wire("websocket+json", JSON, text_frame)
WEBSOCKET_PROTOBUF = Wire("websocket+protobuf", PROTOBUF, binary_frame)
TCP_JSON = Wire("tcp+json", JSON, partial(data_frame.frame, data_frame.JSON))
TCP_PROTOBUF = Wire("tcp+protobuf", PROTOBUF, partial(data_frame.frame, data_frame.PROTOBUF))
