"""RFC 6455 frames as a server sees them: masked frames in, unmasked frames out. Pure: bytes to events.

The caller's duties, in the order of a connection's life:

* one `FrameReader` per connection, and one `FrameLimits` shared by all of them;
* iterate over what `feed` returns to its end before feeding again, or drop the connection;
* answer PING with `pong_frame(payload)`; refuse (1003) the data opcode its sub-protocol does not speak;
* on CLOSE, answer `close_frame(close_code(payload))` unless it has sent a close frame itself, then close;
* on `ProtocolViolation`, send `close_frame(violation.code, violation.reason)`, then close.

After a CLOSE or a violation the reader ignores all further bytes (RFC 6455 §5.5.1, §7.1.7).
"""

from codecs import utf_8_decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

try:
    from websockets.speedups import apply_mask
except ImportError:  # no C extension on this platform: the same result, several times slower
    from websockets.utils import apply_mask

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

FIN: Final = 0x80
MASKED: Final = 0x80
CONTROL: Final = 0x08
MASK_BYTES: Final = 4
MAX_CONTROL_PAYLOAD: Final = 125

PROTOCOL_ERROR: Final = 1002
NO_CODE: Final = 1005
INVALID_PAYLOAD: Final = 1007
TOO_BIG: Final = 1009

Event = tuple[int, bytes]
"""(opcode, payload) of TEXT (is UTF-8), BINARY, PING, PONG, or CLOSE (empty, or a valid code and reason)."""


