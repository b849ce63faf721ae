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
from hubbub.operate.cluster.server import PROGRAM, Server, clean_environment, until
from hubbub.operate.proof.crowd import PATIENCE, Crowd

SECONDS = float(os.environ.get("HUBBUB_CLUSTER_SECONDS", "6"))
CLIENTS = int(os.environ.get("HUBBUB_CLUSTER_CLIENTS", "24"))
SEED = int(os.environ.get("HUBBUB_FAULT_SEED", "0")) or time.time_ns() % 10**9
NODES, WORKERS = 3, 2
LOSS = 0.05
SHARED = {
    "HUBBUB_WORKERS": str(WORKERS),
    "HUBBUB_AUTH_SECRET": "the secret of all nodes of this cluster",
    "HUBBUB_DRAIN_SECONDS": "1",
    "HUBBUB_LIMITS_REPLAY_PER_CHAT": "100",
    "HUBBUB_DATABASE_POOL_SIZE": "3",
    "HUBBUB_DATABASE_MAX_OVERFLOW": "2",
}


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


async def start(nodes: list[Server], database: str) -> None:
    migrating = await asyncio.create_subprocess_exec(
        PROGRAM, "migrate", "--database-url", database, env=clean_environment()
    )
    assert await migrating.wait() == 0
    await asyncio.gather(*(node.start(PATIENCE) for node in nodes))


async def run(cluster: Crowd, trouble: Trouble, is_enough: Callable[[], bool]) -> None:
    """Everybody talks; every kind of trouble comes once each round, in a random order, until the time is over.

    On a slow machine longer, until that `is_enough` to prove anything.
    """
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
        await until(is_enough, "enough to prove anything", PATIENCE)
        await cluster.come_to_rest()
        ground.over = True


async def prove(
    make_server: MakeServer,
    folder: Path,
    database: Postgres | Mariadb,
    bus: Redis | Nats,
    lossy: LossyRedis | None,
) -> None:
    print(f"\nseed {SEED}, {CLIENTS} clients")  # noqa: T201 - a failure is repeated with it
    where = database.make_database()
    url = bus.url if lossy is None else lossy.url
    settings = SHARED | {"HUBBUB_DATABASE_URL": where, "HUBBUB_BUS": url, "HUBBUB_NAMESPACE": "cluster"}
    nodes = [make_server(settings, folder / f"node{number}") for number in range(NODES)]
    cluster = Crowd(nodes, partial(database.rows, where.rpartition("/")[2]), Random(SEED), CLIENTS)
    await start(nodes, where)
    await cluster.gather()
    trouble = Trouble(nodes, database, bus, SECONDS / 4)

    def is_enough() -> bool:
        return cluster.acknowledged > CLIENTS and (lossy is None or lossy.lost > 0)

    try:
        await run(cluster, trouble, is_enough)
    finally:
        for node in nodes:
            (folder / f"{node.data.name}.log").write_text("\n".join([*node.former_log, node.log()]))
    findings = await cluster.judge(folder)
    print(f"{', '.join(trouble.happened)}\n{findings.report()}")  # noqa: T201
    assert not findings.violations
    said = [line for node in nodes for line in [*node.former_log, *node.log().splitlines()]]
    assert not [line for line in said if "Traceback" in line]


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
    lossy = LossyRedis(bus.port, LOSS, Random(SEED)) if isinstance(bus, Redis) else None
    try:
        await asyncio.to_thread(database.start)
        await asyncio.to_thread(bus.start)
        if lossy is not None:
            await lossy.start()
        await prove(make_server, tmp_path, database, bus, lossy)
    finally:
        if lossy is not None:
            print(f"of {lossy.published} messages of the bus {lossy.lost} were lost")  # noqa: T201
            lossy.stop()
        for service in (bus, database):
            service.send(signal.Signals.SIGCONT)
            service.discard()
