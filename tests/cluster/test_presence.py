"""Who is there is one truth for all processes, although there is no Redis: the workers of a machine, and nodes with NATS.

One that is killed says nothing; the others find out.
"""

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.cluster.processes import has_ended, workers_of
from tests.faults.conftest import MakeServer, make_server_with
from tests.services.nats import Nats

from hubbub.operate.cluster.postgres import Postgres
from hubbub.operate.cluster.server import Server, sign_up, until
from hubbub.operate.proof.history import Witness
from hubbub.operate.proof.raw_client import LOST, RawClient

PEOPLE = 8  # of whom two at least are on different workers, but in one run of 128
SECRET = {"HUBBUB_AUTH_SECRET": "the secret of all nodes of this cluster"}
PATIENCE = 60.0


@pytest.fixture(params=["workers", "nats"])
async def servers(request: pytest.FixtureRequest, make_server: MakeServer, tmp_path: Path) -> list[Server]:
    settings = SECRET | {"HUBBUB_PRESENCE_LINGER_SECONDS": "1", "HUBBUB_PRESENCE_LEASE_SECONDS": "3"}
    if request.param == "workers":
        made = [make_server(settings | {"HUBBUB_WORKERS": "2"})]
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        nats: Nats = request.getfixturevalue("nats")
        settings |= {"HUBBUB_BUS": nats.url, "HUBBUB_NAMESPACE": "presence"}
        one = make_server_with(postgres, make_server, settings)
        made = [one, make_server(one.settings, tmp_path / "other")]
    await asyncio.gather(*(server.start() for server in made))
    return made


async def people(servers: list[Server]) -> list[RawClient]:
    """In one room, each connected where chance or the test has it."""
    made = []
    for number in range(PEOPLE):
        server, user = servers[number % len(servers)], f"user{number}"
        made.append(RawClient(server, Witness(f"{user}.a", user), await sign_up(server, user)))
        await made[-1].connect()
    room = (await made[0].ask({"type": "create_room", "name": "r", "public": True, "msg_id": "r"}))["chat"]
    for client in made[1:]:
        await client.ask({"type": "join", "chat": room, "msg_id": "j"})
    return made


async def eventually_sees(asker: RawClient, expected: dict[str, bool]) -> None:
    seen: dict[str, bool] = {}
    async with asyncio.timeout(PATIENCE):
        while seen != expected:
            answer = await asker.ask({"type": "presence", "users": list(expected)})
            seen = {each["user"]: each["online"] for each in answer["presences"]}


def processes(servers: Sequence[Server]) -> list[int]:
    """Those that people are connected to."""
    return [server.pid for server in servers] if len(servers) > 1 else workers_of(servers[0])


async def kill(process: int, clients: Sequence[RawClient]) -> list[RawClient]:
    """SIGKILL; gives those of the clients that were connected to it."""
    for client in clients:
        client.pushes.clear()
    os.kill(process, signal.SIGKILL)
    await until(lambda: has_ended(process), "its end")
    return [client for client in clients if not await answers(client)]


async def answers(client: RawClient) -> bool:
    try:
        await client.ask({"type": "ping"})
    except LOST:
        return False
    return True


async def test_everybody_sees_everybody_come_and_go_wherever_they_are(servers: list[Server]) -> None:
    first, *others = clients = await people(servers)
    users = [client.witness.user for client in clients]
    for client in clients:
        await eventually_sees(client, dict.fromkeys(users, True))
    first.drop()
    for client in others:
        await client.heard(type="presence", user=users[0], online=False)
        await eventually_sees(client, dict.fromkeys(users, True) | {users[0]: False})
    await first.connect()
    for client in others:
        await client.heard(type="presence", user=users[0], online=True)
    cut_off = [client.witness.user for client in await kill(processes(servers)[-1], clients)]
    for client in clients:
        if client.witness.user not in cut_off:
            for user in cut_off:
                await client.heard(type="presence", user=user, online=False)
            await eventually_sees(client, {user: user not in cut_off for user in users})
    for server in servers:
        assert "Traceback" not in server.log()
