"""What `hello` brings back: the list of chats, and everything missed since the client's cursors (protocol.md §3.4).

The user's channels are joined before positions are read, and each flow is attached between the same two awaits in
which its position is compared, so nothing falls between. A chat is replayed whole up to its position or not at all.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from hubbub.model.chats import PRIVATE, Chat
from hubbub.model.commands import Hello
from hubbub.model.errors import Refused
from hubbub.model.identity import Identity
from hubbub.model.news import of_user
from hubbub.model.ports import Desk
from hubbub.model.replies import ChatPush, Resync, Summary, Welcome
from hubbub.model.summaries import ENVELOPE, fitting, summary
from hubbub.push.catch_up import CatchUp
from hubbub.push.channel import Channel
from hubbub.push.hub import ALONE, Hub, Local
from hubbub.push.mailbox import Mailbox

CHUNK = 100  # entries read and written at a time, so that a replay fits beside a mailbox's bound
ROUNDS = 200  # chunks for one chat; a chat that outruns its replay for so long is announced as a hole

REPLAYED, HOLE, RESET = "replayed", "hole", "reset"

Opened = Callable[[Welcome], bool]


def describe(
    chat: Chat, user: str, head: int, name_of: Callable[[str], str | None] = lambda _: None
) -> ChatPush:
    """The `chat` push for a member whose flow starts after `head`; `name_of` gives display names, where known."""
    peer = chat.peer_of(user) if chat.msg_type == PRIVATE else ""
    name = name_of(peer)
    made = summary(chat, user, {} if name is None else {peer: name})
    if made is None:
        return ChatPush(chat=chat.id, msg_type=chat.msg_type, name=chat.name, head=head, received=head, read=head,
                        unread=0)  # fmt: skip
    fields = {name: getattr(made, name) for name in Summary.__struct_fields__}
    return ChatPush(**fields | {"head": head, "last": chat.last if chat.head == head else None})


def _summary(channel: Channel, user: str, names: dict[str, str]) -> Summary | None:
    """The chat where this connection's flow of it starts."""
    made = summary(channel.chat, user, names)
    if made is not None and made.head != channel.position:
        made.head, made.last = channel.position, None
    return made


class Arrival(Struct, kw_only=True):
    """Who arrives, with what, on which connection. `device` is settled: the client's or a new one."""

    mailbox: Mailbox
    identity: Identity
    hello: Hello
    device: str
    now: int


