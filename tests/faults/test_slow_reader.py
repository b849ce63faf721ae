"""A client that stops reading costs nobody else, and is told exactly what it missed (docs/protocol.md §3.5).

Alice sends twelve megabytes into a room as fast as Carol can read. Carol reads; Bob does not, until Carol has everything.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

PROGRAM = Path(sys.executable).with_name("hubbub")
MESSAGES = 1_500
CONTENT = "m" * 8_000
AHEAD = 50  # messages Carol may be behind: 400 KB, less than the server's bound, so that Bob alone is slow
PATIENCE = 60.0
USERS = ("alice", "bob", "carol")

Json = dict[str, Any]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """host:port of a server that lets Alice send as much as she likes."""
    environ = {**os.environ, "HUBBUB_LIMITS_SEND_PER_SECOND": "0", "HUBBUB_LOG_FORMAT": "json"}
    arguments = ["--port", "0", "--internal-port", "0", "--data", str(tmp_path)]
    with subprocess.Popen(
        [PROGRAM, "serve", *arguments], env=environ, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        said = next(line for line in map(json.loads, server.stderr) if line["message"] == "serving")
        yield said["url"].removeprefix("http://")
        server.terminate()
        server.stderr.read()


@pytest.fixture
async def http(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{address}/api/v1", timeout=PATIENCE) as client:
        yield client


async def enter(http: httpx.AsyncClient) -> tuple[str, dict[str, str]]:
    """A room with everybody in it: its id, and the users' tokens."""
    tokens: dict[str, str] = {}
    chat = ""
    for user in USERS:
        made = await http.post("/accounts", json={"user": user, "password": "a long enough one"})
        tokens[user] = made.json()["token"]
        if not chat:
            room = await http.post(
                "/rooms", json={"name": "busy", "public": True}, headers=bearer(tokens[user])
            )
            chat = room.json()["chat"]
        else:
            await http.post(f"/rooms/{chat}/members", json={}, headers=bearer(tokens[user]))
    return chat, tokens


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def greet(address: str, token: str, **options: Any) -> ClientConnection:  # noqa: ANN401 - of `connect`
    peer = await connect(f"ws://{address}/ws", compression=None, max_size=None, ping_interval=None, **options)
    await peer.send(json.dumps({"type": "hello", "id": 0, "token": token}))
    assert (await hear(peer))["type"] == "welcome"
    return peer


async def say(peer: ClientConnection, chat: str, ahead: asyncio.Semaphore) -> None:
    """As fast as `ahead` lets her: who releases it for each message heard is never far behind."""
    for number in range(MESSAGES):
        await ahead.acquire()
        send = {"type": "send", "id": number + 1, "msg_type": "group", "to": chat, "content": CONTENT}
        await peer.send(json.dumps({**send, "msg_id": str(number)}))


async def hear(peer: ClientConnection) -> Json:
    async with asyncio.timeout(PATIENCE):
        heard: Json = json.loads(await peer.recv())
        return heard


async def hear_all(peer: ClientConnection, kind: str, ahead: asyncio.Semaphore | None = None) -> list[int]:
    """The seqs of as many envelopes of a kind as there are messages; whatever else comes is passed over."""
    seqs: list[int] = []
    while len(seqs) < MESSAGES:
        heard = await hear(peer)
        if heard["type"] == kind:
            seqs.append(heard["seq"])
            if ahead is not None:
                ahead.release()
    return seqs


def small_socket(address: str) -> socket.socket:
    """So that the kernel takes little of what Bob does not read."""
    host, _, port = address.partition(":")
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    plain.connect((host, int(port)))
    plain.setblocking(False)
    return plain


async def test_a_client_that_does_not_read_costs_nobody_else(address: str, http: httpx.AsyncClient) -> None:
    chat, tokens = await enter(http)
    alice = await greet(address, tokens["alice"], max_queue=None)
    carol = await greet(address, tokens["carol"], max_queue=None)
    bob = await greet(address, tokens["bob"], max_queue=1, sock=small_socket(address))
    bob.transport.pause_reading()
    ahead = asyncio.Semaphore(AHEAD)

    _, seqs, seen = await asyncio.gather(
        say(alice, chat, ahead), hear_all(alice, "sent"), hear_all(carol, "message", ahead)
    )
    assert seqs == list(range(seqs[0], seqs[0] + MESSAGES))
    assert seen == seqs

    bob.transport.resume_reading()
    pushed: list[int] = []
    while not ((heard := await hear(bob))["type"] == "resync" and "chat" in heard):
        if heard["type"] == "message":
            pushed.append(heard["seq"])
    assert pushed == seqs[: len(pushed)]
    assert len(pushed) < MESSAGES, "Bob was never behind: this shows nothing"
    assert (heard["chat"], heard["after"], heard["next"]) == (chat, pushed[-1], seqs[-1] + 1)
    missed = await fetch(http, tokens["bob"], chat, heard["after"], heard["next"])
    assert pushed + missed == seqs
    print(f"Bob was pushed {len(pushed)} of {MESSAGES}; one resync for the other {len(missed)}")  # noqa: T201 - the figures of docs/adr/0005, with -s
    for peer in (alice, bob, carol):
        await peer.close()


async def fetch(http: httpx.AsyncClient, token: str, chat: str, after: int, stop: int) -> list[int]:
    """What `resync` says to fetch."""
    found: list[int] = []
    while after + 1 < stop:
        page = await http.get(f"/chats/{chat}/entries", params={"after": after}, headers=bearer(token))
        found += [entry["seq"] for entry in page.json()["entries"] if entry["seq"] < stop]
        after = found[-1]
    return found
