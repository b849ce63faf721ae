"""This node among others: the bus of the settings, what is said on it, and what is heard."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from hubbub.model import ids
from hubbub.model.chats import Chat
from hubbub.model.news import EVERYBODY, CursorsRose, News, ProfileChanged, SessionsEnded, SignedUp, of_chat
from hubbub.model.ports import Chats
from hubbub.model.replies import ProfileListing
from hubbub.model.sessions import ExternalSessions, OnRevoked
from hubbub.persist.cursors import CursorStore
from hubbub.persist.engine import Database
from hubbub.persist.entries import EntryLog
from hubbub.persist.people import Directory
from hubbub.persist.recent import RedisWindows
from hubbub.persist.recent_log import RecentLog
from hubbub.persist.replicas import Replicas
from hubbub.persist.revocations import Revocations
from hubbub.persist.shared_sessions import SharedSessions
from hubbub.persist.shared_state import SharedState
from hubbub.persist.whereabouts import Whereabouts
from hubbub.publish.local_bus import LocalBus
from hubbub.publish.nats_bus import NatsBus
from hubbub.publish.probe import Probe
from hubbub.publish.redis_bus import RedisBus
from hubbub.publish.telling import Hear, Telling
from hubbub.push.ear import Ear
from hubbub.push.hub import ALONE
from hubbub.push.interest import Interest, Spawn, Subscriptions
from hubbub.push.profiles import ProfileBoard
from hubbub.push.receipts import ReceiptBoard
from hubbub.push.roll_call import RollCall
from hubbub.push.shared_chats import SharedChats
from hubbub.runtime.spawn import Tasks
from hubbub.wiring.settings import Settings

OnProfile = Callable[[ProfileListing], Awaitable[None]]
AnyBus = LocalBus | NatsBus | RedisBus


class Cluster:
    """Without a bus the node is alone: nobody is told, and nobody heard.

    `ear` is set by wiring, once the hub is there that it needs.
    """

    ear: Ear

    def __init__(self, settings: Settings, spawn: Spawn, clock: Callable[[], int]) -> None:
        self.node = ids.opaque("n", secrets.token_bytes(5))
        self.bus = bus_of(settings, self._hear)
        self._recent = settings.cache.recent
        self._spawn = spawn
        self._clock = clock
        self.subscriptions: Subscriptions | None = None
        self._telling: Telling | None = None
        self.probe: Probe | None = None
        if self.bus is not None:
            self._telling = Telling(self.bus, self.node)
            self.subscriptions = Subscriptions(self.bus, self._heard_again, spawn)
            self.probe = Probe(self.bus, self.node, _time())
            for topic in (EVERYBODY, self.probe.topic):
                self.subscriptions.hold(topic)
        self.state: SharedState | None = None
        self.whereabouts: RollCall | Whereabouts | None = None
        redis = settings.redis or (settings.bus if settings.bus.startswith("redis") else "")
        if self.bus is None:
            return
        lease = settings.presence_lease_seconds
        if redis:
            self.state = SharedState(redis, settings.namespace, clock)
            self.whereabouts = Whereabouts(self.state, self.node, clock, self.say, lease * 1000)
        else:
            bus = self.bus
            self.whereabouts = RollCall(self.node, self.say, spawn, lambda: bus.is_up, lease)

    def _hear(self, topic: str, data: bytes) -> None:
        if self.probe is not None and topic == self.probe.topic:
            self.probe.heard(data, _time())
        else:
            self.ear.hear(topic, data)

    def probe_bus(self) -> None:
        """See how late it is."""
        if self.probe is not None:
            self.probe.send(_time())

    @property
    def lag(self) -> float:
        """How late the bus is, in seconds."""
        return 0.0 if self.probe is None else self.probe.lag(_time())

    def _heard_again(self, topic: str) -> None:
        self.ear.heard_again(topic)

    @property
    def interest(self) -> Interest:
        """What the hub tells of its listeners."""
        return ALONE if self.subscriptions is None else self.subscriptions

    def chats(self, store: Chats) -> Chats:
        """Chats as this node may believe them."""
        return store if self.subscriptions is None else SharedChats(store, self.subscriptions)

    def recent(self, log: EntryLog, database: Database, replicas: Replicas, epoch: str) -> RecentLog | None:
        """The log with its recent end in the Redis that nodes share, if there is one."""
        if self.state is None or self._recent == 0:
            return None
        windows = RedisWindows(self.state, epoch, self._recent)
        return RecentLog(log, database, replicas, windows, self._recent, self._spawn)

    @property
    def roll_call(self) -> RollCall | None:
        """Who is on which node, where the nodes have to tell each other."""
        return self.whereabouts if isinstance(self.whereabouts, RollCall) else None

    def external_sessions(self, stored: ExternalSessions, epoch: str) -> ExternalSessions:
        """Sessions of external tokens, which the nodes remember in the Redis that they share, if there is one."""
        if self.state is None:
            return stored
        return SharedSessions(stored, self.state, epoch, self._clock)

    async def leave(self, linger_ms: float) -> None:
        """This node ends; its users count as there until they could have come back."""
        if self.whereabouts is not None:
            await self.whereabouts.end(linger_ms)

    async def close(self) -> None:
        """Nothing is told any more."""
        if self.state is not None:
            await self.state.close()

    def say(self, topic: str, news: News) -> None:
        """Tell the other nodes, if there are any."""
        if self._telling is not None:
            self._telling.say(topic, news)


def _time() -> float:
    return asyncio.get_running_loop().time()


def bus_of(settings: Settings, hear: Hear) -> AnyBus | None:
    """The bus that the setting `bus` names."""
    scheme, _, rest = settings.bus.partition("://")
    if scheme in {"redis", "rediss"}:
        return RedisBus(settings.bus, settings.namespace, hear)
    if scheme in {"nats", "tls"}:
        return NatsBus(settings.bus, settings.namespace, hear)
    return LocalBus(Path(rest), hear) if scheme == "unix" else None


class Cursors:
    """model.ports.Cursors: kept by the store, told here by the board, and to other nodes once they are written."""

    def __init__(
        self,
        store: CursorStore,
        board: ReceiptBoard,
        say: Callable[[str, News], None],
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._board = board
        self._say = say
        self._clock = clock
        self._untold: set[tuple[Chat, str]] = set()

    def moved(self, chat: Chat, user: str) -> None:
        """The member's cursors rose in memory."""
        self._store.moved(chat, user)
        self._board.moved(chat, user, self._clock())
        self._untold.add((chat, user))

    async def write(self, now: int) -> None:
        """Write what rose, then tell it. Raises the database's errors, and then does so the next time."""
        untold, self._untold = self._untold, set()
        try:
            await self._store.write(now)
        except BaseException:
            self._untold |= untold
            raise
        for chat, user in untold:
            member = chat.member(user)
            if member is not None:
                self._say(
                    of_chat(chat.id),
                    CursorsRose(chat.id, user, member.received, member.read, member.read_ordinal),
                )


