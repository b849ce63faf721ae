"""People at terminals, talking through a small real server."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from clients.python.tests.conftest import HurriedClock
from clients.python.tests.fake_server import FakeServer
from rich.text import Text

from hubbub_client import Client, FileStore
from hubbub_client.terminal.options import DONE, FAILED, Options
from hubbub_client.terminal.place import Place
from hubbub_client.terminal.plain.program import run
from hubbub_client.terminal.plain.screen import Screen


class Typist:
    """A keyboard whose keys a test presses."""

    def __init__(self, *answers: str, interactive: bool) -> None:
        self.interactive = interactive
        self._answers = deque(answers)
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()

    async def ask(self, question: str, *, secret: bool = False) -> str:
        if not self._answers:
            raise EOFError(question)
        return self._answers.popleft()

    async def lines(self) -> AsyncIterator[str]:
        while (line := await self._lines.get()) is not None:
            yield line

    def type(self, line: str | None) -> None:
        self._lines.put_nowait(line)


class Paper(Screen):
    """A screen that keeps what it said."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._more = asyncio.Event()

    def say(self, line: Text | str | None) -> None:
        if line is not None:
            self.lines.append(str(line))
            self._more.set()

    async def sees(self, *parts: str) -> str:
        """Wait for a line that holds all parts."""
        async with asyncio.timeout(60):
            while True:
                for line in self.lines:
                    if all(part in line for part in parts):
                        return line
                self._more.clear()
                await self._more.wait()


class Person:
    def __init__(self, keyboard: Typist, screen: Paper, ending: asyncio.Task[int]) -> None:
        self.keyboard, self.screen, self.ending = keyboard, screen, ending
        self.sees = screen.sees

    async def does(self, line: str, *parts: str) -> str:
        """Type a line, and wait for what it brings."""
        self.screen.lines.clear()
        self.keyboard.type(line)
        return await self.sees(*parts)

    async def leaves(self) -> int:
        self.keyboard.type(None)
        return await self.ending


SitDown = Callable[..., Awaitable[Person]]


@pytest.fixture
async def sit_down(server: FakeServer, clock: HurriedClock, tmp_path: Path) -> AsyncIterator[SitDown]:
    """A person at a terminal; the answers are to what the way in asks."""
    people: list[Person] = []

    def make(place: Place, store: FileStore) -> Client:
        return Client(place.url, store=store, clock=clock, http=server.http())

    async def one(
        user: str | None, *answers: str, password: str | None = None, interactive: bool = True
    ) -> Person:
        keyboard, screen = Typist(*answers, interactive=interactive), Paper()
        options = Options(Place(server.url), user, password, tmp_path)
        ending = asyncio.get_running_loop().create_task(run(options, keyboard, screen, make))
        people.append(Person(keyboard, screen, ending))
        return people[-1]

    yield one
    for person in people:
        if not person.ending.done():
            await person.leaves()


async def test_the_first_minutes_of_two_strangers(server: FakeServer, sit_down: SitDown) -> None:
    """Sign up, befriend, talk in private, make a room, meet there: without reading anything but the screen."""
    alice = await sit_down(None, "alice", "secret", "y", "secret")
    await alice.sees("welcome, alice")
    await alice.sees("/friend USER", "/room NAME")
    bob = await sit_down("bob", "hunter2", "y", "hunter2")
    await bob.sees("/friend USER")
    alice.keyboard.type("/friend bob")
    await bob.sees("alice wants to be your friend", "/accept alice")
    await bob.does("/accept alice", "/open @alice")
    await alice.sees("bob and you are friends now", "/open @bob")
    await alice.does("/open @bob", "nothing yet")
    await alice.does("hello bob", "@bob #1 alice: hello bob ✓")
    await bob.sees("@alice #1 alice: hello bob")
    await alice.does("/room lobby public", "made lobby")
    await alice.sees("alice joined")
    await bob.does("/rooms", "lobby", "1 members")
    await bob.does("/join lobby", "#1 to #2")
    await alice.sees("lobby bob joined")
    assert len([line for line in bob.screen.lines if "bob joined" in line]) == 1
    await bob.does("hi all", "lobby #3 bob: hi all ✓")
    await alice.sees("lobby #3 bob: hi all")
    assert not [line for line in alice.screen.lines + bob.screen.lines if line.startswith("!")]
    assert await bob.leaves() == DONE


