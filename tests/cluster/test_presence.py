"""Who is there is one truth for all processes, although there is no Redis: the workers of a machine, and nodes with NATS."""

import asyncio
from pathlib import Path

import pytest
from tests.faults.conftest import MakeServer, make_server_with
from tests.services.nats import Nats

from hubbub.operate.cluster.postgres import Postgres
from hubbub.operate.cluster.server import Server, sign_up
from hubbub.operate.proof.history import Witness
from hubbub.operate.proof.raw_client import RawClient

PEOPLE = 8  # of whom two at least are on different workers, but in one run of 128
SECRET = {"HUBBUB_AUTH_SECRET": "the secret of all nodes of this cluster"}
PATIENCE = 30.0


@pytest.fixture(params=["workers", "nats"])
async def servers(request: pytest.FixtureRequest, make_server: MakeServer, tmp_path: Path) -> list[Server]:
    settings = SECRET | {"HUBBUB_PRESENCE_LINGER_SECONDS": "1"}
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
    for server in servers:
        assert "Traceback" not in server.log()
