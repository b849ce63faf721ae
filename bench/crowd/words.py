"""What a client of the crowd says, and how it tells frames apart: the standard library only, so that a holder stays small."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256

UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: hubbub.v1.json\r\n\r\n"
)
SWITCHED = b"HTTP/1.1 101"
END_OF_HEAD = b"\r\n\r\n"
NO_MASK = bytes(4)  # a valid mask that changes nothing; the server unmasks it as any other
PONG = b"\x8a\x80" + NO_MASK
PING = 0x89
TYPE_AT = len(b'{"type":"')
MESSAGE, ERROR, WELCOME, SENT = b"mews"
SEQ, CONTENT = b'"seq":', b'"content":"'
DIGITS = 17  # microseconds of the machine's uptime, for three thousand years


def frame(envelope: bytes) -> bytes:
    """A masked text frame (RFC 6455 §5.2) of less than 64 KiB."""
    size = len(envelope)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + NO_MASK + envelope


def user_name(number: int) -> str:
    """As load.world has it."""
    return f"u{number:06}"


def room_id(number: int) -> str:
    """As load.world has it."""
    return f"r{number:019}"


class Signer:
    """Access tokens as hubbub.codec.access_tokens makes them, all of one moment."""

    def __init__(self, secret: str, now: int, seconds: int) -> None:
        self._key = hmac.new(secret.encode(), digestmod=sha256)
        self._head = _base64(b'{"alg":"HS256","typ":"JWT"}') + b"."
        self._times = f'"iat":{now},"exp":{now + seconds}}}'

    def token(self, number: int) -> str:
        """The token of a user."""
        claims = f'{{"iss":"hubbub","sub":"{user_name(number)}","sid":"s-bench-{number}",{self._times}'
        signed = self._head + _base64(claims.encode())
        key = self._key.copy()
        key.update(signed)
        return (signed + b"." + _base64(key.digest())).decode()


def _base64(octets: bytes) -> bytes:
    return urlsafe_b64encode(octets).rstrip(b"=")


def hello(number: int, token: str, cursors: dict[str, int]) -> bytes:
    """The first frame; with cursors, what was missed since is replayed."""
    said = {
        "type": "hello",
        "id": 0,
        "token": token,
        "device": f"d-{number}",
        "chats": "none",
        "cursors": cursors,
    }
    return frame(json.dumps(said, separators=(",", ":")).encode())


def send(request: int, room: str, due: int, msg_id: str) -> bytes:
    """A message that carries when it was due (µs)."""
    said = f'{{"type":"send","id":{request},"msg_type":"group","to":"{room}","content":"{due:0{DIGITS}}","msg_id":"{msg_id}"}}'
    return frame(said.encode())


def head_of(welcome: bytes, room: str) -> int:
    """Where the room's log ends, as the `welcome` says; -1 if the user is not in it."""
    return int(json.loads(welcome)["heads"].get(room, -1))


def number_after(payload: bytes, field: bytes) -> int:
    """The number behind a field's name."""
    at = payload.index(field) + len(field)
    end = at
    while payload[end : end + 1].isdigit():
        end += 1
    return int(payload[at:end])


def frames(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """The whole frames in `data`: first byte, payload, and where the next one begins."""
    at, end = 0, len(data)
    while end - at > 1:
        length, start = data[at + 1], at + 2
        if length > 125:
            start += 2 if length == 126 else 8
            length = int.from_bytes(data[at + 2 : start], "big")
        stop = start + length
        if stop > end:
            return
        yield data[at], data[start:stop], stop
        at = stop
