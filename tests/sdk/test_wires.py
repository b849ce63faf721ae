"""The SDK over each of the four wires, against a real server: they mean the same, and promise the same."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from tests.sdk.conftest import PASSWORD, new_name

from hubbub.testing.server_process import ServerProcess
from hubbub_client import Client, Stopped
from hubbub_client.events import ChatGone, Entry, Event, Message, StateChanged, Typing
from hubbub_client.tasks import Tasks
from hubbub_client.wire.codecs import CodecName

Way = tuple[str, CodecName]
WAYS: list[Way] = [(carrier, codec) for carrier in ("websocket", "tcp") for codec in ("json", "protobuf")]
PATIENCE = 60.0


def reach(server: ServerProcess, way: Way) -> Client:
    carrier, codec = way
    url = server.root if carrier == "websocket" else f"tcp://{server.tcp}"
    return Client(url, codec=codec, api=server.root, chance=lambda: 0.05)  # it waits, but not long


class Witness:
    """A client and what it saw."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.seen: list[Event] = []
        self._more = asyncio.Event()

    async def watch(self) -> None:
        async for event in self.client.events():
            self.seen.append(event)
            self._more.set()

    async def until(self, condition: Callable[[list[Event]], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition(self.seen):
                self._more.clear()
                await self._more.wait()

    def entries(self, chat: str) -> list[Entry]:
        return [event for event in self.seen if isinstance(event, Entry) and event.chat == chat]


Call = Callable[[ServerProcess, Way], Awaitable[Witness]]


@pytest.fixture
async def call() -> AsyncIterator[Call]:
    """A new user at a server, over a wire."""
    tasks = Tasks()
    witnesses: list[Witness] = []

    async def one(server: ServerProcess, way: Way) -> Witness:
        witness = Witness(reach(server, way))
        witnesses.append(witness)
        tasks.spawn(witness.watch(), "watch")
        await witness.client.sign_up(new_name("user"), PASSWORD)
        return witness

    yield one
    for witness in witnesses:
        await witness.client.close()
    await tasks.cancel()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path, {})
    server.start()
    yield server
    server.crash()


async def test_four_who_are_in_one_room_see_the_same(server: ServerProcess, call: Call) -> None:
    """Every kind of entry, made over each wire and seen over each."""
    four = [await call(server, way) for way in WAYS]
    host = four[0].client
    room = await host.create_room(new_name("room"), public=True)
    for other in four[1:]:
        await other.client.join(room.chat)
    for each in four:
        sent = await each.client.send(room.chat, f"hé from {each.client.user}\n漢字", msg_id="the same name")
        assert (
            await each.client.send(room.chat, f"hé from {each.client.user}\n漢字", msg_id="the same name")
        ).seq == sent.seq
        await each.client.edit(room.chat, sent.seq, "changed")
        await each.client.react(room.chat, sent.seq, "👍")
        await each.client.delete(room.chat, sent.seq)
    await host.rename(room.chat, "another name")
    await host.mute(room.chat, four[1].client.user, 2**40)
    await host.set_role(room.chat, four[2].client.user, "admin")
    last = await host.kick(room.chat, four[3].client.user)
    for each in four:
        await each.until(lambda seen: any(isinstance(e, Entry) and e.seq == last.seq for e in seen))
    pages = [(await each.client.history(room.chat, limit=300)).entries for each in four[:3]]
    assert [entry.seq for entry in pages[0]] == list(range(1, last.seq + 1))
    assert pages[1] == pages[2]
    whole = four[0].entries(room.chat)
    assert [entry.seq for entry in whole] == list(range(1, last.seq + 1))
    for each in four[1:]:
        seen = each.entries(room.chat)
        assert seen == whole[seen[0].seq - 1 :]
    for each in four[:3]:
        assert [member.user for member in (await each.client.members(room.chat)).members] == sorted(
            other.client.user for other in four[:3]
        )
    four[2].client.typing(room.chat)
    await four[0].until(lambda seen: any(isinstance(event, Typing) for event in seen))


async def test_nothing_is_lost_or_doubled_when_the_server_is_killed(
    own_server: ServerProcess, call: Call
) -> None:
    """Four people write through two kills, each over another wire; all see all of it, in the same order."""
    four = [await call(own_server, way) for way in WAYS]
    room = await four[0].client.create_room("room", public=True)
    for other in four[1:]:
        await other.client.join(room.chat)
    writing = Tasks()
    for number in range(15):
        for each in four:
            writing.spawn(each.client.send(room.chat, f"{number}"), "send")
        if number in (4, 9):
            own_server.crash()
            await asyncio.to_thread(own_server.start)
        await asyncio.sleep(0)
    for each in four:
        await each.until(lambda seen: sum(isinstance(event, Message) for event in seen) >= 60)
    whole = [event for event in four[0].entries(room.chat) if isinstance(event, Message)]
    for each in four:
        assert [event for event in each.entries(room.chat) if isinstance(event, Message)] == whole
        seqs = [entry.seq for entry in each.entries(room.chat)]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        mine = [event.content for event in whole if event.sender == each.client.user]
        assert mine == [f"{number}" for number in range(15)]
    await writing.cancel()


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
async def test_a_session_that_was_ended_stops_the_client(server: ServerProcess, call: Call, way: Way) -> None:
    """Over framed TCP the close code 4501 comes in `bye` (protocol.md §4)."""
    alice = await call(server, way)
    async with reach(server, WAYS[0]) as elsewhere:
        await elsewhere.log_in(alice.client.user, PASSWORD)
        await elsewhere.log_out("")
    await alice.until(
        lambda seen: any(isinstance(event, StateChanged) and event.code == 4501 for event in seen)
    )
    with pytest.raises(Stopped):
        await alice.client.ping()
    assert not alice.client.can_resume


@pytest.mark.parametrize("way", WAYS[::3], ids=" ".join)
async def test_who_was_kicked_and_came_back_while_away_resumes_without_a_hole(
    server: ServerProcess, call: Call, way: Way
) -> None:
    """A bug: the removal in the replay ended the chat, though the user was a member again at its end."""
    host, away = await call(server, WAYS[0]), await call(server, way)
    room = await host.client.create_room(new_name("room"), public=True)
    await away.client.join(room.chat)
    before = await host.client.send(room.chat, "before")
    await away.until(lambda seen: any(isinstance(event, Message) for event in seen))
    await away.client.disconnect()
    await host.client.kick(room.chat, away.client.user)
    await host.client.send(room.chat, "meanwhile")
    async with reach(server, WAYS[0]) as elsewhere:
        await elsewhere.log_in(away.client.user, PASSWORD)
        await elsewhere.join(room.chat)
    await away.client.connect()
    last = await host.client.send(room.chat, "after")
    await away.until(lambda seen: any(isinstance(event, Entry) and event.seq == last.seq for event in seen))
    seqs = [entry.seq for entry in away.entries(room.chat)]
    assert (seqs, last.seq) == (list(range(2, last.seq + 1)), before.seq + 4)
    assert not any(isinstance(event, ChatGone) for event in away.seen)
    assert away.client.known[room.chat].role == "member"


async def test_a_server_that_stops_says_when_to_come_back(own_server: ServerProcess, call: Call) -> None:
    """In the close frame of a WebSocket, and in `bye` on framed TCP."""
    four = [await call(own_server, way) for way in WAYS]
    await asyncio.to_thread(own_server.stop)
    for each in four:
        await each.until(lambda seen: any(getattr(event, "retry_in_s", None) is not None for event in seen))
        states = [event for event in each.seen if isinstance(event, StateChanged)]
        away = next(state for state in states if state.retry_in_s is not None)
        assert "restarts" in away.reason or "going away" in away.reason
    await asyncio.to_thread(own_server.start)
    for each in four:
        await each.client.connected()
        await each.client.ping()
