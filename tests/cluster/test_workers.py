"""Several workers on one port, without anything installed beside: they are one server, and renewing them is no outage."""

import asyncio
import os
import signal
import urllib.request
from pathlib import Path

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tests.cluster.processes import workers_of
from tests.faults.conftest import MakeServer
from tests.services.readings import Readings

from hubbub.operate.cluster.server import WITHIN, Server, sign_up, until
from hubbub.operate.proof.history import Witness
from hubbub.operate.proof.raw_client import RawClient

WORKERS = 2
DEVICES = 12
WINDOW_SECONDS = 1
TRACED = {
    "HUBBUB_TRACE_ENDPOINT": "http://127.0.0.1:9/v1/traces",
    "HUBBUB_TRACE_RATIO": "1",
}  # nobody is there
SETTINGS = {"HUBBUB_WORKERS": str(WORKERS), "HUBBUB_DRAIN_SECONDS": str(WINDOW_SECONDS)}


async def scraped(server: Server) -> Readings:
    """What all workers measure together."""
    return await asyncio.to_thread(Readings.of, f"http://127.0.0.1:{server.internal_port}")


async def traces_of_deliveries(server: Server) -> set[str]:
    """Those that the buckets of all workers' delivery latency lead to, as Prometheus reads them."""
    accept = {"accept": "application/openmetrics-text; version=1.0.0"}
    async with httpx.AsyncClient(headers=accept, timeout=WITHIN) as http:
        text = (await http.get(f"{server.internal}/metrics")).text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    samples = families["hubbub_delivery_latency_seconds"].samples
    return {sample.exemplar.labels["trace_id"] for sample in samples if sample.exemplar is not None}


async def devices(server: Server) -> tuple[list[RawClient], str]:
    """Devices of two friends of talk in one room, dealt out by the kernel."""
    tokens = [await sign_up(server, user) for user in ("alice", "bob")]
    made = [
        RawClient(server, Witness(f"{number}", ("alice", "bob")[number % 2]), tokens[number % 2])
        for number in range(DEVICES)
    ]
    for each in made:
        await each.connect()
    room = (await made[0].ask({"type": "create_room", "name": "r", "public": True, "msg_id": "r"}))["chat"]
    await made[1].ask({"type": "join", "chat": room, "msg_id": "j"})
    return made, room


async def say(client: RawClient, room: str, number: int) -> int:
    body = {"type": "send", "msg_type": "group", "to": room, "content": f"{number}", "msg_id": f"m{number}"}
    seq: int = (await client.ask(body))["seq"]
    return seq


async def test_workers_are_one_server(make_server: MakeServer) -> None:
    server = make_server(SETTINGS | TRACED)
    await server.start()
    clients, room = await devices(server)
    for number, client in enumerate(clients):
        seq = await say(client, room, number)
        await asyncio.gather(*(each.heard(type="message", seq=seq, content=str(number)) for each in clients))
    page = await scraped(server)
    assert page.value("hubbub_workers") == WORKERS
    assert page.value("hubbub_connections") == DEVICES
    assert page.value("hubbub_build_info") == 1
    assert page.value("hubbub_commands_total", command="send", outcome="ok") == DEVICES
    assert page.complaints() == ""
    traces = await traces_of_deliveries(server)
    assert traces
    assert all(len(trace) == len("4bf92f3577b34da6a3ce929d0e0e4736") for trace in traces)
    assert await server.readiness() == (200, [])
    assert await server.stop() == 0


async def test_a_dead_worker_is_replaced_and_what_it_acknowledged_is_there(make_server: MakeServer) -> None:
    server = make_server(SETTINGS)
    await server.start()
    clients, room = await devices(server)
    last = await say(clients[0], room, 1)
    before = workers_of(server)
    os.kill(before[0], signal.SIGKILL)
    await until(lambda: set(workers_of(server)) - set(before), "another worker")
    await until(lambda: len(server.lines("worker serves")) == WORKERS + 1, "it serves")
    back = RawClient(server, Witness("back", "bob"), clients[1].token)
    await back.connect(cursors={room: last - 1})
    assert (await back.heard(type="message"))["seq"] == last
    assert (await scraped(server)).value("hubbub_worker_restarts_total") == 1
    assert await server.readiness() == (200, [])


async def test_workers_do_not_outlive_their_supervisor(make_server: MakeServer) -> None:
    server = make_server(SETTINGS)
    await server.start()
    workers = workers_of(server)
    await server.kill()
    await until(lambda: not any(Path(f"/proc/{each}").exists() for each in workers), "the workers' end")


class Visitor:
    """Somebody who is connected all the time and comes back when told to. Keeps what should not have happened."""

    def __init__(self, client: RawClient, room: str) -> None:
        self.client = client
        self.room = room
        self.planned: list[int] = []
        self.wrong: list[str] = []
        self.over = False
        self.said = 0

    async def run(self) -> None:
        while not self.over:
            if self.client.is_open:
                await self._talk()
            else:
                await self._come_back()

    async def _talk(self) -> None:
        body = {"type": "send", "msg_type": "group", "to": self.room, "content": "x"}
        answer = await (await self.client.tell(body | {"msg_id": f"{self.client.witness.name}.{self.said}"}))
        if answer is not None:
            self.said += 1
            if answer["type"] != "sent":
                self.wrong.append(f"answered {answer}")

    async def _come_back(self) -> None:
        byes = [each for each in self.client.pushes if each["type"] == "bye"]
        if [each["code"] for each in byes] != [1012] or self.client.close_code != 1012:
            self.wrong.append(f"ended by {self.client.close_code}, {byes}")
            return
        self.planned.append(byes[0]["reconnect_in_ms"])
        await asyncio.sleep(self.planned[-1] / 1000)
        welcome = await self.client.connect()
        if welcome["type"] != "welcome":
            self.wrong.append(f"greeted with {welcome}")


async def knock(server: Server, wrong: list[str], over: asyncio.Event) -> int:
    """New connections all the time; none may be refused."""
    count = 0
    while not over.is_set():
        try:
            await asyncio.to_thread(urllib.request.urlopen, f"{server.url}/api/docs", timeout=60)
        except OSError as refusal:
            wrong.append(f"knocked in vain: {refusal}")
        count += 1
    return count


async def test_a_rolling_restart_under_load_is_noticed_by_bye_alone(make_server: MakeServer) -> None:
    server = make_server(SETTINGS)
    await server.start()
    clients, room = await devices(server)
    visitors = [Visitor(each, room) for each in clients]
    over, refused = asyncio.Event(), list[str]()
    running = [asyncio.create_task(visitor.run()) for visitor in visitors]
    knocking = asyncio.create_task(knock(server, refused, over))
    os.kill(server.pid, signal.SIGHUP)
    await until(lambda: server.lines("every worker is renewed"), "every worker renewed", 90)
    for visitor in visitors:
        visitor.over = True
    over.set()
    await asyncio.gather(*running)
    assert await knocking > 0
    planned = [moment for visitor in visitors for moment in visitor.planned]
    print(f"\n{sum(v.said for v in visitors)} messages, {len(planned)} planned reconnects")  # noqa: T201
    assert [wrong for visitor in visitors for wrong in visitor.wrong] == []
    assert refused == []
    assert len(planned) >= DEVICES
    assert all(0 <= moment <= WINDOW_SECONDS * 1000 for moment in planned)
    assert await server.stop() == 0
    assert "Traceback" not in server.log()
