"""The order on one connection (docs/protocol.md §2 Rules, §3.3). Every play checks it; these look at nothing else."""

import asyncio
from typing import Any

import pytest

from hubbub_conformance.conversation import Connection, Stage
from hubbub_conformance.profiles import BULK

pytestmark = pytest.mark.every_store


async def types(connection: Connection, count: int) -> list[str]:
    """The types of the next envelopes, presence and receipts left out."""
    found: list[str] = []
    while len(found) < count:
        envelope = await connection.next()
        if envelope["type"] not in {"presence", "receipt"}:
            found.append(envelope["type"])
    return found


async def test_the_reply_precedes_the_push_of_its_own_entry(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    for command, fields, push in (
        ("send", {"msg_type": "group", "to": room, "content": "a", "msg_id": "1"}, "message"),
        ("edit", {"chat": room, "seq": 2, "content": "b"}, "edited"),
        ("react", {"chat": room, "seq": 2, "emoji": "👍", "on": True}, "reacted"),
        ("delete", {"chat": room, "seq": 2}, "deleted"),
        ("rename", {"chat": room, "name": "B"}, "renamed"),
    ):
        await alice.says(command, **fields)
        assert await types(alice, 2) == ["sent" if command == "send" else "done", push]


async def test_many_requests_at_once_are_answered_in_order_each_before_its_push(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    ids = [
        await alice.says("send", msg_type="group", to=room, content=str(n), msg_id=str(n)) for n in range(20)
    ]
    heard = [await alice.next() for _ in range(40)]
    assert [each["id"] for each in heard if "id" in each] == ids
    for sent in (each for each in heard if each["type"] == "sent"):
        pushed = next(
            each for each in heard if each["type"] == "message" and each["msg_id"] == sent["msg_id"]
        )
        assert heard.index(sent) < heard.index(pushed)


async def test_a_chat_is_shown_before_its_entries(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await alice.says("create_room", name="New", public=True)
    assert await types(alice, 3) == ["room", "chat", "member"]
    room = (await alice.asks("chats"))["chats"][0]["chat"]
    await bob.says("join", chat=room)
    assert await types(bob, 3) == ["done", "chat", "member"]
    await alice.asks("befriend", user=bob)
    assert await types(bob, 1) == ["friend"]
    await bob.says("accept", user=alice)
    assert await types(bob, 3) == ["ok", "friend", "chat"]
    await alice.asks("send", msg_type="private", to=bob, content="first", msg_id="1")
    assert await types(bob, 1) == ["message"]


async def test_welcome_precedes_every_push(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)

    async def arrive() -> None:
        connection = await bob.person.opens()
        await connection.says("hello", token=bob.person.token, cursors={room: 1})
        assert (await connection.next())["type"] == "welcome"

    async def talk() -> None:
        for number in range(20):
            await alice.asks("send", msg_type="group", to=room, content="x", msg_id=str(number))

    await asyncio.gather(talk(), *(arrive() for _ in range(8)))


SPEAKERS, SAID = 8, 25


async def speak(speaker: Connection, rooms: list[str]) -> None:
    """Send to the rooms in turn, as fast as the wire takes it; hear everything meanwhile."""
    for number in range(SAID):
        room = rooms[number % len(rooms)]
        fields: dict[str, Any] = {"msg_type": "group", "to": room, "content": f"{speaker.user} {number}"}
        sent = await speaker.asks("send", msg_id=f"n{number}", **fields)
        if number % 5 == 4:
            await speaker.asks("edit", chat=room, seq=sent["seq"], content="edited")
        if number % 7 == 6:
            await speaker.asks("react", chat=room, seq=sent["seq"], emoji="👍", on=True)


@pytest.mark.settings(**BULK)
async def test_many_speak_at_once_and_everybody_hears_one_contiguous_story(stage: Stage) -> None:
    people = await stage.people(*(f"p{number}" for number in range(SPEAKERS)))
    rooms = [await stage.room(people[0], *people[1:]) for _ in range(2)]
    listeners = [await person.person.connects() for person in people]
    await asyncio.gather(*(speak(person, rooms) for person in people))
    stories = []
    for each in (*people, *listeners):
        await each.asks("ping")
        stories.append({room: [e for e in each.inbox if e.get("chat") == room] for room in rooms})
    for room in rooms:
        entries = (await people[0].asks("history", chat=room, after=SPEAKERS, limit=300))["entries"]
        head = entries[-1]["seq"]
        first = stories[-1][room][0]["seq"]
        assert first <= SPEAKERS + 1
        for story in stories:
            told = [each["seq"] for each in story[room]]
            assert told == list(range(told[0], head + 1))
            assert [(e["seq"], e["type"], e["from"]) for e in story[room]][-len(entries) :] == [
                (e["seq"], e["type"], e["from"]) for e in entries
            ]


@pytest.mark.settings(**BULK)
async def test_members_come_and_go_while_others_speak(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    room = await stage.room(alice, bob)

    async def come_and_go() -> None:
        for _ in range(15):
            await carol.asks("join", chat=room)
            await carol.asks("leave", chat=room)

    await asyncio.gather(speak(alice, [room]), speak(bob, [room]), come_and_go())
    await carol.catches_up()  # the order was held to the contract as it came
    await carol.hears_nothing()
