"""Clients that stop reading cost the server a bounded memory, whatever they ask for meanwhile, and the others nothing.

Who asks for pages would make the server keep gigabytes if it kept all that it owes them (docs/protocol.md §3.5).
"""

import asyncio
import socket
from collections.abc import Callable

import pytest
from tests.faults.company import Company, gather
from tests.faults.conftest import MakeServer

from hubbub.operate.cluster.server import Server, sign_up
from hubbub.operate.proof.history import Envelope, Witness
from hubbub.operate.proof.raw_client import LOST, RawClient

BOUND = 1 << 20  # the default of limits.outgoing_bytes
BESIDE = 24 << 20  # what a server that serves at all may grow by in a test: caches, arenas
REQUESTS = 100_000
MESSAGES = 200
OTHERS = [f"nobody{number:04}.{'x' * 20}" for number in range(200)]


def pages(room: str) -> Envelope:
    """Up to 1 MiB each."""
    return {"type": "history", "chat": room, "limit": 300}


def presences(room: str) -> Envelope:
    """Some 15 KB each."""
    return {"type": "presence", "users": OTHERS}


def refusals(room: str) -> Envelope:
    """Some 100 bytes each, given at once, without reading anything; four times as much is asked as is answered, so
    that what the kernel keeps of the questions is little.
    """
    return {"type": "react", "chat": room, "seq": 1, "emoji": "x" * 300, "on": True}


@pytest.mark.parametrize(("asking", "deaf"), [(pages, 4), (presences, 4), (refusals, 1)])
async def test_a_client_that_asks_and_does_not_read_is_bounded(
    make_server: MakeServer, asking: Callable[[str], Envelope], deaf: int
) -> None:
    server = make_server()
    company = await gather(server)
    for _ in range(MESSAGES):
        await company.alice.tell(company.message("x" * 7_000))
    assert (await company.alice.ask({"type": "ping"}))["type"] == "pong"
    clients = [await enter(server, f"deaf{number}", company.room) for number in range(deaf)]
    before = server.resident_bytes()
    for client in clients:
        client.stop_reading()
    async with asyncio.TaskGroup() as tasks:
        floods = [tasks.create_task(flood(client, asking(company.room))) for client in clients]
        most = await talk_meanwhile(company, floods)
    growth = most - before
    print(f"{asking.__name__}: {deaf} deaf clients, the server grew by {growth / 2**20:.1f} MiB")  # noqa: T201
    assert growth < deaf * 2 * BOUND + BESIDE
    assert all(each.result() < REQUESTS for each in floods), (
        "the server went on reading from who does not read"
    )


async def enter(server: Server, user: str, room: str) -> RawClient:
    """Somebody with a small receive buffer, in the room."""
    client = RawClient(server, Witness(f"{user}.a", user, stays=False), await sign_up(server, user))
    client.socket = socket.socket()
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.socket.connect(("127.0.0.1", server.port))
    client.socket.setblocking(False)
    await client.connect()
    assert (await client.ask({"type": "join", "chat": room, "msg_id": "in"}))["type"] == "done"
    return client


async def flood(client: RawClient, request: Envelope) -> int:
    """Ask until everything was asked, the server takes no more, or it closes; gives how often it was asked."""
    for number in range(REQUESTS):
        try:
            async with asyncio.timeout(1):
                await client.tell(request)
        except LOST:
            return number
        if not client.is_open:
            return number
    return REQUESTS


async def talk_meanwhile(company: Company, floods: list["asyncio.Task[int]"]) -> int:
    """Alice and Bob talk until the floods are over; gives the most the server held (RSS, bytes)."""
    most = 0
    while not all(each.done() for each in floods):
        said = await company.alice.ask(company.message())
        assert said["type"] == "sent"
        await company.bob.heard(seq=said["seq"])
        most = max(most, company.server.resident_bytes())
    return most
