"""Where a drill plays: PostgreSQL, Redis, nodes, a crowd that talks and two people whose waits are measured."""

import asyncio
import os
import re
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

from hubbub.operate.cluster.ports import LOOPBACK
from hubbub.operate.cluster.postgres import Postgres
from hubbub.operate.cluster.redis import Redis
from hubbub.operate.cluster.server import EVERY, PROGRAM, Server, clean_environment, get_text, sign_up, until
from hubbub.operate.cluster.service import ProgramFailedError, Service
from hubbub.operate.drill.network import SERVICES, NetworkZone, ProcessZone, Zone, now
from hubbub.operate.drill.outcome import Check, Outcome, Window
from hubbub.operate.drill.probe import Listener, Speaker, Utterance, window
from hubbub.operate.proof.crowd import PATIENCE, Crowd, Roamer
from hubbub.operate.proof.history import Witness
from hubbub.operate.proof.history_checker import Findings
from hubbub.operate.proof.raw_client import RawClient
from hubbub.runtime.spawn import Tasks

SHARED = {
    "HUBBUB_AUTH_SECRET": "the secret of all nodes of this drill",
    "HUBBUB_NAMESPACE": "drill",
    "HUBBUB_DRAIN_SECONDS": "1",
    "HUBBUB_DATABASE_POOL_SIZE": "3",
    "HUBBUB_DATABASE_MAX_OVERFLOW": "2",
}


S = TypeVar("S", bound=Service)


