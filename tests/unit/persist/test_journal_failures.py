"""Whatever the database does, nothing is acknowledged that is not kept, and nothing kept is refused for ever."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs
from tests.unit.persist.torn import TornDatabase

from hubbub.model import commands as c
from hubbub.model.draft import Draft
from hubbub.model.effects import ReactionChanged
from hubbub.model.entries import Message
from hubbub.model.errors import CommitUnknownError, Refused
from hubbub.model.proposals import Proposal
from hubbub.model.replies import Done, Reply, Sent
from hubbub.persist import journal as journal_module
from hubbub.persist.engine import DATABASE_FILE, Database, database_url
from hubbub.testing.embedded import EmbeddedPlace, embedded_place
from hubbub.testing.place import Place


def message(room: str, msg_id: str, content: str = "hello") -> dict[str, Any]:
    return {"msg_type": "group", "to": room, "content": content, "msg_id": msg_id}


async def said(place: Place, room: str) -> list[str | None]:
    return [entry.content for entry in await place.transcript(room) if isinstance(entry, Message)]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.001)


async def pragma(database: Database, statement: str) -> int:
    """On the one writing connection, where it stays in force."""
    async with database.writing() as connection:
        return int(await connection.scalar(text(f"PRAGMA {statement}")))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another program holds the write lock."""
    with closing(sqlite3.connect(folder / DATABASE_FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_a_locked_database_is_unavailable_and_comes_back_by_itself(
    place: EmbeddedPlace, tmp_path: Path
) -> None:
    room = await place.room("alice")
    await pragma(place.database, "busy_timeout=10")
    with capture_logs() as logs:
        with locked(tmp_path):
            for number in range(3):
                assert await place.refused("alice", c.Send, **message(room, f"m{number}")) == "unavailable"
            assert place.writer.failing
        for number in range(3):
            await place.ask("alice", c.Send, **message(room, f"m{number}", content=str(number)))
    assert not place.writer.failing
    assert await said(place, room) == ["0", "1", "2"]
    assert [each["event"] for each in logs] == [
        "the database does not take writes; nothing is acknowledged",
        "the database takes writes again",
    ]


async def test_while_the_database_is_locked_it_can_be_read(place: EmbeddedPlace, tmp_path: Path) -> None:
    room = await place.room("alice")
    with locked(tmp_path):
        assert (await place.ask("alice", c.History, chat=room)).entries == await place.transcript(room)


async def test_a_full_disk_is_unavailable_and_what_was_acknowledged_is_kept(place: EmbeddedPlace) -> None:
    room = await place.room("alice")
    used = await pragma(place.database, "page_count")
    await pragma(place.database, f"max_page_count={used + 5}")
    kept: list[str] = []
    refused: list[str] = []
    for number in range(10):
        try:
            await place.ask("alice", c.Send, **message(room, f"m{number}", content=f"{number}" * 4_000))
            kept.append(f"{number}" * 4_000)
        except Refused as full:
            refused.append(full.code)
    assert kept
    assert set(refused) == {"unavailable"}
    assert await said(place, room) == kept
    await pragma(place.database, "max_page_count=1000000")
    sent = await place.ask("alice", c.Send, **message(room, "last"))
    assert sent.seq == len(kept) + 2


def poison(room: str, way: str) -> Proposal:
    """A proposal that only the database refuses."""

    def decide(draft: Draft, _now: int) -> Reply:
        content = "\ud800" if way == "surrogate" else "poison"
        draft.append(Message(chat=room, sender="bob", msg_id="x", msg_type="group", to=room, content=content))
        if way == "twice":
            mark = ReactionChanged(chat=room, seq=draft.head, emoji="x", user="bob", on=True, by=draft.head)
            draft.effects += [mark, mark]
        return Done(chat=room, seq=draft.head, ts=draft.ts)

    return Proposal(user="bob", chat=room, decide=decide)


@pytest.mark.parametrize(("way", "code"), [("twice", "bad_request"), ("surrogate", "internal")])
async def test_one_bad_proposal_does_not_cost_the_good_ones_of_its_batch(
    place: EmbeddedPlace, way: str, code: str
) -> None:
    room, other = await place.room("alice"), await place.room("alice")
    answers: list[object] = []
    commits = place.writer.commits
    asked = [
        asyncio.ensure_future(place.ask("alice", c.Send, **message(where, f"m{number}", content=str(number))))
        for number, where in enumerate([room, other] * 3)
    ]
    await asyncio.sleep(0)
    place.journal.submit(poison(room, way), answers.append)
    replies = await asyncio.gather(*asked)
    assert place.writer.commits < commits + len(replies)
    assert [type(reply) for reply in replies] == [Sent] * 6
    await place.ask("alice", c.Send, **message(room, "after", content="after"))
    assert [answer.code for answer in answers if isinstance(answer, Refused)] == [code]
    assert await said(place, room) == ["0", "2", "4", "after"]
    assert await said(place, other) == ["1", "3", "5"]


async def test_a_listener_that_fails_does_not_cost_the_others_their_answers(place: EmbeddedPlace) -> None:
    room = await place.room("alice")

    def fail(_answer: object) -> None:
        raise RuntimeError

    def say(draft: Draft, _now: int) -> Reply:
        draft.append(Message(chat=room, sender="bob", msg_id="x", msg_type="group", to=room, content="hi"))
        return Done(chat=room, seq=draft.head, ts=draft.ts)

    with capture_logs() as logs:
        place.journal.submit(Proposal(user="bob", chat=room, decide=say), fail)
        await place.ask("alice", c.Send, **message(room, "m"))
    assert [each["event"] for each in logs] == ["an answer could not be given"]
    assert await said(place, room) == ["hi", "hello"]


async def test_beyond_its_bound_the_queue_is_refused_and_what_waits_is_answered(
    template: Path, tmp_path: Path
) -> None:
    shutil.copy(template, tmp_path / DATABASE_FILE)
    async with embedded_place(Database(database_url("", str(tmp_path))), "alice", queue=2) as place:
        room = await place.room("alice")
        answers: list[object] = []
        for _ in range(2):
            place.journal.submit(poison(room, "none"), answers.append)
        assert place.writer.waiting == 2
        with pytest.raises(Refused, match="unavailable"):
            place.journal.submit(poison(room, "none"), answers.append)
        await until(lambda: len(answers) == 2)
        assert [type(answer) for answer in answers] == [Done, Done]


async def test_a_journal_that_is_told_to_stop_answers_what_it_took_and_takes_no_more(
    place: EmbeddedPlace,
) -> None:
    room = await place.room("alice")
    answers: list[object] = []
    place.journal.submit(poison(room, "none"), answers.append)
    place.writer.stop()
    with pytest.raises(Refused, match="unavailable"):
        place.journal.submit(poison(room, "none"), answers.append)
    await until(lambda: bool(answers))
    assert isinstance(answers[0], Done)


# ── the connection dies during COMMIT ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def torn(template: Path, tmp_path: Path) -> AsyncIterator[tuple[EmbeddedPlace, TornDatabase]]:
    shutil.copy(template, tmp_path / DATABASE_FILE)
    database = TornDatabase(database_url("", str(tmp_path)))
    async with embedded_place(database, "alice", "bob") as place:
        yield place, database


Torn = tuple[EmbeddedPlace, TornDatabase]


async def test_a_commit_that_failed_but_happened_is_answered_as_stored(torn: Torn) -> None:
    place, database = torn
    room = await place.room("alice")
    database.next_commit = True
    sent = await place.ask("alice", c.Send, **message(room, "m"))
    assert (sent.seq, sent.duplicate, database.torn) == (2, False, 1)
    assert place.published[-1].entries[-1].seq == 2
    again = await place.ask("alice", c.Send, **message(room, "m"))
    assert (again.seq, again.duplicate) == (2, True)
    assert await said(place, room) == ["hello"]


async def test_a_commit_that_failed_and_did_not_happen_is_refused_and_can_be_retried(torn: Torn) -> None:
    place, database = torn
    room = await place.room("alice")
    database.next_commit = False
    assert await place.refused("alice", c.Send, **message(room, "m")) == "unavailable"
    assert database.torn == 1
    sent = await place.ask("alice", c.Send, **message(room, "m"))
    assert (sent.seq, sent.duplicate) == (2, False)
    assert await said(place, room) == ["hello"]


@pytest.mark.parametrize("happened", [True, False])
async def test_what_nobody_can_find_out_is_not_answered_and_settled_by_the_retry(
    torn: Torn, monkeypatch: pytest.MonkeyPatch, happened: bool
) -> None:
    place, database = torn
    monkeypatch.setattr(journal_module, "FIND_OUT_SECONDS", 0.01)
    monkeypatch.setattr(journal_module, "FIND_OUT_EVERY", 0.001)
    room = await place.room("alice")
    held = await place.store.load(room)
    assert held is not None
    database.next_commit, database.stays_down = happened, True
    with pytest.raises(CommitUnknownError):
        await place.ask("alice", c.Send, **message(room, "m"))
    database.down = database.stays_down = False
    again = await place.ask("alice", c.Send, **message(room, "m"))
    assert (again.seq, again.duplicate) == (2, happened)
    after = await place.ask("alice", c.Send, **message(room, "m2", content="after"))
    assert after.seq == 3
    assert await said(place, room) == ["hello", "after"]
    assert (held.head, held.ordinal) == (3, 2)
    assert await place.store.load(room) is held


async def test_a_friendship_whose_commit_failed_but_happened_is_a_friendship(torn: Torn) -> None:
    """Nothing but rights changes: there is no entry to look for."""
    place, database = torn
    await place.ask("alice", c.Befriend, user="bob")
    database.next_commit = True
    await place.ask("bob", c.Accept, user="alice")
    assert database.torn == 1
    assert (await place.people.relations("alice")).friends == ["bob"]
    assert len(await place.chats.of_user("alice")) == 1
