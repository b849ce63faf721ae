"""Makes the pictures of `hubbub chat`: alice at the application, others beside her, one real server that is killed with -9.

    .venv/bin/python docs/images/record.py

Nothing is drawn by hand: the pictures are what the application had on its screen.
"""

import asyncio
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from hubbub_client import Client
from hubbub_client.tasks import Tasks
from hubbub_client.terminal.app import HubbubApp, WayIn
from hubbub_client.terminal.app.composer import Composer
from hubbub_client.terminal.options import Options
from hubbub_client.terminal.place import Place

PROGRAM = Path(sys.executable).with_name("hubbub")
FOLDER = Path(__file__).parent
PATIENCE = 60.0  # seconds to wait for any one thing
FONT_FROM_AFAR = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # a picture asks nobody for anything
SMALL, LARGE = (80, 24), (120, 34)


def serve(port: int, data: Path) -> subprocess.Popen[bytes]:
    """Start a server and wait until it listens."""
    arguments = ["--port", str(port), "--internal-port", "0", "--data", data, "--log-level", "error"]
    server = subprocess.Popen([PROGRAM, "serve", *arguments])
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return server


def free_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Alice:
    """Who sits at the application."""

    def __init__(self, app: HubbubApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    async def sees(self, *parts: str) -> None:
        """Wait until every part is on the screen."""
        await self.until(lambda: all(part in self._text() for part in parts), str(parts))

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"never saw {what}:\n{self._text()}")
            await self.pilot.pause(0.05)

    async def writes(self, text: str) -> None:
        """Put a text where the cursor is, and press Enter."""
        field = self.app.focused
        if isinstance(field, Composer):
            field.insert(text)
        elif isinstance(field, Input):
            field.insert_text_at_cursor(text)
        await self.pilot.press("enter")

    def photographed(self, name: str) -> None:
        """Keep what is on the screen."""
        picture = self.app.export_screenshot(title="hubbub chat", simplify=True)
        (FOLDER / name).write_text(FONT_FROM_AFAR.sub("", picture) + "\n")

    def _text(self) -> str:
        strips = self.app.screen._compositor.render_strips()  # noqa: SLF001 (what it has on its screen)
        return "\n".join(strip.text for strip in strips)


class Company:
    """The others, at clients without screens."""

    def __init__(self, url: str, stack: AsyncExitStack, tasks: Tasks) -> None:
        self._url, self._stack, self._tasks = url, stack, tasks

    async def come(self, user: str) -> Client:
        """Somebody signs up."""
        client = await self._stack.enter_async_context(Client(self._url))
        self._tasks.spawn(_listen(client), user)
        await client.sign_up(user, f"the password of {user}")
        return client


async def _listen(client: Client) -> None:
    async for _ in client.events():
        pass


async def sit_down(
    url: str, state: Path, size: tuple[int, int], stack: AsyncExitStack, *, light: bool
) -> Alice:
    """Alice, in front of a terminal of a size."""
    app = HubbubApp(WayIn(Options(Place(url), "alice", "the password of alice", state)), light=light)
    alice = Alice(app, await stack.enter_async_context(app.run_test(size=size)))
    await alice.until(lambda: app.desk.connected, "a connection")
    return alice


async def talk(alice: Alice, others: Company) -> str:
    """An hour in the life of a room; returns its id."""
    bob, carol = await others.come("bob"), await others.come("carol")
    for friend in (bob, carol):
        await friend.befriend("alice")
        await alice.until(lambda friend=friend: friend.user in alice.app.desk.people.incoming, "a request")
        await alice.app.deeds.people(alice.app.deeds.client.accept, friend.user)
    await alice.app.deeds.create_room("launch", public=True)
    await alice.sees("# launch", "the beginning of launch")
    chat = alice.app.desk.current or ""
    for friend in (bob, carol):
        await friend.join(chat)
    asked = await bob.send(chat, "Shall we launch on Tuesday? The draft is at https://example.org/launch")
    await alice.sees("Shall we launch")
    await carol.react(chat, asked.seq, "👍")
    await alice.writes("Tuesday it is. I will write the announcement tonight.")
    await alice.sees("tonight. ✓")
    await carol.send(chat, "`make run` needs no root any longer, so that line can go", reply_to=asked.seq)
    await bob.react(chat, asked.seq, "👍")
    room = await carol.create_room("random", public=True)
    await alice.app.deeds.client.join(room.chat)
    await carol.send(room.chat, "@alice have you seen the heron?")
    await bob.send_direct("alice", "lunch?")
    await alice.sees("@1")
    for friend in (bob, carol):
        await friend.read(chat, alice.app.desk.chats[chat].log.last)
    await alice.sees("✓✓ read", "👍 2")
    bob.typing(chat)
    await alice.sees("bob is typing")
    return chat


async def lose_the_server(alice: Alice, server: subprocess.Popen[bytes]) -> None:
    """It is killed; alice goes on writing."""
    server.send_signal(signal.SIGKILL)
    server.wait()
    await alice.sees("Connection lost")
    await alice.writes("Are you still there?")
    await alice.sees("1 message kept", "waits for the connection")
    alice.photographed("terminal-away.svg")


async def play(folder: Path) -> None:
    """Everything, in order."""
    port, tasks = free_port(), Tasks()
    url = f"http://127.0.0.1:{port}"
    server = serve(port, folder / "data")
    try:
        async with AsyncExitStack() as stack:
            others = Company(url, stack, tasks)
            async with AsyncExitStack() as sitting:
                alice = await sit_down(url, folder / "alice", SMALL, sitting, light=False)
                await talk(alice, others)
                alice.photographed("terminal.svg")
                await lose_the_server(alice, server)
                server = serve(port, folder / "data")
                await alice.sees("Are you still there? ✓")
            async with AsyncExitStack() as sitting:
                alice = await sit_down(url, folder / "alice", LARGE, sitting, light=True)
                await alice.sees("Are you still there?")
                alice.photographed("terminal-light.svg")
            await tasks.cancel()
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Play it and save the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder)))


if __name__ == "__main__":
    main()
