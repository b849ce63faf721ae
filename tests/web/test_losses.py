"""The server dies under two browsers and a bot, and the network under one of them: nothing is lost, twice or out of order."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.web.conftest import Visitors
from tests.web.visitor import Visitor

from hubbub.testing.server_process import ServerProcess

BOT = Path(__file__).with_name("bot.mjs")


@pytest.fixture(autouse=True)
def alive(server: ServerProcess) -> None:
    """Each test finds the module's server running."""
    if not server.running:
        server.start()


@contextmanager
def bot(server: ServerProcess, user: str, room: str) -> Iterator[None]:
    """A program on the TypeScript SDK, in the room."""
    node = shutil.which("node")
    assert node is not None
    command = [node, "--experimental-websocket", "--no-warnings", str(BOT), server.root, user, room]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.terminate()


def banner(visitor: Visitor) -> None:
    """It says that there is no connection, and offers to try at once."""
    expect(visitor.page.get_by_role("button", name="Try now")).to_be_visible()


def comes_back(visitor: Visitor) -> None:
    """By pressing the button, unless the app was quicker; then there is no banner any more."""
    button = visitor.page.get_by_role("button", name="Try now")
    button.evaluate_all("buttons => buttons.forEach((button) => button.click())")
    expect(button).to_be_hidden()


def test_a_server_killed_under_two_browsers_and_a_bot(visitors: Visitors, server: ServerProcess) -> None:
    alice, bob = visitors.comes("alice"), visitors.comes("bob")
    alice.makes_room("Lobby")
    bob.joins("Lobby")
    with bot(server, "robot", "Lobby"):
        alice.says("bot, say I am here")
        for each in (alice, bob):
            each.sees("I am here", exact=True)
        server.crash()
        banner(alice)
        banner(bob)
        alice.says("said by alice while it was away")
        bob.says("bot, say I am back")
        alice.says("and one more of alice")
        server.start()
        for each in (alice, bob):
            comes_back(each)
        said = [
            "said by alice while it was away",
            "and one more of alice",
            "bot, say I am back",
        ]
        for each in (alice, bob):
            for text in (*said, "I am back"):
                each.sees(text, exact=True)
    first, second = alice.transcript(), bob.transcript()
    assert first == second
    assert first.index(said[0]) < first.index(said[1])
    assert len(set(first)) == len(first) == 6
    alice.sees_state("and one more of alice", "Read")


def test_what_is_written_offline_is_sent_when_one_is_back(visitors: Visitors) -> None:
    carol, dave = visitors.stranger("carol").has_a_plug().visits().signs_up(), visitors.comes("dave")
    carol.makes_room("Quay")
    dave.joins("Quay")
    carol.says("before")
    dave.sees("before")
    carol.goes_offline()
    banner(carol)
    expect(carol.page.get_by_text("You are offline.").first).to_be_visible()
    carol.says("written on a train")
    carol.says("in a tunnel")
    carol.sees_state("in a tunnel", "Sending")
    carol.opens("Quay")
    carol.sees("before")
    dave.says("meanwhile")
    carol.comes_online()
    comes_back(carol)
    for each in (carol, dave):
        for text in ("meanwhile", "written on a train", "in a tunnel"):
            each.sees(text)
    assert (
        dave.transcript()
        == carol.transcript()
        == ["before", "meanwhile", "written on a train", "in a tunnel"]
    )
