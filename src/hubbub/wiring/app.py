"""The life of a node: open what it stands on, serve, and end so that nobody notices."""

import asyncio
import contextlib
import gc
import os
import resource
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import structlog
import uvloop

from hubbub.accept.certificate import Certificate
from hubbub.accept.http.app import build_app
from hubbub.accept.http.internal import build_internal_app
from hubbub.accept.http.web_app import load_web_app
from hubbub.accept.listener import Port, TcpPort, say_goodbye
from hubbub.model import ids
from hubbub.model.errors import Refused
from hubbub.persist.clock import DatabaseClock
from hubbub.persist.engine import Database, database_url, folder_of, is_alive
from hubbub.persist.failures import OUTAGES, said
from hubbub.persist.hold import hold
from hubbub.persist.migrate import ensure_current
from hubbub.persist.nodes import ON_A_BUS, Circle, check_strangers
from hubbub.persist.pool import Pool
from hubbub.runtime import logs
from hubbub.runtime.histogram import Histogram
from hubbub.wiring.measures import measure
from hubbub.wiring.parts import Node, build
from hubbub.wiring.settings import Settings
from hubbub.wiring.station import Station
from hubbub.wiring.supervisor import Supervisor, command_line, count_of

log = structlog.get_logger("hubbub")

BOARDS_EVERY = 0.25
SWEEP_EVERY = 1.0
LEASE_EVERY = 1.0
PURGE_EVERY = 600.0
CERTIFICATE_EVERY = 600.0
DAY_MS = 86_400_000
LAST_COMMITS_SECONDS = 5.0
GOODBYE_SECONDS = 5.0
LAST_TRACES_SECONDS = 2.0
LAST_HANDSHAKES_SECONDS = (
    0.2  # who was let in by the kernel just before is greeted, and then told to come back
)
NO_HANDSHAKE_LIMIT = 86_400.0  # seconds: asyncio wants a number
NO_WEB_APP = "the web app is not built: `make app` builds it (needs npm); wheels of Hubbub have it inside"
SWITCH_SECONDS = 0.000_5
GC_ALLOCATIONS = 50_000


def serve(settings: Settings, station: Station | None = None) -> int:
    """Run a node, or several as workers, until SIGTERM or SIGINT; gives the exit status.

    `station` makes this process a worker. Raises OSError for ports, locks and folders.
    """
    logs.configure(settings.log.level, settings.log.format)
    _raise_open_files()
    if station is not None:
        _tune_interpreter(processes=count_of(settings.workers))
        return uvloop.run(_live(station.settings(settings), station.circle, station))
    data = Path(settings.data)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    count = count_of(settings.workers)
    name = ON_A_BUS if settings.bus else ids.opaque("v", secrets.token_bytes(5))
    with hold(_held_folder(settings), shared=bool(settings.bus), name=name) as former:
        circle = Circle(name, former)
        if count > 1:
            return uvloop.run(_supervise(settings, count, circle))
        _tune_interpreter(processes=1)
        return uvloop.run(_live(settings, circle))


async def _supervise(settings: Settings, count: int, circle: Circle) -> int:
    return await Supervisor(settings, command_line(), count, circle).run()


def _held_folder(settings: Settings) -> Path:
    """The embedded store's own, wherever it lies: two servers on it would tell their users different things."""
    url = database_url(settings.database_url, settings.data)
    return folder_of(url) if url.get_backend_name() == "sqlite" else Path(settings.data)


def _tune_interpreter(*, processes: int) -> None:
    """Measured with bench/ingest (docs/adr/0006) and bench/million.

    The journal's thread asks for the interpreter lock some thirty times a batch; at the default of 5 ms each it would
    wait longer than it works. Where more processes than cores are to serve, the one that holds the lock is often not the one
    that runs, and asking so often takes the others' time: there the default stays. Collections look at every live object,
    and nearly all of ours are freed by counting.
    """
    if processes <= count_of("auto"):
        sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(GC_ALLOCATIONS, 20, 50)


