"""One client against a small real server: it resumes, retries, and says so."""

import asyncio
from pathlib import Path

import pytest
from clients.python.tests.conftest import Connect, started
from clients.python.tests.fake_server import FakeServer, never
from clients.python.tests.waiting import arrived, has, seqs

from hubbub_client import Client, FileStore, MemoryStore, RequestRefused, Undecided
from hubbub_client.events import (
    CaughtUp,
    ChatAdded,
    ChatGone,
    Delivered,
    Entry,
    ListsChanged,
    Message,
    NotDelivered,
    Reset,
    StateChanged,
)


async def test_two_people_talk(server: FakeServer, connect: Connect) -> None:
    server.room("r1", "alice", "bob")
    alice, bob = await connect("alice"), await connect("bob")
    sent = await alice.client.send("r1", "hello")
    assert (sent.chat, sent.seq, sent.duplicate) == ("r1", 1, False)
    assert await arrived(bob, 1) == [1]
    assert await arrived(alice, 1) == [1]
    assert bob.of(Message)[0].content == "hello"
    assert bob.of(ChatAdded)[0].chat == "r1"


async def test_a_message_to_a_private_chat_goes_to_the_peer(server: FakeServer, connect: Connect) -> None:
    server.private("p1", "alice", "bob")
    alice = await connect("alice")
    assert (await alice.client.send("p1", "psst")).chat == "p1"
    assert (server.asked("send")[0]["msg_type"], server.asked("send")[0]["to"]) == ("private", "bob")


async def test_what_is_missed_while_the_server_is_dead_comes_after(
    server: FakeServer, connect: Connect
) -> None:
    server.room("r1", "alice")
    alice = await connect("alice")
    await server.say("r1", "bob", "one")
    await arrived(alice, 1)
    await server.kill()
    server.message("r1", "bob", "two")
    server.message("r1", "bob", "three")
    await server.start()
    assert await arrived(alice, 3) == [1, 2, 3]
    await alice.until(has(CaughtUp))
    assert alice.of(CaughtUp) == [CaughtUp(2, complete=True)]
    assert [state.status for state in alice.of(StateChanged)][:3] == [
        "connecting",
        "connected",
        "disconnected",
    ]


async def test_a_message_typed_while_the_server_is_dead_is_sent_once(
    server: FakeServer, connect: Connect
) -> None:
    server.room("r1", "alice")
    alice = await connect("alice")
    await server.kill()
    sending = asyncio.gather(alice.client.send("r1", "a"), alice.client.send("r1", "b"))
    await server.start()
    assert [sent.seq for sent in await sending] == [1, 2]
    assert [entry["content"] for entry in server.chats["r1"]] == ["a", "b"]


async def test_a_send_whose_reply_is_lost_is_retried_with_the_same_msg_id(
    server: FakeServer, connect: Connect
) -> None:
    server.room("r1", "alice")
    alice = await connect("alice")
    server.lose_reply = lambda request: request["type"] == "send"
    sending = started(alice.client.send("r1", "once"))
    await arrived(alice, 1)
    server.lose_reply = never
    await server.kill()
    await server.start()
    sent = await sending
    assert (sent.seq, sent.duplicate) == (1, True)
    assert len(server.chats["r1"]) == 1
    assert await arrived(alice, 1) == [1]


async def test_other_writes_are_retried_too(server: FakeServer, connect: Connect) -> None:
    server.room("r1", "alice")
    alice = await connect("alice")
    await alice.client.send("r1", "frist")
    await server.kill()
    editing = started(alice.client.edit("r1", 1, "first"))
    await server.start()
    assert (await editing).seq == 2
    assert await arrived(alice, 2) == [1, 2]


async def test_a_push_that_got_lost_is_fetched(server: FakeServer, connect: Connect) -> None:
    server.room("r1", "alice")
    alice = await connect("alice")
    server.lose_push = lambda entry: entry["seq"] in (2, 3)
    for n in range(5):
        await server.say("r1", "bob", str(n))
    assert await arrived(alice, 5) == [1, 2, 3, 4, 5]


async def test_resync_racing_live_pushes_makes_no_hole_and_no_double(
    server: FakeServer, connect: Connect
) -> None:
    server.room("r1", "alice")
    alice = await connect("alice")
    await server.say("r1", "bob", "1")
    server.lose_push = lambda entry: entry["seq"] <= 700
    for n in range(2, 701):
        await server.say("r1", "bob", str(n))
    await server.say("r1", "bob", "701")
    await server.tell({"type": "resync", "chat": "r1", "after": 1, "next": 701})
    await server.say("r1", "bob", "702")
    assert await arrived(alice, 702) == list(range(1, 703))