class ProtocolViolation(Exception):
    """The peer broke RFC 6455 or exceeded a limit: close with `code` and `reason` (§7.4.1)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """What one message may cost us; shared by all readers of a listener."""

    max_message_bytes: int = 128 * 1024
    """Protocol.md §1. Declared lengths are checked before anything is buffered. Beyond it: 1009."""
    max_fragments: int = 1024
    """The largest message in fragments of 128 bytes. Stops an endless run of empty fragments, which no byte
    limit sees. Beyond it: 1009, which tells clients to stop (protocol.md §4), as 1008 would not."""


class FrameReader:
    """Turns the bytes of one client into events. Holds no buffer while no frame or message is incomplete."""

    __slots__ = ("_limits", "_partial")

    def __init__(self, limits: FrameLimits) -> None:
        self._limits = limits
        self._partial: _Partial | None = None

    def feed(self, data: bytes) -> Iterable[Event]:
        """Events completed by `data`, in order; ProtocolViolation is raised after the events before it."""
        if self._partial is None:
            payload = _short_message(data, 0, self._limits.max_message_bytes)
            if payload is not None and len(data) - len(payload) == _SHORT_HEAD_BYTES[data[1]]:
                return ((data[0] & 0x0F, payload),)
        return self._events(data)

    def _events(self, data: bytes) -> Iterator[Event]:
        at = 0
        if self._partial is None:
            limit = self._limits.max_message_bytes
            while (payload := _short_message(data, at, limit)) is not None:
                yield data[at] & 0x0F, payload
                at += _SHORT_HEAD_BYTES[data[at + 1]] + len(payload)
        if at < len(data):
            yield from self._partial_events(data[at:])

    def _partial_events(self, data: bytes) -> Iterator[Event]:
        partial = self._partial = self._partial or _Partial(self._limits)
        partial.take(data)
        while (event := partial.next_event()) is not None:
            yield event
        if partial.is_empty():
            self._partial = None


_WHOLE: Final = (FIN | TEXT, FIN | BINARY)
_SHORT_HEAD_BYTES: Final = {**dict.fromkeys(range(MASKED, MASKED + 126), 6), MASKED + 126: 8}


def _short_message(data: bytes, at: int, limit: int) -> bytes | None:
    """The message at `at` if it is what nearly all traffic is: valid, whole, one frame under 64 KiB.

    None decides nothing: `_Partial` knows all the rules and says what it is instead.
    """
    if len(data) - at < 6 or data[at] not in _WHOLE:
        return None
    length = data[at + 1] - MASKED
    start = at + 6
    if length > 125:
        start = at + 8
        length = data[at + 2] << 8 | data[at + 3] if length == 126 else 0
        if length < 126:
            return None
    if length < 0 or length > limit or start + length > len(data):
        return None
    payload = apply_mask(data[start : start + length], data[start - MASK_BYTES : start])
    return payload if payload.isascii() or data[at] & BINARY or _is_utf8(payload) else None


class _Partial:
    """A stream in the middle of something: unread bytes, an incomplete message, or its end."""

    __slots__ = ("at", "data", "ended", "limits", "message")

    def __init__(self, limits: FrameLimits) -> None:
        self.limits = limits
        self.data = b""
        self.at = 0
        self.message: _Message | None = None
        self.ended = False

    def is_empty(self) -> bool:
        return not (self.data or self.message or self.ended)

    def take(self, data: bytes) -> None:
        # What is left over is an incomplete header or control frame: at most 130 bytes.
        self.data = self.data + data if self.data else data

    def next_event(self) -> Event | None:
        """The next event, or None when it needs more bytes."""
        try:
            event = None if self.ended else self._read()
        except ProtocolViolation:
            self._end()
            raise
        if event is None:
            self.data, self.at = b"" if self.ended else self.data[self.at :], 0
        elif event[0] == CLOSE:
            self._end()
        return event

    def _end(self) -> None:
        self.ended, self.data, self.at, self.message = True, b"", 0, None

    def _read(self) -> Event | None:
        before = -1
        while before != self.at:  # until nothing moves: what is left is incomplete
            before, message = self.at, self.message
            event = (
                self._absorb(message) if message is not None and message.remaining else self._enter_frame()
            )
            if event is not None:
                return event
        return None

    def _enter_frame(self) -> Event | None:
        header = _read_header(self.data, self.at)
        if header is None:
            return None
        first, length, start = header
        opcode, stop = first & 0x0F, start + length
        if opcode & CONTROL:
            return self._control(opcode, start, stop) if stop <= len(self.data) else None
        self._check_message(opcode, length)
        if self.message is None and first & FIN and stop <= len(self.data):
            return opcode, _checked_text(opcode, self._unmask(start, stop))
        return self._open_frame(opcode, first & FIN, length, start)

    def _unmask(self, start: int, stop: int) -> bytes:
        self.at = stop
        return apply_mask(self.data[start:stop], self.data[start - MASK_BYTES : start])

    def _control(self, opcode: int, start: int, stop: int) -> Event:
        payload = self._unmask(start, stop)
        if opcode == CLOSE:
            _check_close(payload)
        return opcode, payload

    def _check_message(self, opcode: int, length: int) -> None:
        message = self.message
        if (opcode == CONTINUATION) is (message is None):
            raise ProtocolViolation(PROTOCOL_ERROR, _OUT_OF_SEQUENCE[opcode])
        held, fragments = (0, 0) if message is None else (len(message.body), message.fragments)
        if held + length > self.limits.max_message_bytes:
            raise ProtocolViolation(TOO_BIG, f"message over {self.limits.max_message_bytes} bytes")
        if fragments >= self.limits.max_fragments:
            raise ProtocolViolation(TOO_BIG, f"message in over {self.limits.max_fragments} fragments")

    def _open_frame(self, opcode: int, fin: int, length: int, start: int) -> Event | None:
        message = self.message = self.message or _Message(opcode)
        message.open_frame(fin, length, self.data[start - MASK_BYTES : start])
        self.at = start
        return self._absorb(message)

    def _absorb(self, message: "_Message") -> Event | None:
        """Move what arrived of the open frame into its message."""
        chunk = self.data[self.at : self.at + message.remaining]
        self.at += len(chunk)
        message.append(chunk)
        if message.remaining or not message.fin:
            return None
        self.message = None
        return message.opcode, bytes(message.body)


class _Message:
    """A data message whose frames are still arriving: unmasked and, if text, valid as far as it goes."""

    __slots__ = ("body", "fin", "fragments", "mask", "opcode", "remaining", "undecided")

    def __init__(self, opcode: int) -> None:
        self.opcode = opcode
        self.body = bytearray()
        self.fragments = 0
        self.undecided = b""  # the first bytes, at most 3, of a character that is still arriving
        self.fin, self.remaining, self.mask = 0, 0, b""  # of the current frame

    def open_frame(self, fin: int, length: int, mask: bytes) -> None:
        self.fragments += 1
        self.fin, self.remaining, self.mask = fin, length, mask

    def append(self, chunk: bytes) -> None:
        unmasked = apply_mask(chunk, self.mask)
        turn = len(chunk) % MASK_BYTES
        self.mask = self.mask[turn:] + self.mask[:turn]
        self.remaining -= len(chunk)
        self.body += unmasked
        if self.opcode == TEXT:
            last = bool(self.fin) and not self.remaining
            self.undecided = _utf8_remainder(self.undecided + unmasked, last=last)


def _first_byte_fault(first: int) -> str:
    if first & 0x70:
        return "reserved bits are set"
    if first & 0x07 > 2:
        return "reserved opcode"
    return "fragmented control frame" if first & CONTROL and not first & FIN else ""


_FIRST_BYTE_FAULTS: Final = tuple(map(_first_byte_fault, range(256)))
_NESTED: Final = "new message inside a fragmented one"
_OUT_OF_SEQUENCE: Final = {CONTINUATION: "nothing to continue", TEXT: _NESTED, BINARY: _NESTED}


def _read_header(data: bytes, at: int) -> tuple[int, int, int] | None:
    """(first byte, payload length, payload index) of the frame at `at` (§5.2); None while incomplete."""
    if len(data) - at < 2:
        return None
    first, second = data[at], data[at + 1]
    _check_first_bytes(first, second)
    extended = _EXTENDED_LENGTH_BYTES.get(second, 0)
    start = at + 2 + extended + MASK_BYTES
    if len(data) < start:
        return None
    if not extended:
        return first, second - MASKED, start
    return first, _extended_length(data[at + 2 : at + 2 + extended]), start


_EXTENDED_LENGTH_BYTES: Final = {MASKED | 126: 2, MASKED | 127: 8}
_SHORTEST_LENGTH: Final = {2: 126, 8: 1 << 16}


def _check_first_bytes(first: int, second: int) -> None:
    if fault := _FIRST_BYTE_FAULTS[first]:
        raise ProtocolViolation(PROTOCOL_ERROR, fault)
    if not second & MASKED:
        raise ProtocolViolation(PROTOCOL_ERROR, "frame without mask")
    if first & CONTROL and second & 0x7F > MAX_CONTROL_PAYLOAD:
        raise ProtocolViolation(PROTOCOL_ERROR, "control frame over 125 bytes")


def _extended_length(field: bytes) -> int:
    """§5.2: the shortest form is a must, and so is a most significant bit of 0."""
    length = int.from_bytes(field, "big")
    if not _SHORTEST_LENGTH[len(field)] <= length < 1 << 63:
        raise ProtocolViolation(PROTOCOL_ERROR, "payload length not in its shortest form")
    return length


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _checked_text(opcode: int, payload: bytes) -> bytes:
    if opcode == TEXT and not payload.isascii() and not _is_utf8(payload):
        raise ProtocolViolation(INVALID_PAYLOAD, "text is not UTF-8")
    return payload


def _utf8_remainder(data: bytes, *, last: bool) -> bytes:
    """The bytes after the last complete character. Raises at the first byte no text could hold (§8.1)."""
    if data.isascii():
        return b""
    try:
        remainder = data[utf_8_decode(data, "strict", last)[1] :]
    except UnicodeDecodeError:
        raise ProtocolViolation(INVALID_PAYLOAD, "text is not UTF-8") from None
    # CPython waits for the third byte of a surrogate before it objects; the second already decides.
    if remainder[:1] == b"\xed" and remainder[1:] > b"\x9f":
        raise ProtocolViolation(INVALID_PAYLOAD, "text is not UTF-8")
    return remainder


_CLOSE_CODES: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})
"""What may be sent in a close frame: RFC 6455 §7.4 and the IANA registry (1012-1014)."""


def _check_close(payload: bytes) -> None:
    if payload and close_code(payload) not in _CLOSE_CODES:
        raise ProtocolViolation(PROTOCOL_ERROR, "invalid close code")
    if not _is_utf8(payload[2:]):
        raise ProtocolViolation(INVALID_PAYLOAD, "close reason is not UTF-8")


def close_code(payload: bytes) -> int:
    """The code in the payload of a CLOSE event; 1005 if it has none (§7.1.5)."""
    return int.from_bytes(payload[:2], "big") if payload else NO_CODE


def close_reason(payload: bytes) -> str:
    """The reason in the payload of a CLOSE event (§7.1.6)."""
    return payload[2:].decode()


def frame_header(opcode: int, length: int) -> bytes:
    """The head of an unmasked, unfragmented frame of `length` payload bytes: 2, 4 or 10 bytes."""
    if length < 126:
        return bytes((FIN | opcode, length))
    if length < 1 << 16:
        return bytes((FIN | opcode, 126, length >> 8, length & 0xFF))
    return bytes((FIN | opcode, 127)) + length.to_bytes(8, "big")


def text_frame(payload: bytes) -> bytes:
    """`payload` must be UTF-8."""
    return frame_header(TEXT, len(payload)) + payload


def binary_frame(payload: bytes) -> bytes:
    """One message, one frame, as `text_frame`."""
    return frame_header(BINARY, len(payload)) + payload


def ping_frame(payload: bytes = b"") -> bytes:
    """At most 125 bytes of payload, as in every control frame (§5.5)."""
    return _control_frame(PING, payload)


def pong_frame(payload: bytes = b"") -> bytes:
    """`payload` is that of the ping it answers."""
    return _control_frame(PONG, payload)


def close_frame(code: int = 1000, reason: str = "") -> bytes:
    """1005, "no code received", gives an empty frame. A reason over 123 bytes is cut between characters."""
    if code == NO_CODE:
        return _control_frame(CLOSE, b"")
    cut = reason.encode()[: MAX_CONTROL_PAYLOAD - 2].decode(errors="ignore").encode()
    return _control_frame(CLOSE, code.to_bytes(2, "big") + cut)


def _control_frame(opcode: int, payload: bytes) -> bytes:
    if len(payload) > MAX_CONTROL_PAYLOAD:
        raise ValueError(f"a control frame carries at most {MAX_CONTROL_PAYLOAD} bytes, not {len(payload)}")
    return frame_header(opcode, len(payload)) + payload


def masked_frame(opcode: int, payload: bytes, mask: bytes, *, fin: bool = True) -> bytes:
    """A client's frame, for tests and load generators; `mask` is 4 bytes."""
    header = bytearray(frame_header(opcode, len(payload)))
    header[0] ^= 0 if fin else FIN
    header[1] |= MASKED
    return bytes(header) + mask + apply_mask(payload, mask)


def masked_text_frame(payload: bytes, mask: bytes) -> bytes:
    """A client's text message in one frame, for tests and load generators; `mask` is 4 bytes."""
    return masked_frame(TEXT, payload, mask)
