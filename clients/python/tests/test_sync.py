"""The blocking client, against the small real server, which runs in a thread of its own here."""

import asyncio
import inspect
import threading
from collections.abc import Iterator

import pytest
from clients.python.tests.fake_server import FakeServer

from hubbub_client import RequestRefused, sync
from hubbub_client.client import Client as AsyncClient
from hubbub_client.events import ChatAdded, Message, Reset, StateChanged

INSIDE = {"ask", "token"}  # coroutine functions that other parts of the package call


@pytest.fixture
def server() -> Iterator[FakeServer]:
    server, loop = FakeServer(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    yield server
    asyncio.run_coroutine_threadsafe(server.kill(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_script_talks_and_listens(server: FakeServer) -> None:
    server.room("r1", "alice", "bob")
    with sync.Client(server.url, token=server.user("alice")) as alice:
        alice.connect()
        assert (alice.user, alice.status) == ("alice", "connected")
        assert list(alice.known) == ["r1"]
        with sync.Client(server.tcp_url, codec="protobuf", token=server.user("bob")) as bob:
            bob.connect()
            assert bob.send("r1", "hello").seq == 1
        heard = next(event for event in alice.events() if isinstance(event, Message))
        assert (heard.sender, heard.content) == ("bob", "hello")
        alice.typing("r1")
        alice.ping()
        assert server.asked("typing")


def test_listening_ends_when_nothing_comes_and_goes_on_where_it_was(server: FakeServer) -> None:
    server.room("r1", "alice")
    with sync.Client(server.url, token=server.user("alice")) as alice:
        alice.connect()
        first = list(alice.events(timeout=0.05))
        assert {type(event) for event in first} <= {StateChanged, ChatAdded, Reset}
        alice.send("r1", "one")
        assert next(event.seq for event in alice.events() if isinstance(event, Message)) == 1


def test_errors_are_those_of_the_other_client(server: FakeServer) -> None:
    server.refuse["join"].append({"code": "banned"})
    with sync.Client(server.url, token=server.user("alice")) as alice:
        alice.connect()
        with pytest.raises(RequestRefused, match="banned"):
            alice.join("r1")
    with pytest.raises(ValueError, match="no address"):
        sync.Client("ftp://nowhere")


async def test_it_does_not_block_a_loop(server: FakeServer) -> None:
    client = sync.Client(server.url, token="t")
    with pytest.raises(sync.WrongThread, match=r"hubbub_client\.Client"):
        client.connect()
    await asyncio.to_thread(client.__exit__, None, None, None)


def test_its_thread_ends_with_it(server: FakeServer) -> None:
    before = set(threading.enumerate())
    with sync.Client(server.url, token=server.user("alice")) as alice:
        alice.connect()
    assert set(threading.enumerate()) <= before


def test_every_coroutine_of_the_client_can_be_called() -> None:
    named = {
        name
        for name, member in inspect.getmembers(AsyncClient, inspect.iscoroutinefunction)
        if not name.startswith("_")
    }
    assert named - INSIDE - {"close"} <= set(vars(sync.Client))
    assert sync.Client.send.__doc__ == AsyncClient.send.__doc__