async def test_more_than_a_server_replays_is_fetched(server: FakeServer, connect: Connect) -> None:
    server.room("r1", "alice")
    server.replay_max = 10
    alice = await connect("alice")
    await server.say("r1", "bob", "1")
    await arrived(alice, 1)
    await server.kill()
    for n in range(2, 900):
        server.message("r1", "bob", str(n))
    await server.start()
    assert await arrived(alice, 899) == list(range(1, 900))


async def test_another_epoch_resets_and_says_so(server: FakeServer, connect: Connect) -> None:
    server.room("r1", "alice")
    alice = await connect("alice")
    for n in range(3):
        await server.say("r1", "bob", f"old {n}")
    await arrived(alice, 3)
    await server.kill()
    server.epoch = "e2"
    server.chats["r1"].clear()
    server.message("r1", "bob", "new 1")
    await server.start()
    await alice.until(
        lambda seen: any(isinstance(event, Message) and event.content == "new 1" for event in seen)
    )
    reset = next(place for place, event in enumerate(alice.seen) if isinstance(event, Reset))
    assert alice.of(Reset) == [Reset("r1", 0)]
    assert [event.content for event in alice.seen[reset:] if isinstance(event, Message)] == ["new 1"]
    await alice.until(has(CaughtUp))
    assert alice.of(CaughtUp) == [CaughtUp(1, complete=False)]


async def test_chats_come_and_go(server: FakeServer, connect: Connect) -> None:
    server.room("r1", "alice")
    alice = await connect("alice")
    await server.say("r1", "bob", "1")
    await arrived(alice, 1)
    server.room("r2", "alice")
    await server.tell({"type": "chat", **server.summary("r2", "alice")})
    await server.say("r2", "bob", "hi")
    assert await arrived(alice, 1, "r2") == [1]
    await server.kill()
    server.members["r1"].clear()
    await server.start()
    await alice.until(has(ChatGone))
    assert (alice.of(ChatGone), set(alice.client.known)) == ([ChatGone("r1")], {"r2"})


async def test_being_kicked_ends_the_chat(server: FakeServer, connect: Connect) -> None:
    server.room("r1", "alice")
    alice = await connect("alice")
    kick = {"type": "member", "from": "bob", "user": "alice", "change": "kicked"}
    await server.push(server.store("r1", kick))
    await alice.until(has(ChatGone))
    assert seqs(alice) == [1]


def removed_and_taken_back(server: FakeServer, chat: str) -> None:
    """Alice, by bob; what he says meanwhile is for the others, and she reads it once she is back."""
    for change in ("role", "kicked", "", "joined"):
        about = {"type": "member", "from": "bob", "user": "alice", "change": change}
        if change:
            server.store(chat, about | ({"role": "admin"} if change == "role" else {}))
        else:
            server.message(chat, "bob", "meanwhile")


@pytest.mark.parametrize("replay_max", [500, 0], ids=["replayed", "fetched"])
async def test_who_was_removed_and_taken_back_while_away_is_a_member(
    server: FakeServer, connect: Connect, replay_max: int
) -> None:
    """A bug: the removal ended the chat, so that what stood after it in history was not asked for any more."""
    server.room("r1", "alice")
    server.replay_max = replay_max
    alice = await connect("alice")
    await server.say("r1", "bob", "1")
    await arrived(alice, 1)
    await server.kill()
    removed_and_taken_back(server, "r1")
    for number in range(400):
        server.message("r1", "bob", str(number))
    await server.start()
    assert await arrived(alice, 405) == list(range(1, 406))
    await alice.until(has(CaughtUp))
    assert (alice.of(ChatGone), alice.client.known["r1"].role) == ([], "member")
    kick = {"type": "member", "from": "bob", "user": "alice", "change": "kicked"}
    await server.push(server.store("r1", kick))
    await alice.until(has(ChatGone))


async def test_a_list_that_does_not_fit_into_welcome_says_later_whose_member_one_is(
    server: FakeServer, connect: Connect
) -> None:
    """r1 is listed at once, r2 is not; r3 is lost while she is there, and nobody said so."""
    for chat in ("r1", "r2", "r3"):
        server.room(chat, "alice")
    alice = await connect("alice")
    for chat in ("r1", "r2", "r3"):
        await server.say(chat, "bob", "1")
        await arrived(alice, 1, chat)
    await server.kill()
    server.list_max = 1
    for chat in ("r1", "r2"):
        removed_and_taken_back(server, chat)
    await server.start()
    await alice.until(has(ListsChanged))
    assert await arrived(alice, 5, "r2") == [1, 2, 3, 4, 5]
    assert (alice.of(ChatGone), set(alice.client.known)) == ([], {"r1", "r2", "r3"})
    server.members["r3"].clear()
    await server.tell({"type": "resync"})
    await alice.until(has(ChatGone))
    assert (alice.of(ChatGone), set(alice.client.known)) == ([ChatGone("r3")], {"r1", "r2"})


