"""Ends and beginnings: killed while starting, started on what a crash left, started twice, asked to stop while busy."""

import asyncio
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from tests.faults.company import Company, gather
from tests.faults.conftest import MakeServer
from tests.faults.sqlite_rows import DATABASE

from hubbub.operate.cluster.server import WITHIN, sign_up, until
from hubbub.operate.proof.history import Envelope, Witness
from hubbub.operate.proof.raw_client import Answer, RawClient
from hubbub.operate.proof.stored_log import count_pending, read_stored

SEED = int(os.environ.get("HUBBUB_FAULT_SEED", "0")) or time.time_ns() % 10**9


@pytest.mark.parametrize("made", ["lock", DATABASE, f"{DATABASE}-wal", "secret"])
async def test_killed_at_its_first_start_it_starts_the_next_time(make_server: MakeServer, made: str) -> None:
    """The first start makes files and tables: it is killed a moment after each file came to be."""
    print(f"seed {SEED}")  # noqa: T201 - a failure is repeated with it
    random = Random(f"{SEED} {made}")
    server = make_server()
    await server.begin()
    await until((server.data / made).exists, made)
    await asyncio.sleep(random.uniform(0, 0.1))  # the moment is chance
    await server.kill()
    await server.start()
    company = await gather(server)
    assert (await company.alice.ask(company.message()))["type"] == "sent"
    await company.judge()


async def test_what_the_write_ahead_log_holds_is_there_after_a_torn_last_write(
    make_server: MakeServer,
) -> None:
    """The database file itself has next to nothing yet; the end of the log is garbage, as after a power cut."""
    server = make_server()
    company = await gather(server)
    seqs = [(await company.alice.ask(company.message()))["seq"] for _ in range(50)]
    await server.kill()
    log = server.data / f"{DATABASE}-wal"
    assert log.stat().st_size > 0
    with log.open("ab") as torn:
        torn.write(Random(SEED).randbytes(10_000))
    (server.data / f"{DATABASE}-shm").unlink(missing_ok=True)
    await server.start()
    await resume(company, seqs[0])
    await company.bob.heard(seq=seqs[-1])
    await company.judge()


async def resume(company: Company, cursor: int) -> None:
    """Both come back with a cursor."""
    for client in (company.alice, company.bob):
        await client.connect(cursors={company.room: cursor})


async def test_a_second_server_on_the_same_data_is_refused_in_one_line(make_server: MakeServer) -> None:
    first = make_server()
    company = await gather(first)
    second = make_server()
    await second.begin()
    assert await second.ended() == 1
    refusals = second.log().splitlines()
    assert refusals == [
        f"hubbub: cannot serve: another hubbub serves from {first.data}; stop it or give another --data"
    ]
    assert (await company.alice.ask(company.message()))["type"] == "sent"
    await company.judge()


async def test_a_broken_database_is_refused_in_one_line(make_server: MakeServer) -> None:
    server = make_server()
    server.data.mkdir()
    (server.data / DATABASE).write_bytes(b"no database " * 1_000)
    await server.begin()
    assert await server.ended() == 1
    assert server.log() == "hubbub: cannot serve: DatabaseError: file is not a database"


async def test_what_a_crash_left_pending_is_marked_and_reaches_who_comes_back(
    make_server: MakeServer,
) -> None:
    """A crash between the commit and the bus: the rows say PENDING, and nobody was told."""
    server = make_server()
    company = await gather(server)
    told = await company.alice.ask(company.message())
    await company.bob.heard(seq=told["seq"])
    await company.alice.ask(company.message())
    await server.kill()
    with closing(sqlite3.connect(server.data / DATABASE)) as connection, connection:
        connection.execute("UPDATE outbox SET state = 0, delivered_at = NULL")
    assert count_pending(server.read) > 0
    await server.start()
    await resume(company, told["seq"])
    await company.bob.heard(type="message", seq=told["seq"] + 1)
    await until(lambda: not count_pending(server.read), "every row marked")
    await company.judge()


