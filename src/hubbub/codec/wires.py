"""The combinations of transport and codec: how a reply or push becomes bytes on a connection of that kind."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hubbub.codec import json
from hubbub.codec.websocket_frames import text_frame


@dataclass(frozen=True, slots=True, eq=False)
class Wire:
    """One combination; `frame` encodes one envelope and wraps it for the transport."""

    name: str
    frame: Callable[[object], bytes]

    def frames(self, envelopes: Iterable[object]) -> bytes:
        """Several envelopes, joined."""
        return b"".join(map(self.frame, envelopes))


def _json_text(envelope: object) -> bytes:
    return text_frame(json.encode(envelope))


WEBSOCKET_JSON = Wire("websocket+json", _json_text)