async def test_replies_edits_and_numbers(server: FakeServer, sit_down: SitDown) -> None:
    server.room("r1", "alice")
    alice = await sit_down("alice", password="pw")
    await alice.does("/open r1", "nothing yet")
    await alice.does("frist", "#1 alice: frist ✓")
    await alice.does("/edit last first", "#1 alice edited: first")
    assert server.chats["r1"][1] == {
        **server.chats["r1"][1],
        "type": "edited",
        "target": 1,
        "content": "first",
    }
    await alice.does("/reply #1 indeed", "(reply to #1 alice: first) indeed")
    await alice.does("//slash", "alice: /slash ✓")


async def test_a_dead_server_is_told_and_what_is_typed_meanwhile_arrives(
    server: FakeServer, sit_down: SitDown
) -> None:
    server.room("r1", "alice")
    alice = await sit_down("alice", password="pw")
    await alice.does("/open r1", "nothing yet")
    await server.kill()
    await alice.sees("connection lost", "again in")
    await alice.does("into the dark", "not connected: kept", "1 waiting")
    server.message("r1", "bob", "meanwhile")
    await server.start()
    await alice.sees("r1 #2 alice: into the dark ✓")
    await alice.sees("bob: meanwhile")
    await alice.sees("back, nothing lost (1 entry meanwhile)")


async def test_it_remembers_session_and_place(server: FakeServer, sit_down: SitDown) -> None:
    server.room("r1", "alice")
    alice = await sit_down("alice", password="pw")
    await alice.does("/open r1", "nothing yet")
    await alice.leaves()
    server.message("r1", "bob", "you were away")
    again = await sit_down(None, "")  # no password: the last user is offered, the session remembered
    await again.sees("r1 #1 bob: you were away")
    await again.sees("caught up: 1 entry while you were away")
    second = await sit_down("alice", password="pw")  # a second terminal is a device of its own
    await second.sees("Your chats: r1")


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("hello?", ("! No chat is open", "/open NAME")),
        ("/dance", ("! There is no /dance", "/help")),
        ("/open nowhere", ("! You are in no room called nowhere", "/join nowhere", "/room nowhere")),
        ("/open @bob", ("! You have no private chat with @bob", "/friend bob")),
        ("/friend", ("! Say which: /friend USER",)),
        ("/accept bob", ("! There is no such thing",)),
        ("/edit 1", ("! Something is missing: /edit NUMBER TEXT",)),
        ("/help", ("/friend USER", "ask somebody")),
    ],
)
async def test_errors_say_what_to_type(sit_down: SitDown, line: str, parts: tuple[str, ...]) -> None:
    alice = await sit_down("alice", password="pw")
    await alice.sees("you are alice")
    await alice.does(line, *parts)


async def test_a_wrong_password_is_no_new_account(server: FakeServer, sit_down: SitDown) -> None:
    server.passwords["alice"] = "secret"
    alice = await sit_down("alice", password="wrong", interactive=False)
    assert await alice.ending == FAILED
    await alice.sees("wrong password for alice")
    again = await sit_down("alice", "wrong", "y", "wrong", "secret")
    await again.sees("alice exists already")
    await again.sees("you are alice")


async def test_a_script_without_a_password_is_told_how(sit_down: SitDown) -> None:
    script = await sit_down("alice", interactive=False)
    assert await script.ending == FAILED
    await script.sees("--password-file")


async def test_commands_for_terminals_in_a_message_are_not_obeyed(
    server: FakeServer, sit_down: SitDown
) -> None:
    server.room("r1", "alice")
    alice = await sit_down("alice", password="pw")
    await alice.does("/open r1", "nothing yet")
    await server.say("r1", "bob", "\x1b]0;owned\x07 \x9b2J [red]not red[/red] \u202eback\nwards")
    line = await alice.sees("not red")
    assert not set("\x1b\x07\x9b\u202e") & set(line)
    assert "[red]not red[/red]" in line
    assert "\n      wards" in line
