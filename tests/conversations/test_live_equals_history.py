"""Caught-up state equals live state: whoever followed a chat holds what `history` says, however it was followed.

Random plays (by seed): people speak, edit, delete, react, come, go, throw each other out, on one connection that stays
and one that is lost and resumed by its cursors again and again. Each connection applies what it hears as a client does
(docs/protocol.md §2 "Present form"), and in the end its copy must be the history.
"""

import asyncio
from random import Random
from typing import Any

import pytest

from hubbub_conformance.conversation import Connection, Envelope, Person, Stage
from hubbub_conformance.profiles import BULK

pytestmark = pytest.mark.settings(**BULK)

EXPECTED = {
    "not_a_member", "not_found", "forbidden", "muted", "banned", "not_friends", "bad_request", "blocked", "conflict",
}  # fmt: skip
ACTIONS = 120
LOST, RESUMED, CAUGHT_UP = 0.1, 0.15, 0.3  # chances in one action
EMOJI = ("👍", "🎉")


class Copy:
    """What a client holds of its chats."""

    def __init__(self, user: str) -> None:
        self._user = user
        self.chats: dict[str, dict[int, Envelope]] = {}

    def hear(self, push: Envelope) -> None:
        if push["type"] == "chat" or (push["type"] == "resync" and "chat" in push):
            self.chats[push["chat"]] = {}
        elif "seq" in push:
            held = self.chats.setdefault(push["chat"], {})
            held[push["seq"]] = push
            target = held.get(push.get("target", 0), {})
            if target.get("type") == "message" and push["seq"] > target.get("as_of", 0):
                self._change(target, push)

    def _change(self, message: Envelope, change: Envelope) -> None:
        message["as_of"] = change["seq"]
        if change["type"] == "deleted":
            for name in ("content", "edited", "reactions"):
                message.pop(name, None)
            message["deleted"] = True
        elif change["type"] == "edited" and "content" in change:
            message["content"], message["edited"] = change["content"], change["seq"]
        elif change["type"] == "reacted":
            self._react(message.setdefault("reactions", {}), change)
            if not message["reactions"]:
                del message["reactions"]

    def _react(self, reactions: Envelope, change: Envelope) -> None:
        mine = change["from"] == self._user
        given = reactions.setdefault(change["emoji"], {"count": 0, "mine": False})
        given["count"] += 1 if change["on"] else -1
        given["mine"] = change["on"] if mine else given["mine"]
        if given["count"] == 0:
            del reactions[change["emoji"]]


class Follower:
    """A connection of somebody and the copy it keeps, across losses."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.copy = Copy(connection.user)
        self.lost = False

    async def catch_up(self) -> None:
        await self.connection.asks("ping")
        while self.connection.inbox:
            self.copy.hear(self.connection.inbox.popleft())

    async def lose(self) -> None:
        await self.connection.drops()
        self.lost = True

    async def resume(self) -> None:
        while self.connection.inbox:
            self.copy.hear(self.connection.inbox.popleft())
        cursors = dict(self.connection.flow.positions or {})
        self.connection = await self.connection.person.connects(cursors=cursors, chats="none")
        for chat in self.connection.welcome["gone"]:
            self.copy.chats.pop(chat, None)
        for chat in self.connection.welcome["heads"]:
            if chat not in cursors:
                self.copy.chats[chat] = {}
        self.lost = False

    async def history(self, chat: str) -> dict[int, Envelope]:
        entries: dict[int, Envelope] = {}
        after = 0
        while True:
            page = await self.connection.asks("history", chat=chat, after=after, limit=300)
            entries |= {each["seq"]: each for each in page["entries"]}
            if not page["more"]:
                return entries
            after = page["entries"][-1]["seq"]


class Actor:
    """Somebody who does things at random."""

    def __init__(self, chance: Random, steady: Connection, lossy: Connection) -> None:
        self.chance = chance
        self.person: Person = steady.person
        self.steady, self.lossy = Follower(steady), Follower(lossy)
        self.said = 0

    async def act(self, rooms: list[str], others: list[str]) -> None:
        for _ in range(ACTIONS):
            room, other = self.chance.choice(rooms), self.chance.choice(others)
            roll = self.chance.random()
            if self.lossy.lost and roll < RESUMED:
                await self.lossy.resume()
            elif not self.lossy.lost and roll < LOST:
                await self.lossy.lose()
            elif roll < CAUGHT_UP:
                await self.steady.catch_up()
            else:
                await self.ask(*self.choose(room, other))

    def choose(self, room: str, other: str) -> tuple[str, dict[str, Any]]:
        self.said += 1
        held = self.steady.copy.chats.get(room, {})
        seq = self.chance.choice([seq for seq, each in held.items() if each["type"] == "message"][-8:] or [1])
        weighted: list[tuple[int, str, dict[str, Any]]] = [
            (40, "send", {"msg_type": "group", "to": room, "content": f"{self.said}", "msg_id": f"{self.said}"}),
            (30, "edit", {"chat": room, "seq": seq, "content": f"edit {self.said}"}),
            (8, "delete", {"chat": room, "seq": seq}),
            (60, "react", {"chat": room, "seq": seq, "emoji": self.chance.choice(EMOJI),
                           "on": self.chance.random() < 0.6}),
            (8, "send", {"msg_type": "private", "to": other, "content": "psst", "msg_id": f"p{self.said}"}),
            (2, "leave", {"chat": room}), (30, "join", {"chat": room}), (1, "kick", {"chat": room, "user": other}),
            (1, "ban", {"chat": room, "user": other}), (10, "unban", {"chat": room, "user": other}),
            (2, "set_role", {"chat": room, "user": other, "role": self.chance.choice(("admin", "owner"))}),
            (2, "rename", {"chat": room, "name": f"Room {self.said}"}),
            (4, "befriend", {"user": other}), (1, "unfriend", {"user": other}),
        ]  # fmt: skip
        return self.chance.choices([each[1:] for each in weighted], [each[0] for each in weighted])[0]

    async def ask(self, command: str, fields: dict[str, Any]) -> None:
        follower = self.steady if self.lossy.lost else self.chance.choice((self.steady, self.lossy))
        connection = follower.connection
        reply = await connection.answer(await connection.says(command, **fields))
        assert reply["type"] != "error" or reply["code"] in EXPECTED, (command, fields, reply)


@pytest.mark.parametrize("seed", range(4))
async def test_every_copy_is_the_history(stage: Stage, seed: int) -> None:
    chance = Random(seed)
    people = await stage.people("ann", "ben", "cid", "dan")
    rooms = [await stage.room(people[number], *people) for number in range(2)]
    await stage.friends(people[0], people[1])
    actors = [Actor(Random(chance.random()), each, await each.person.connects()) for each in people]
    await asyncio.gather(
        *(
            each.act(rooms, [person.user for person in people if person.user != each.person.user])
            for each in actors
        )
    )
    for actor in actors:
        if actor.lossy.lost:
            await actor.lossy.resume()
    for follower in [each for actor in actors for each in (actor.steady, actor.lossy)]:
        await follower.catch_up()
        heads = {each["chat"]: each["head"] for each in (await follower.connection.asks("chats"))["chats"]}
        await follower.connection.stands_at(heads)
        await follower.catch_up()
        for chat, head in heads.items():
            held, history = follower.copy.chats.get(chat, {}), await follower.history(chat)
            assert sorted(held) == list(range(min(held, default=head + 1), head + 1))
            for seq, entry in held.items():
                if entry["type"] == "message":
                    assert entry == history[seq]
                else:
                    assert (entry["type"], entry["from"]) == (history[seq]["type"], history[seq]["from"])
