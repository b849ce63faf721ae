"""The terminal application against a real server: keys in, what a person sees out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.cells import cell_len
from tests.sdk.conftest import PASSWORD, new_name
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from hubbub.testing.server_process import ServerProcess
from hubbub_client import Client
from hubbub_client.tasks import Tasks
from hubbub_client.terminal.app import HubbubApp, WayIn
from hubbub_client.terminal.app.composer import Composer
from hubbub_client.terminal.app.sheet import SheetScreen
from hubbub_client.terminal.app.transcript import Transcript
from hubbub_client.terminal.options import Options
from hubbub_client.terminal.place import Place

PATIENCE = 60.0


class Seat:
    """One person at the application."""

    def __init__(self, app: HubbubApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def text(self) -> str:
        """Everything on the screen."""
        height = self.app.size.height
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips[:height])

    async def sees(self, *parts: str) -> str:
        """Wait until every part is on the screen."""
        await self.until(lambda: all(part in self.text for part in parts), " and ".join(parts))
        return self.text

    async def until(self, condition: Callable[[], bool], what: str = "it") -> None:
        for _ in range(int(PATIENCE / 0.05)):
            if condition():
                return
            await self.pilot.pause(0.05)
        raise AssertionError(f"never saw {what}:\n{self.text}")

    async def types(self, text: str, then: str = "enter") -> None:
        field = self.app.focused
        assert isinstance(field, Composer | Input)
        field.insert(text) if isinstance(field, Composer) else field.insert_text_at_cursor(text)
        await self.pilot.press(then)

    async def presses(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def clicks(self, words: str) -> None:
        """With the mouse, on words that are on the screen."""
        await self.sees(words)
        line = next(at for at, text in enumerate(self.text.splitlines()) if words in text)
        before = self.text.splitlines()[line].partition(words)[0]
        await self.pilot.click(offset=(cell_len(before) + 2, line))

    async def opens(self, key: str) -> None:
        """A sheet."""
        await self.presses(key)
        await self.until(lambda: isinstance(self.app.screen, SheetScreen), "a sheet")

    async def picks(self, words: str) -> None:
        """The row of the open sheet that holds some words."""
        await self.sees(words)
        options = self.app.screen.query_one(OptionList)
        rows = self.app.screen._rows  # type: ignore[attr-defined]
        options.highlighted = next(at for at, row in enumerate(rows) if words in row.text)
        options.focus()
        await self.pilot.pause()


@asynccontextmanager
async def seat(
    server: ServerProcess, state: Path, user: str | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Seat]:
    password = None if user is None else PASSWORD
    app = HubbubApp(WayIn(Options(Place(server.root), user, password, state)))
    async with app.run_test(size=size, notifications=True) as pilot:
        sitting = Seat(app, pilot)
        if user is not None:
            await sitting.until(lambda: app.desk.connected, "a connection")
        yield sitting


Peer = Callable[[str], Awaitable[Client]]


@pytest.fixture
async def peer(server: ServerProcess) -> AsyncIterator[Peer]:
    """Somebody else, at a client without a screen."""
    clients: list[Client] = []
    tasks = Tasks()

    async def listen(client: Client) -> None:
        async for _ in client.events():
            pass

    async def one(name: str) -> Client:
        client = Client(server.root)
        clients.append(client)
        tasks.spawn(listen(client), "listen")
        await client.sign_up(new_name(name), PASSWORD)
        return client

    yield one
    for client in clients:
        await client.close()
    await tasks.cancel()


async def test_the_way_in(server: ServerProcess, tmp_path: Path) -> None:
    """Mistakes are told with what to do; afterwards the session is remembered."""
    user = new_name("alice")
    async with seat(server, tmp_path) as alice:
        await alice.sees("Name", "Password", "Create account")
        await alice.types(user)
        await alice.until(lambda: getattr(alice.app.focused, "id", "") == "password")
        await alice.types("wrong password")
        await alice.sees(f"No {user} with this password", "New here? F3")
        alice.app.focused.value = PASSWORD  # type: ignore[union-attr]
        await alice.presses("f3")
        await alice.sees("Nobody to talk to yet", "F2", "F3")
    async with seat(server, tmp_path) as again:
        await again.until(lambda: again.app.desk.connected)
        assert again.app.desk.me == user
        await again.presses("f9")
        await again.sees("Logged out", "Password")
        await again.types("not the password", "f3")
        await again.sees("is taken")


async def test_a_room_is_made_and_people_talk(server: ServerProcess, tmp_path: Path, peer: Peer) -> None:
    async with seat(server, tmp_path, new_name("alice")) as alice:
        name = f"[b]{new_name('lobby')}[/b]"
        await alice.opens("f3")
        await alice.types(name)
        await alice.sees(f"# {name}", "1 member", "the beginning of", f"Message {name}")
        await alice.types("first", "ctrl+j")
        await alice.types("second line")
        await alice.sees("first", "second line ✓")
        bob = await peer("bob")
        room = (await bob.rooms(name)).rooms[0].chat
        await bob.join(room)
        await alice.sees(f"{bob.user} joined", "2 members")
        await bob.read(room, 2)
        await alice.sees("✓✓ read")
        bob.typing(room)
        await alice.sees(f"{bob.user} is typing")
        await bob.send(room, "漢字 [red]not red[/red] \x1b]0;owned\x07\u202etxet")
        text = await alice.sees("漢字 [red]not red[/red]")
        assert not set("\x1b\x07\u202e") & set(text)


async def test_replies_changes_reactions_and_erasure(
    server: ServerProcess, tmp_path: Path, peer: Peer
) -> None:
    bob = await peer("bob")
    room = await bob.create_room(new_name("room"), public=True)
    async with seat(server, tmp_path, new_name("alice")) as alice:
        await alice.app.deeds.join(room.chat)
        await alice.sees("joined")
        asked = await bob.send(room.chat, "tea?")
        await alice.sees("tea?")
        await alice.presses("shift+tab", "up", "r")
        await alice.sees(f"reply to {bob.user}: tea?")
        await alice.types("yes plaese")
        await alice.sees("┌", "yes plaese ✓")
        await alice.presses("up")
        await alice.sees("changing: yes plaese")
        alice.app.query_one(Composer).write("yes please")
        await alice.presses("enter")
        await alice.sees("yes please (edited)")
        await alice.presses("shift+tab", "up", "up", "plus")
        await alice.picks("👍")
        await alice.presses("enter")
        await alice.sees("👍 1")
        await bob.react(room.chat, asked.seq, "👍")
        await alice.sees("👍 2")
        await alice.presses("down", "d")
        await alice.picks("Yes, delete")
        await alice.presses("enter")
        await alice.sees("message deleted")
        page = await bob.history(room.chat)
        assert [getattr(each, "content", None) for each in page.entries if each.seq == asked.seq + 1] == [
            None
        ]


async def test_what_is_unread_is_counted_and_marked(
    server: ServerProcess, tmp_path: Path, peer: Peer
) -> None:
    bob = await peer("bob")
    user = new_name("alice")
    busy, quiet = [await bob.create_room(new_name(name), public=True) for name in ("busy", "quiet")]
    async with seat(server, tmp_path, user) as alice:
        for room in (busy, quiet):
            await alice.app.deeds.join(room.chat)
        await alice.sees(f"# {quiet.name}  ")
        await bob.send(busy.chat, "one")
        await bob.send(busy.chat, f"two, @{user}")
        await alice.sees("@2")
        await alice.opens("ctrl+k")
        await alice.types(busy.name)
        await alice.sees("new messages", "one", "two")
        await alice.until(lambda: alice.app.desk.unread == 0)
        assert "@2" not in alice.text
        await alice.opens("ctrl+f")
        await alice.types("ONE")
        await alice.until(lambda: alice.app.query_one(Transcript).chosen is not None)
        await alice.presses("alt+down")
        await alice.sees(f"# {quiet.name}  ")


async def test_earlier_messages_come_above_what_is_read(
    server: ServerProcess, tmp_path: Path, peer: Peer
) -> None:
    bob = await peer("bob")
    room = await bob.create_room(new_name("long"), public=True)
    for number in range(230):
        await bob.send(room.chat, f"message number {number}")
    async with seat(server, tmp_path, new_name("alice")) as alice:
        await alice.app.deeds.join(room.chat)
        await alice.sees("message number 229")
        transcript, chat = alice.app.query_one(Transcript), alice.app.desk.chat
        assert chat is not None
        assert len(chat.log) < 150
        while not chat.log.whole:
            held = len(chat.log)
            await alice.until(lambda held=held: transcript.virtual_size.height >= held, "them on the screen")
            transcript.scroll_to(y=8, animate=False, immediate=True)
            await alice.pilot.pause()
            before = alice.text.splitlines()[2]
            await alice.until(lambda held=held: len(chat.log) > held, "earlier messages")
            await alice.until(lambda before=before: alice.text.splitlines()[2] == before, before)
        await alice.presses("shift+tab", "home")
        await alice.sees("the beginning of", "message number 0")
        assert len(chat.log) == 232


async def test_friends_are_made_and_unmade(server: ServerProcess, tmp_path: Path, peer: Peer) -> None:
    bob = await peer("bob")
    async with seat(server, tmp_path, new_name("alice")) as alice:
        await bob.befriend(alice.app.desk.me)
        await alice.sees("wants to be your friend", "1 asks you")
        await alice.opens("f2")
        await alice.picks(bob.user)
        await alice.presses("enter")
        await alice.sees("friends", "online")
        await alice.presses("enter")
        await alice.sees(f"@{bob.user}", "online")
        await alice.types("between us")
        await alice.sees("between us ✓")
        await alice.opens("f4")
        await alice.picks("Block")
        await alice.presses("enter")
        await alice.picks("Yes, block")
        await alice.presses("enter")
        await alice.sees("blocked by you")
        assert (await bob.friends()).friends == []


async def test_who_moderates_may_and_others_may_not(
    server: ServerProcess, tmp_path: Path, peer: Peer
) -> None:
    bob = await peer("bob")
    async with seat(server, tmp_path, new_name("alice")) as alice:
        name = new_name("strict")
        await alice.app.deeds.create_room(name, public=True)
        await alice.sees("1 member", f"the beginning of {name}")
        chat = alice.app.desk.chat
        assert chat is not None
        await bob.join(chat.id)
        await alice.sees("2 members")
        await alice.opens("f4")
        await alice.picks(bob.user)
        await alice.presses("m")
        await alice.picks("Mute for an hour")
        await alice.presses("enter")
        await alice.sees(f"{bob.user} was muted by", "until")
        await alice.opens("f4")
        await alice.picks(bob.user)
        await alice.presses("k")
        await alice.picks("Yes, kick")
        await alice.presses("enter")
        await alice.sees(f"{bob.user} was removed by", "1 member")


async def test_what_is_refused_can_be_sent_again_or_taken_back(
    server: ServerProcess, tmp_path: Path, peer: Peer
) -> None:
    bob = await peer("bob")
    room = await bob.create_room(new_name("strict"), public=True)
    async with seat(server, tmp_path, new_name("alice")) as alice:
        me = alice.app.desk.me
        await alice.app.deeds.join(room.chat)
        await alice.sees("joined")
        await bob.mute(room.chat, me, 2**50)
        await alice.sees("was muted")
        await alice.types("let me speak")
        await alice.types("please")
        await alice.sees("! You are muted here", "r tries again")
        await bob.mute(room.chat, me, 0)
        await alice.presses("shift+tab", "up", "r")
        await alice.sees("please ✓")
        await alice.presses("up", "up", "down", "d")
        await alice.until(lambda: alice.app.query_one(Composer).text == "let me speak", "the text again")


@pytest.fixture
def own_server(tmp_path: Path) -> ServerProcess:
    (tmp_path / "server").mkdir()
    server = ServerProcess(tmp_path / "server", {})
    server.start()
    return server


async def test_the_banner_tells_the_truth_and_what_is_written_meanwhile_is_sent_once(
    own_server: ServerProcess, tmp_path: Path
) -> None:
    user = new_name("alice")
    async with seat(own_server, tmp_path, user) as alice:
        await alice.app.deeds.create_room("island", public=True)
        await alice.sees("the beginning of island")
        for number in range(20):
            await alice.types(f"line {number}")
        await alice.sees("line 19 ✓")
        own_server.crash()
        await alice.sees("Connection lost", "again in", "F5 try now", "line 19 ✓")
        await alice.types("written in the dark")
        await alice.sees("waits for the connection", "1 message kept")
    async with seat(own_server, tmp_path) as later:
        await later.sees("nothing listens there")
        await asyncio.to_thread(own_server.start)
        await later.presses("f5")
        await later.sees("written in the dark ✓")
        chat = later.app.desk.chat
        assert chat is not None
        page = await later.app.deeds.client.history(chat.id)
        said = [getattr(each, "content", None) for each in page.entries]
        assert said.count("written in the dark") == 1
    own_server.crash()


async def test_the_mouse_does_it_too(server: ServerProcess, tmp_path: Path, peer: Peer) -> None:
    bob = await peer("bob")
    one, two = [await bob.create_room(new_name(name), public=True) for name in ("one", "two")]
    asked = await bob.send(one.chat, "tea?")
    await bob.react(one.chat, asked.seq, "👍")
    async with seat(server, tmp_path, new_name("alice")) as alice:
        for room in (one, two):
            await alice.app.deeds.join(room.chat)
        await alice.sees(f"# {two.name}  ", f" # {one.name}")
        await alice.clicks(f" # {one.name}")
        await alice.sees(f"# {one.name}  ", "👍 1")
        await alice.clicks("👍 1")
        await alice.sees("👍 2")
        await alice.clicks("tea?")
        await alice.until(lambda: alice.app.query_one(Transcript).chosen is not None)
        await alice.clicks("tea?")
        await alice.sees("This message", "Reply")
        await alice.clicks("Reply")
        await alice.sees(f"reply to {bob.user}: tea?")
        await alice.clicks("F2 People")
        await alice.sees("nobody yet")
        await alice.clicks("Esc close")
        await alice.until(lambda: not isinstance(alice.app.screen, SheetScreen))
