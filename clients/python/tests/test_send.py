"""One message from a shell line, through the small real server."""

from pathlib import Path

import pytest
from clients.python.tests.conftest import HurriedClock
from clients.python.tests.fake_server import FakeServer

from hubbub_client import Client, Store
from hubbub_client.terminal.place import Place
from hubbub_client.terminal.send import NOT_LOGGED_IN, REFUSED, TRY_AGAIN, Failed, Order, send
from hubbub_client.terminal.state import open_store, remember_user


@pytest.fixture
def errand(server: FakeServer, clock: HurriedClock, tmp_path: Path) -> "Errand":
    return Errand(server, clock, tmp_path)


class Errand:
    """`hubbub send` of a shell whose state is in a folder of the test's."""

    def __init__(self, server: FakeServer, clock: HurriedClock, state: Path) -> None:
        self.server, self.clock, self.state = server, clock, state

    async def run(self, to: str, content: str = "hello", **more: object) -> int:
        """The seq of the message."""
        fields = {"msg_id": None, "token": None, "user": None, "password": None, "patience_s": 5.0} | more
        order = Order(place=Place(self.server.url), to=to, content=content, state=self.state, **fields)
        return (await send(order, self.make)).seq

    def make(self, order: Order, store: Store) -> Client:
        http = self.server.http()
        return Client(order.place.url, store=store, token=order.token, clock=self.clock, http=http)


async def test_a_room_by_name_or_id_and_a_person(server: FakeServer, errand: Errand) -> None:
    server.room("r1", "alice")
    server.names["r1"] = "Lobby"
    server.private("p1", "alice", "bob")
    token = server.user("alice")
    assert await errand.run("lobby", token=token) == 1
    assert await errand.run("#lobby", token=token) == 2
    assert await errand.run("r1", token=token) == 3
    assert await errand.run("@bob", token=token) == 1
    assert [request["to"] for request in server.asked("send")] == ["r1", "r1", "r1", "bob"]


async def test_the_same_msg_id_is_sent_once(server: FakeServer, errand: Errand) -> None:
    server.room("r1", "alice")
    token = server.user("alice")
    seqs = [await errand.run("r1", token=token, msg_id="nightly-2026-11-24") for _ in range(3)]
    assert seqs == [1, 1, 1]
    assert len(server.chats["r1"]) == 1


async def test_the_session_of_the_terminal_is_used(server: FakeServer, errand: Errand) -> None:
    server.room("r1", "alice")
    with pytest.raises(Failed, match=r"not logged in at http.*hubbub chat.*HUBBUB_TOKEN") as failed:
        await errand.run("r1")
    assert failed.value.status == NOT_LOGGED_IN
    store = open_store(server.url, "alice", errand.state)
    async with Client(server.url, store=store, clock=errand.clock, http=server.http()) as client:
        await client.sign_up("alice", "secret")
        remember_user(server.url, errand.state, "alice")
        assert await errand.run("r1", "while it is open") == 1
    assert await errand.run("r1", "after it was closed") == 2


async def test_a_password_opens_a_session_and_ends_it(server: FakeServer, errand: Errand) -> None:
    server.room("r1", "alice")
    server.passwords["alice"] = "secret"
    assert await errand.run("r1", user="alice", password="secret") == 1
    assert server.ended == ["current"]
    with pytest.raises(Failed, match="wrong name or password") as failed:
        await errand.run("r1", user="alice", password="guess")
    assert failed.value.status == NOT_LOGGED_IN


async def test_what_cannot_be_found_is_told_with_what_can(server: FakeServer, errand: Errand) -> None:
    for chat in ("r1", "r2"):
        server.room(chat, "alice")
        server.names[chat] = "lobby"
    token = server.user("alice")
    with pytest.raises(Failed, match=r"several rooms are called lobby.*r1, r2") as failed:
        await errand.run("lobby", token=token)
    assert failed.value.status == REFUSED
    with pytest.raises(Failed, match=r"in no room called bob.*lobby, lobby.*@bob"):
        await errand.run("bob", token=token)


async def test_refusals_and_silence_have_statuses_of_their_own(server: FakeServer, errand: Errand) -> None:
    server.room("r1", "alice")
    token = server.user("alice")
    server.refuse["send"].append({"code": "muted"})
    with pytest.raises(Failed, match="You are muted here") as refused:
        await errand.run("r1", token=token)
    assert refused.value.status == REFUSED
    server.lose_reply = lambda request: request["type"] == "send"
    with pytest.raises(Failed, match=r"no answer .* within 0.3 s.*--msg-id") as silent:
        await errand.run("r1", token=token, patience_s=0.3)
    assert silent.value.status == TRY_AGAIN
    with pytest.raises(Failed, match="token was refused") as stale:
        await errand.run("r1", token="stale")
    assert stale.value.status == NOT_LOGGED_IN
    await server.kill()
    with pytest.raises(Failed, match="nothing listens there") as away:
        await errand.run("r1", token=token, patience_s=0.3)
    await server.start()
    assert away.value.status == TRY_AGAIN
