"""The journal under bursts: many proposals in one transaction, and what memory says afterwards is what is kept."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from tests.ports.requests import ROOMS, USERS, Asked, asked, named

from hubbub.model import commands as c
from hubbub.model.chats import Chat
from hubbub.model.entries import Entry, Message
from hubbub.model.errors import Refused
from hubbub.model.identity import Caller
from hubbub.model.replies import Done, Reply, Sent
from hubbub.persist.tables import outbox, writes
from hubbub.testing.embedded import EmbeddedPlace, copied_store, embedded_place

Answers = list[tuple[Asked, Reply | Exception]]


class Burst:
    """Requests asked all at once, so that the journal finds them waiting together."""

    def __init__(self, place: EmbeddedPlace) -> None:
        self.place = place
        self.answers: Answers = []

    async def ask(self, requests: list[Asked], rooms: list[str]) -> None:
        expected = len(self.answers) + len(requests)
        waiting = [self._begin(each, rooms) for each in requests]
        for each in waiting:
            if each is not None:
                await each
        async with asyncio.timeout(60):
            while len(self.answers) < expected:
                await asyncio.sleep(0)

    def _begin(self, request: Asked, rooms: list[str]) -> Awaitable[None] | None:
        user, command, fields = request
        asked: Any = command(id=1, **named(fields, rooms))
        done = partial(self._done, request)
        return self.place.dispatcher.begin(Caller(user=user, session="s"), asked, self.place.clock(), done)

    def _done(self, request: Asked, answer: Reply | Exception) -> None:
        self.answers.append((request, answer))


def state(chat: Chat) -> dict[str, object]:
    names = ("id", "msg_type", "name", "public", "people", "visible", "head", "ordinal", "rights_version")
    plain = {name: getattr(chat, name) for name in names}
    return plain | {
        "last": chat.last,
        "members": chat.members,
        "banned": chat.banned,
        "pair": chat.pair if chat.people is not None else None,
    }


async def reloaded(place: EmbeddedPlace, chat: Chat) -> Chat:
    async with place.database.reading() as connection:
        return (await connection.run_sync(place.store.fetch, [chat.id], {}))[chat.id]


async def check_kept(place: EmbeddedPlace, chats: list[Chat], answers: Answers) -> None:
    """Seqs without holes, each msg_id once, every answer's entry there, memory like the database."""
    await place.moved.write(place.clock())
    stored: dict[tuple[str, int], Entry] = {}
    for chat in chats:
        entries = await place.transcript(chat.id)
        assert [entry.seq for entry in entries] == list(range(1, chat.head + 1))
        assert sum(isinstance(entry, Message) for entry in entries) == chat.ordinal
        assert state(await reloaded(place, chat)) == state(chat)
        stored |= {(chat.id, entry.seq): entry for entry in entries}
    msg_ids = [(entry.sender, entry.msg_id) for entry in stored.values() if isinstance(entry, Message)]
    assert len(msg_ids) == len(set(msg_ids))
    for (user, _, fields), answer in answers:
        assert not isinstance(answer, Exception) or isinstance(answer, Refused)
        if isinstance(answer, Sent):
            entry = stored[answer.chat, answer.seq]
            assert isinstance(entry, Message)
            assert (entry.sender, entry.msg_id, entry.ts) == (user, fields["msg_id"], answer.ts)
        elif isinstance(answer, Done) and answer.seq:
            assert (answer.chat, answer.seq) in stored


def check_published(place: EmbeddedPlace, chats: list[Chat]) -> None:
    """Every entry was published once, in its order."""
    for chat in chats:
        published = [e.seq for each in place.published if each.chat is chat for e in each.entries]
        assert published == list(range(1, chat.head + 1))


