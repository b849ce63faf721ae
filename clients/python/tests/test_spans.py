"""What is asked names the span of whoever asked it, however late it is sent."""

import asyncio
from contextvars import ContextVar

from clients.python.tests.conftest import Connect, started
from clients.python.tests.fake_server import FakeServer
from clients.python.tests.waiting import arrived, when

from hubbub_client import sync

span: ContextVar[str | None] = ContextVar("span", default=None)


async def test_a_request_belongs_to_the_span_that_is_current_where_it_is_asked(
    server: FakeServer, connect: Connect
) -> None:
    """The outbox sends both messages, one after the other: the second one is not of the first one's span."""
    server.room("r1", "alice")
    alice = await connect("alice", traceparent=span.get)
    await server.kill()
    for name in ("one", "two"):
        span.set(name)
        started(alice.client.send("r1", name))
    span.set(None)
    await when(lambda: alice.client.undecided == 2)
    await server.start()
    await arrived(alice, 2)
    span.set("three")
    await alice.client.edit("r1", 1, "more")
    named = [(request["type"], request.get("traceparent")) for request in server.requests]
    assert [each for each in named if each[0] in ("send", "edit")] == [
        ("send", "one"), ("send", "two"), ("edit", "three"),
    ]  # fmt: skip
    assert {traceparent for kind, traceparent in named if kind not in ("send", "edit")} == {None}


async def test_what_goes_on_by_itself_belongs_to_no_span(server: FakeServer, connect: Connect) -> None:
    server.room("r1", "alice")
    span.set("alice's")
    alice = await connect("alice", traceparent=span.get)
    await server.say("r1", "bob", "heard")
    await arrived(alice, 1)
    await when(lambda: bool(server.asked("received")))
    assert {request.get("traceparent") for request in server.requests} == {None}


async def test_a_script_has_its_own_threads_span(server: FakeServer) -> None:
    """The client runs in another thread, where nothing of it is current."""
    server.room("r1", "alice")

    def script() -> None:
        span.set("the script's")
        with sync.Client(server.url, token=server.user("alice"), traceparent=span.get) as client:
            client.connect()
            client.send("r1", "hello")

    await asyncio.to_thread(script)
    assert [request["traceparent"] for request in server.asked("send")] == ["the script's"]
