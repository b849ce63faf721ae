"""A process that holds thousands of connections: one epoll, and arrays indexed by file descriptor.

    python -S -E -m crowd.holder BOARD NUMBER PORT FIRST COUNT ROOMS SECRET

Its users are FIRST … FIRST+COUNT-1, each a member of the room `number % ROOMS`. It connects as many as the board
orders, answers pings, sends on schedule, and counts what comes. Every entry's seq must be the next one of its room.
"""

import errno
import os
import select
import socket
import sys
import time
from array import array
from collections import deque
from pathlib import Path

from crowd.board import COUNTERS, ORDERS, WIDTH, Board, bucket_of
from crowd.words import (
    CONTENT,
    DIGITS,
    END_OF_HEAD,
    ERROR,
    MESSAGE,
    PING,
    PONG,
    SENT,
    SEQ,
    SWITCHED,
    TYPE_AT,
    UPGRADE,
    WELCOME,
    Signer,
    frames,
    head_of,
    hello,
    number_after,
    room_id,
    send,
)

CLOSED, CONNECTING, UPGRADING, GREETING, OPEN = range(5)
IP_BIND_ADDRESS_NO_PORT = (
    24  # linux/in.h: the port is chosen at connect, so two addresses may use the same one
)
PER_ADDRESS = (
    500  # connections from one address: with many thousand, the kernel searches long for a free port
)
WINDOW = 40
READ = 16_384
WAIT_SECONDS = 0.25  # until orders are looked at again
AGAIN_SECONDS = 1.0
LIFE_SECONDS = 7_200  # of the tokens
TOLD = 3  # errors written to the log
(OPENED, FAILED, LOST, HEARTBEATS, DELIVERIES, OTHERS, ERRORS, ASKED, ANSWERED, WRONG, RESUMED, REPLAYED) = (
    range(len(COUNTERS))
)
GOAL, RATE, AWAY, END = (len(COUNTERS) + each for each in range(len(ORDERS)))


def address_of(connection: int) -> str:
    """The loopback address the n-th connection of the machine comes from."""
    place = connection // PER_ADDRESS + 1
    return f"127.1.{place >> 8}.{place & 255}"


def microseconds() -> int:
    """The machine's clock, the same in every process."""
    return time.monotonic_ns() // 1_000