@settings(max_examples=25)
@given(st.lists(st.lists(asked, min_size=1, max_size=12), max_size=4))
async def test_whatever_comes_together_is_kept_as_it_was_answered(
    template: Path, bursts: list[list[Asked]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with embedded_place(copied_store(template, Path(folder)), *USERS, batch=7) as place:
            rooms = [await place.room(owner) for owner in USERS[:ROOMS]]
            burst = Burst(place)
            for requests in bursts:
                place.clock.advance(1)
                await burst.ask(requests, rooms)
            chats = list({each.chat.id: each.chat for each in place.published}.values())
            await check_kept(place, chats, burst.answers)
            check_published(place, chats)


async def test_what_waits_together_is_one_transaction(place: EmbeddedPlace) -> None:
    room = await place.room("alice")
    before = place.writer.commits
    burst = Burst(place)
    await burst.ask([said(f"m{number}") for number in range(50)], [room])
    assert place.writer.commits == before + 1
    assert [answer.seq for _, answer in burst.answers if isinstance(answer, Sent)] == list(range(2, 52))


def said(msg_id: str) -> Asked:
    return ("alice", c.Send, {"msg_type": "group", "to": 0, "content": msg_id, "msg_id": msg_id})


async def test_the_same_msg_id_twice_in_one_batch_is_one_message(place: EmbeddedPlace) -> None:
    room = await place.room("alice")
    burst = Burst(place)
    await burst.ask([said("m"), said("m")], [room])
    first, again = (answer for _, answer in burst.answers)
    assert isinstance(first, Sent)
    assert isinstance(again, Sent)
    assert (first.seq, first.duplicate, again.seq, again.duplicate) == (2, False, 2, True)
    assert len(await place.transcript(room)) == 2


async def test_a_right_withdrawn_earlier_in_the_batch_is_withdrawn(place: EmbeddedPlace) -> None:
    room = await place.room("alice", "bob")
    burst = Burst(place)
    kick: Asked = ("alice", c.Kick, {"chat": 0, "user": "bob"})
    late: Asked = ("bob", c.Send, {"msg_type": "group", "to": 0, "content": "late", "msg_id": "m"})
    await burst.ask([kick, late], [room])
    refused = burst.answers[1][1]
    assert isinstance(refused, Refused)
    assert refused.code == "not_a_member"
    assert len(await place.transcript(room)) == 3


async def test_a_message_sent_edited_and_deleted_in_one_batch_leaves_no_content(place: EmbeddedPlace) -> None:
    room = await place.room("alice")
    edit: Asked = ("alice", c.Edit, {"chat": 0, "seq": 2, "content": "second thought"})
    delete: Asked = ("alice", c.Delete, {"chat": 0, "seq": 2})
    await Burst(place).ask([said("m"), edit, delete], [room])
    _, sent, edited, _ = await place.transcript(room)
    assert [getattr(entry, "content", None) for entry in (sent, edited)] == [None, None]
    async with place.database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM entries WHERE content IS NOT NULL")) == 0


async def test_answers_come_before_what_is_published(place: EmbeddedPlace) -> None:
    room = await place.room("alice")
    seen: list[int] = []
    burst = Burst(place)
    before = len(place.published)
    done: Callable[..., None] = burst._done
    burst._done = lambda *given: (seen.append(len(place.published)), done(*given))[1]  # type: ignore[method-assign]
    await burst.ask([said("m")], [room])
    assert seen == [before]
    assert len(place.published) == before + 1


async def test_a_batch_writes_one_outbox_row_per_entry_and_one_memory_per_msg_id(
    place: EmbeddedPlace,
) -> None:
    room = await place.room("alice")
    await Burst(place).ask([said("m1"), said("m2"), said("m2")], [room])
    async with place.database.reading() as connection:
        rows = (await connection.execute(select(outbox.c.chat, outbox.c.seq, outbox.c.state))).all()
        remembered = await connection.scalar(select(func.count()).select_from(writes))
    assert [tuple(row) for row in rows] == [(room, 1, 0), (room, 2, 0), (room, 3, 0)]
    assert remembered == 2


@pytest.mark.parametrize("capacity", [1, 1_000])
async def test_a_chat_let_go_from_memory_is_read_again_for_its_next_write(
    template: Path, tmp_path: Path, capacity: int
) -> None:
    async with embedded_place(copied_store(template, tmp_path), "alice", capacity=capacity) as place:
        rooms = [await place.room("alice") for _ in range(3)]
        place.published.clear()
        for number, room in enumerate(rooms * 2):
            sent = await place.ask(
                "alice", c.Send, msg_type="group", to=room, content="hi", msg_id=f"m{number}"
            )
            assert sent.seq == 2 + number // 3
