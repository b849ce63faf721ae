"""`hubbub migrate --from … --to …`: a grown server moves, is killed in the middle of it, and nobody notices afterwards."""

import asyncio
import sqlite3
import subprocess
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from tests.faults.company import Company, gather
from tests.faults.conftest import MakeServer, make_server_on
from tests.faults.sqlite_rows import DATABASE, SqliteRows
from tests.services.mariadb import Mariadb

from hubbub.operate.cluster.postgres import Postgres
from hubbub.operate.cluster.server import PROGRAM, Server, until
from hubbub.operate.cluster.service import ProgramFailedError

GROWN = 1_500  # messages: more than a page of entries, with twice as much to copy after them


def command(source: str, target: str) -> list[str]:
    return [str(PROGRAM), "migrate", "--from", source, "--to", target]


def move(source: str, target: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(source, target), check=False, capture_output=True, text=True, timeout=120)


async def move_and_die(source: str, target: str, copied: "Copied") -> None:
    """Killed when a page of entries has arrived and the rest has not."""
    process = await asyncio.create_subprocess_exec(
        *command(source, target), stderr=asyncio.subprocess.DEVNULL
    )
    await until(copied.has_entries, "the first entries in the target")
    process.kill()
    assert await process.wait() == -9


class Copied:
    """What has arrived in a target: the run's server's, or a file."""

    def __init__(self, request: pytest.FixtureRequest, kind: str, folder: Path) -> None:
        self.server: Postgres | Mariadb | None = None
        if kind == "sqlite":
            self.file = folder / DATABASE
            self.url = f"sqlite:///{self.file}"
            self.read: partial[object] | SqliteRows = SqliteRows(folder)
            folder.mkdir()
        else:
            self.server = request.getfixturevalue(kind)
            assert self.server is not None
            self.url = self.server.make_database()
            self.name = self.url.rpartition("/")[2]
            self.read = partial(self.server.rows, self.name)

    def count(self, table: str) -> int:
        """0 while there is no such table."""
        try:
            return int(self._ask(f"SELECT count(*) FROM {table}"))
        except (ProgramFailedError, sqlite3.OperationalError):
            return 0

    def _ask(self, statement: str) -> str:
        if isinstance(self.server, Postgres):
            return self.server.sql(statement, self.name)
        if self.server is not None:
            return self.server.sql(f"USE {self.name}; {statement}")
        with closing(sqlite3.connect(self.file)) as connection:
            return str(connection.execute(statement).fetchone()[0])

    def has_entries(self) -> bool:
        return self.count("entries") > 0


async def grow(server: Server) -> Company:
    """Two people with much to say, a reaction, an edit, a deletion; then the server ends."""
    company = await gather(server)
    for _ in range(GROWN // 100):
        said = [company.alice.ask(company.message("é\\'\"\u2028")) for _ in range(100)]
        assert {answer["type"] for answer in await asyncio.gather(*said)} == {"sent"}
    await company.bob.ask(
        {"type": "react", "chat": company.room, "seq": 5, "emoji": "👍", "on": True, "msg_id": "r"}
    )
    await company.alice.ask({"type": "delete", "chat": company.room, "seq": 7, "msg_id": "d"})
    await company.bob.heard(seq=GROWN + 4)
    await server.stop()
    return company


@pytest.mark.parametrize(("source", "target"), [("sqlite", "postgres"), ("mariadb", "sqlite")])
async def test_a_server_that_moved_goes_on_where_it_was_although_the_move_was_killed(
    request: pytest.FixtureRequest, make_server: MakeServer, tmp_path: Path, source: str, target: str
) -> None:
    server = make_server() if source == "sqlite" else make_server_on(request, make_server, source)
    company = await grow(server)
    here = server.settings.get("HUBBUB_DATABASE_URL", f"sqlite:///{server.data / DATABASE}")
    there = Copied(request, target, tmp_path / "target")
    await move_and_die(here, there.url, there)
    moved = make_server({"HUBBUB_DATABASE_URL": there.url}, server.data)
    await moved.begin()
    assert await moved.ended() == 1, "a half-done copy was served"
    assert "was not finished" in moved.log()
    before = there.count("entries")
    assert before > 0
    done = await asyncio.to_thread(move, here, there.url)
    assert done.returncode == 0, done.stderr
    assert f"{GROWN + 4} rows" in done.stderr
    moved.read = there.read  # type: ignore[assignment]
    await moved.start()
    company.server = moved
    for client in (company.alice, company.bob):
        client.server = moved
        welcome = await client.connect(cursors={company.room: GROWN + 4})
        assert [each["head"] for each in welcome["chats"]] == [GROWN + 4]
        assert not any(push["type"] == "resync" for push in client.pushes)
    assert (await company.alice.ask(company.message()))["seq"] == GROWN + 5
    await company.judge()


async def test_what_is_being_served_is_not_moved(
    request: pytest.FixtureRequest, make_server: MakeServer, tmp_path: Path
) -> None:
    embedded, remote = (
        make_server(data=tmp_path / "embedded"),
        make_server_on(request, make_server, "postgres"),
    )
    for server in (embedded, remote):
        await server.start()
    there = Copied(request, "mariadb", tmp_path)
    await until(
        lambda: any(row["key"].startswith("node:") for row in remote.read("meta")[0]),
        "its first sign of life",
    )
    refused = await asyncio.to_thread(move, f"sqlite:///{embedded.data / DATABASE}", there.url)
    assert (refused.returncode, "another hubbub serves" in refused.stderr) == (1, True)
    refused = await asyncio.to_thread(move, remote.settings["HUBBUB_DATABASE_URL"], there.url)
    assert (refused.returncode, "is served by" in refused.stderr) == (1, True)
    assert there.count("users") == 0
    await remote.stop()
    assert (await asyncio.to_thread(move, remote.settings["HUBBUB_DATABASE_URL"], there.url)).returncode == 0


async def test_a_store_with_something_in_it_is_no_target(
    request: pytest.FixtureRequest, make_server: MakeServer, tmp_path: Path
) -> None:
    one, other = make_server(data=tmp_path / "one"), make_server_on(request, make_server, "postgres")
    for server in (one, other):
        await gather(server)
        await server.stop()
    kept = other.read("entries")
    refused = await asyncio.to_thread(
        move, f"sqlite:///{one.data / DATABASE}", other.settings["HUBBUB_DATABASE_URL"]
    )
    assert (refused.returncode, "not empty" in refused.stderr) == (1, True)
    assert "Traceback" not in refused.stderr
    assert other.read("entries") == kept
