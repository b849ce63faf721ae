"""Many devices on the nodes of one cluster, who come to another node each time; in the end they rest, and are judged."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import TypeVar

from hubbub.operate.cluster.server import Server, sign_up, until
from hubbub.operate.proof.history import Witness, save
from hubbub.operate.proof.history_checker import Findings, check
from hubbub.operate.proof.raw_client import RawClient
from hubbub.operate.proof.stored_log import ReadRows, count_pending, read_heads, read_stored
from hubbub.operate.proof.talker import Ground, Talker

ROOMS = 6
PACE = 0.4  # seconds between two acts of one client
PATIENCE = 120.0


class Roamer(Talker):
    """A talker that comes to another node each time."""

    nodes: Sequence[Server]

    async def _converse(self) -> None:
        self.client.server = self.random.choice(self.nodes)
        await super()._converse()


R = TypeVar("R", bound=Roamer)


class Crowd:
    """`clients` devices of two thirds as many users. `nodes` is what they roam over, and may change; `read` reads the store.

    Devices that stay away (`absence`) do so until `ground.lives` has grown by two, or all rest.
    """

    def __init__(
        self, nodes: list[Server], read: ReadRows, random: Random, clients: int, pace: float = PACE
    ) -> None:
        self.nodes = nodes
        self.read = read
        self.random = random
        self.clients = clients
        self.pace = pace
        self.absence = Roamer.absence
        self.ground = Ground()
        self.talkers: list[Roamer] = []
        self.founders: list[Witness] = []

    async def gather(self) -> None:
        """Accounts, a ring of friendships, and rooms that most are in; every other user has two devices."""
        users = [f"user{number:03}" for number in range(self.clients * 2 // 3)]
        tokens = {user: await sign_up(self.random.choice(self.nodes), user) for user in users}
        founders = [await self._founder(user, tokens[user]) for user in users]
        await self._found(founders)
        for client in founders:
            client.drop()
        self.founders = [client.witness for client in founders]
        for number, user in enumerate(users):
            for device in ("a", "b")[: 1 + number % 2]:
                talker = self.device(f"{user}.{device}", user, tokens[user], Roamer)
                talker.friends = [users[number - 1], users[(number + 1) % len(users)]]

    async def _founder(self, user: str, token: str) -> RawClient:
        witness = Witness(f"{user}.setup", user, stays=False)
        client = RawClient(self.random.choice(self.nodes), witness, token)
        await client.connect()
        return client

    async def _found(self, clients: Sequence[RawClient]) -> None:
        for number in range(ROOMS):
            create = {
                "type": "create_room",
                "name": f"room {number}",
                "public": True,
                "msg_id": f"room{number}",
            }
            self.ground.rooms.append((await clients[number % len(clients)].ask(create))["chat"])
        for one, other in zip(clients, [*clients[1:], clients[0]], strict=True):
            await one.ask({"type": "befriend", "user": other.witness.user})
            await other.ask({"type": "accept", "user": one.witness.user})
            for room in self.random.sample(self.ground.rooms, 2):
                await one.ask({"type": "join", "chat": room, "msg_id": f"join {room}"})

    def device(self, name: str, user: str, token: str, kind: type[R]) -> R:
        """One more talker, who is not yet running."""
        choices = Random(self.random.random())  # noqa: S311 - no secret
        made = kind(self.nodes[0], name, user, token, self.ground, choices, pace=self.pace)
        made.nodes, made.absence = self.nodes, self.absence
        self.talkers.append(made)
        return made

    @property
    def acknowledged(self) -> int:
        """Messages acknowledged so far."""
        return sum(len(seqs) for talker in self.talkers for seqs in talker.mine.values())

    async def come_to_rest(self) -> None:
        """Nothing new is begun, everything is decided, everybody is at every head and has read every chat whole."""
        self.ground.resting = True
        await until(lambda: all(each.is_decided() for each in self.talkers), "all decided", PATIENCE)
        heads = await asyncio.to_thread(read_heads, self.read)
        await until(
            lambda: all(each.is_at(heads) for each in self.talkers), "everybody at every head", PATIENCE
        )
        await asyncio.gather(*(each.read_all() for each in self.talkers))
        async with asyncio.timeout(PATIENCE):
            while await asyncio.to_thread(count_pending, self.read):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def judge(self, folder: Path, known: Sequence[Witness] = ()) -> Findings:
        """What all saw against what is stored; the records are kept in `folder`. `known`: see `check`."""
        witnesses = [*self.founders, *(each.witness for each in self.talkers)]
        save(witnesses, folder / "history.jsonl")
        return check(witnesses, await asyncio.to_thread(read_stored, self.read), known)
