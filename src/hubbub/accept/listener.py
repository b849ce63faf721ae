"""The ports: one public for HTTP and WebSocket, one internal, one for framed TCP; opening them, and ending without losing anybody."""

import asyncio
import contextlib
import random
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import structlog
import uvicorn

from hubbub.accept.connection import Gate
from hubbub.accept.http_head import BoundedHeads
from hubbub.accept.proxied_tcp import ProxiedSocket, Spawn
from hubbub.accept.tcp import TcpConnection
from hubbub.accept.websocket import WebSocketFactory
from hubbub.model.errors import CloseCode

log = structlog.get_logger("hubbub.listener")

BYE_BATCH = 500  # connections told in one loop turn, so that the others' last messages still flow
BYE_PAUSE = 0.02
LAST_WORDS_SECONDS = 2.0
LAST_HANDSHAKES_SECONDS = 1.0  # of TLS, with those who were let in last
BACKLOG = 4_096  # connections the kernel keeps for us while many come at once, as after a restart


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the process has one owner."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Queue:
    """Whoever the kernel let in and we did not yet: they are let in, too, before a socket of our own is closed on them."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock.dup()

    async def empty(self, connect: Callable[[socket.socket], Awaitable[object]]) -> None:
        """`connect` is given each; no more come."""
        self._sock.setblocking(False)
        waiting: list[socket.socket] = []
        with contextlib.suppress(OSError):  # until nobody waits, or no more files can be opened
            while True:
                waiting.append(self._sock.accept()[0])
        self._sock.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_HANDSHAKES_SECONDS):
                await asyncio.gather(*map(connect, waiting), return_exceptions=True)


class Port:
    """A listening port with an ASGI application behind it, and WebSockets if it has a gate."""

    def __init__(self, app: Any, host: str, port: int, *, gate: Gate | None) -> None:  # noqa: ANN401
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            http=_heads(gate) if gate is not None else "httptools",
            ws=WebSocketFactory(gate) if gate is not None else "none",  # type: ignore[arg-type]
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=2,
            backlog=BACKLOG,
            proxy_headers=False,
        )
        self._server = _Server(config)
        self._queue: Queue | None = None

    async def open(self, sock: socket.socket | None = None) -> int:
        """Listen, on a socket that is there already if one is given; gives the port's number. Raises OSError."""
        config = self._server.config
        config.load()
        self._server.lifespan = config.lifespan_class(config)
        if sock is None:
            sock = await asyncio.get_running_loop().run_in_executor(None, bind, config.host, config.port)
            self._queue = Queue(sock)
        await self._server.startup(sockets=[sock])
        number: int = sock.getsockname()[1]
        return number

    async def serve(self) -> None:
        """Until `close`."""
        await self._server.main_loop()

    async def stop_accepting(self) -> None:
        """Take no new connections. Whoever waits at a socket that is not ours alone is another's to let in."""
        for server in self._server.servers:
            server.close()
        if self._queue is not None:
            await self._queue.empty(self._connect)

    async def _connect(self, sock: socket.socket) -> None:
        """As uvicorn does it with those it accepts."""
        server = self._server
        kind: Any = server.config.http_protocol_class
        made = partial(kind, server.config, server.server_state, server.lifespan.state)
        await asyncio.get_running_loop().connect_accepted_socket(made, sock)

    async def close(self) -> None:
        """End what is left."""
        self._server.should_exit = True
        await self._server.shutdown()


class TcpPort:
    """The port of framed TCP, with TLS if there is a `context`; a handshake may take `handshake` seconds.

    With `spawn` trusted proxies say whom they bring (accept/proxied_tcp).
    """

    def __init__(
        self,
        gate: Gate,
        host: str,
        port: int,
        *,
        context: ssl.SSLContext | None,
        handshake: float,
        spawn: Spawn | None = None,
    ) -> None:
        self._gate = gate
        self._address = (host, port)
        self._context = context
        self._handshake = handshake
        self._spawn = spawn
        tls = context if spawn is None else None
        self._tls: dict[str, Any] = {} if tls is None else {"ssl": tls, "ssl_handshake_timeout": handshake}
        self._server: asyncio.Server | None = None
        self._queue: Queue | None = None

    async def open(self, sock: socket.socket | None = None) -> int:
        """Listen, on a socket that is there already if one is given; gives the port's number. Raises OSError."""
        loop = asyncio.get_running_loop()
        if sock is None:
            sock = await loop.run_in_executor(None, bind, *self._address)
            self._queue = Queue(sock)
        self._server = await loop.create_server(self._made, sock=sock, backlog=BACKLOG, **self._tls)
        number: int = sock.getsockname()[1]
        return number

    def _made(self) -> TcpConnection | ProxiedSocket:
        if self._spawn is None:
            return TcpConnection(self._gate)
        return ProxiedSocket(self._gate, self._context, self._handshake, self._spawn)

    async def stop_accepting(self) -> None:
        """Take no new connections. Whoever waits at a socket that is not ours alone is another's to let in."""
        if self._server is not None:
            self._server.close()
        if self._queue is not None:
            await self._queue.empty(self._connect)

    async def _connect(self, sock: socket.socket) -> None:
        await asyncio.get_running_loop().connect_accepted_socket(self._made, sock, **self._tls)


def bind(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A bound socket; with `shared` several may have the address, and the kernel deals connections out among them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        msg = f"{host}:{port} cannot be listened on: {error.strerror}"
        raise OSError(error.errno, msg) from error
    return sock


def _heads(gate: Gate) -> type[BoundedHeads]:
    attributes = {"wheel": gate.wheel, "head_bytes": gate.head_bytes, "head_ticks": gate.head_ticks}
    return type("BoundedHeadsOfGate", (BoundedHeads,), attributes)


async def say_goodbye(gate: Gate, window: float) -> None:
    """`bye` to every connection, each with its own moment within `window` seconds to come back, in batches."""
    waiting = list(gate.connections)
    log.info("draining", connections=len(waiting))
    for start in range(0, len(waiting), BYE_BATCH):
        for connection in waiting[start : start + BYE_BATCH]:
            moment = int(random.uniform(0, window) * 1000)  # noqa: S311 - no secret
            connection.close(CloseCode.SERVICE_RESTART, reconnect_in_ms=moment)
        await asyncio.sleep(BYE_PAUSE)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS_SECONDS):
            while gate.connections:  # noqa: ASYNC110 - an event would cost every connection's end a check
                await asyncio.sleep(BYE_PAUSE)
    for connection in list(gate.connections):
        connection.transport.abort()