class Scene:
    """`seconds`: how long a trouble lasts; before and after it half of that is calm. `isolated`: in a network of its own.

    `say` is told each event as it happens.
    """

    def __init__(
        self,
        outcome: Outcome,
        folder: Path,
        *,
        seconds: float,
        clients: int,
        seed: int,
        isolated: bool,
        say: Callable[[str], None],
    ) -> None:
        self.outcome = outcome
        self._say = say
        self.folder = folder
        self.seconds = seconds
        self.clients = clients
        self.random = Random(seed)  # noqa: S311 - no secret
        self.isolated = isolated
        self.host = SERVICES if isolated else LOOPBACK
        self.zones: list[Zone] = []
        self.nodes: list[Server] = []
        self.record: dict[str, Utterance] = {}
        self.postgres: Postgres
        self.redis: Redis
        self.database_url = ""
        self.crowd: Crowd
        self.speaker: Speaker
        self.listener: Listener
        self._room = ""
        self._spans: list[tuple[str, float, float]] = []
        self._began = now()
        self._tasks = Tasks()
        self._talking: list[asyncio.Task[None]] = []
        self._started: list[Service] = []

    # ── what is said of it ──────────────────────────────────────────────────────────────────────────────────────

    def tell(self, event: str) -> None:
        """Something happened, now."""
        self.outcome.events.append((now() - self._began, event))
        self._say(event)

    def expect(self, expected: str, seen: str, *, passed: bool) -> None:
        """An expectation, and what was seen."""
        self.outcome.checks.append(Check(expected, seen, passed))

    def windows(self) -> list[Window]:
        """What the two saw in each part."""
        return [window(name, begin, end, list(self.record.values())) for name, begin, end in self._spans]

    # ── beginning ───────────────────────────────────────────────────────────────────────────────────────────────

    async def start_services(self) -> None:
        """PostgreSQL, with a migrated database, and Redis."""
        self.postgres = await self.start_service(Postgres(self.host))
        self.redis = await self.start_service(Redis(self.host))
        self.database_url = await asyncio.to_thread(self.postgres.make_database)
        migrating = await asyncio.create_subprocess_exec(
            PROGRAM, "migrate", "--database-url", self.database_url, env=clean_environment()
        )
        if await migrating.wait():
            raise ProgramFailedError("the database was not migrated")

    async def start_service(self, service: S) -> S:
        """One more, which ends with the scene."""
        self._started.append(service)
        await asyncio.to_thread(service.start)
        return service

    def zone(self) -> Zone:
        """One more."""
        number = len(self.zones) + 1
        self.zones.append(NetworkZone(number) if self.isolated else ProcessZone(number))
        return self.zones[-1]

    def add_node(self, settings: Mapping[str, str] = {}, zone: Zone | None = None) -> Server:
        """A node, not yet started."""
        shared = SHARED | {"HUBBUB_DATABASE_URL": self.database_url, "HUBBUB_BUS": self.redis.url}
        folder = self.folder / f"node{len(self.nodes)}"
        place = (LOOPBACK, ()) if zone is None else (zone.host, zone.prefix)
        node = Server(folder, {**shared, **settings}, *place)
        node.read = partial(self.postgres.rows, self.database_url.rpartition("/")[2])
        self.nodes.append(node)
        if zone is not None:
            zone.nodes.append(node)
        return node

    async def open(self) -> None:
        """Start the nodes; the crowd gathers and begins to talk."""
        await asyncio.gather(*(node.start(PATIENCE) for node in self.nodes))
        self.tell(f"{len(self.nodes)} nodes serve")
        self.crowd = self.new_crowd()
        await self.crowd.gather()
        await self._gather_the_two()
        self.crowd.ground.up.set()
        self.begin_talking()
        await until(self.all_connected, "everybody connected", PATIENCE)
        self.tell(f"{len(self.crowd.talkers)} devices talk")

    def new_crowd(self) -> Crowd:
        """Nobody of it stays away: that everybody is there is what a drill waits for."""
        crowd = Crowd(list(self.nodes), self.nodes[0].read, self.random, self.clients)
        crowd.absence = 0.0
        return crowd

    async def open_two(self) -> list[Server]:
        """Services, and two nodes that know nothing special."""
        await self.start_services()
        self.add_node()
        self.add_node()
        await self.open()
        return self.nodes

    async def _gather_the_two(self) -> None:
        tokens = [await sign_up(self.nodes[0], user) for user in ("speaker", "listener")]
        witnesses = [Witness(f"{user}.setup", user, stays=False) for user in ("speaker", "listener")]
        speaker, listener = (RawClient(self.nodes[0], *each) for each in zip(witnesses, tokens, strict=True))
        await speaker.connect()
        await listener.connect()
        made = await speaker.ask({"type": "create_room", "name": "the two", "public": True, "msg_id": "room"})
        await listener.ask({"type": "join", "chat": made["chat"], "msg_id": "in"})
        speaker.drop()
        listener.drop()
        self.crowd.founders += witnesses
        self._room = made["chat"]
        self.measure_by(self.crowd.device("speaker.a", "speaker", tokens[0], Speaker))
        self.measure_by(self.crowd.device("listener.a", "listener", tokens[1], Listener))

    def measure_by(self, device: Roamer) -> None:
        """If it is one of the two: on the last node, unless told otherwise."""
        if isinstance(device, Speaker | Listener):
            device.record, device.nodes = self.record, self.nodes[-1:]
        if isinstance(device, Speaker):
            self.speaker, device.room = device, self._room
        elif isinstance(device, Listener):
            self.listener = device

    def begin_talking(self) -> None:
        """Who does not run yet, runs."""
        fresh = self.crowd.talkers[len(self._talking) :]
        self._talking += [self._tasks.spawn(each.run(), each.name) for each in fresh]

    # ── playing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def all_connected(self, nodes: Sequence[Server] = ()) -> bool:
        """Whether everybody is, to one of these nodes or to any."""
        there = nodes or self.nodes
        return all(each.client.is_open and each.client.server in there for each in self.crowd.talkers)

    async def talk(self, name: str, seconds: float) -> None:
        """Let time pass while all talk; a part of the report."""
        begin = now()
        await asyncio.sleep(seconds)
        self._spans.append((name, begin, now()))

    async def until_holds(self, holds: Callable[[], Awaitable[bool]]) -> float:
        """Wait for something that has to be asked for; gives how long (s). Raises TimeoutError."""
        began = now()
        async with asyncio.timeout(PATIENCE):
            while not await holds():  # noqa: ASYNC110 - another process has no event to wait for
                await asyncio.sleep(EVERY)
        return now() - began

    async def metric(self, node: Server, name: str) -> float:
        """One reading of a node."""
        text = await get_text(f"{node.internal}/metrics")
        found = re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    async def judge(self, known: Sequence[Witness] = ()) -> Findings:
        """All come to rest and go home; the judge compares what they saw with what is stored."""
        await self.crowd.come_to_rest()
        findings = await self.crowd.judge(self.folder, known)
        figures = findings.figures
        told = (
            f"{figures.acknowledged:,} writes acknowledged, {figures.pushes:,} pushes: "
            f"lost {findings.count('lost')}, twice {findings.count('duplicate')}, "
            f"out of order {findings.count('inversion')}, holes {findings.count('hole')}; "
            f"broken promises in all {len(findings.violations)}"
        )
        if findings.violations:
            told += f" ({findings.violations[0].promise}: {findings.violations[0].seen})"
        self.expect(
            "nothing acknowledged is lost, doubled, reordered or left out",
            told,
            passed=not findings.violations,
        )
        return findings

    async def go_home(self) -> None:
        """The crowd ends."""
        self.crowd.ground.over = True
        self.crowd.ground.up.set()
        await asyncio.gather(*self._talking)
        self._talking = []

    def check_logs(self) -> None:
        """A node that meets trouble says so in a line, not in a traceback."""
        tripped = [
            node.data.name for node in self.nodes if "Traceback" in "\n".join([*node.former_log, node.log()])
        ]
        self.expect(
            "no node trips over it",
            f"tracebacks in the logs of: {', '.join(tripped) or 'none'}",
            passed=not tripped,
        )

    # ── ending ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def close(self) -> None:
        """Whatever happened: every process this scene started is gone."""
        await self._tasks.stop()
        for node in self.nodes:
            if not node.is_dead:
                os.kill(node.pid, signal.SIGCONT)
                await node.kill()
        if not self.outcome.passed:
            self.outcome.log = "\n".join(
                line for node in self.nodes for line in (*node.former_log, node.log())
            )
        for service in self._started:
            service.send(signal.SIGCONT)
            await asyncio.to_thread(service.discard)
        for zone in self.zones:
            zone.close()