def _raise_open_files() -> None:
    """As many open files as the machine lets us have: each connection is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _live(settings: Settings, circle: Circle, station: Station | None = None) -> int:
    database = Database(database_url(settings.database_url, settings.data), _pool(settings))
    stop = _stop_event()
    if station is not None:
        asyncio.get_running_loop().add_reader(station.lifeline, stop.set)
    try:
        epoch = await ensure_current(database)
        clock = DatabaseClock(database)
        await clock.measure()
        await check_strangers(database, clock, circle)
        node = build(settings, database, epoch, clock, circle)
        await node.revocations.load()
        await node.switching.poll()
        await node.passwords.warm()
        await _serve(settings, node, stop, station)
    finally:
        await database.close()
    return 0


def _pool(settings: Settings) -> Pool:
    asked = settings.database
    return Pool(
        size=asked.pool_size,
        overflow=asked.max_overflow,
        writers=asked.writers,
        timeout_seconds=asked.timeout_seconds,
        pre_ping=asked.pre_ping,
        recycle_seconds=asked.recycle_seconds,
        reset=asked.reset_on_return,
        statement_seconds=asked.statement_seconds,
        risk_losing_acknowledged=asked.risk_losing_acknowledged,
        processes=count_of(settings.workers),
    )


def _stop_event() -> asyncio.Event:
    """Set by the first SIGTERM or SIGINT; the second ends the process at once."""
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    return stop


async def _serve(settings: Settings, node: Node, stop: asyncio.Event, station: Station | None) -> None:
    lag = Histogram()
    internal_app = build_internal_app(lambda: _reasons(node), measure(node, settings, lag).exposition)
    internal = Port(internal_app, settings.internal_host, settings.internal_port, gate=None)
    web_app = load_web_app()
    if web_app is None:
        log.warning(NO_WEB_APP)
    public = Port(
        build_app(node.services, web_app),
        settings.host,
        settings.port,
        gate=node.gate,
    )
    framed = _tcp_port(settings, node)
    internal_number = await internal.open()
    sockets = (None, None) if station is None else station.sockets()
    number = await public.open(sockets[0])
    tcp = {} if framed is None else {"tcp": f"{settings.tcp.host}:{await framed.open(sockets[1])}"}
    await node.beat.beat()
    await _renew_lease(node)
    journal = _start(node, settings, lag)
    for port, name in ((internal, "internal port"), (public, "public port")):
        node.tasks.spawn(port.serve(), name)
    gc.collect()
    gc.freeze()
    pages = f"http://{settings.internal_host}:{internal_number}"
    if station is None:
        log.info("serving", url=f"http://{settings.host}:{number}", internal=pages, data=settings.data, **tcp)
    else:
        log.info("worker serves", worker=station.slot, internal=pages)
        station.say_ready(pages)
    await stop.wait()
    await _end(settings, node, journal, [public] if framed is None else [public, framed])
    await public.close()
    await internal.close()
    await node.cluster.close()
    await node.tasks.stop()
    await node.replicas.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST_TRACES_SECONDS):
            await asyncio.to_thread(node.traces.close)
    node.passwords.close()
    log.info("ended")


def _tcp_port(settings: Settings, node: Node) -> TcpPort | None:
    tcp = settings.tcp
    if tcp.port < 0:
        return None
    if tcp.certificate_file:
        node.certificate = Certificate(tcp.certificate_file, tcp.key_file)
        _care_for(node.certificate, node)
    context = None if node.certificate is None else node.certificate.context
    seconds = settings.limits.handshake_seconds or NO_HANDSHAKE_LIMIT
    spawn = node.tasks.spawn if tcp.proxy_protocol else None
    return TcpPort(node.gate, tcp.host, tcp.port, context=context, handshake=seconds, spawn=spawn)


def _care_for(certificate: Certificate, node: Node) -> None:
    """SIGHUP reads it again; that of a supervisor starts new workers, which read it anyway."""
    certificate.look(node.clock())
    looking = _every(CERTIFICATE_EVERY, lambda: _done(lambda: certificate.look(node.clock())))
    node.tasks.spawn(looking, "certificate")
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, lambda: certificate.reload(node.clock()))


async def _reasons(node: Node) -> list[str]:
    """Why no traffic should come here."""
    reasons: list[str] = []
    if node.ending:
        reasons.append("draining")
    if node.journal.failing:
        reasons.append("the database takes no writes")
    if not await is_alive(node.database):
        reasons.append("the database does not answer")
    return reasons


def _start(node: Node, settings: Settings, lag: Histogram) -> "asyncio.Task[None]":
    spawn = node.tasks.spawn
    spawn(_every(node.gate.wheel.tick_ms / 1000, lambda: _done(node.gate.wheel.advance)), "timing wheel")
    spawn(
        _every(BOARDS_EVERY, lambda: _boards(node), _lateness(node, lag)),
        "presence, receipts, typing, rates, bus",
    )
    spawn(_every(SWEEP_EVERY, lambda: _sweep(node)), "sweep")
    spawn(_every(LEASE_EVERY, lambda: _renew_lease(node)), "whereabouts")
    spawn(_every(1.0, lambda: _done(node.lines.tick)), "bound of the log")
    spawn(_every(PURGE_EVERY, lambda: _purge(node, settings.outbox_retention_days)), "purge")
    spawn(node.revocations.run(), "revocations")
    if node.replicas.all:
        spawn(node.replicas.run(), "replicas")
    if node.cluster.bus is not None:
        spawn(node.cluster.bus.run(), "bus")
    return spawn(node.journal.run(), "journal")


def _lateness(node: Node, lag: Histogram) -> Callable[[float], None]:
    """Measure how late the loop is, and let features go by it, and by what waits, where that is automatic."""

    def late(seconds: float) -> None:
        lag.observe(seconds)
        before, waiting = node.switches.off, node.gate.flusher.waiting_bytes
        node.switches.tick(seconds * 1000, waiting)
        if node.switches.off != before:
            off = node.switches.off
            log.warning(
                "features let go under load changed", off=off, late_seconds=seconds, waiting_bytes=waiting
            )

    return late


async def _every(
    seconds: float, work: Callable[[], Awaitable[None]], late: Callable[[float], None] | None = None
) -> None:
    """A tick that was late is not made up for by two at once, of which the second would be on time; `late` is told by how many seconds."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    failing = False
    while True:
        due = due + seconds if due + seconds > loop.time() else loop.time() + seconds
        await asyncio.sleep(due - loop.time())
        if late is not None:
            late(loop.time() - due)
        try:
            await work()
        except (*OUTAGES, Refused) as error:
            if not failing:
                log.warning("background work waits for the database", error=said(error))
            failing = True
        else:
            failing = False


