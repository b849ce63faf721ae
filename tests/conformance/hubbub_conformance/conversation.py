"""Conversation scripts: plays in which people ask, hear and are refused, against a real server, on any wire.

    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    sent = await alice.asks("send", msg_type="group", to=room, content="hi", msg_id="1")
    await bob.hears("message", chat=room, seq=sent["seq"], content="hi")

Nothing sleeps: every step awaits what it names. Every envelope is held to its shape and every chat's entries to their
order (contract.py), whatever the play is about. `hears` takes the very next push, so an unexpected one fails it;
presence and receipts, which come by the clock, wait aside until they are asked for.
"""

import asyncio
import itertools
import secrets
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

import httpx

from hubbub_conformance.codecs import CODECS, Envelope
from hubbub_conformance.contract import LARGEST, REPLY_TO, Breach, Flow, check_envelope
from hubbub_conformance.http_requests import Http, Unheard
from hubbub_conformance.raw_websocket import Ended
from hubbub_conformance.wires import WEBSOCKET_JSON, Server, Wire

PATIENCE = 60.0  # seconds: a hung server fails the play instead of hanging it
ASK_AGAIN = 0.05  # seconds between questions, far below what one user may ask
ASIDE = frozenset({"presence", "receipt"})
PASSWORD = "correct horse"
PING = {"type": "ping"}  # of a server that speaks framed TCP
REMEMBERED = 60  # envelopes shown when a play fails
_numbers = itertools.count(1)
_run = secrets.token_hex(2)  # so that a server that was asked before can be asked again, and by two at once
_FIELD_OF = {"from_": "from"}


class Person:
    """Somebody with an account; `user` is their handle."""

    def __init__(self, stage: "Stage", tokens: Mapping[str, Any]) -> None:
        self.stage = stage
        self.user: str = tokens["user"]
        self.token: str = tokens["token"]
        self.refresh_token: str = tokens["refresh_token"]
        self.http = Http(stage.client, self.token)

    async def connects(self, **hello: Any) -> "Connection":  # noqa: ANN401 - fields of `hello`
        """Open a connection and say hello."""
        connection = await self.opens()
        await connection.greets(**hello)
        return connection

    async def opens(self, **options: Any) -> "Connection":  # noqa: ANN401 - of the wire's `connect`
        """Open a connection of the stage's wire and say nothing yet."""
        wire = self.stage.wire
        socket = await wire.connect(self.stage.next_node(), **options)
        return self.stage.keep(Connection(self, wire, socket))


