"""The only place where concrete parts meet: everything a node is made of, put together from its settings."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from hubbub.accept.certificate import Certificate
from hubbub.accept.connection import Gate
from hubbub.accept.http.admin.services import AdminServices
from hubbub.accept.http.services import HttpPolicy, Services
from hubbub.accept.http.sign_in_limits import SignInLimits
from hubbub.codec.json import size_of
from hubbub.dispatch.dispatcher import Dispatcher
from hubbub.dispatch.limits import TokenBuckets
from hubbub.dispatch.request_log import RequestLog
from hubbub.dispatch.session import Sessions as Conversations
from hubbub.model.features import Switches
from hubbub.model.ports import Bounds, Desk
from hubbub.model.proposals import Committed
from hubbub.persist.chats import ChatStore
from hubbub.persist.clock import DatabaseClock
from hubbub.persist.cursors import CursorStore
from hubbub.persist.engine import Database
from hubbub.persist.entries import EntryLog
from hubbub.persist.heads import Heads
from hubbub.persist.journal import Journal, Publish
from hubbub.persist.nodes import Beat, Circle
from hubbub.persist.outbox import Outbox
from hubbub.persist.people import Directory
from hubbub.persist.recent_log import RecentLog
from hubbub.persist.replicas import Replicas
from hubbub.persist.revocations import Revocations
from hubbub.persist.switches import StoredSwitches
from hubbub.publish.relay import Relay
from hubbub.push.arrivals import Arrivals
from hubbub.push.catch_up import CatchUp
from hubbub.push.ear import Ear
from hubbub.push.hub import Hub
from hubbub.push.mailbox import Flusher
from hubbub.push.presence import PresenceBoard
from hubbub.push.profiles import ProfileBoard
from hubbub.push.receipts import ReceiptBoard
from hubbub.push.resume import Resumption, describe
from hubbub.push.typing import TypingBoard
from hubbub.runtime.bounded_lines import BoundedLines
from hubbub.runtime.passwords import ArgonPasswords
from hubbub.runtime.spawn import Tasks
from hubbub.runtime.tracing import Traces
from hubbub.wiring.administration import administration, health_of, switches_of
from hubbub.wiring.cluster import (
    Cluster,
    Cursors,
    profile_changed,
    profile_changed_elsewhere,
    revoked,
    signed_up,
)
from hubbub.wiring.entrance import Entrance, entrance
from hubbub.wiring.gate import gate_of
from hubbub.wiring.identity import lifetimes_of
from hubbub.wiring.rates import SIGN_IN, Rates
from hubbub.wiring.settings import Settings
from hubbub.wiring.settings.tree import bound
from hubbub.wiring.traces import traces_of

Clock = Callable[[], int]


@dataclass(kw_only=True)
class Node:
    """The parts that have a life of their own."""

    tasks: Tasks
    database: Database
    clock: DatabaseClock
    replicas: Replicas
    recent: RecentLog | None
    beat: Beat
    journal: Journal
    relay: Relay
    outbox: Outbox
    cursors: Cursors
    directory: Directory
    revocations: Revocations
    passwords: ArgonPasswords
    hub: Hub
    catch_up: CatchUp
    presence: PresenceBoard
    receipts: ReceiptBoard
    typing: TypingBoard
    rates: Rates
    switches: Switches
    switching: StoredSwitches
    dispatcher: Dispatcher
    gate: Gate
    sessions: Conversations
    lines: BoundedLines
    traces: Traces
    services: Services
    last_seen: dict[str, int]
    cluster: Cluster
    certificate: Certificate | None = None
    ending: bool = False


def build(settings: Settings, database: Database, epoch: str, clock: DatabaseClock, circle: Circle) -> Node:
    """A node on an open database, on whose time it lives. Must run inside the event loop."""
    limits = settings.limits
    tasks = Tasks()
    replicas = Replicas.at(settings.database_replica, database, epoch)
    cluster = Cluster(settings, tasks.spawn, clock)
    traces = traces_of(settings.trace, cluster.node)
    store = ChatStore(
        database,
        replicas=replicas,
        capacity=settings.cache.chats,
        open_direct=settings.direct_policy == "anyone",
        shared=cluster.bus is not None,
    )
    shared = cluster.chats(store)
    log = EntryLog(database, replicas)
    recent = cluster.recent(log, database, replicas, epoch)
    directory = Directory(database, capacity=settings.cache.users, clock=clock)
    outbox = Outbox(database)
    cursor_store = CursorStore(database)
    flusher = Flusher(outgoing_bytes=bound(limits.outgoing_bytes), clock=clock)
    catch_up = CatchUp(log, Heads(database), shared, tasks.spawn)
    described = partial(describe, name_of=directory.name_of)
    hub = catch_up.hub = Hub(flusher, described, catch_up.fill, cluster.interest, traces)
    arrivals = Arrivals(hub, shared, catch_up, tasks.spawn)
    catch_up.arrived = arrivals.arrived
    relay = Relay(hub.publish, outbox, catch_up.hint, cluster.say, traces)
    last_seen: dict[str, int] = {}
    switches = switches_of(settings)
    receipts = ReceiptBoard(hub, crowd=bound(limits.crowd), offered=switches)
    typing = TypingBoard(hub, cluster.say, per_second=limits.typing_per_second, crowd=bound(limits.crowd))
    presence = PresenceBoard(
        hub,
        store,
        directory,
        crowd=bound(limits.crowd),
        linger_ms=settings.presence_linger_seconds * 1000,
        gone=last_seen,
        whereabouts=cluster.whereabouts,
        say=cluster.say,
        spawn=tasks.spawn,
        offered=switches,
    )
    journal = Journal(
        database,
        store,
        _in_turn(
            cursor_store.committed,
            relay.publish,
            presence.committed,
            *([] if recent is None else [recent.committed]),
        ),
        outbox.marking,
        clock,
        batch=settings.journal.batch,
        queue=settings.journal.queue,
        traces=traces,
    )
    catch_up.settled = journal.settled
    cursors = Cursors(cursor_store, receipts, cluster.say, clock)
    desk = Desk(
        bounds=_bounds(settings),
        chats=shared,
        log=recent or log,
        people=directory,
        cursors=cursors,
        presence=presence,
        typing=typing,
        pushes=hub,
        entropy=secrets.token_bytes,
        measure=size_of,
        offered=switches,
    )
    rates = Rates(limits, cluster.say, clock)
    dispatcher = Dispatcher(desk, journal, rates.buckets, traces=traces)
    lines = BoundedLines(settings.log.lines_per_second)
    requests = RequestLog(settings.log.requests, settings.log.slow_ms, lines, clock)
    gate = gate_of(settings, flusher, hub, clock, lines, traces)
    revocations = Revocations(database, clock, gate.end_revoked, gate.end_expired)
    board = ProfileBoard(hub, store, presence.fellows)
    cluster.ear = Ear(
        cluster.node,
        hub,
        store,
        catch_up,
        arrivals,
        receipts,
        typing,
        presence,
        revocations.announce,
        profile_changed_elsewhere(directory, board, tasks),
        directory.forget,
        rates.heard,
        cluster.roll_call,
        clock,
    )
    on_revoked = revoked(revocations, cluster)
    on_profile = profile_changed(directory, board, cluster)
    accounts = entrance(
        settings,
        database,
        clock,
        revocations,
        on_revoked,
        on_profile,
        signed_up(directory, cluster),
        partial(cluster.external_sessions, epoch=epoch),
    )
    switching = StoredSwitches(database, switches)
    admin = administration(
        database,
        lifetimes_of(settings),
        accounts.passwords,
        on_revoked,
        on_profile,
        desk,
        dispatcher.commit,
        outbox,
        relay,
        health_of(database, epoch, clock, gate, presence, journal, cluster),
        switching,
        switches,
        password_chars=settings.auth.password_chars,
    )
    sessions = gate.listener = Conversations(
        dispatcher,
        Resumption(hub, desk, catch_up, epoch=epoch),
        hub,
        presence,
        accounts.authenticator.authenticate,
        revocations.is_revoked,
        TokenBuckets(limits.refusals_per_second, limits.refusals_burst),
        tasks.spawn,
        clock,
        secrets.token_bytes,
        requests,
        per_user=bound(limits.connections_per_user),
        in_flight=bound(limits.requests_in_flight),
    )
    return Node(
        tasks=tasks,
        database=database,
        clock=clock,
        replicas=replicas,
        recent=recent,
        beat=Beat(database, clock, cluster.node, circle),
        journal=journal,
        relay=relay,
        outbox=outbox,
        cursors=cursors,
        directory=directory,
        revocations=revocations,
        passwords=accounts.passwords,
        hub=hub,
        catch_up=catch_up,
        presence=presence,
        receipts=receipts,
        typing=typing,
        rates=rates,
        switches=switches,
        switching=switching,
        dispatcher=dispatcher,
        gate=gate,
        sessions=sessions,
        lines=lines,
        traces=traces,
        services=_services(settings, accounts, admin, dispatcher, gate, rates, clock, requests, traces),
        last_seen=last_seen,
        cluster=cluster,
    )


def _in_turn(*listeners: Publish) -> Publish:
    """What is committed is told to each."""

    def publish(committed: Sequence[Committed]) -> None:
        for listener in listeners:
            listener(committed)

    return publish


def _bounds(settings: Settings) -> Bounds:
    limits = settings.limits
    return Bounds(
        content_chars=bound(limits.content_chars),
        emoji_bytes=bound(limits.emoji_bytes),
        emoji_per_message=bound(limits.emoji_per_message),
        history_page=limits.history_page,
        reply_bytes=limits.reply_bytes or 2**30,
        room_members=bound(limits.room_members),
        rooms_per_user=bound(limits.rooms_per_user),
        replay_per_chat=bound(limits.replay_per_chat),
        replay_per_hello=bound(limits.replay_per_hello),
        crowd=bound(limits.crowd),
        heartbeat_ms=settings.heartbeat_ms,
    )


def _services(
    settings: Settings,
    accounts: Entrance,
    admin: AdminServices,
    dispatcher: Dispatcher,
    gate: Gate,
    rates: Rates,
    clock: Clock,
    requests: RequestLog,
    traces: Traces,
) -> Services:
    return Services(
        accounts=accounts.accounts,
        sessions=accounts.sessions,
        profiles=accounts.profiles,
        avatars=accounts.avatars,
        authenticator=accounts.authenticator,
        external_logins=accounts.external_logins,
        admin=admin,
        commands=dispatcher,
        sign_in_limits=SignInLimits(*(rates.buckets[name] for name in SIGN_IN)),
        profile_limits=rates.buckets["profile"],
        clock=clock,
        requests=requests,
        traces=traces,
        entropy=secrets.token_bytes,
        address=gate.admission.address_of_scope,
        policy=HttpPolicy(
            public_url=settings.public_url,
            allowed_origins=tuple(settings.allowed_origins),
            request_bytes=settings.limits.request_bytes,
            version=version("hubbub"),
            name=settings.name,
            signup_open=settings.auth.signup_open,
            password_chars=settings.auth.password_chars,
            direct_policy=settings.direct_policy,
        ),
    )
