"""The end of each chat's log in Redis, as it was at a head, for whoever asks next (model/recent).

`<ns>:recent:<epoch>:<chat>` is a sorted set of entries by seq, `…:head` the head it was read at. Nothing that is behind what is
there is ever put in its place: a text that was erased meanwhile cannot come back with who read it earlier. The head
stays where the entries were thrown away, and says so. A database of another epoch has other windows.
"""

from collections.abc import Mapping, Sequence
from random import uniform

import msgspec

from hubbub.model.entries import Entry
from hubbub.model.recent import MISSING, Kept, Window, continues
from hubbub.persist.shared_state import Command, SharedState

EXPIRY_SECONDS = (
    3_600  # of what nobody writes or reads anew; spread, so that not all of it is read at once again
)
SPREAD = 0.25

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Kept).decode

_FILL = """
if tonumber(redis.call('GET', KEYS[1]) or -1) > tonumber(ARGV[1]) then return end
redis.call('DEL', KEYS[2])
for i = 3, #ARGV, 2 do redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i + 1]) end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
"""
_CONTINUE = """
local held = redis.call('GET', KEYS[1])
if not held or tonumber(held) >= tonumber(ARGV[1]) then return end
if held == ARGV[3] and redis.call('EXISTS', KEYS[2]) == 1 then
  for i = 5, #ARGV, 2 do redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i + 1]) end
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[4])
else
  redis.call('DEL', KEYS[2])
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
"""


class RedisWindows:
    """Implements model.ports.Windows. `size`: entries in a window at most; the oldest go first."""

    def __init__(self, state: SharedState, epoch: str, size: int) -> None:
        self._state = state
        self._epoch = epoch
        self._size = size

    def _keys(self, chat: str) -> tuple[str, str]:
        entries = self._state.key("recent", self._epoch, chat)
        return f"{entries}:head", entries

    async def get(self, chat: str) -> Window | None:
        """The window as it is kept, or MISSING. None: Redis is away."""
        head, entries = self._keys(chat)
        answers = await self._state.ask([("GET", head), ("ZRANGE", entries, 0, -1)], together=True)
        return None if answers is None else _window(*answers)

    async def fill(self, chat: str, window: Window) -> None:
        """Keep what was read, unless what is kept is newer."""
        await self._state.ask([self._filling(chat, window.head, window.kept)])

    def _filling(self, chat: str, head: int, kept: Sequence[Kept]) -> Command:
        return ("EVAL", _FILL, 2, *self._keys(chat), head, _expiry(), *_scored(kept[-self._size :]))

    async def advance(self, chats: Mapping[str, Sequence[Entry]]) -> None:
        """These entries were committed: windows go on with them, or end where an earlier entry was altered."""
        await self._state.ask([self._advancing(chat, entries) for chat, entries in chats.items()])

    def _advancing(self, chat: str, entries: Sequence[Entry]) -> Command:
        head = entries[-1].seq
        if not continues(entries):
            return self._filling(chat, head, ())
        new = _scored([Kept(entry) for entry in entries])
        base = entries[0].seq - 1
        return ("EVAL", _CONTINUE, 2, *self._keys(chat), head, _expiry(), base, self._size, *new)


def _window(head: bytes | None, members: Sequence[bytes]) -> Window:
    try:
        window = Window(int(head or -1), [_decode(each) for each in members])
    except msgspec.DecodeError:
        return MISSING  # another version of Hubbub wrote it
    is_whole = bool(members) and window.kept[-1].entry.seq == window.head
    return window if is_whole and window.kept[0].entry.seq == window.first else MISSING


def _scored(kept: Sequence[Kept]) -> list[int | bytes]:
    return [part for each in kept for part in (each.entry.seq, _encode(each))]


def _expiry() -> int:
    return round(EXPIRY_SECONDS * uniform(1 - SPREAD, 1 + SPREAD))  # noqa: S311 - no secret