def profile_changed(directory: Directory, board: ProfileBoard, cluster: Cluster) -> OnProfile:
    """What is kept in memory is read again, and who sees the user is told."""

    async def changed(profile: ProfileListing) -> None:
        directory.forget(profile.user)
        cluster.say(EVERYBODY, ProfileChanged(profile))
        await board.changed(profile)

    return changed


def signed_up(directory: Directory, cluster: Cluster) -> Callable[[str], None]:
    """Whoever was looked for in vain a moment ago is there now, on every node."""

    def new(user: str) -> None:
        directory.forget(user)
        cluster.say(EVERYBODY, SignedUp(user))

    return new


def profile_changed_elsewhere(
    directory: Directory, board: ProfileBoard, tasks: Tasks
) -> Callable[[ProfileListing], None]:
    """The same where another node changed it."""

    def changed(profile: ProfileListing) -> None:
        directory.forget(profile.user)
        tasks.spawn(board.changed(profile), "tell a changed profile")

    return changed


def revoked(revocations: Revocations, cluster: Cluster) -> OnRevoked:
    """Sessions ended here end everywhere: the bus is quicker than the poll of the database."""

    def ended(sessions: Sequence[str]) -> None:
        revocations.announce(sessions)
        cluster.say(EVERYBODY, SessionsEnded(list(sessions)))

    return ended