async def test_lists_are_asked_for_again(server: FakeServer, connect: Connect) -> None:
    alice = await connect("alice")
    server.room("r1", "alice")
    await server.tell({"type": "resync"})
    await alice.until(has(ListsChanged))
    assert [event.chat for event in alice.of(ChatAdded)] == ["r1"]


async def test_a_killed_client_resumes_from_its_file(
    server: FakeServer, connect: Connect, tmp_path: Path
) -> None:
    """Killed while it handles the second event: that one comes again, nothing is lost, the outbox is sent."""
    server.room("r1", "alice")
    token = server.user("alice")
    store = FileStore(tmp_path / "alice.db")
    client = Client(server.url, token=token, store=store)
    await client.connect()
    for n in range(3):
        await server.say("r1", "bob", str(n))
    handled = []
    async for event in client.events():
        if isinstance(event, Message):
            handled.append(event.seq)
            if event.seq == 2:
                break
    server.lose_reply = lambda request: request["type"] == "send"
    with pytest.raises(Undecided):
        await client.send("r1", "last words", msg_id="m-last", timeout=0.05)
    await client.close()  # without the context manager: like a kill, the last event does not count
    server.lose_reply = never
    server.message("r1", "bob", "later")
    again = await connect("alice", FileStore(tmp_path / "alice.db"))
    assert await arrived(again, 5) == [2, 3, 4, 5]
    await again.until(has(Delivered))
    assert again.of(Delivered) == [Delivered("m-last", "r1", 4)]
    assert [entry["content"] for entry in server.chats["r1"]] == ["0", "1", "2", "last words", "later"]
    assert again.client.undecided == 0


async def test_leaving_properly_counts_the_last_event(server: FakeServer, connect: Connect) -> None:
    server.room("r1", "alice")
    store = MemoryStore()
    async with Client(server.url, token=server.user("alice"), store=store) as client:
        await client.connect()
        await server.say("r1", "bob", "0")
        async for event in client.events():
            if isinstance(event, Message):
                break
    assert store.load().cursors == {"r1": 1}


async def test_an_application_that_is_too_slow_misses_nothing(server: FakeServer) -> None:
    """Entries beyond the inbox's bound are not kept; history brings them when there is room."""
    server.room("r1", "alice")
    async with Client(server.url, token=server.user("alice")) as client:
        await client.connect()
        for n in range(3000):
            await server.say("r1", "bob", str(n))
        await client.ping()  # all pushes were read by now
        assert len(client._inbox._waiting) < 1500
        got = []
        async with asyncio.timeout(60):
            async for event in client.events():
                if isinstance(event, Entry):
                    got.append(event.seq)
                    if event.seq == 3000:
                        break
    assert got == list(range(1, 3001))


async def test_refusals_say_what_and_what_to_do(server: FakeServer, connect: Connect) -> None:
    server.room("r1", "alice")
    alice = await connect("alice")
    server.refuse["send"].append({"code": "muted"})
    with pytest.raises(RequestRefused) as refused:
        await alice.client.send("r1", "hello")
    assert (refused.value.code, "wait" in refused.value.advice) == ("muted", True)
    assert alice.client.undecided == 0


async def test_a_rate_limited_message_waits_and_keeps_its_place(server: FakeServer, connect: Connect) -> None:
    server.room("r1", "alice")
    alice = await connect("alice")
    server.refuse["send"] += [{"code": "rate_limited", "retry_after_ms": 500}, {"code": "unavailable"}]
    await asyncio.gather(*(alice.client.send("r1", str(n)) for n in range(4)))
    assert [entry["content"] for entry in server.chats["r1"]] == ["0", "1", "2", "3"]


async def test_a_given_up_message_that_is_refused_later_is_told(server: FakeServer, connect: Connect) -> None:
    server.room("r1", "alice")
    alice = await connect("alice")
    await server.kill()
    with pytest.raises(Undecided):
        await alice.client.send("r1", "too late", msg_id="m1", timeout=0)
    server.refuse["send"].append({"code": "not_a_member"})
    await server.start()
    await alice.until(has(NotDelivered))
    assert alice.of(NotDelivered) == [NotDelivered("m1", "r1", "too late", "not_a_member", "")]
