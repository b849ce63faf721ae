"""A deletion erases the content everywhere (docs/protocol.md §2 Rules, "Present form")."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hubbub_conformance.conversation import Connection, Stage

SECRETS = ("the first wording", "the second wording", "the third wording")


def rows_holding(database: Path, words: str) -> list[str]:
    """The tables in which a value holds these words."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return [
            table
            for table in tables
            for row in connection.execute(f"SELECT * FROM {table}")
            if any(words in str(value) for value in row)
        ]


async def reworded(alice: Connection, room: str) -> int:
    seq = (await alice.asks("send", msg_type="group", to=room, content=SECRETS[0], msg_id="s"))["seq"]
    for words in SECRETS[1:]:
        await alice.asks("edit", chat=room, seq=seq, content=words)
    number: int = seq
    return number


def said(everything: Any) -> list[str]:  # noqa: ANN401 - JSON
    return [words for words in SECRETS if words in str(everything)]


@pytest.mark.inside
async def test_what_was_deleted_is_nowhere_any_more(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    seq = await reworded(alice, room)
    await bob.asks("react", chat=room, seq=seq, emoji="👍", on=True)
    assert all(rows_holding(stage.server.database, words) for words in SECRETS[1:])
    assert said(await bob.asks("history", chat=room)) == list(SECRETS[1:])
    await alice.asks("delete", chat=room, seq=seq)
    assert said(await bob.asks("history", chat=room)) == []
    assert said(await bob.asks("chats")) == []
    assert said((await bob.http.get(f"/chats/{room}/entries")).gives(200)) == []
    again = await bob.person.connects(cursors={room: 2})
    replayed = [await again.next() for _ in range(5)]
    assert [each["type"] for each in replayed] == ["message", "edited", "edited", "reacted", "deleted"]
    assert said(again.welcome) + said(replayed) == []
    assert [rows_holding(stage.server.database, words) for words in SECRETS] == [[], [], []]
    message = (await bob.asks("history", chat=room, after=seq - 1))["entries"][0]
    assert message["as_of"] == seq + 4
    assert message.keys().isdisjoint({"content", "edited", "reactions"})


@pytest.mark.inside
async def test_what_is_said_reworded_and_deleted_in_one_breath_is_gone_too(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    words = "said in one breath, and regretted"
    ids = [
        await alice.says("send", msg_type="group", to=room, content=f"{words} 1", msg_id="1"),
        await alice.says("edit", chat=room, seq=3, content=f"{words} 2"),
        await alice.says("react", chat=room, seq=3, emoji="👍", on=True),
        await alice.says("send", msg_type="group", to=room, content="about that", msg_id="2", reply_to=3),
        await alice.says("delete", chat=room, seq=3),
        await alice.says("react", chat=room, seq=3, emoji="👍", on=False),
    ]
    replies = [await alice.answer(each) for each in ids]
    assert [reply.get("code", reply.get("seq")) for reply in replies] == [3, 4, 5, 6, 7, "not_found"]
    live = [await bob.hears(kind) for kind in ("message", "edited", "reacted", "message", "deleted")]
    page = (await bob.asks("history", chat=room, after=2))["entries"]
    assert [each["seq"] for each in page] == [each["seq"] for each in live] == [3, 4, 5, 6, 7]
    assert words not in str(page)
    assert (page[0]["deleted"], page[0]["as_of"], page[1]["deleted"]) == (True, 7, True)
    assert rows_holding(stage.server.database, words) == []


async def test_the_newest_message_is_deleted_in_the_summary_too(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    chat = await stage.friends(alice, bob)
    sent = await alice.asks("send", msg_type="private", to=bob, content=SECRETS[0], msg_id="1")
    [found] = (await bob.asks("chats"))["chats"]
    assert found["last"]["content"] == SECRETS[0]
    await alice.asks("delete", chat=chat, seq=sent["seq"])
    for listed in ((await bob.asks("chats"))["chats"], (await bob.person.connects()).welcome["chats"]):
        assert (listed[0]["last"]["type"], listed[0]["last"]["target"]) == ("deleted", sent["seq"])
        assert said(listed) == []


async def test_deletions_survive_a_crash(own_stage: Stage) -> None:
    stage = own_stage
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    seq = await reworded(alice, room)
    await alice.asks("delete", chat=room, seq=seq)
    stage.server.crash()
    stage.server.start()
    again = await bob.person.connects(cursors={room: 0})
    assert said(again.welcome) + said(await again.asks("history", chat=room)) == []
    assert await stage.stops_the_server() == 0
    raw = stage.server.database.read_bytes()
    assert [words for words in SECRETS if words.encode() in raw] == []
