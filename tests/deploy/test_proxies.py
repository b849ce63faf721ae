"""nginx and HAProxy, as configured in deploy/proxy, in front of two real servers."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from tests.deploy.proxies import Haproxy, Nginx, Nodes, Proxy
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from hubbub.codec.data_frame import JSON, frame
from hubbub.operate.cluster.redis import Redis
from hubbub.operate.cluster.service import WITHIN
from hubbub.testing.server_process import ServerProcess

PER_ADDRESS = 3
ASKED = 20  # messages at least, while the node drains and when it is gone
SETTINGS = {
    "HUBBUB_TRUSTED_PROXIES": "127.0.0.1",
    "HUBBUB_LIMITS_CONNECTIONS_PER_ADDRESS": str(PER_ADDRESS),
    "HUBBUB_LIMITS_HELLO_SECONDS": "60",
    "HUBBUB_DRAIN_SECONDS": "1",
    "HUBBUB_TCP_PORT": "0",
    "HUBBUB_TCP_PROXY_PROTOCOL": "true",
    "HUBBUB_LIMITS_SEND_PER_SECOND": "0",
    "HUBBUB_AUTH_SECRET": "the same on both nodes, so that either knows the other's tokens",
}

pytestmark = pytest.mark.parametrize("kind", [Nginx, Haproxy])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    made = ServerProcess(tmp_path_factory.mktemp("server"), SETTINGS)
    made.start()
    yield made
    made.crash()


@pytest.fixture
def pair(tmp_path: Path, redis: Redis) -> Iterator[Nodes]:
    """Two nodes of one installation that may be stopped."""
    shared = {
        "HUBBUB_DATABASE_URL": f"sqlite:///{tmp_path / 'hubbub.db'}",
        "HUBBUB_BUS": redis.url,
        "HUBBUB_NAMESPACE": tmp_path.name,
    }
    for name in "12":
        (tmp_path / name).mkdir()
    made = (
        ServerProcess(tmp_path / "1", SETTINGS | shared),
        ServerProcess(tmp_path / "2", SETTINGS | shared),
    )
    for node in made:
        node.start()
    yield made
    for node in made:
        if node.running:
            node.crash()


@pytest.fixture
def nodes(request: pytest.FixtureRequest) -> Nodes:
    """The shared server under two names, so that both meet the same embedded store; or the test's own pair."""
    if "pair" in request.fixturenames:
        return request.getfixturevalue("pair")  # type: ignore[no-any-return]
    server = request.getfixturevalue("server")
    return server, server


@pytest.fixture
def proxy(kind: type[Proxy], nodes: Nodes) -> Iterator[Proxy]:
    running = kind(nodes)
    running.start()
    yield running
    running.discard()


@pytest.fixture
def trust(proxy: Proxy) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=proxy.folder / "tls.crt")


@pytest.fixture
async def http(proxy: Proxy, trust: ssl.SSLContext) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"https://localhost:{proxy.port}", verify=trust) as client:
        yield client


def dial(proxy: Proxy, trust: ssl.SSLContext, address: str = "127.0.0.1", **headers: str) -> connect:
    return connect(
        f"wss://localhost:{proxy.port}/ws",
        host="127.0.0.1",
        ssl=trust,
        local_addr=(address, 0),
        additional_headers={name.replace("_", "-"): value for name, value in headers.items()},
        proxy=None,
    )


async def ask(socket: ClientConnection, kind: type[Proxy], **fields: object) -> dict[str, object]:
    """The reply to a request; pushes before it are skipped."""
    await socket.send(json.dumps({"type": kind, "id": 7, **fields}))
    async with asyncio.timeout(WITHIN):
        while True:
            said: dict[str, object] = json.loads(await socket.recv())
            if said.get("id") == 7:
                return said


def test_the_proxy_itself_finds_nothing_wrong(proxy: Proxy) -> None:
    assert proxy.check() == ""


async def test_a_conversation_goes_through(
    kind: type[Proxy], http: httpx.AsyncClient, proxy: Proxy, trust: ssl.SSLContext
) -> None:
    made = await http.post(
        "/api/v1/accounts", json={"user": f"alice-{kind.account}", "password": "correct horse battery"}
    )
    assert made.status_code == 201
    async with dial(proxy, trust) as socket:
        assert (await ask(socket, "hello", token=made.json()["token"]))["type"] == "welcome"
        room = await ask(socket, "create_room", name="lobby")
        sent = await ask(socket, "send", msg_type="group", to=room["chat"], content="x" * 8_000, msg_id="1")
        assert sent["type"] == "sent"
        page = await ask(socket, "history", chat=room["chat"])
    assert page["entries"][-1]["content"] == "x" * 8_000


async def test_plain_http_leads_to_tls(proxy: Proxy) -> None:
    async with httpx.AsyncClient() as plain:
        answer = await plain.get(f"http://127.0.0.1:{proxy.plain}/api/docs")
    assert answer.status_code == 301
    assert answer.headers["location"].startswith("https://")