class Connection:
    """One connection of a person: a part in a play."""

    def __init__(self, person: Person, wire: Wire, socket: Any) -> None:  # noqa: ANN401 - RawWebSocket or RawTcp
        self.person = person
        self.user = person.user
        self.http = person.http
        self.wire = wire
        self.socket = socket
        self.end = 1006  # what the end of a TCP socket means: what `bye` said, or what the client did
        self.welcome: Envelope = {}
        self.inbox: deque[Envelope] = deque()
        self.aside: dict[str, deque[Envelope]] = defaultdict(deque)
        self.flow = Flow({})
        self.seen: deque[str] = deque(maxlen=REMEMBERED)
        self._replies: dict[int, Envelope] = {}
        self._ids = itertools.count(1)

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def greets(self, **hello: Any) -> Envelope:  # noqa: ANN401 - fields of `hello`
        """Say hello with the person's token; gives the welcome."""
        self.welcome = await self.asks("hello", **{"token": self.person.token} | hello)
        return self.welcome

    async def asks(self, command: str, **fields: Any) -> Envelope:  # noqa: ANN401 - fields of a request
        """Send a request; gives its reply, which must be of the type the contract says."""
        if command == "ping":
            await self.person.stage.is_level(self)
        reply = await self.answer(await self.says(command, **fields))
        if reply["type"] != REPLY_TO[command]:
            raise Unheard(self._told(f"{command} was answered {reply}"))
        self.person.stage.note(reply)
        return reply

    async def reaches(self, heads: Mapping[str, int]) -> None:
        """Hear until those of these chats that are this user's are so far."""
        await self.answer(await self.says("ping"))
        at = self.flow.positions or {}
        while any(at[chat] < head for chat, head in heads.items() if chat in at):
            self._file(await self.next("what was said on another node"))

    async def stands_at(self, heads: Mapping[str, int]) -> None:
        """Hear until these chats, and no others, are this user's, and so far."""
        await self.answer(await self.says("ping"))
        while self.person.stage.is_cluster and self.flow.positions != heads:
            self._file(await self.next("what was said on another node"))
        if self.flow.positions != heads:
            raise Unheard(self._told(f"should be at {heads}, but is at {self.flow.positions}"))

    async def is_in(self, chat: str) -> None:
        """Hear until the chat is this user's."""
        while chat not in (self.flow.positions or {}):
            self._file(await self.next(f"chat {chat}"))

    async def is_refused(self, code: str, command: str, **fields: Any) -> Envelope:  # noqa: ANN401 - fields
        """Send a request that must be refused with this code; gives the `error`."""
        reply = await self.answer(await self.says(command, **fields))
        if reply["type"] != "error" or reply["code"] != code:
            raise Unheard(self._told(f"{command} should be refused as {code}, but: {reply}"))
        return reply

    async def says(self, command: str, **fields: Any) -> int:  # noqa: ANN401 - fields of a request
        """Send a request without waiting; gives its id."""
        number = next(self._ids)
        if command == "hello":
            self.flow = Flow(fields.get("cursors", {}))
        await self.sends({"type": command, "id": number} | _plain(fields))
        return number

    async def sends(self, envelope: object) -> None:
        """Send an envelope, or a string as it is."""
        self.seen.append(f"> {str(envelope)[:300]}")
        if isinstance(envelope, str):
            await self.socket.send_payload(envelope.encode("utf-8", "surrogatepass"))
        else:
            await self.socket.send_payload(self.wire.codec.encode(envelope))

    async def answer(self, request: int) -> Envelope:
        """The one reply to a request."""
        while request not in self._replies:
            self._file(await self.next(f"the reply to request {request}"))
        return self._replies.pop(request)

    async def friend_lists(self) -> tuple[list[str], list[str], list[str], list[str]]:
        """Friends, incoming and outgoing requests, and whom they block."""
        found = await self.asks("friends")
        return found["friends"], found["incoming"], found["outgoing"], found["blocked"]

    # ── hearing ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def next(self, awaited: str = "anything") -> Envelope:
        """The next envelope as it comes, reply or push; Ended if the server closed."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._read()
        except TimeoutError:
            raise Unheard(self._told(f"waited in vain for {awaited}")) from None

    async def _read(self) -> Envelope:
        while (envelope := await self._receive()) == PING and self.wire.is_tcp:
            if not self.socket.silent:
                await self.sends({"type": "pong"})
        try:
            check_envelope(envelope)
            self.flow.hear(envelope)
        except Breach as breach:
            raise Breach(self._told(str(breach))) from None
        return envelope

    async def _receive(self) -> Envelope:
        try:
            payload = await self.socket.receive_payload()
        except Ended as ended:
            if not self.wire.is_tcp:
                raise
            raise Ended(self.end, ended.reason) from None
        codec = CODECS[self.socket.heard] if self.wire.is_tcp else self.wire.codec
        envelope = codec.decode(payload)
        self.seen.append(f"< {str(envelope)[:300]}")
        if len(payload) > LARGEST:
            raise Breach(self._told(f"an envelope of {len(payload)} bytes"))
        if envelope.get("type") == "bye":
            self.end = envelope["code"]
        return envelope

    def _file(self, envelope: Envelope) -> None:
        if "id" in envelope:
            if envelope["id"] in self._replies:
                raise Unheard(self._told(f"a second reply: {envelope}"))
            self._replies[envelope["id"]] = envelope
        elif envelope["type"] in ASIDE:
            self.aside[envelope["type"]].append(envelope)
        else:
            self.inbox.append(envelope)

    async def hears(self, kind: str, **fields: Any) -> Envelope:  # noqa: ANN401 - fields of a push
        """The very next push, which must be of this type and hold these fields."""
        waiting = self.aside[kind] if kind in ASIDE else self.inbox
        while not waiting:
            self._file(await self.next(f"{kind} {fields}"))
        push = waiting.popleft()
        if not _matches(push, kind, fields):
            raise Unheard(self._told(f"expected {kind} {_plain(fields)}, but: {push}"))
        return push

    async def eventually_hears(self, kind: str, **fields: Any) -> Envelope:  # noqa: ANN401 - fields of a push
        """The next push of this type with these fields; what comes before it is passed over."""
        waiting = self.aside[kind] if kind in ASIDE else self.inbox
        while True:
            while not waiting:
                self._file(await self.next(f"{kind} {_plain(fields)}"))
            push = waiting.popleft()
            if _matches(push, kind, fields):
                return push

    async def hears_nothing(self, *, of: str | None = None) -> None:
        """No push has come (of one type, or but for presence and receipts) by the time a ping is answered."""
        await self.asks("ping")
        heard = [each for each in self.inbox if of is None or each["type"] == of]
        heard += self.aside[of] if of in ASIDE else ()
        if heard:
            raise Unheard(self._told(f"should have heard nothing, but: {heard}"))

    async def catches_up(self) -> Self:
        """Take everything that was pushed so far as heard."""
        await self.asks("ping")
        self.inbox.clear()
        self.aside.clear()
        return self

    # ── ending ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def is_closed(self, code: int) -> Envelope | None:
        """The server closes with this code; gives its `bye`, if there was one, which must say the same code."""
        try:
            while True:
                self._file(await self.next(f"close {code}"))
        except Ended as ended:
            bye = self.inbox[-1] if self.inbox and self.inbox[-1]["type"] == "bye" else None
            if ended.code != code or (bye is not None and bye["code"] != code):
                message = f"expected close {code}, but: {ended.code} {ended.reason}, {bye}"
                raise Unheard(self._told(message)) from None
            return bye

    async def leaves(self) -> None:
        """Close as clients do, and wait until the server has."""
        self.end = 1000
        await self.socket.close(1000)
        await self.is_closed(1000)

    async def drops(self) -> None:
        """Lose the connection."""
        await self.socket.abandon()

    def _told(self, what: str) -> str:
        return "\n".join([f"{self.user}: {what}", *self.seen])


class Stage:
    """One test's view of a server: who was signed up in it, and what they have open.

    With several `servers` that are nodes of one cluster, each connection and each request goes to the next one.
    """

    def __init__(self, *servers: Any, wire: Wire = WEBSOCKET_JSON) -> None:  # noqa: ANN401 - a Server; some plays stop it
        self.server = servers[0]
        self.wire = wire
        self._turns = itertools.cycle(servers)
        self._http_turns = itertools.cycle(servers)
        self._nodes = len(servers)
        self.is_cluster = len(servers) > 1
        self._heads: dict[str, int] = {}
        self.client = httpx.AsyncClient(
            base_url=self.server.http,
            verify=False,
            timeout=PATIENCE,
            event_hooks={"request": [self._address]} if self.is_cluster else {},
        )
        self.stranger = Http(self.client, None)
        self._connections: list[Connection] = []

    def next_node(self) -> Server:
        """Whose turn it is."""
        return next(self._turns)

    def note(self, reply: Envelope) -> None:
        """Remember how far chats are, where a connection may not have heard it by the time its ping is answered."""
        if self.is_cluster and reply["type"] in {"sent", "done"}:
            self._heads[reply["chat"]] = max(reply["seq"], self._heads.get(reply["chat"], 0))

    async def is_level(self, connection: Connection) -> None:
        """Between nodes a ping is no fence: what this play has asked for so far must have come first."""
        if self.is_cluster:
            await connection.reaches(self._heads)

    async def agrees(self, expected: object, ask: Callable[[], Awaitable[object]]) -> None:
        """What is asked is so; between nodes, once they have told each other: it is asked until it is so on each."""
        agreeing, until = 0, asyncio.get_running_loop().time() + PATIENCE
        while agreeing < self._nodes:
            found = await ask()
            agreeing = agreeing + 1 if found == expected else 0
            if not agreeing:
                if not self.is_cluster or asyncio.get_running_loop().time() > until:
                    raise Unheard(f"expected {expected}, but: {found}")
                await asyncio.sleep(ASK_AGAIN)

    async def _address(self, request: httpx.Request) -> None:
        request.url = request.url.copy_with(port=next(self._http_turns).port)

    def keep(self, connection: Connection) -> Connection:
        """Close it when the play is over."""
        self._connections.append(connection)
        return connection

    async def signs_up(self, name: str) -> Person:
        """A new account; its handle begins with `name` and is nobody else's."""
        new = {"user": f"{name}.{_run}.{next(_numbers)}", "password": PASSWORD}
        return Person(self, (await self.stranger.post("/accounts", new)).gives(201))

    async def people(self, *names: str) -> list[Connection]:
        """New people, each with one connection that has said hello."""
        return [await (await self.signs_up(name)).connects() for name in names]

    async def friends(self, one: Connection, other: Connection) -> str:
        """Make two people friends; gives the id of their chat. They have heard of it."""
        await one.asks("befriend", user=other)
        await other.asks("accept", user=one)
        chat: str = (await one.eventually_hears("chat", peer=other.user))["chat"]
        await other.eventually_hears("chat", peer=one.user)
        await one.catches_up()
        await other.catches_up()
        return chat

    async def room(self, owner: Connection, *members: Connection, public: bool = True) -> str:
        """A room with these members (friends of the owner's if it is not public), who have heard of each other."""
        chat: str = (await owner.asks("create_room", name="A room", public=public))["chat"]
        for member in members:
            if public:
                await member.asks("join", chat=chat)
            else:
                await owner.asks("invite", chat=chat, user=member)
        for person in (owner, *members):
            await person.is_in(chat)
            await person.catches_up()
        return chat

    async def stops_the_server(self) -> int:
        """SIGTERM once nobody is left who would have to be waited for; gives the exit status."""
        for connection in self._connections:
            await connection.drops()
        return self.server.stop()

    async def ends(self) -> None:
        """Drop what is still open."""
        for connection in self._connections:
            await connection.drops()
        await self.client.aclose()


def _plain(fields: Mapping[str, Any]) -> Envelope:
    """Fields as they are on the wire: people by their handles, `from_` for the word Python keeps."""
    return {
        _FIELD_OF.get(name, name): value.user if isinstance(value, Connection | Person) else value
        for name, value in fields.items()
    }


def _matches(push: Envelope, kind: str, fields: Mapping[str, Any]) -> bool:
    plain = _plain(fields)
    return push["type"] == kind and all(name in push and push[name] == value for name, value in plain.items())
