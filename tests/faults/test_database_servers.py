"""PostgreSQL and MariaDB under a serving Hubbub: restarted, cut off in mid-COMMIT, without a free connection.

The database servers are this module's own, because it does to them what no other test should notice. Nothing acknowledged
may be lost, nothing may be stored twice, and the server must come back by itself, with one line that says it was away and
one that says it is back.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Literal

import asyncpg
import pytest
import pytest_asyncio
from tests.faults.company import Company, gather
from tests.faults.conftest import MakeServer, make_server_with
from tests.faults.cutting_proxy import CuttingProxy
from tests.faults.test_storage import BACK, DOWN, ready_again
from tests.services.mariadb import Mariadb

from hubbub.operate.cluster.postgres import Postgres
from hubbub.operate.cluster.server import EVERY, Server, get_text, until
from hubbub.operate.cluster.service import running
from hubbub.operate.proof.history import Envelope, Witness
from hubbub.operate.proof.raw_client import LOST, RawClient

Database = Postgres | Mariadb
IMPATIENT = {"HUBBUB_DATABASE_TIMEOUT_SECONDS": "1"}


@pytest.fixture(scope="module", params=[Postgres, Mariadb])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    with running(request.param()) as server:
        yield server


async def say_until_sent(client: RawClient, body: Envelope) -> Envelope:
    """Say it, with the same msg_id, until it is acknowledged, on as many connections as that takes."""
    while True:
        try:
            if not client.is_open:
                await client.connect()
            answer = await client.ask(body)
        except LOST:
            await asyncio.sleep(EVERY)
            continue
        if answer["type"] == "sent":
            return answer
        assert answer["code"] == "unavailable", answer
        await asyncio.sleep(EVERY)


async def talk(company: Company, client: RawClient, stop: asyncio.Event) -> int:
    """One message after the other; how many."""
    made = 0
    while not stop.is_set():
        await say_until_sent(client, company.message())
        made += 1
    return made


async def test_a_database_that_is_restarted_under_load_loses_nothing(
    database: Database, make_server: MakeServer
) -> None:
    """PostgreSQL is asked to end, MariaDB is killed."""
    how = database.orderly if isinstance(database, Postgres) else database.crash
    server = make_server_with(database, make_server)
    company = await gather(server)
    stop = asyncio.Event()
    talking = [asyncio.ensure_future(talk(company, client, stop)) for client in (company.alice, company.bob)]
    await until(lambda: company.made > 20, "some messages")
    await asyncio.to_thread(database.stop, how)
    await until(lambda: server.lines(DOWN), "the server to notice")
    assert (await server.readiness())[0] == 503
    await asyncio.to_thread(database.start)
    await ready_again(server)
    made = company.made
    await until(lambda: company.made > made + 20, "more messages")
    stop.set()
    assert sum(await asyncio.gather(*talking)) == company.made
    assert (len(server.lines(DOWN)), len(server.lines(BACK))) == (1, 1)
    assert "Traceback" not in server.log()
    await company.judge()


@pytest_asyncio.fixture
async def proxied(database: Database, make_server: MakeServer) -> AsyncIterator[tuple[Server, CuttingProxy]]:
    server = make_server_with(database, make_server, IMPATIENT)
    proxy = CuttingProxy(database.port)
    await proxy.open()
    url = server.settings["HUBBUB_DATABASE_URL"]
    server.settings["HUBBUB_DATABASE_URL"] = url.replace(f":{database.port}/", f":{proxy.port}/")
    yield server, proxy
    await proxy.close()


@pytest.mark.parametrize("how", ["heard", "lost"])
async def test_a_commit_whose_line_is_cut_is_found_out_before_it_is_answered(
    proxied: tuple[Server, CuttingProxy], how: Literal["heard", "lost"]
) -> None:
    server, proxy = proxied
    company = await gather(server)
    alice, bob = company.alice, company.bob
    cut = 0
    for _ in range(5):
        body = company.message()
        proxy.next_commit = how
        answer = await alice.ask(body)
        await until(lambda: proxy.next_commit is None, "the cut")
        again = await say_until_sent(alice, body)
        if answer["type"] == "sent":
            assert (again["seq"], again["duplicate"]) == (answer["seq"], True)
        else:
            cut += 1
            assert (answer["code"], again["duplicate"]) == ("unavailable", False)
        await bob.heard(seq=again["seq"])
    assert proxy.cuts == 5
    if how == "heard":
        assert cut < 5
    await company.judge()


async def test_without_a_free_connection_reading_is_unavailable_and_writing_goes_on(
    postgres: Postgres, make_server: MakeServer
) -> None:
    small = {"HUBBUB_DATABASE_POOL_SIZE": "2", "HUBBUB_DATABASE_MAX_OVERFLOW": "0"}
    server = make_server_with(postgres, make_server, IMPATIENT | small)
    company = await gather(server)
    page = {"type": "history", "chat": company.room}
    holder = await asyncpg.connect(server.settings["HUBBUB_DATABASE_URL"])
    holding = holder.transaction()
    await holding.start()
    await holder.execute("LOCK TABLE reactions, friendships IN ACCESS EXCLUSIVE MODE")
    first = await company.alice.ask(company.message())
    others = [
        RawClient(server, Witness(f"bob.{number}", "bob", stays=False), company.bob.token)
        for number in range(10)
    ]
    for client in others:
        await client.connect()
    answers = await asyncio.gather(*(client.ask({"type": "friends"}) for client in others))
    assert {answer["code"] for answer in answers} == {"unavailable"}
    assert float(await metric(server, "hubbub_database_timeouts_total")) >= 1
    await holding.rollback()
    await holder.close()
    assert (await say_until_sent(company.alice, company.message()))["seq"] > first["seq"]
    assert (await company.bob.ask(page))["type"] == "page"
    await company.judge()


async def metric(server: Server, name: str) -> str:
    """One reading of /metrics."""
    text = await get_text(f"http://127.0.0.1:{server.internal_port}/metrics")
    return next(line.split()[1] for line in text.splitlines() if line.startswith(f"{name} "))
