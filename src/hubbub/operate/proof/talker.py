"""A device that talks without pause through all crashes: it says, changes, erases, comes and goes, and retries.

What it does is drawn from its own seeded generator; when it does so depends on the server, so a seed repeats the choices
and not the interleaving.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from hubbub.operate.cluster.server import EVERY, Server
from hubbub.operate.proof.history import ENTRY_TYPES, REMOVALS, Envelope, Witness
from hubbub.operate.proof.raw_client import LOST, RawClient

WINDOW = 8  # writes waiting for an answer
PACE = 0.02  # seconds between two acts, on average
EMOJI = ("👍", "❤️", "🎉")
RECENT = 30  # messages of others it remembers, to react to
TRY_LATER = frozenset({"unavailable", "rate_limited"})


@dataclass
class Ground:
    """What all talkers share. `up`: the server serves; `resting`: nothing new is begun; `over`: go home."""

    up: asyncio.Event = field(default_factory=asyncio.Event)
    resting: bool = False
    over: bool = False
    lives: int = 0
    rooms: list[str] = field(default_factory=list)


class Talker:
    """One device of a user. `friends` are whom it writes to in private; `absence`: how likely it stays away after a loss."""

    absence = 0.1

    def __init__(
        self,
        server: Server,
        name: str,
        user: str,
        token: str,
        ground: Ground,
        random: Random,
        pace: float = PACE,
    ) -> None:
        self.witness = Witness(name, user)
        self.client = RawClient(server, self.witness, token, self.hear)
        self.name = name
        self.user = user
        self.ground = ground
        self.random = random
        self.pace = pace
        self.friends: list[str] = []
        self.epoch: str | None = None
        self.cursors: dict[str, int] = {}
        self.undecided: dict[str, Envelope] = {}
        self.in_flight: set[str] = set()
        self.holes: list[tuple[str, int, int]] = []
        self.must_list = False
        self.mine: dict[str, list[int]] = defaultdict(list)
        self.others: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=RECENT))
        self.said: deque[Envelope] = deque(maxlen=RECENT)
        self._made = 0

    # ── hearing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def hear(self, envelope: Envelope) -> None:
        """Keep the cursors where the client is."""
        kind = envelope["type"]
        if kind in ENTRY_TYPES and envelope["chat"] in self.cursors:
            self._entry(envelope)
        elif kind == "chat":
            self.cursors[envelope["chat"]] = envelope["head"]
        elif kind == "welcome":
            self._welcome(envelope)
        elif kind == "resync" and "chat" in envelope:
            if envelope["next"] > envelope["after"] + 1:  # a log that begins anew has no hole
                self.holes.append((envelope["chat"], envelope["after"], envelope["next"]))
            self.cursors[envelope["chat"]] = envelope["next"] - 1
        elif kind == "resync":
            self.must_list = True

    def _entry(self, entry: Envelope) -> None:
        chat = entry["chat"]
        self.cursors[chat] = entry["seq"]
        if entry["type"] == "message" and entry["from"] != self.user:
            self.others[chat].append(entry["seq"])
        elif entry["type"] == "member" and entry["user"] == self.user and entry["change"] in REMOVALS:
            self._forget(chat)

    def _welcome(self, welcome: Envelope) -> None:
        self.epoch = welcome["epoch"]
        for chat in welcome.get("gone", ()):
            self._forget(chat)
        heads = {each["chat"]: each["head"] for each in welcome["chats"]} | welcome.get("heads", {})
        for chat, head in heads.items():
            self.cursors.setdefault(chat, head)

    def _forget(self, chat: str) -> None:
        self.cursors.pop(chat, None)
        self.holes = [hole for hole in self.holes if hole[0] != chat]

    # ── connections ─────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Talk until the ground says it is over."""
        while not self.ground.over:
            await self.ground.up.wait()
            try:
                await self._converse()
            except LOST:
                await asyncio.sleep(self.random.uniform(0, 2 * EVERY))
            if not self.ground.resting and self.random.random() < self.absence:
                await self._stay_away(self.ground.lives + 2)

    async def _stay_away(self, lives: int) -> None:
        """Miss more than is replayed."""
        while self.ground.lives < lives and not self.ground.resting:  # noqa: ASYNC110
            await asyncio.sleep(EVERY)

    async def _converse(self) -> None:
        await self.client.connect(**self._hello())
        self.in_flight.clear()
        while self.client.is_open and not self.ground.over:
            await self._retry()
            await self._mend()
            if self.ground.resting:
                await asyncio.sleep(EVERY)
            else:
                await self._act()
        if self.ground.over:
            await self.client.close()

    def _hello(self) -> Envelope:
        hello: Envelope = {"device": self.name, "chats": self.random.choice(("all", "changed", "none"))}
        return hello | ({"cursors": dict(self.cursors), "epoch": self.epoch} if self.epoch else {})

    async def _retry(self) -> None:
        """Ask again, with the same msg_id, for everything that is undecided."""
        for msg_id in [each for each in self.undecided if each not in self.in_flight]:
            await self._ask(self.undecided[msg_id])

    async def _mend(self) -> None:
        """Read the holes that were announced; look at the list again if told to."""
        while self.holes:
            chat, after, following = self.holes[0]
            page = await self.client.ask({"type": "history", "chat": chat, "after": after, "limit": 100})
            last = page["entries"][-1]["seq"] if page["type"] == "page" else following
            if self.holes and self.holes[0][0] == chat:
                self.holes[0] = (chat, last, following)
                if last >= following - 1:
                    self.holes.pop(0)
        if self.must_list:
            self.must_list = False
            listed = {each["chat"] for each in (await self.client.ask({"type": "chats"}))["chats"]}
            for chat in self.cursors.keys() - listed:
                self._forget(chat)

    async def _ask(self, body: Envelope) -> None:
        if "msg_id" in body:
            self.undecided[body["msg_id"]] = body
            self.in_flight.add(body["msg_id"])
        answer = await self.client.tell(body)
        if "msg_id" in body:
            answer.add_done_callback(lambda done: self._decided(body, done.result()))

    def _decided(self, body: Envelope, answer: Envelope | None) -> None:
        self.in_flight.discard(body["msg_id"])
        if answer is None or answer.get("code") in TRY_LATER:
            return
        self.undecided.pop(body["msg_id"], None)
        if answer["type"] == "sent":
            if not answer["duplicate"]:
                self.said.append(body)
            if answer["seq"] not in self.mine[answer["chat"]]:
                self.mine[answer["chat"]].append(answer["seq"])

    # ── acting ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _act(self) -> None:
        await asyncio.sleep(self.random.expovariate(1 / self.pace))
        while len(self.in_flight) >= WINDOW and self.client.is_open:
            self.client.moved.clear()
            await self.client.moved.wait()
        if self.client.is_open and not self.ground.resting:
            make = self.random.choices(list(ACTS), list(ACTS.values()))[0]
            body = make(self)
            if body is not None:
                await self._ask(body)

    def _msg_id(self) -> str:
        self._made += 1
        return f"{self.name}.{self._made}"

    def _chat(self) -> str | None:
        return self.random.choice(sorted(self.cursors)) if self.cursors else None

    def _content(self, msg_id: str) -> str:
        return f"{msg_id} " + self.random.choice(
            ("hello", "žluťoučký kůň 🐎", "x" * 300, '"\\ \n\t', "0", "null")
        )

    def send(self) -> Envelope | None:
        msg_id = self._msg_id()
        body = {"type": "send", "msg_id": msg_id, "content": self._content(msg_id)}
        if self.friends and self.random.random() < 0.3:
            return body | {"msg_type": "private", "to": self.random.choice(self.friends)}
        rooms = [room for room in self.ground.rooms if room in self.cursors]
        if not rooms:
            return None
        room = self.random.choice(rooms)
        reply = (
            {"reply_to": self.random.choice(self.others[room])}
            if self.others[room] and self._made % 7 == 0
            else {}
        )
        return body | {"msg_type": "group", "to": room} | reply

    def send_again(self) -> Envelope | None:
        """What was acknowledged long ago, once more, on whatever connection this is."""
        return self.random.choice(self.said) if self.said else None

    def edit(self) -> Envelope | None:
        chat = self._chat()
        if chat is None or not self.mine[chat]:
            return None
        msg_id = self._msg_id()
        seq = self.random.choice(self.mine[chat][-RECENT:])
        return {"type": "edit", "chat": chat, "seq": seq, "content": self._content(msg_id), "msg_id": msg_id}

    def delete(self) -> Envelope | None:
        chat = self._chat()
        if chat is None or not self.mine[chat]:
            return None
        seq = self.random.choice(self.mine[chat])
        return {"type": "delete", "chat": chat, "seq": seq, "msg_id": self._msg_id()}

    def react(self) -> Envelope | None:
        chat = self._chat()
        if chat is None or not self.others[chat]:
            return None
        emoji, on = self.random.choice(EMOJI), self.random.random() < 0.7
        seq = self.random.choice(self.others[chat])
        return {"type": "react", "chat": chat, "seq": seq, "emoji": emoji, "on": on, "msg_id": self._msg_id()}

    def come_or_go(self) -> Envelope | None:
        room = self.random.choice(self.ground.rooms)
        kind = "leave" if room in self.cursors and self.random.random() < 0.4 else "join"
        return {"type": kind, "chat": room, "msg_id": self._msg_id()}

    def kick(self) -> Envelope | None:
        """Refused to most; who may has founded the room."""
        room, user = self.random.choice(self.ground.rooms), self.random.choice(self.friends or [self.user])
        return {"type": "kick", "chat": room, "user": user, "msg_id": self._msg_id()}

    def confirm(self) -> Envelope | None:
        chat = self._chat()
        if chat is None or not self.cursors[chat]:
            return None
        return {"type": self.random.choice(("received", "read")), "chat": chat, "seq": self.cursors[chat]}

    def vanish(self) -> None:
        """The network dies while the server lives."""
        self.client.drop()

    # ── in the end ──────────────────────────────────────────────────────────────────────────────────────────────

    def is_decided(self) -> bool:
        """Connected, with nothing in the air."""
        return self.client.is_open and not self.undecided and not self.holes and not self.must_list

    def is_at(self, heads: Mapping[str, int]) -> bool:
        """Everything that happened was told."""
        return (
            self.client.is_open
            and not self.holes
            and all(heads.get(chat, 0) == at for chat, at in self.cursors.items())
        )

    async def read_all(self) -> None:
        """Read every chat from its beginning."""
        for chat in sorted(self.cursors):
            after, more = 0, True
            while more:
                page = await self.client.ask({"type": "history", "chat": chat, "after": after, "limit": 300})
                after, more = page["entries"][-1]["seq"] if page["entries"] else after, page["more"]


ACTS: Mapping[Callable[[Talker], Envelope | None], float] = {
    Talker.send: 56,
    Talker.send_again: 3,
    Talker.edit: 10,
    Talker.delete: 4,
    Talker.react: 14,
    Talker.come_or_go: 4,
    Talker.kick: 1,
    Talker.confirm: 7,
    Talker.vanish: 0.3,
}
"""What a talker does, and how often."""