async def _done(work: Callable[[], None]) -> None:
    work()


async def _boards(node: Node) -> None:
    now = node.clock()
    node.presence.tick(now)
    node.receipts.tick(now)
    node.typing.tick(now)
    node.rates.tell()
    node.cluster.probe_bus()


async def _sweep(node: Node) -> None:
    await node.clock.measure()
    await node.beat.beat()
    now = node.clock()
    await node.switching.poll()
    await node.cursors.write(now)
    if node.last_seen:
        seen = dict(node.last_seen)
        await node.directory.were_here(seen)
        for user in [user for user, at in seen.items() if node.last_seen.get(user) == at]:
            del node.last_seen[user]
    await node.relay.recover(now)
    await node.catch_up.compare(now)
    if node.cluster.subscriptions is not None:
        await node.cluster.subscriptions.tick()


async def _renew_lease(node: Node) -> None:
    """Once a second this node says that it lives, and tells its users of those of nodes that do not, database or not."""
    whereabouts = node.cluster.whereabouts
    if whereabouts is not None:
        if whereabouts.is_forgotten():
            node.presence.restate()
        node.presence.found(await whereabouts.renew(), node.clock())


async def _purge(node: Node, days: int) -> None:
    purged = 1
    while purged:
        purged = await node.outbox.purge(node.clock() - days * DAY_MS)


async def _end(
    settings: Settings, node: Node, journal: "asyncio.Task[None]", ports: Sequence[Port | TcpPort]
) -> None:
    """No new connections, `bye` to all, the last commits, then what is kept lazily."""
    node.ending = True
    for port in ports:
        await port.stop_accepting()
    await asyncio.sleep(LAST_HANDSHAKES_SECONDS)
    node.gate.admission.draining = True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(settings.drain_seconds + GOODBYE_SECONDS):
            await say_goodbye(node.gate, settings.drain_seconds)
    await node.cluster.leave(settings.presence_linger_seconds * 1000)
    node.journal.stop()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST_COMMITS_SECONDS):
            await journal
    try:
        await _sweep(node)
        await node.outbox.flush()
        await node.beat.leave()
    except OUTAGES as error:
        log.warning("cursors of the last second were not kept", error=said(error))
