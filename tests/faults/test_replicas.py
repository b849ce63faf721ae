"""A PostgreSQL copy that answers reads: never with a past the reader has left, whatever becomes of the copy."""

from collections.abc import Iterator

import pytest
from tests.faults.company import Company, gather
from tests.faults.conftest import MakeServer, make_server_with

from hubbub.operate.cluster.postgres import Postgres, Standby
from hubbub.operate.cluster.server import Server, get_text, until
from hubbub.operate.cluster.service import running
from hubbub.persist.replicas import LAGS_SECONDS


@pytest.fixture
def copy(postgres: Postgres) -> Iterator[Standby]:
    with running(Standby(postgres)) as server:
        yield server


async def metric(server: Server, name: str) -> float:
    """One reading of /metrics."""
    text = await get_text(f"http://127.0.0.1:{server.internal_port}/metrics")
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"hubbub_{name} "))


async def until_metric(server: Server, name: str, least: float, most: float = 2**31) -> None:
    value = await metric(server, name)
    while not least <= value <= most:
        value = await metric(server, name)


async def last_heard(company: Company) -> str:
    """The newest message in Bob's history."""
    page = await company.bob.ask({"type": "history", "chat": company.room, "limit": 1})
    content: str = page["entries"][-1]["content"]
    return content


async def test_a_copy_answers_only_what_is_current(
    postgres: Postgres, copy: Standby, make_server: MakeServer
) -> None:
    server = make_server_with(postgres, make_server)
    url = server.settings["HUBBUB_DATABASE_URL"]
    server.settings["HUBBUB_DATABASE_REPLICA"] = url.replace(f":{postgres.port}/", f":{copy.port}/")
    company = await gather(server)
    await until_metric(server, "replicas", 1)
    said = company.message()
    await company.alice.ask(said)
    while not await metric(server, "replica_reads_total"):
        assert await last_heard(company) == said["content"]

    copy.sql("SELECT pg_wal_replay_pause()")
    behind = await metric(server, "replica_behind_total")
    for _ in range(10):
        said = company.message()
        await company.alice.ask(said)
        assert await last_heard(company) == said["content"]
    made = await company.alice.ask(
        {"type": "create_room", "name": "quite new", "public": True, "msg_id": "new"}
    )
    found = await company.bob.ask({"type": "rooms", "query": "quite new"})
    assert [room["chat"] for room in found["rooms"]] == [made["chat"]]
    assert await metric(server, "replica_behind_total") >= behind + 11

    await until_metric(server, "replicas", 0, 0)
    lag = f'replica_lag_seconds{{replica="127.0.0.1:{copy.port}"}}'
    assert await metric(server, lag) > LAGS_SECONDS
    assert await last_heard(company) == said["content"]
    copy.sql("SELECT pg_wal_replay_resume()")
    await until_metric(server, "replicas", 1)
    await until_metric(server, lag, 0, LAGS_SECONDS)

    copy.stop(copy.crash)
    assert await last_heard(company) == said["content"]
    await until_metric(server, "replicas", 0, 0)
    copy.start()
    await until_metric(server, "replicas", 1)
    reads = await metric(server, "replica_reads_total")
    while await metric(server, "replica_reads_total") == reads:
        assert await last_heard(company) == said["content"]
    assert len(server.lines("a replica is left out")) == 2
    assert "Traceback" not in server.log()
    await until(lambda: company.bob.is_open, "still connected")
    await company.judge()


async def test_a_copy_of_something_else_is_never_asked(postgres: Postgres, make_server: MakeServer) -> None:
    other = make_server_with(postgres, make_server)
    await gather(other)
    await other.stop()
    server = make_server_with(postgres, make_server)
    server.settings["HUBBUB_DATABASE_REPLICA"] = other.settings["HUBBUB_DATABASE_URL"]
    company = await gather(server)
    await until(lambda: server.lines("a replica is left out"), "the warning")
    await company.alice.ask(company.message())
    assert await last_heard(company) == f"{company.made} hello"
    assert await metric(server, "replica_reads_total") == 0
    await company.judge()