class Resumption:
    """Brings a connection back to where its client was. `recovered`: chats it was behind in, by outcome; `replayed`: entries."""

    def __init__(self, hub: Hub, desk: Desk, catch_up: CatchUp, *, epoch: str) -> None:
        self._hub = hub
        self._catch_up = catch_up
        self._desk = desk
        self._epoch = epoch
        self.recovered: Counter[str] = Counter(dict.fromkeys((REPLAYED, HOLE, RESET), 0))
        self.replayed = 0

    async def open(self, arrival: Arrival, opened: Opened) -> None:
        """Call `opened` with the welcome (it writes it at once), then replay what was missed.

        `opened` gives False if the connection is not to be opened any more.
        """
        user = arrival.identity.user
        local = self._hub.expect(user)
        chats = await self._heard(user, local)
        peers = [chat.peer_of(user) for chat in chats if chat.msg_type == PRIVATE]
        profiles = await self._desk.people.profiles(peers)
        names = {name: profile.display_name for name, profile in profiles.items()}
        await self._level(chats, arrival.hello.cursors or {})
        if arrival.mailbox.gone:
            return None
        # No await from here until every flow is attached or queued for replay.
        if self._hub.local(user) is not local:
            return await self.open(arrival, opened)
        channels = self._hub.settle(local, chats)
        if not opened(self._welcome(arrival, channels, names)):
            return None
        self._hub.enter(local, arrival.mailbox)
        behind = self._attach(arrival, channels)
        self._catch_up.recheck(channels.values())
        for channel, cursor in behind:
            await self._replay(arrival.mailbox, channel, cursor, user)
        return None

    async def _heard(self, user: str, local: Local) -> list[Chat]:
        """The user's chats, read after this node hears what others do to the user. Alone, memory knows them."""
        if local.channels is not None and self._hub.interest is ALONE:
            return [channel.chat for channel in local.channels.values()]
        await self._hub.interest.ready([of_user(user)])
        return await self._desk.chats.of_user(user)

    async def _level(self, chats: Sequence[Chat], cursors: Mapping[str, int]) -> None:
        """The client may have heard on another node what did not come here yet."""
        for chat in chats:
            channel = self._hub.channel(chat.id)
            if channel is not None and cursors.get(chat.id, 0) > channel.position:
                await self._catch_up.level(channel, cursors[chat.id])

    def _welcome(self, arrival: Arrival, channels: dict[str, Channel], names: dict[str, str]) -> Welcome:
        user, hello = arrival.identity.user, arrival.hello
        cursors = hello.cursors or {}
        everything = [channels[chat] for chat in sorted(channels)]
        if hello.chats == "changed":
            wanted = [each for each in everything if cursors.get(each.chat.id) != each.position]
        else:
            wanted = everything if hello.chats == "all" else []
        summaries = [made for each in wanted if (made := _summary(each, user, names)) is not None]
        kept = fitting(self._desk, summaries, self._desk.bounds.reply_bytes - 64 * ENVELOPE)
        return Welcome(
            id=hello.id,
            user=user,
            device=arrival.device,
            session=arrival.identity.session,
            epoch=self._epoch,
            server_time=arrival.now,
            heartbeat_ms=self._desk.bounds.heartbeat_ms,
            chats=list(kept),
            more=len(kept) < len(summaries),
            gone=[chat for chat in cursors if chat not in channels],
            heads={each.chat.id: each.position for each in everything} if hello.chats == "none" else None,
        )

    def _attach(self, arrival: Arrival, channels: dict[str, Channel]) -> Sequence[tuple[Channel, int]]:
        """Join every flow that needs no replay; give those that do, with the client's cursors."""
        hello, mailbox = arrival.hello, arrival.mailbox
        cursors = hello.cursors or {}
        foreign = hello.epoch is not None and hello.epoch != self._epoch
        budget = self._desk.bounds.replay_per_hello
        behind: list[tuple[Channel, int]] = []
        for chat, channel in channels.items():
            cursor = cursors.get(chat, channel.position)
            missed = channel.position - cursor
            if chat in cursors and (foreign or missed < 0):
                self._resync(mailbox, channel, 0, reset=True)
            elif missed > min(self._desk.bounds.replay_per_chat, budget):
                self._resync(mailbox, channel, cursor)
            elif missed > 0:
                budget -= missed
                behind.append((channel, cursor))
                continue
            self._hub.attach(channel, mailbox)
        return behind

    def _resync(self, mailbox: Mailbox, channel: Channel, after: int, *, reset: bool = False) -> None:
        self.recovered[RESET if reset else HOLE] += 1
        hole = Resync(chat=channel.chat.id, after=after, next=channel.position + 1, reset=reset)
        mailbox.put(mailbox.wire.frame(hole))

    async def _replay(self, mailbox: Mailbox, channel: Channel, cursor: int, user: str) -> None:
        """Push what the client missed of one chat, a chunk at a time, then join its flow."""
        chat = channel.chat
        for _ in range(ROUNDS):
            try:
                read = await self._desk.log.after(chat.id, cursor, CHUNK, user)
            except Refused:
                break
            if mailbox.gone or self._left(channel, user, mailbox):
                return
            entries = [entry for entry in read if entry.seq <= channel.position]
            if entries:
                mailbox.put(mailbox.wire.frames(entries))
                self.replayed += len(entries)
                mailbox.delivered += len(entries)
                cursor = entries[-1].seq
            if cursor >= channel.position:
                self.recovered[REPLAYED] += 1
                self._hub.attach(channel, mailbox)
                return
            await mailbox.drained()
        self._resync(mailbox, channel, cursor)
        self._hub.attach(channel, mailbox)

    def _left(self, channel: Channel, user: str, mailbox: Mailbox) -> bool:
        """Whether the user was removed from the chat during the replay; the client asks for its list again."""
        local: Local | None = self._hub.local(user)
        if (
            local is not None
            and local.channels is not None
            and local.channels.get(channel.chat.id) is channel
        ):
            return False
        mailbox.put(mailbox.wire.frame(Resync()))
        return True
