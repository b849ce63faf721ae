"""Three nodes of two workers each, and everything they stand on fails in turn while many devices talk; then all is judged.

HUBBUB_CLUSTER_SECONDS and HUBBUB_CLUSTER_CLIENTS make a run longer and larger (`make cluster`), HUBBUB_FAULT_SEED
repeats its choices.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from random import Random

import pytest
from tests.cluster.lossy_redis import LossyRedis
from tests.cluster.processes import kill_all
from tests.faults.conftest import MakeServer
from tests.services.mariadb import Mariadb
from tests.services.nats import Nats

from hubbub.operate.cluster.postgres import Postgres
from hubbub.operate.cluster.redis import Redis
from hubbub.operate.cluster.server import PROGRAM, Server, clean_environment, sign_up, until
from hubbub.operate.proof.history import Witness, save
from hubbub.operate.proof.history_checker import Findings, check
from hubbub.operate.proof.raw_client import RawClient
from hubbub.operate.proof.stored_log import ReadRows, count_pending, read_heads, read_stored
from hubbub.operate.proof.talker import Ground, Talker

SECONDS = float(os.environ.get("HUBBUB_CLUSTER_SECONDS", "6"))
CLIENTS = int(os.environ.get("HUBBUB_CLUSTER_CLIENTS", "24"))
SEED = int(os.environ.get("HUBBUB_FAULT_SEED", "0")) or time.time_ns() % 10**9
NODES, WORKERS, ROOMS = 3, 2, 6
PACE = 0.4  # seconds between two acts of one client
LOSS = 0.05
PATIENCE = 120.0
SHARED = {
    "HUBBUB_WORKERS": str(WORKERS),
    "HUBBUB_AUTH_SECRET": "the secret of all nodes of this cluster",
    "HUBBUB_DRAIN_SECONDS": "1",
    "HUBBUB_LIMITS_REPLAY_PER_CHAT": "100",
    "HUBBUB_DATABASE_POOL_SIZE": "3",
    "HUBBUB_DATABASE_MAX_OVERFLOW": "2",
}


class Roamer(Talker):
    """A talker that comes to another node each time."""

    nodes: list[Server]

    async def _converse(self) -> None:
        self.client.server = self.random.choice(self.nodes)
        await super()._converse()


class Trouble:
    """What may happen to a cluster, and how it is mended. Each is awaited until it is over."""

    def __init__(
        self, nodes: list[Server], database: Postgres | Mariadb, bus: Redis | Nats, length: float
    ) -> None:
        self._nodes = nodes
        self._database = database
        self._bus = bus
        self._length = length
        self.happened: list[str] = []

    def all(self) -> list[Callable[[Random], Awaitable[None]]]:
        return [self.node_is_killed, self.bus_is_restarted, self.bus_is_paused, self.database_is_restarted,
                self.node_is_drained]  # fmt: skip

    async def node_is_killed(self, random: Random) -> None:
        node = random.choice(self._nodes)
        kill_all(node)
        await node.ended()
        await node.start(PATIENCE)

    async def bus_is_restarted(self, _random: Random) -> None:
        await asyncio.to_thread(self._bus.stop)
        await asyncio.sleep(self._length / 4)
        await asyncio.to_thread(self._bus.start)

    async def bus_is_paused(self, _random: Random) -> None:
        self._bus.send(signal.Signals.SIGSTOP)
        await asyncio.sleep(min(10.0, self._length))
        self._bus.send(signal.Signals.SIGCONT)

    async def database_is_restarted(self, _random: Random) -> None:
        fast = signal.Signals.SIGINT if isinstance(self._database, Postgres) else signal.Signals.SIGTERM
        await asyncio.to_thread(self._database.stop, fast)
        await asyncio.to_thread(self._database.start)

    async def node_is_drained(self, random: Random) -> None:
        node = random.choice(self._nodes)
        assert await node.stop() == 0
        await node.start(PATIENCE)


class Cluster:
    """The nodes, the talkers and their ground."""

    def __init__(self, nodes: list[Server], database: str, read: ReadRows, random: Random) -> None:
        self.nodes = nodes
        self.database = database
        self.read = read
        self.random = random
        self.ground = Ground()
        self.talkers: list[Roamer] = []
        self.founders: list[Witness] = []

    async def start(self) -> None:
        migrating = await asyncio.create_subprocess_exec(
            PROGRAM, "migrate", "--database-url", self.database, env=clean_environment()
        )
        assert await migrating.wait() == 0
        await asyncio.gather(*(node.start(PATIENCE) for node in self.nodes))

    async def gather(self) -> None:
        """Accounts, a ring of friendships, and rooms that most are in; every other user has two devices."""
        users = [f"user{number:03}" for number in range(CLIENTS * 2 // 3)]
        tokens = {user: await sign_up(self.random.choice(self.nodes), user) for user in users}
        clients = [RawClient(self.random.choice(self.nodes), Witness(f"{user}.setup", user, stays=False), tokens[user])
                   for user in users]  # fmt: skip
        for client in clients:
            await client.connect()
        for number in range(ROOMS):
            create = {
                "type": "create_room",
                "name": f"room {number}",
                "public": True,
                "msg_id": f"room{number}",
            }
            self.ground.rooms.append((await clients[number].ask(create))["chat"])
        for one, other in zip(clients, clients[1:] + clients[:1], strict=True):
            await one.ask({"type": "befriend", "user": other.witness.user})
            await other.ask({"type": "accept", "user": one.witness.user})
            for room in self.random.sample(self.ground.rooms, 2):
                await one.ask({"type": "join", "chat": room, "msg_id": f"join {room}"})
        for client in clients:
            client.drop()
        self.founders = [client.witness for client in clients]
        for number, user in enumerate(users):
            for device in ("a", "b")[: 1 + number % 2]:
                self.talkers.append(self._talker(f"{user}.{device}", user, tokens[user]))
                self.talkers[-1].friends = [users[number - 1], users[(number + 1) % len(users)]]

    def _talker(self, name: str, user: str, token: str) -> Roamer:
        made = Roamer(self.nodes[0], name, user, token, self.ground, Random(self.random.random()), pace=PACE)
        made.nodes = self.nodes
        return made

    async def come_to_rest(self) -> None:
        self.ground.resting = True
        await until(lambda: all(each.is_decided() for each in self.talkers), "all decided", PATIENCE)
        heads = await asyncio.to_thread(read_heads, self.read)
        await until(
            lambda: all(each.is_at(heads) for each in self.talkers), "everybody at every head", PATIENCE
        )
        await asyncio.gather(*(each.read_all() for each in self.talkers))
        async with asyncio.timeout(PATIENCE):
            while await asyncio.to_thread(count_pending, self.read):
                await asyncio.sleep(0.1)

    async def judge(self, folder: Path) -> Findings:
        witnesses = [*self.founders, *(each.witness for each in self.talkers)]
        save(witnesses, folder / "history.jsonl")
        return check(witnesses, await asyncio.to_thread(read_stored, self.read))


async def run(cluster: Cluster, trouble: Trouble) -> None:
    """Everybody talks; every kind of trouble comes once each round, in a random order, until the time is over."""
    ground = cluster.ground
    ground.up.set()
    async with asyncio.TaskGroup() as tasks:
        for talker in cluster.talkers:
            tasks.create_task(talker.run(), name=talker.name)
        over = time.monotonic() + SECONDS
        while not trouble.happened or time.monotonic() < over:
            for happen in cluster.random.sample(trouble.all(), k=len(trouble.all())):
                await asyncio.sleep(SECONDS / 20)
                await happen(cluster.random)
                ground.lives += 1
                trouble.happened.append(happen.__name__)
        await cluster.come_to_rest()
        ground.over = True


async def prove(
    make_server: MakeServer, folder: Path, database: Postgres | Mariadb, bus: Redis | Nats, url: str
) -> None:
    print(f"\nseed {SEED}, {CLIENTS} clients")  # noqa: T201 - a failure is repeated with it
    where = database.make_database()
    settings = SHARED | {"HUBBUB_DATABASE_URL": where, "HUBBUB_BUS": url, "HUBBUB_NAMESPACE": "cluster"}
    nodes = [make_server(settings, folder / f"node{number}") for number in range(NODES)]
    cluster = Cluster(nodes, where, partial(database.rows, where.rpartition("/")[2]), Random(SEED))
    await cluster.start()
    await cluster.gather()
    trouble = Trouble(nodes, database, bus, SECONDS / 4)
    try:
        await run(cluster, trouble)
    finally:
        for node in nodes:
            (folder / f"{node.data.name}.log").write_text("\n".join([*node.former_log, node.log()]))
    findings = await cluster.judge(folder)
    print(f"{', '.join(trouble.happened)}\n{findings.report()}")  # noqa: T201
    assert not findings.violations
    assert findings.figures.acknowledged > CLIENTS, "too little was going on to prove anything"
    for node in nodes:
        assert "Traceback" not in "\n".join([*node.former_log, node.log()])


KINDS: Mapping[str, tuple[type[Postgres | Mariadb], type[Redis | Nats]]] = {
    "postgresql and redis": (Postgres, Redis),
    "postgresql and nats": (Postgres, Nats),
    "mariadb and redis": (Mariadb, Redis),
}


@pytest.mark.parametrize("kind", KINDS if "HUBBUB_CLUSTER_SECONDS" in os.environ else list(KINDS)[:1])
async def test_nothing_acknowledged_is_lost_whatever_fails(
    make_server: MakeServer, tmp_path: Path, kind: str
) -> None:
    database, bus = (made() for made in KINDS[kind])
    lossy = LossyRedis(bus.port, LOSS, Random(SEED))
    try:
        await asyncio.to_thread(database.start)
        await asyncio.to_thread(bus.start)
        await lossy.start()
        await prove(make_server, tmp_path, database, bus, lossy.url if isinstance(bus, Redis) else bus.url)
        if isinstance(bus, Redis):
            print(f"of {lossy.published} messages of the bus {lossy.lost} were lost")  # noqa: T201
            assert lossy.lost > 0
    finally:
        lossy.stop()
        for service in (bus, database):
            service.send(signal.Signals.SIGCONT)
            service.discard()
