"""A node's clients do not read, then its machine stalls: it lets go what is not messages, and takes it back (docs/protocol.md §7)."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Self

from hubbub.model.features import FEATURES
from hubbub.operate.cluster.ports import free_port
from hubbub.operate.cluster.server import PROGRAM, Server, clean_environment, get_json, sign_up
from hubbub.operate.cluster.service import ProgramFailedError
from hubbub.operate.drill.line import Line
from hubbub.operate.drill.network import now
from hubbub.operate.drill.scene import SHARED, Scene
from hubbub.operate.proof.crowd import PATIENCE
from hubbub.operate.proof.history import Witness
from hubbub.operate.proof.raw_client import RawClient
from hubbub.runtime.spawn import Tasks

PRESSED = {f"HUBBUB_DEGRADE_{feature.upper()}": "auto" for feature in FEATURES} | {
    "HUBBUB_DEGRADE_LATE_MS": "100",
    "HUBBUB_DEGRADE_WAITING_BYTES": "100000",
    "HUBBUB_DEGRADE_CALM_SECONDS": "2",
}
DEAF = 3  # connections that read nothing, to each of which the server owes 64 KiB before it answers no more
IN_VAIN = (
    200  # pages of 80 KB asked for by each of them: more than the kernel keeps for a socket, on both sides
)
STALLED, RUNNING = 0.4, 0.02  # seconds: what is due every quarter of one is late by 0.15 at least
WORDS, LONG = 20, 4_000
SETTLED = 1.5  # seconds after which a push that has not come does not come: the slowest is told every quarter of one
PROMISED = 1.0  # seconds in which a switch holds on every node, docs/operations.md


async def run(scene: Scene) -> None:
    """node1 is the one, and the two who are measured are on it; node0 keeps everything on."""
    await scene.start_services()
    port = free_port()
    quiet = scene.add_node()
    node = scene.add_node({**PRESSED, "HUBBUB_TCP_PORT": str(port)})
    await scene.open()
    friends, deaf = await Friends.gathered(scene, node), await Deaf.gathered(scene, node, port)
    await scene.talk("before", scene.seconds / 2)
    _expect_told(scene, "with little to do a node offers everything", await friends.are_told(), FEATURES)
    await _fall_silent(scene, friends, deaf, quiet)
    await _stall(scene, friends.node)
    await _switch(scene, friends, quiet)
    await scene.talk("after", scene.seconds / 2)
    friends.part()
    await scene.judge()


async def _newcomer(scene: Scene, node: Server, user: str) -> RawClient:
    """Connected, and known to the judge."""
    client = RawClient(node, Witness(f"{user}.a", user, stays=False), await sign_up(node, user))
    scene.crowd.founders.append(client.witness)
    await client.connect()
    return client


class Friends:
    """Two on one node: what one does shows the other what the node offers."""

    def __init__(self, teller: RawClient, watcher: RawClient, room: str) -> None:
        self.node = teller.server
        self.room = room
        self._teller = teller
        self._watcher = watcher
        self._asked = 0

    @classmethod
    async def gathered(cls, scene: Scene, node: Server) -> Self:
        """They are friends, and in one room."""
        teller, watcher = await _newcomer(scene, node, "teller"), await _newcomer(scene, node, "watcher")
        made = await teller.ask({"type": "create_room", "name": "the friends", "public": True, "msg_id": "r"})
        await watcher.ask({"type": "join", "chat": made["chat"], "msg_id": "in"})
        await watcher.ask({"type": "befriend", "user": "teller"})
        await teller.ask({"type": "accept", "user": "watcher"})
        return cls(teller, watcher, made["chat"])

    async def are_told(self) -> set[str]:
        """What the node offers, by what they are told of each other."""
        self._asked += 1
        both = (self._watcher, self._teller)
        heard = [len(each.pushes) for each in both]
        said = await self._teller.ask(self._words())
        await self._teller.tell({"type": "typing", "chat": self.room, "on": self._asked % 2 == 1})
        await self._watcher.ask({"type": "read", "chat": self.room, "seq": said["seq"]})
        presence = await self._watcher.ask({"type": "presence", "users": ["teller"]})
        found = await self._watcher.ask({"type": "rooms", "query": "friends"})
        await asyncio.sleep(SETTLED)
        pushed = {push["type"] for each, n in zip(both, heard, strict=True) for push in each.pushes[n:]}
        seen = {
            "typing": "typing" in pushed,
            "presence": presence["presences"][0]["online"],
            "receipts": "receipt" in pushed,
            "search": found["type"] == "rooms",
        }
        return {feature for feature, told in seen.items() if told}

    def _words(self) -> dict[str, str]:
        said = f"word {self._asked}"
        return {"type": "send", "msg_type": "group", "to": self.room, "content": said, "msg_id": said}

    async def search(self) -> bool:
        """Whether it is answered."""
        answer = await self._watcher.ask({"type": "rooms", "query": "friends"})
        return bool(answer["type"] == "rooms")

    def part(self) -> None:
        """Both go home."""
        self._teller.drop()
        self._watcher.drop()


class Deaf:
    """Devices of one user that ask for more than the network holds, by framed TCP, and read none of it."""

    def __init__(self, port: int, token: str, room: str) -> None:
        self._port = port
        self._token = token
        self._room = room
        self._lines: list[Line] = []

    @classmethod
    async def gathered(cls, scene: Scene, node: Server, port: int) -> Self:
        """Their room has a page of long messages in it."""
        writer = await _newcomer(scene, node, "deaf")
        made = await writer.ask({"type": "create_room", "name": "unread", "public": False, "msg_id": "r"})
        said = {"type": "send", "msg_type": "group", "to": made["chat"], "content": "m" * LONG}
        for number in range(WORDS):
            await writer.ask(said | {"msg_id": f"{number}"})
        writer.drop()
        return cls(port, writer.token, made["chat"])

    async def ask(self) -> None:
        """All of them."""
        self._lines = [await Line.opened(self._port, self._token) for _ in range(DEAF)]
        for line in self._lines:
            line.ask_in_vain({"type": "history", "chat": self._room, "limit": 100}, IN_VAIN)

    def leave(self) -> None:
        """They are gone, and nothing waits for them."""
        for line in self._lines:
            line.close()


async def _fall_silent(scene: Scene, friends: Friends, deaf: Deaf, quiet: Server) -> None:
    node = friends.node
    await deaf.ask()
    scene.tell(f"{DEAF} connections to node1 ask for {IN_VAIN} pages of history each, and read none")
    try:
        let_go = await _until_off(node, FEATURES)
        waiting = await scene.metric(node, "hubbub_mailbox_bytes")
        scene.tell(f"node1 has let go of everything it may; {waiting:,.0f} bytes wait")
        await scene.talk("clients do not read", scene.seconds)
        told = await friends.are_told()
        metric = await scene.metric(node, "hubbub_feature_off")
        others = await _off(quiet)
    finally:
        deaf.leave()
    scene.tell("they are gone")
    back = await _until_off(node, ())
    scene.tell("node1 offers everything again")
    _check_messages(scene)
    scene.expect(
        "one goes after the other, and comes back after the other",
        f"all gone after {let_go:.1f} s, all back after {back:.1f} s",
        passed=let_go > len(FEATURES) < back,
    )
    _expect_told(scene, "nobody is told what was let go, and nobody is refused what is said", told, ())
    scene.expect("the metric says so", f"hubbub_feature_off {metric:g}", passed=metric == 1)
    scene.expect("a node that is not pressed keeps everything", f"off there: {others}", passed=not others)
    _expect_told(scene, "afterwards everything is told again", await friends.are_told(), FEATURES)


async def _stall(scene: Scene, node: Server) -> None:
    """As a machine does that has sold its processors twice."""
    tasks = Tasks()
    tasks.spawn(_stumble(node), "stalls")
    scene.tell(f"node1 stands still for {STALLED} s, runs for {RUNNING} s, and again")
    try:
        seconds = await scene.until_holds(lambda: _is_off(node))
        await scene.talk("the machine stalls", scene.seconds)
    finally:
        await tasks.stop()
        node.send(signal.SIGCONT)
    scene.tell("it runs again")
    await _until_off(node, ())
    _check_messages(scene)
    scene.expect("lateness lets go, too, and all comes back", f"after {seconds:.1f} s", passed=True)


async def _stumble(node: Server) -> None:
    while True:
        node.send(signal.SIGSTOP)
        await asyncio.sleep(STALLED)
        node.send(signal.SIGCONT)
        await asyncio.sleep(RUNNING)


def _check_messages(scene: Scene) -> None:
    through = scene.windows()[-1]
    scene.expect(
        "messages go on",
        f"{through.said} said, {through.refused} refusals, acknowledged p99 {through.acknowledged_p99 or 0:,.0f} ms",
        passed=through.said > 0 and not through.refused and through.acknowledged_p99 is not None,
    )


async def _switch(scene: Scene, friends: Friends, quiet: Server) -> None:
    """An administrator's word, said to one node, holds on the other."""
    await _admin(quiet, "switches", "search", "off")
    scene.tell("an administrator switches search off, at node0")
    seconds = await scene.until_holds(lambda: _search_is(friends, answered=False))
    await _admin(quiet, "switches", "search", "default")
    await scene.until_holds(lambda: _search_is(friends, answered=True))
    scene.expect(
        "what an administrator switches on one node holds on the other within a second or two",
        f"refused there after {seconds:.1f} s, and answered again",
        passed=seconds < 2 * PROMISED,
    )