async def test_a_limit_holds_for_the_clients_address_whatever_it_says_itself(
    proxy: Proxy, trust: ssl.SSLContext
) -> None:
    async with AsyncExitStack() as opened:
        for number in range(PER_ADDRESS):
            await opened.enter_async_context(
                dial(proxy, trust, "127.0.0.2", X_Forwarded_For=f"192.0.2.{number}")
            )
        with pytest.raises(InvalidStatus) as refused:
            await opened.enter_async_context(dial(proxy, trust, "127.0.0.2", X_Forwarded_For="192.0.2.99"))
        assert refused.value.response.status_code == 429
        await opened.enter_async_context(dial(proxy, trust, "127.0.0.3"))


async def first_word(proxy: Proxy, address: str, opened: AsyncExitStack) -> dict[str, object]:
    """What a client at the address is answered first over framed TCP."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.framed, local_addr=(address, 0))
    opened.callback(writer.close)
    writer.write(frame(JSON, b'{"type": "ping", "id": 7}'))
    async with asyncio.timeout(WITHIN):
        head = await reader.readexactly(len(frame(JSON, b"")))
        said: dict[str, object] = json.loads(await reader.readexactly(int.from_bytes(head[-4:])))
    return said


async def test_framed_tcp_is_passed_on_and_a_limit_holds_for_the_clients_address(proxy: Proxy) -> None:
    """By PROXY headers: nginx writes version 1, HAProxy version 2."""
    async with AsyncExitStack() as opened:
        for _ in range(PER_ADDRESS):
            assert (await first_word(proxy, "127.0.0.4", opened))["code"] == "unauthenticated"
        refused = await first_word(proxy, "127.0.0.4", opened)
        assert (refused["type"], refused["code"]) == ("bye", 4503)
        assert (await first_word(proxy, "127.0.0.5", opened))["id"] == 7


class Listener:
    """A client as the contract wants it: it comes back after `bye`, says what it has, and keeps what it hears of one chat."""

    def __init__(self, dialled: Callable[[], connect], token: str, chat: str, seq: int) -> None:
        self._dialled, self._token, self._chat, self.seq = dialled, token, chat, seq
        self.heard: list[str] = []
        self.welcomes = 0

    async def listen(self, until: str) -> None:
        """Until that message was heard."""
        while until not in self.heard:
            async with self._dialled() as socket:
                cursors = {self._chat: self.seq} if self.welcomes else {}
                await ask(socket, "hello", token=self._token, cursors=cursors)
                self.welcomes += 1
                await self._hear(socket, until)

    async def _hear(self, socket: ClientConnection, until: str) -> None:
        async for envelope in socket:
            said = json.loads(envelope)
            if said["type"] == "bye":
                assert said["code"] == 1012
                return
            if said.get("chat") == self._chat and "seq" in said and said["type"] != "receipt":
                assert said["seq"] == self.seq + 1
                self.seq = said["seq"]
                self.heard.append(said.get("content", said["type"]))
            if until in self.heard:
                return


async def test_a_node_drains_and_nobody_misses_a_word(
    pair: Nodes, http: httpx.AsyncClient, proxy: Proxy, trust: ssl.SSLContext
) -> None:
    """Two listeners, a node each; one node is stopped while somebody goes on writing through the proxy."""
    made = await http.post("/api/v1/accounts", json={"user": "alice", "password": "correct horse battery"})
    token = made.json()["token"]
    http.headers["authorization"] = f"Bearer {token}"
    room = (await http.post("/api/v1/rooms", json={"name": "lobby"})).json()
    listeners = [Listener(lambda: dial(proxy, trust), token, room["chat"], room["seq"]) for _ in range(2)]
    listening = [asyncio.ensure_future(each.listen("the last word")) for each in listeners]
    async with asyncio.timeout(WITHIN):
        while not all(each.welcomes for each in listeners):
            await asyncio.sleep(0.01)
        stopping = asyncio.get_running_loop().run_in_executor(None, pair[0].stop)
        said: list[str] = []
        while not stopping.done() or len(said) < ASKED:
            said.append(f"word {len(said)}")
            await write(http, room["chat"], said[-1])
        assert await stopping == 0
        said.append("the last word")
        await write(http, room["chat"], said[-1])
        await asyncio.gather(*listening)
    assert [each.heard for each in listeners] == [said, said]
    assert sorted(each.welcomes for each in listeners) == [1, 2]  # least connections: each node had one


async def write(http: httpx.AsyncClient, chat: str, content: str) -> None:
    answer = await http.post(f"/api/v1/chats/{chat}/entries", json={"content": content, "msg_id": content})
    assert answer.status_code in {201, 200}, answer.text  # 200: the proxy asked twice, and it is there once
