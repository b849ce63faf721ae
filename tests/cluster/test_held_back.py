"""What one node still holds is not done after its retry was refused on another one (docs/protocol.md §3.6)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.faults.company import gather
from tests.faults.conftest import MakeServer, make_server_on
from tests.faults.test_database_servers import say_until_sent

from hubbub.operate.cluster.forwarder import CHUNK, Forwarder
from hubbub.operate.cluster.redis import Redis
from hubbub.operate.cluster.server import Server, until

SETTINGS = {
    "HUBBUB_AUTH_SECRET": "the secret of all nodes of this cluster",
    "HUBBUB_NAMESPACE": "held-back",
    "HUBBUB_DATABASE_TIMEOUT_SECONDS": "30",
}


class HoldingProxy(Forwarder):
    """Passes on what does not name `held`; what does, and what follows it on its line, waits for `go_on`."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.held = ""
        self.waiting = 0
        self.go_on = asyncio.Event()

    async def ask(
        self, reader: asyncio.StreamReader, there: asyncio.StreamWriter, _back: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(CHUNK):
            if self.held and self.held.encode() in data:
                self.waiting += 1
                await self.go_on.wait()
            there.write(data)
            await there.drain()


@pytest.fixture(params=["postgres", "mariadb"])
async def nodes(
    request: pytest.FixtureRequest, redis: Redis, make_server: MakeServer, tmp_path: Path
) -> AsyncIterator[tuple[Server, Server, HoldingProxy]]:
    """Two nodes, and the proxy between the second one and the database."""
    service = request.getfixturevalue(request.param)
    one = make_server_on(request, make_server, request.param, SETTINGS | {"HUBBUB_BUS": redis.url})
    proxy = HoldingProxy(service.port)
    await proxy.open()
    url = one.settings["HUBBUB_DATABASE_URL"].replace(f":{service.port}/", f":{proxy.port}/")
    other = make_server(one.settings | {"HUBBUB_DATABASE_URL": url}, tmp_path / "other")
    await asyncio.gather(one.start(), other.start())
    yield one, other, proxy
    await proxy.close()


async def test_a_message_held_up_on_one_node_does_not_appear_after_another_node_refused_it(
    nodes: tuple[Server, Server, HoldingProxy],
) -> None:
    """Bob's message waits there, his line is lost, he is kicked, asks again here, is refused, and comes back."""
    one, other, proxy = nodes
    company = await gather(one)
    alice, bob = company.alice, company.bob

    async def bob_goes_to(server: Server) -> None:
        bob.drop()
        await until(lambda: not bob.is_open, "the end of Bob's connection")
        bob.server = server
        await bob.connect()

    await bob_goes_to(other)
    body, proxy.held = company.message(), company.room
    await bob.tell(body)
    await until(lambda: proxy.waiting, "the transaction of Bob's message")
    await alice.ask({"type": "kick", "chat": company.room, "user": "bob", "msg_id": "out"})
    await bob_goes_to(one)
    assert (await bob.ask(body))["code"] == "not_a_member"
    back = await bob.ask({"type": "join", "chat": company.room, "msg_id": "back"})
    proxy.go_on.set()
    await bob_goes_to(other)
    after = await say_until_sent(bob, company.message())  # the journal there does one after the other
    assert after["seq"] == back["seq"] + 1
    await company.judge()