class Holder:
    """`seqs`: the last entry each connection has heard of, by file descriptor; `cursors`: by user, while they are away.

    `behind`: up to which entry a connection that came back is told what it missed.
    """

    def __init__(
        self, row: memoryview, port: int, first: int, count: int, rooms: int, signer: Signer
    ) -> None:
        self._row = row
        self._port = port
        self._rooms = rooms
        self._signer = signer
        self._poll = select.epoll()
        files = count + 1_000
        self._states = bytearray(files)
        self._numbers = array("I", bytes(4 * files))
        self._seqs = array("q", bytes(8 * files))
        self._rests: dict[int, bytes] = {}
        self._waiting = deque(range(first, first + count))
        self._cursors: dict[int, int] = {}
        self._behind: dict[int, int] = {}
        self._on_their_way = 0
        self._not_before = 0.0
        self._turn = 0
        self._due = 0
        self._said = 0

    def run(self) -> None:
        """Until told to end."""
        while not self._row[END]:
            self._leave()
            self._dial()
            for descriptor, _ in self._poll.poll(self._talk(), 1_024):
                self._hear(descriptor)

    # ── coming and going ────────────────────────────────────────────────────────────────────────────────────────

    def _dial(self) -> None:
        row = self._row
        if time.monotonic() < self._not_before:
            return
        while self._waiting and self._on_their_way < WINDOW and row[OPENED] + self._on_their_way < row[GOAL]:
            number = self._waiting.popleft()
            try:
                self._connect(number)
            except OSError as error:
                self._tell(f"connect: {error}")
                self._fail(number)
                return

    def _connect(self, number: int) -> None:
        dialled = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        dialled.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        dialled.bind((address_of(number), 0))
        failed = dialled.connect_ex(("127.0.0.1", self._port))
        if failed not in {0, errno.EINPROGRESS}:
            dialled.close()
            raise OSError(failed, os.strerror(failed))
        descriptor = dialled.detach()
        self._states[descriptor] = CONNECTING
        self._numbers[descriptor] = number
        self._on_their_way += 1
        self._poll.register(descriptor, select.EPOLLOUT)

    def _fail(self, number: int) -> None:
        self._row[FAILED] += 1
        self._waiting.append(number)
        self._not_before = time.monotonic() + AGAIN_SECONDS

    def _leave(self) -> None:
        """Let some connections go, to come back later with their cursors."""
        row = self._row
        for descriptor in range(len(self._states)):
            if row[AWAY] <= 0:
                return
            if self._states[descriptor] == OPEN:
                row[AWAY] -= 1
                row[OPENED] -= 1
                number = self._numbers[descriptor]
                self._cursors[number] = self._seqs[descriptor]
                self._waiting.append(number)
                self._close(descriptor)

    def _close(self, descriptor: int) -> None:
        self._states[descriptor] = CLOSED
        self._rests.pop(descriptor, None)
        self._behind.pop(descriptor, None)
        os.close(descriptor)

    def _lose(self, descriptor: int, why: str) -> None:
        """The connection ended, and not because we wanted it."""
        self._tell(f"lost: {why}")
        if self._states[descriptor] == OPEN:
            self._row[OPENED] -= 1
            self._row[LOST] += 1
        else:
            self._on_their_way -= 1
            self._fail(self._numbers[descriptor])
        self._close(descriptor)

    def _tell(self, text: str) -> None:
        self._said += 1
        if self._said <= TOLD:
            print(text, file=sys.stderr, flush=True)

    # ── hearing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _hear(self, descriptor: int) -> None:
        state = self._states[descriptor]
        try:
            if state == CONNECTING:
                os.write(descriptor, UPGRADE)
                self._states[descriptor] = UPGRADING
                self._poll.modify(descriptor, select.EPOLLIN)
                return
            data = os.read(descriptor, READ)
            if not data:
                self._lose(descriptor, "closed by the server")
            elif state == UPGRADING:
                self._upgrade(descriptor, data)
            else:
                self._walk(descriptor, data)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(descriptor, str(error))

    def _upgrade(self, descriptor: int, data: bytes) -> None:
        data = self._rests.pop(descriptor, b"") + data
        if END_OF_HEAD not in data:
            self._rests[descriptor] = data
            return
        if not data.startswith(SWITCHED):
            self._lose(descriptor, data.decode(errors="replace"))
            return
        number = self._numbers[descriptor]
        since = self._cursors.get(number)
        cursors = {} if since is None else {room_id(number % self._rooms): since}
        os.write(descriptor, hello(number, self._signer.token(number), cursors))
        self._states[descriptor] = GREETING

    def _walk(self, descriptor: int, data: bytes) -> None:
        if descriptor in self._rests:
            data = self._rests.pop(descriptor) + data
        rest = 0
        for first, payload, stop in frames(data):
            rest = stop
            if first == PING:
                self._row[HEARTBEATS] += 1
                os.write(descriptor, PONG)
            elif len(payload) > TYPE_AT:
                self._take(descriptor, payload)
        if rest < len(data):
            self._rests[descriptor] = data[rest:]

    def _take(self, descriptor: int, payload: bytes) -> None:
        kind, row = payload[TYPE_AT], self._row
        if kind == MESSAGE:
            self._message(descriptor, payload)
        elif kind == SENT:
            row[ANSWERED] += 1
        elif kind == WELCOME and self._states[descriptor] == GREETING:
            self._welcome(descriptor, payload)
        elif kind == ERROR:
            row[ERRORS] += 1
            self._tell(payload.decode(errors="replace"))
        else:
            row[OTHERS] += 1

    def _welcome(self, descriptor: int, payload: bytes) -> None:
        number, row = self._numbers[descriptor], self._row
        since = self._cursors.pop(number, None)
        head = head_of(payload, room_id(number % self._rooms))
        self._seqs[descriptor] = head if since is None else since
        if since is not None:
            row[RESUMED] += 1
            row[REPLAYED] += head - since
            self._behind[descriptor] = head
        row[WRONG] += head < 0
        row[OPENED] += 1
        self._on_their_way -= 1
        self._states[descriptor] = OPEN

    def _message(self, descriptor: int, payload: bytes) -> None:
        row = self._row
        row[DELIVERIES] += 1
        seq = number_after(payload, SEQ)
        row[WRONG] += seq != self._seqs[descriptor] + 1
        self._seqs[descriptor] = seq
        if seq <= self._behind.get(descriptor, 0):
            return
        at = payload.index(CONTENT) + len(CONTENT)
        row[WIDTH + bucket_of(microseconds() - int(payload[at : at + DIGITS]))] += 1

    # ── talking ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _talk(self) -> float:
        """Send what is due, each from another connection; gives the seconds until the next one is.

        Delays count from when a message was due, so that a server that stands still does not hide it.
        """
        rate, now = self._row[RATE], microseconds()
        if rate <= 0:
            self._due = now
            return WAIT_SECONDS
        while self._due <= now:
            self._send(self._due)
            self._due += 60_000_000 // rate
        return min(WAIT_SECONDS, (self._due - now) / 1e6)

    def _send(self, due: int) -> None:
        for _ in range(len(self._states)):
            self._turn = (self._turn + 1) % len(self._states)
            if self._states[self._turn] == OPEN:
                break
        else:
            return
        number, row = self._numbers[self._turn], self._row
        row[ASKED] += 1
        request = row[ASKED]
        try:
            os.write(self._turn, send(request, room_id(number % self._rooms), due, f"{number}-{due}"))
        except OSError as error:
            self._lose(self._turn, str(error))


def main(board: str, holder: str, port: str, first: str, count: str, rooms: str, secret: str) -> None:
    row = Board(Path(board)).row(int(holder))
    signer = Signer(secret, int(time.time()), LIFE_SECONDS)
    Holder(row, int(port), int(first), int(count), int(rooms), signer).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
