"""Who of this node's users hears what: every chat somebody here listens to has a channel.

A hub passes an entry on only if its seq is the next one: older ones are dropped, and a gap is filled from the log. The
joining of a user, the reading of positions and the passing on of entries all happen between two awaits, so nothing
falls between.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from hubbub.codec.wires import Encoded
from hubbub.model.chats import Chat
from hubbub.model.entries import REMOVALS, Entry, MemberChanged
from hubbub.model.news import of_chat, of_user
from hubbub.model.proposals import Committed
from hubbub.model.recent import Given
from hubbub.model.replies import ChatPush, FriendPush, Push, Resync
from hubbub.push.channel import Announce, Attach, Channel, CloseHole, Detach, Entries, Step
from hubbub.push.fan_outs import FanOuts
from hubbub.push.interest import Alone, Interest
from hubbub.push.latency import Since
from hubbub.push.mailbox import Flusher, Mailbox
from hubbub.push.own_reactions import NOBODYS, NOTHING, Forms, own_forms
from hubbub.runtime.tracing import NO_TRACES, Contexts, Traces

SLICE = 1_000  # writes in a loop turn, and deliveries of one chat: 6 ms, or twice that where others listen
JOINED = 16 * SLICE  # deliveries in a loop turn: 4 ms, as most are joined to what is written anyway


class Local:
    """A user of this node: their connections, and the channels of their chats (shared by the connections).

    `loading` collects which chats came (and None for those that went) while the list is read from the database; None
    itself once the channels are known. `friend_pushes` counts what they were told of friends.
    """

    __slots__ = ("channels", "friend_pushes", "loading", "mailboxes", "user")

    def __init__(self, user: str) -> None:
        self.user = user
        self.mailboxes: tuple[Mailbox, ...] = ()
        self.channels: dict[str, Channel] | None = None
        self.loading: dict[str, Chat | None] | None = {}
        self.friend_pushes = 0


ALONE = Alone()


class Hub:
    """`describe` gives the `chat` push for a member of a chat whose flow starts after a seq; `fill` reads a gap.

    `interest` is told which chats and users somebody here listens to, so that other nodes' news of them come here.
    """

    def __init__(
        self,
        flusher: Flusher,
        describe: Callable[[Chat, str, int], ChatPush],
        fill: Callable[[Channel], None],
        interest: Interest = ALONE,
        traces: Traces = NO_TRACES,
    ) -> None:
        self.interest = interest
        self._flusher = flusher
        self._latency = flusher.latency
        self._fan_outs = FanOuts(traces)
        self._describe = describe
        self._fill = fill
        self._channels: dict[str, Channel] = {}
        self._locals: dict[str, Local] = {}
        self._active: deque[Channel] = deque()
        self.deliveries = 0
        flusher.sources.append(self.serve)

    # ── who is here ─────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def channels(self) -> Iterable[Channel]:
        """Every channel of this node."""
        return self._channels.values()

    def channel(self, chat: str) -> Channel | None:
        """The channel of a chat somebody here listens to."""
        return self._channels.get(chat)

    def local(self, user: str) -> Local | None:
        """The user, if anything of them is here."""
        return self._locals.get(user)

    def expect(self, user: str) -> Local:
        """The user is about to come; from now on what happens to their chats is noted."""
        local = self._locals.get(user)
        if local is None:
            local = self._locals[user] = Local(user)
            self.interest.hold(of_user(user))
        return local

    def settle(self, local: Local, chats: Iterable[Chat]) -> dict[str, Channel]:
        """The user's channels, given the chats read since `expect`. News of a chat may have been lost on its way here."""
        if local.channels is None:
            local.channels = {}
            known = {chat.id: chat for chat in chats} | (local.loading or {})
            for chat in known.values():
                if chat is not None:
                    self._link(local, chat, chat.head)
            local.loading = None
        for chat in chats:
            if chat.id not in local.channels and local.user in chat.members:
                channel = self._channels.get(chat.id)
                self.came(chat, local.user, chat.head if channel is None else channel.position)
        return local.channels

    def _open(self, chat: Chat, position: int) -> Channel:
        """The chat's channel; where nobody here was in the chat, its flow starts after `position`."""
        channel = self._channels.get(chat.id)
        if channel is None:
            channel = self._channels[chat.id] = Channel(chat, position)
            self.interest.hold(of_chat(chat.id))
        return channel

    def _link(self, local: Local, chat: Chat, position: int) -> Channel:
        """The user is in the chat."""
        channel = self._open(chat, position)
        if local.channels is not None and chat.id not in local.channels:
            local.channels[chat.id] = channel
            channel.locals += 1
        return channel

    def _unlink(self, local: Local, channel: Channel) -> None:
        if local.channels is not None and local.channels.pop(channel.chat.id, None) is not None:
            channel.locals -= 1
            self._let_go(channel)

    def _let_go(self, channel: Channel) -> None:
        """A channel nobody needs; while it has steps to serve, who comes back must find their place behind them."""
        if channel.locals == 0 and not channel.active and self._channels.get(channel.chat.id) is channel:
            del self._channels[channel.chat.id]
            self._fan_outs.passed_on(channel)
            self.interest.release(of_chat(channel.chat.id))

    def enter(self, local: Local, mailbox: Mailbox) -> None:
        """One more connection of the user: it hears what is told to the user, and chats once attached."""
        local.mailboxes = (*local.mailboxes, mailbox)

    def attach(self, channel: Channel, mailbox: Mailbox) -> None:
        """The connection's flow of this chat starts after `channel.position`."""
        if channel.steps:
            self._queue(channel, Attach(mailbox))
        else:
            channel.add(mailbox)

    def leave(self, local: Local, mailbox: Mailbox) -> None:
        """A connection ended."""
        local.mailboxes = tuple(each for each in local.mailboxes if each is not mailbox)
        for channel in (local.channels or {}).values():
            channel.drop(mailbox)

    def forget(self, user: str) -> None:
        """The user is gone for good (offline): let go of their channels."""
        local = self._locals.get(user)
        if local is not None and not local.mailboxes:
            del self._locals[user]
            self.interest.release(of_user(user))
            for channel in list((local.channels or {}).values()):
                self._unlink(local, channel)

    # ── what happened ───────────────────────────────────────────────────────────────────────────────────────────

    def publish(self, committed: Sequence[Committed]) -> None:
        """Pass on what was committed, in order."""
        for each in committed:
            for user, push in each.notices:
                self.tell_of_friend(user, push)
            if each.shown:
                before = each.chat.head - len(each.entries)
                for user in each.chat.people or ():
                    self.came(each.chat, user, before)
            if each.entries:
                since = (self._latency.local, each.accepted or each.entries[0].ts)
                self._pass_on(each.chat, each.entries, since, each.traces)

    def hear(self, chat: Chat, entries: Sequence[Entry], accepted: int, traces: Contexts = ()) -> None:
        """The same of what another node committed. `accepted`: when its command was (ms), 0 if that was not said."""
        self._pass_on(chat, entries, (self._latency.remote, accepted or entries[0].ts), traces)

    def _pass_on(self, chat: Chat, entries: Sequence[Entry], since: Since, traces: Contexts) -> None:
        """Entries of one chat in rising seq; what was passed on is dropped, a gap is filled first."""
        self._welcome_joined(chat, entries)
        channel = self._channels.get(chat.id)
        if channel is None:
            return
        channel.reach = max(channel.reach, entries[-1].seq)
        fresh = [entry for entry in entries if entry.seq > channel.position]
        if fresh:
            self._fan_outs.begin(channel, traces, since)
        if not fresh or channel.filling:
            return
        if fresh[0].seq != channel.position + 1:
            channel.filling = True
            self._fill(channel)
            return
        self._queue_entries(channel, fresh, since)

    def trace(self, channel: Channel, traces: Contexts, accepted: int) -> None:
        """Another node committed this on these traces, and it is about to be read from the log."""
        self._fan_outs.begin(channel, traces, (self._latency.remote, accepted))

    def _welcome_joined(self, chat: Chat, entries: Sequence[Entry]) -> None:
        """Somebody of this node may join a chat nobody here listened to: its flow starts before that entry."""
        if chat.id in self._channels:
            return
        for entry in entries:
            if type(entry) is MemberChanged and entry.user in self._locals:
                local = self._locals[entry.user]
                if entry.change == "joined" and local.channels is not None:
                    self._open(chat, entries[0].seq - 1)
                    return
                _note(local, chat, entry.change)

    def note_changes(self, chat: str, entries: Sequence[Entry]) -> None:
        """Another node says who was removed from a chat, while perhaps the list of that user's chats is being read."""
        for entry in entries:
            if type(entry) is MemberChanged and entry.change in REMOVALS and entry.user in self._locals:
                loading = self._locals[entry.user].loading
                if loading is not None:
                    loading[chat] = None

    def filled(self, channel: Channel, entries: Sequence[Entry], given: Given = NOTHING) -> None:
        """What was read to fill a gap, and who gave reactions that stand behind it. If more is known of already, that is read next; else by the next comparison."""
        channel.filling = False
        if self._channels.get(channel.chat.id) is not channel:
            return
        fresh = [entry for entry in entries if entry.seq > channel.position]
        if fresh:
            self._queue_entries(channel, fresh, (self._latency.remote, fresh[0].ts), own_forms(fresh, given))
        if entries and channel.reach > channel.position:
            channel.filling = True
            self._fill(channel)

    def _queue_entries(
        self, channel: Channel, entries: Sequence[Entry], since: Since, own: Forms = NOBODYS
    ) -> None:
        """Split where somebody comes or goes; what lies between is one step."""
        run: list[Entry] = []
        for entry in entries:
            if type(entry) is MemberChanged and entry.change == "joined":
                self._queue_run(channel, run, since, own)
                run = []
                self.came(channel.chat, entry.user, entry.seq - 1)
            run.append(entry)
            channel.position = entry.seq
            if type(entry) is MemberChanged and entry.change in REMOVALS:
                self._queue_run(channel, run, since, own)
                run = []
                self._went(channel, entry.user)
        self._queue_run(channel, run, since, own)
        for step in self._fan_outs.passed_on(channel):
            self._queue(channel, step)

    def _queue_run(self, channel: Channel, run: list[Entry], since: Since, own: Forms) -> None:
        for entry in run:
            last = channel.steps[-1] if channel.steps else None
            if entry.seq in own:
                self._queue(channel, Entries([entry], since, self._addressed(own[entry.seq])))
            elif not (isinstance(last, Entries) and last.extend((entry,))):
                self._queue(channel, Entries([entry], since))

    def _addressed(self, forms: Mapping[str, Entry]) -> dict[Mailbox, Entry]:
        """The connections here of users who get a form of their own."""
        here = ((self._locals[user], form) for user, form in forms.items() if user in self._locals)
        return {mailbox: form for local, form in here for mailbox in local.mailboxes}

    def came(self, chat: Chat, user: str, head: int) -> None:
        """The chat became visible to the user: say so, and let its flow start after `head`.

        Nothing is said where it is linked already: whoever is here was told by a `chat` or by their welcome.
        """
        local = self._locals.get(user)
        if local is None:
            return
        if local.channels is None:
            _note(local, chat, "joined")
            return
        if chat.id in local.channels:
            return
        channel = self._link(local, chat, head)
        if local.mailboxes:
            self._queue(channel, Announce(local.mailboxes, self._describe(chat, user, head)))
        for mailbox in local.mailboxes:
            self._queue(channel, Attach(mailbox))

    def _went(self, channel: Channel, user: str) -> None:
        local = self._locals.get(user)
        if local is not None and local.channels is None:
            _note(local, channel.chat, "left")
        elif local is not None:
            self._queue(channel, Detach(local.mailboxes))
            self._unlink(local, channel)

    def tell(self, user: str, push: Push) -> None:
        """A push that belongs to a user, not to a chat."""
        self.tell_all((user,), push)

    def tell_of_friend(self, user: str, push: FriendPush) -> None:
        """A friendship of the user was asked for, made or ended."""
        local = self._locals.get(user)
        if local is not None:
            local.friend_pushes += 1
            self.tell(user, push)

    def friend_pushes(self, user: str) -> int:
        """How often a user of this node was told of a friendship."""
        local = self._locals.get(user)
        return 0 if local is None else local.friend_pushes

    def tell_all(self, users: Iterable[str], push: Push) -> None:
        """The same push for several users: encoded once per codec."""
        encoded = Encoded((push,))
        for user in users:
            local = self._locals.get(user)
            for mailbox in local.mailboxes if local is not None else ():
                mailbox.offer(encoded.on(mailbox.wire))

    def tell_others(self, users: Iterable[str], news: Mapping[str, Push]) -> None:
        """News of users, in one piece, to each of `users` without what is of themselves; encoded once per codec."""
        encoded, places = Encoded(list(news.values())), {user: place for place, user in enumerate(news)}
        for user in users:
            local, place = self._locals.get(user), places.get(user)
            for mailbox in local.mailboxes if local is not None else ():
                frames = encoded.on(mailbox.wire) if place is None else encoded.but(mailbox.wire, place)
                if frames:
                    mailbox.offer(frames)

    def tell_chat(self, channel: Channel, push: Push, but: str | None = None) -> None:
        """A push for all who listen to a chat, but one user's connections; lost where a peer is slow."""
        spared = self._locals.get(but) if but is not None else None
        encoded = Encoded((push,))
        for wire, mailboxes in channel.listeners.items():
            frame = encoded.on(wire)
            for mailbox in mailboxes:
                if spared is None or mailbox not in spared.mailboxes:
                    mailbox.offer(frame)

    # ── holes ───────────────────────────────────────────────────────────────────────────────────────────────────

    def drained(self, mailbox: Mailbox) -> None:
        """A slow connection has taken everything: announce its holes, each at its place in its chat."""
        if mailbox.missed_other:
            mailbox.missed_other = False
            mailbox.put(mailbox.wire.frame(Resync()))
        for channel in list(mailbox.missed or ()):
            self._queue(channel, CloseHole(mailbox))

    # ── serving ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _queue(self, channel: Channel, step: Step) -> None:
        channel.steps.append(step)
        if not channel.active:
            channel.active = True
            self._active.append(channel)
            self._flusher.schedule()

    def serve(self) -> bool:
        """Serve each channel once, a slice at most, so that what several have for one connection is one write; True if some are left."""
        dirty, made, waiting = self._flusher.dirty, 0, len(self._active)
        while waiting and made < JOINED and (not made or len(dirty) <= SLICE):
            waiting -= 1
            channel = self._active.popleft()
            made += self._serve(channel, SLICE)
            if channel.steps:
                self._active.append(channel)
            else:
                channel.active = False
                self._let_go(channel)
        return bool(self._active)

    def _serve(self, channel: Channel, budget: int) -> int:
        made = 0
        while channel.steps and made < budget:
            step = channel.steps[0]
            self._flusher.last_step = not self._active and len(channel.steps) == 1
            made += max(step.run(channel, self._flusher, budget - made), 1)
            if step.done:
                channel.steps.popleft()
            if step.heavy:
                break
        self._flusher.last_step = False
        self.deliveries += made
        return made


def _note(local: Local, chat: Chat, change: str) -> None:
    """What became of a chat while its user's list was being read."""
    if local.loading is None:
        return
    if change == "joined":
        local.loading[chat.id] = chat
    elif change in REMOVALS:
        local.loading[chat.id] = None
