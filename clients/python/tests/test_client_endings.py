"""How a client and its connections end: tokens, close codes, silence, and what is not understood."""

import pytest
from clients.python.tests.conftest import Connect, HurriedClock, started
from clients.python.tests.fake_server import FakeServer, always
from clients.python.tests.waiting import arrived, has, when

from hubbub_client import Client, MemoryStore, RequestRefused, Status, Stopped, Undecided, Unreachable
from hubbub_client.events import (
    Friend,
    ProfileChanged,
    StateChanged,
)


async def test_4500_renews_the_token(server: FakeServer, clock: HurriedClock) -> None:
    async with Client(server.url, clock=clock, http=server.http()) as client:
        await client.sign_up("alice", "secret")
        assert client.user == "alice"
        server.valid.clear()
        await server.close_all(4500)
        await when(lambda: server.refreshes == 1)
        await client.connected()
        assert (server.refreshes, client.status) == (1, Status.CONNECTED)


async def test_a_token_about_to_end_is_renewed_before_it_is_used(
    server: FakeServer, clock: HurriedClock
) -> None:
    store = MemoryStore()
    async with Client(server.url, clock=clock, http=server.http(), store=store) as client:
        await client.sign_up("alice", "secret")
    clock.ms += server.token_lives_ms - 30_000
    server.valid.clear()
    async with Client(server.url, clock=clock, http=server.http(), store=store) as client:
        assert client.can_resume
        await client.connect()
    assert (server.refreshes, len(server.asked("hello"))) == (1, 2)


async def test_an_ended_session_stops_the_client_and_forgets_the_tokens(
    server: FakeServer, clock: HurriedClock
) -> None:
    store = MemoryStore()
    async with Client(server.url, clock=clock, http=server.http(), store=store) as client:
        await client.sign_up("alice", "secret")
        server.valid.clear()
        server.refresh_tokens.clear()
        await server.close_all(4500)
        await when(lambda: not client.can_resume)
        with pytest.raises(Stopped, match="log in again"):
            await client.connected()
        with pytest.raises(Stopped):
            await client.send("r1", "anybody?")
    assert store.load().tokens is None


async def test_a_revoked_session_is_not_tried_again(server: FakeServer, clock: HurriedClock) -> None:
    store = MemoryStore()
    async with Client(server.url, clock=clock, http=server.http(), store=store) as client:
        await client.sign_up("alice", "secret")
        await server.close_all(4501)
        await when(lambda: not client.can_resume)
        with pytest.raises(Stopped, match="log in again"):
            await client.send("r1", "anybody?")
    assert store.load().tokens is None


async def test_log_in_and_its_refusals(server: FakeServer, clock: HurriedClock) -> None:
    server.passwords["alice"] = "secret"
    async with Client(server.url, clock=clock, http=server.http()) as client:
        with pytest.raises(RequestRefused, match="unauthenticated"):
            await client.log_in("alice", "wrong")
        with pytest.raises(RequestRefused, match="conflict"):
            await client.sign_up("alice", "other")
        await client.log_in("alice", "secret")
        assert client.status is Status.CONNECTED


async def test_accounts_are_elsewhere_when_the_socket_is_framed_tcp(
    server: FakeServer, clock: HurriedClock
) -> None:
    async with Client(server.tcp_url, clock=clock, http=server.http()) as client:
        with pytest.raises(Unreachable, match="say where the HTTP API is"):
            await client.sign_up("alice", "secret")
    api = server.url
    async with Client(server.tcp_url, api=api, codec="protobuf", clock=clock, http=server.http()) as client:
        await client.sign_up("alice", "secret")
        await client.set_picture(b"PNG", "image/png")
    assert server.pictures == [(b"PNG", "image/png")]


@pytest.mark.parametrize("code", [1000, 1002, 4501, 4999])
async def test_some_closes_are_final(server: FakeServer, connect: Connect, code: int) -> None:
    alice = await connect("alice")
    sending = started(alice.client.edit("r1", 1, "x"))
    server.lose_reply = always
    server.room("r1", "alice")
    await server.close_all(code)
    with pytest.raises(Undecided):
        await sending
    await alice.until(lambda seen: isinstance(seen[-1], StateChanged) and seen[-1].retry_in_s is None)
    assert alice.of(StateChanged)[-1].code == code
    assert len(server.asked("hello")) == 1


async def test_bye_says_when_to_come_back(server: FakeServer, connect: Connect) -> None:
    alice = await connect("alice")
    await server.close_all(1012, {"reconnect_in_ms": 1234})
    await alice.until(
        lambda seen: len([event for event in seen if event == StateChanged(Status.CONNECTED, attempt=1)]) == 1
    )
    waits = [state.retry_in_s for state in alice.of(StateChanged) if state.retry_in_s is not None]
    assert waits == [1.234]


async def test_it_gives_up_after_the_configured_number_and_says_so(
    server: FakeServer, connect: Connect
) -> None:
    alice = await connect("alice", max_attempts=3)
    await server.kill()
    await alice.until(
        lambda seen: isinstance(seen[-1], StateChanged) and "gave up after 3" in seen[-1].reason
    )
    await server.start()
    await alice.client.connect()
    assert alice.client.status is Status.CONNECTED


async def test_a_server_that_falls_silent_is_left(server: FakeServer, connect: Connect) -> None:
    server.heartbeat_ms = 200
    server.answer_pings = False
    alice = await connect("alice")
    server.answer_pings = False
    await alice.until(
        lambda seen: any(isinstance(event, StateChanged) and event.retry_in_s is not None for event in seen)
    )
    assert server.asked("ping")


async def test_a_listener_that_says_nothing_still_gives_signs_of_life(
    server: FakeServer, connect: Connect
) -> None:
    server.heartbeat_ms = 200
    alice = await connect("alice")
    await when(lambda: len(server.asked("ping")) >= 3)
    assert [state.status for state in alice.of(StateChanged)] == ["connecting", "connected"]


async def test_a_server_that_asks_for_a_sign_of_life_gets_one(server: FakeServer, connect: Connect) -> None:
    """On framed TCP the server's `ping` is an envelope; the answer carries no id (protocol.md §1)."""
    await connect("alice")
    await server.tell({"type": "ping"})
    await when(lambda: bool(server.asked("pong")))
    assert server.asked("pong") == [{"type": "pong"}]


async def test_unknown_pushes_and_fields_are_ignored_and_unknown_entries_keep_their_place(
    server: FakeServer, connect: Connect
) -> None:
    server.room("r1", "alice")
    alice = await connect("alice")
    await server.tell({"type": "fireworks", "colour": "red"})
    await server.push(server.store("r1", {"type": "pinned", "from": "bob", "target": 1}))
    await server.say("r1", "bob", "two")
    assert await arrived(alice, 2) == [1, 2]
    await server.tell({"type": "friend", "user": "carol", "change": "requested", "mood": "sunny"})
    await alice.until(has(Friend))
    await server.tell({"type": "profile", "user": "carol", "display_name": "Carol", "avatar": "/avatars/x"})
    await alice.until(has(ProfileChanged))


async def test_what_arrived_is_reported_merged(server: FakeServer, connect: Connect) -> None:
    server.room("r1", "alice")
    await connect("alice")
    for n in range(20):
        await server.say("r1", "bob", str(n))
    await when(lambda: bool(server.asked("received")))
    assert server.asked("received")[-1]["seq"] == 20
    assert len(server.asked("received")) <= 3