async def test_what_another_node_left_pending_reaches_who_is_connected(make_server: MakeServer) -> None:
    """Another node committed an entry and died before it told anybody; here Bob is connected and nothing else happens."""
    server = make_server()
    company = await gather(server)
    mine = await company.alice.ask(company.message())
    await company.bob.heard(seq=mine["seq"])
    left = leave_behind(server.data, company.room, mine["seq"])
    pushed = await company.bob.heard(type="message", seq=left)
    assert pushed["content"] == "left behind"
    await until(lambda: not count_pending(server.read), "the row marked")
    after = await company.alice.ask(company.message())
    assert after["seq"] == left + 1
    await company.bob.heard(seq=left + 1)
    assert [push["seq"] for push in company.bob.pushes if push["type"] == "message"] == [
        left - 1,
        left,
        left + 1,
    ]


LEFT_BEHIND = (
    """INSERT INTO entries
    SELECT chat, :seq, kind, ts, ordinal + 1, sender, 'left', 'left behind', target, edited, deleted, as_of, extra
    FROM entries WHERE chat = :chat AND seq = :last""",
    "INSERT INTO outbox (chat, seq, state, created_at) VALUES (:chat, :seq, 0, :now)",
    "UPDATE chats SET head = :seq, ordinal = ordinal + 1, changed_at = :now WHERE id = :chat",
)


def leave_behind(data: Path, room: str, last: int) -> int:
    """Store a message as the journal does, and tell nobody; gives its seq."""
    with closing(sqlite3.connect(data / DATABASE, timeout=WITHIN)) as connection, connection:
        given = {"chat": room, "last": last, "seq": last + 1, "now": time.time_ns() // 1_000_000}
        for statement in LEFT_BEHIND:
            connection.execute(statement, given)
    return last + 1


async def test_stopped_in_mid_sentence_all_it_acknowledged_is_stored(make_server: MakeServer) -> None:
    server = make_server({"HUBBUB_LIMITS_REPLAY_PER_CHAT": "0", "HUBBUB_LIMITS_REPLAY_PER_HELLO": "0"})
    company = await gather(server)
    said: list[tuple[Envelope, Answer]] = []

    async def talk() -> None:
        while company.alice.is_open:
            message = company.message()
            said.append((message, await company.alice.tell(message)))
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(talk())
        await until(lambda: any(answer.done() for _, answer in said), "a first answer")
        assert await server.stop() == 0
    assert server.lines("ended")
    answers = [await answer for _, answer in said]
    acknowledged = [answer["seq"] for answer in answers if answer is not None and answer["type"] == "sent"]
    stored = read_stored(server.read)
    assert set(acknowledged) <= {entry["seq"] for entry in stored.logs[company.room]}
    assert len(acknowledged) < len(said), "it had nothing left to do: this shows nothing"
    farewell = await company.bob.heard(type="bye")
    assert (farewell["code"], company.bob.close_code) == (1012, 1012)
    assert 0 <= farewell["reconnect_in_ms"] <= 10_000
    await server.start()
    await resume(company, acknowledged[-1])
    retries = [await company.alice.tell(message) for message, _ in said]
    for retry, answer in zip(retries, answers, strict=True):
        again = await retry
        assert again is not None
        assert again["type"] == "sent"
        assert (
            answer is None
            or answer["type"] == "error"
            or (again["seq"], again["duplicate"]) == (answer["seq"], True)
        )
    await company.judge()


async def test_a_second_sigterm_ends_it_at_once(make_server: MakeServer) -> None:
    """It would wait for a database that somebody else holds; who asks twice does not want to wait."""
    server = make_server({"HUBBUB_DATABASE_TIMEOUT_SECONDS": "600"})
    company = await gather(server)
    with closing(sqlite3.connect(server.data / DATABASE, isolation_level=None, timeout=WITHIN)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        message = company.message()
        undecided = await company.alice.tell(message)
        assert (await company.alice.ask({"type": "ping"}))["type"] == "pong"
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        await until(lambda: server.lines("draining"), "the first SIGTERM heard")
        assert await server.signal(signal.SIGTERM) == 1
        assert '"message":"ended"' not in server.log()
        assert await undecided is None
    await server.start()
    await resume(company, 1)
    again = await company.alice.ask(message)
    assert (again["type"], again["duplicate"]) == ("sent", False)
    await company.judge()


async def test_a_token_outlives_a_crash_in_the_first_second(make_server: MakeServer) -> None:
    """The secret that signs it was flushed before the first token was given."""
    server = make_server()
    await server.start()
    client = RawClient(server, Witness("eve.a", "eve", stays=False), await sign_up(server, "eve"))
    await server.kill()
    await server.start()
    assert (await client.connect())["type"] == "welcome"
