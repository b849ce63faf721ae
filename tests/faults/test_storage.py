"""The disk is full, or somebody else holds the database: `unavailable`, nothing acknowledged, and back by itself.

files_limited   every write to every file of the server fails (RLIMIT_FSIZE 0, set from outside): works everywhere
disk_full       the data folder is a filesystem of 3 MiB that is filled up (ENOSPC): needs root, to mount it
locked          another process holds the write lock for longer than the server waits
"""

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import pytest
from tests.faults.company import gather
from tests.faults.conftest import MakeServer
from tests.faults.sqlite_rows import DATABASE

from hubbub.operate.cluster.server import EVERY, WITHIN, Server, post_json
from hubbub.operate.proof.raw_client import RawClient

IMPATIENT = {"HUBBUB_DATABASE_TIMEOUT_SECONDS": "0.5"}
DOWN = "does not take writes"
BACK = "takes writes again"
Trouble = Callable[[Server], AbstractContextManager[object]]


@contextmanager
def files_limited(server: Server) -> Iterator[None]:
    server.limit_files(0)
    yield
    server.limit_files(resource.RLIM_INFINITY)


@contextmanager
def disk_full(server: Server) -> Iterator[None]:
    filler = server.data / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    yield
    filler.unlink()


@contextmanager
def locked(server: Server) -> Iterator[None]:
    with closing(sqlite3.connect(server.data / DATABASE, isolation_level=None, timeout=WITHIN)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")


def without(reason: str) -> NoReturn:
    """What this machine lacks is a skip for a developer and a failure in CI."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        without("mounting a small filesystem needs root; files_limited covers the same code")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("trouble", [files_limited, locked])
async def test_trouble_is_unavailable_and_passes(make_server: MakeServer, trouble: Trouble) -> None:
    await endure(make_server(IMPATIENT), trouble)


async def test_a_full_disk_is_unavailable_and_passes(make_server: MakeServer, small_disk: Path) -> None:
    await endure(make_server(IMPATIENT, small_disk), disk_full)


async def endure(server: Server, trouble: Trouble) -> None:
    company = await gather(server)
    alice, bob, room = company.alice, company.bob, company.room
    said = company.message()
    first = await alice.ask(said)
    assert first["type"] == "sent"
    with trouble(server):
        refused = company.message("x" * 7_900)
        while (answer := await alice.ask(refused))[
            "type"
        ] == "sent":  # there may be room in the file for a while
            refused = company.message("x" * 7_900)
        assert answer["code"] == "unavailable"
        writes = [
            refused,
            company.message(),
            {"type": "edit", "chat": room, "seq": first["seq"], "content": "other", "msg_id": "edit"},
            {"type": "delete", "chat": room, "seq": first["seq"], "msg_id": "delete"},
        ]
        for write in writes:
            assert (await alice.ask(write)).get("code") == "unavailable"
        status, body = await post_json(
            f"{server.url}/api/v1/accounts", {"user": "eve", "password": "a long enough one"}
        )
        assert (status, body["code"]) == (503, "unavailable")
        assert await server.readiness() == (503, ["the database takes no writes"])
        await alice.ask(said)  # stored long ago: no sign that anything can be stored now
        assert await server.readiness() == (503, ["the database takes no writes"])
        await assert_reads_go_on(bob, room, first["seq"])
    await ready_again(server)
    assert len(server.lines(DOWN)) == 1
    assert len(server.lines(BACK)) == 1
    for write in writes:
        answers = [await alice.ask(write) for _ in range(2)]
        assert answers[0]["type"] in {"sent", "done"}
        assert not answers[0].get("duplicate")
        assert answers[1]["seq"] == answers[0]["seq"]
        await bob.heard(chat=room, seq=answers[0]["seq"])
    await company.judge()
    assert "Traceback" not in server.log()


async def assert_reads_go_on(client: RawClient, room: str, seq: int) -> None:
    page = await client.ask({"type": "history", "chat": room, "after": seq - 1, "limit": 1})
    assert [entry["seq"] for entry in page["entries"]] == [seq]
    assert (await client.ask({"type": "ping"}))["type"] == "pong"


async def ready_again(server: Server) -> None:
    """Nobody asks for anything but readiness: the server must find out by itself."""
    async with asyncio.timeout(WITHIN):
        while (await server.readiness())[0] != 200:
            await asyncio.sleep(EVERY)


async def test_a_short_lock_is_waited_for_and_holds_up_nothing_else(make_server: MakeServer) -> None:
    server = make_server()
    company = await gather(server)
    with locked(server):
        waiting = await company.alice.tell(company.message())
        assert (await company.alice.ask({"type": "ping"}))["type"] == "pong"
        assert (await company.bob.ask({"type": "history", "chat": company.room}))["type"] == "page"
        assert not waiting.done()
    answer = await waiting
    assert answer is not None
    assert answer["type"] == "sent"
    assert not server.lines(DOWN)
    await company.judge()


async def test_killed_in_trouble_it_comes_back_with_all_that_was_acknowledged(
    make_server: MakeServer,
) -> None:
    server = make_server(IMPATIENT)
    company = await gather(server)
    kept = await company.alice.ask(company.message())
    server.limit_files(0)
    undecided = company.message()
    assert (await company.alice.ask(undecided))["code"] == "unavailable"
    await server.kill()
    await server.start()
    cursors = {company.room: kept["seq"]}
    for client in (company.alice, company.bob):
        await client.connect(cursors=cursors)
    answer = await company.alice.ask(undecided)
    assert (answer["type"], answer["duplicate"], answer["seq"]) == ("sent", False, kept["seq"] + 1)
    await company.judge()


async def test_each_acknowledgement_follows_a_flush(make_server: MakeServer, tmp_path: Path) -> None:
    """SIGKILL leaves the kernel's memory alone, a power cut does not: every commit must have reached the disk."""
    strace = shutil.which("strace")
    if strace is None:
        without("strace is missing: apt-get install strace")
    server = make_server()
    company = await gather(server)
    flushes = tmp_path / "flushes"
    tracing = [strace, "-f", "-y", "-e", "trace=fsync,fdatasync", "-o", str(flushes), "-p", str(server.pid)]
    tracer = await asyncio.create_subprocess_exec(*tracing, stderr=asyncio.subprocess.PIPE)
    assert tracer.stderr is not None
    if b"attached" not in await tracer.stderr.readline():
        without("strace may not attach here")
    for count in range(1, 21):
        assert (await company.alice.ask(company.message()))["type"] == "sent"
        assert flushes.read_text().count(f"{DATABASE}-wal") >= count
    tracer.terminate()
    await tracer.wait()
    await company.judge()