async def _search_is(friends: Friends, *, answered: bool) -> bool:
    return await friends.search() == answered


async def _off(node: Server) -> Sequence[str]:
    _, told = await get_json(f"{node.url}/api/v1/server")
    off: Sequence[str] = told["off"]
    return off


async def _is_off(node: Server) -> bool:
    return bool(await _off(node))


async def _until_off(node: Server, features: Sequence[str]) -> float:
    began = now()
    async with asyncio.timeout(PATIENCE):
        while list(await _off(node)) != list(features):  # noqa: ASYNC110 - another process has no event to wait for
            await asyncio.sleep(0.05)
    return now() - began


def _expect_told(scene: Scene, expected: str, told: set[str], wanted: Sequence[str]) -> None:
    names = [feature for feature in FEATURES if feature in told]
    scene.expect(expected, f"told: {', '.join(names) or 'nothing'}", passed=told == set(wanted))


async def _admin(node: Server, *words: str) -> None:
    """As an operator has it: whoever holds the secret of the nodes."""
    environment = clean_environment() | {"HUBBUB_AUTH_SECRET": SHARED["HUBBUB_AUTH_SECRET"]}
    asking = await asyncio.create_subprocess_exec(
        PROGRAM, "admin", "--url", node.url, *words, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    if await asking.wait():
        raise ProgramFailedError(f"hubbub admin {' '.join(words)}")
