"""A small real server: enough of docs/protocol.md for a client to resume, retry and be let down on purpose.

What it stores outlives `stop` and `start`, as a durable server's store outlives the process. The knobs at the top of
the class make it lose things.
"""

import json
from collections import defaultdict
from collections.abc import Callable

import httpx
from clients.python.tests.fake_listener import Listener, Peer
from clients.python.tests.server_words import Fields


def never(_: Fields) -> bool:
    return False


def always(_: Fields) -> bool:
    return True


class FakeServer:
    """Users, chats as lists of entries, and the connections that listen."""

    def __init__(self) -> None:
        self.lose_push: Callable[[Fields], bool] = never
        self.lose_reply: Callable[[Fields], bool] = never
        self.refuse: dict[str, list[Fields]] = defaultdict(list)
        self.replay_max = 500
        self.list_max = 500
        self.epoch = "e1"
        self.heartbeat_ms = 30_000
        self.answer_pings = True
        self.valid: dict[str, str] = {}
        self.refresh_tokens: dict[str, str] = {}
        self.refreshes = 0
        self.token_lives_ms = 3_600_000
        self.now_ms = 1_000_000
        self.passwords: dict[str, str] = {}
        self.chats: dict[str, list[Fields]] = {}
        self.members: dict[str, set[str]] = {}
        self.peers: dict[str, tuple[str, str]] = {}
        self.names: dict[str, str] = {}
        self.public: set[str] = set()
        self.requested: set[tuple[str, str]] = set()
        self.stored: dict[tuple[str, str], Fields] = {}
        self.requests: list[Fields] = []
        self.ended: list[str] = []
        self.pictures: list[tuple[bytes, str]] = []
        self.listening: dict[Peer, str] = {}
        self._serials = 0
        self._listener = Listener(self._talk)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def tcp_url(self) -> str:
        return f"tcp://127.0.0.1:{self._listener.tcp_port}"

    async def start(self) -> None:
        await self._listener.start()

    async def kill(self) -> None:
        """Connections break off without a word, as after kill -9."""
        await self._listener.kill()
        self.listening.clear()

    async def close_all(self, code: int, bye: Fields | None = None) -> None:
        for connection in list(self.listening):
            await connection.close(code, bye)

    # Scenes

    def user(self, name: str) -> str:
        """A token for a user."""
        token = f"token-{name}-{self._serial()}"
        self.valid[token] = name
        return token

    def room(self, chat: str, *members: str) -> None:
        self.chats[chat] = []
        self.members[chat] = set(members)

    def private(self, chat: str, one: str, other: str) -> None:
        self.room(chat, one, other)
        self.peers[chat] = (one, other)

    def store(self, chat: str, entry: Fields) -> Fields:
        log = self.chats[chat]
        entry = {"chat": chat, "seq": len(log) + 1, "ts": self.now_ms, **entry}
        log.append(entry)
        return entry

    def message(self, chat: str, sender: str, content: str) -> Fields:
        msg_id = f"m{self._serial()}"
        return self.store(chat, _message(chat, sender, content, msg_id))

    async def say(self, chat: str, sender: str, content: str) -> Fields:
        entry = self.message(chat, sender, content)
        await self.push(entry)
        return entry

    async def push(self, entry: Fields) -> None:
        for connection, user in list(self.listening.items()):
            if user in self.members[entry["chat"]] and not self.lose_push(entry):
                await self._push(connection, entry)

    async def tell(self, push: Fields) -> None:
        for connection in list(self.listening):
            await self._push(connection, push)

    def asked(self, kind: str) -> list[Fields]:
        return [request for request in self.requests if request["type"] == kind]

    # Conversations

    async def _push(self, connection: Peer, push: Fields) -> None:
        if not await connection.say(push):
            self.listening.pop(connection, None)

    async def _talk(self, connection: Peer) -> None:
        async for request in connection.hear():
            self.requests.append(request)
            if request["type"] != "pong":
                await self._serve(connection, request)
        self.listening.pop(connection, None)

    async def _serve(self, connection: Peer, request: Fields) -> None:
        kind = request["type"]
        if kind == "hello":
            await self._hello(connection, request)
        elif kind == "ping" and not self.answer_pings:
            return
        elif self.refuse[kind]:
            await self._reply(
                connection, request, {"type": "error", "message": "", **self.refuse[kind].pop(0)}
            )
        else:
            await getattr(self, f"_do_{kind}")(connection, request, self.listening[connection])

    async def _reply(self, connection: Peer, request: Fields, reply: Fields) -> None:
        if not self.lose_reply(request):
            await self._push(connection, {**reply, "id": request["id"]})

    async def _hello(self, connection: Peer, request: Fields) -> None:
        user = self.valid.get(request["token"])
        if user is None:
            await self._reply(
                connection, request, {"type": "error", "code": "unauthenticated", "message": ""}
            )
            await connection.close(4500)
            return
        cursors: dict[str, int] = request.get("cursors", {})
        mine = {chat for chat, members in self.members.items() if user in members}
        changed = {chat for chat in mine if cursors.get(chat, -1) != len(self.chats[chat])}
        shown = sorted(mine if request.get("chats", "all") == "all" else changed)
        await self._reply(connection, request, {
            "type": "welcome", "user": user, "device": request["device"], "session": "s1", "epoch": self.epoch,
            "server_time": self.now_ms, "heartbeat_ms": self.heartbeat_ms,
            "chats": [self.summary(chat, user) for chat in shown[:self.list_max]],
            "more": len(shown) > self.list_max,
            "gone": sorted(set(cursors) - mine),
        })  # fmt: skip
        for chat in sorted(mine & set(cursors)):
            await self._replay(connection, chat, cursors[chat], fresh=request.get("epoch") == self.epoch)
        self.listening[connection] = user

    async def _replay(self, connection: Peer, chat: str, cursor: int, *, fresh: bool) -> None:
        log = self.chats[chat]
        if not fresh or cursor > len(log):
            await self._push(
                connection, {"type": "resync", "chat": chat, "after": 0, "next": len(log) + 1, "reset": True}
            )
        elif len(log) - cursor > self.replay_max:
            await self._push(
                connection, {"type": "resync", "chat": chat, "after": cursor, "next": len(log) + 1}
            )
        else:
            for entry in log[cursor:]:
                await self._push(connection, entry)

    def summary(self, chat: str, user: str) -> Fields:
        common: Fields = {"chat": chat, "head": len(self.chats[chat]), "received": 0, "read": 0, "unread": 0}
        if chat in self.peers:
            peer = next(name for name in self.peers[chat] if name != user)
            return {**common, "msg_type": "private", "name": peer, "peer": peer}
        return {
            **common,
            "msg_type": "group",
            "name": self.names.get(chat, chat),
            "public": chat in self.public,
            "role": "member",
        }

    async def _do_send(self, connection: Peer, request: Fields, user: str) -> None:
        known = self.stored.get((user, request["msg_id"]))
        chat = self._chat_of(request, user)
        message = _message(chat, user, request["content"], request["msg_id"])
        entry = known or self.store(chat, message | _some(request, *{"reply_to"} & request.keys()))
        self.stored[user, request["msg_id"]] = entry
        reply = {
            "type": "sent",
            "duplicate": known is not None,
            **_some(entry, "msg_id", "chat", "seq", "ts"),
        }
        await self._reply(connection, request, reply)
        if known is None:
            await self.push(entry)

    def _chat_of(self, request: Fields, user: str) -> str:
        if request["msg_type"] == "group":
            return str(request["to"])
        return next(chat for chat, pair in self.peers.items() if set(pair) == {user, request["to"]})

    async def _do_edit(self, connection: Peer, request: Fields, user: str) -> None:
        entry = self.store(
            request["chat"],
            {"type": "edited", "from": user, "target": request["seq"], "content": request["content"]},
        )
        await self._reply(connection, request, {"type": "done", **_some(entry, "chat", "seq", "ts")})
        await self.push(entry)

    async def _do_history(self, connection: Peer, request: Fields, user: str) -> None:
        after, limit = request.get("after", 0), request.get("limit", 50)
        found = self.chats[request["chat"]][after : after + limit]
        more = after + limit < len(self.chats[request["chat"]])
        await self._reply(
            connection, request, {"type": "page", "chat": request["chat"], "entries": found, "more": more}
        )

    async def _do_chats(self, connection: Peer, request: Fields, user: str) -> None:
        after = request.get("after", "")
        found = [self.summary(chat, user) for chat in sorted(self.chats) if user in self.members[chat]]
        rest = [summary for summary in found if summary["chat"] > after]
        reply = {"type": "chats", "chats": rest[: self.list_max], "more": len(rest) > self.list_max}
        await self._reply(connection, request, reply)

    async def _do_received(self, connection: Peer, request: Fields, user: str) -> None:
        await self._reply(connection, request, {"type": "ok"})

    _do_read = _do_received

    async def _do_typing(self, connection: Peer, request: Fields, user: str) -> None:
        """Has no reply."""

    async def _do_create_room(self, connection: Peer, request: Fields, user: str) -> None:
        chat = f"r{self._serial()}"
        self.room(chat, user)
        self.names[chat] = request["name"]
        if request.get("public"):
            self.public.add(chat)
        before = self.summary(chat, user)
        entry = self.store(chat, {"type": "member", "from": user, "user": user, "change": "joined"})
        reply = {
            "type": "room",
            "chat": chat,
            "name": request["name"],
            "public": chat in self.public,
            "seq": 1,
        }
        await self._reply(connection, request, {**reply, "role": "owner"})
        await self._tell_user(user, {"type": "chat", **before})
        await self.push(entry)

    async def _do_rooms(self, connection: Peer, request: Fields, user: str) -> None:
        found = [
            {"chat": chat, "name": self.names[chat], "members": len(self.members[chat])}
            for chat in sorted(self.public)
            if request.get("query", "") in self.names[chat]
        ]
        await self._reply(connection, request, {"type": "rooms", "rooms": found, "more": False})

    async def _do_join(self, connection: Peer, request: Fields, user: str) -> None:
        chat = request["chat"]
        if chat not in self.public:
            await self._reply(connection, request, {"type": "error", "code": "not_found", "message": ""})
            return
        before = self.summary(chat, user)
        self.members[chat].add(user)
        entry = self.store(chat, {"type": "member", "from": user, "user": user, "change": "joined"})
        await self._reply(connection, request, {"type": "done", **_some(entry, "chat", "seq", "ts")})
        await self._tell_user(user, {"type": "chat", **before})
        await self.push(entry)

    async def _do_befriend(self, connection: Peer, request: Fields, user: str) -> None:
        self.requested.add((user, request["user"]))
        await self._reply(connection, request, {"type": "ok"})
        await self._tell_user(request["user"], {"type": "friend", "user": user, "change": "requested"})

    async def _do_accept(self, connection: Peer, request: Fields, user: str) -> None:
        other = request["user"]
        if (other, user) not in self.requested:
            await self._reply(connection, request, {"type": "error", "code": "not_found", "message": ""})
            return
        self.requested.discard((other, user))
        chat = f"p{self._serial()}"
        self.private(chat, other, user)
        await self._reply(connection, request, {"type": "ok"})
        for one, two in ((user, other), (other, user)):
            await self._tell_user(one, {"type": "chat", **self.summary(chat, one)})
            await self._tell_user(one, {"type": "friend", "user": two, "change": "accepted"})

    async def _do_friends(self, connection: Peer, request: Fields, user: str) -> None:
        await self._reply(connection, request, {
            "type": "friends", "friends": sorted({*sum(self.peers.values(), ())} - {user}), "blocked": [],
            "incoming": [one for one, other in sorted(self.requested) if other == user],
            "outgoing": [other for one, other in sorted(self.requested) if one == user],
        })  # fmt: skip

    async def _tell_user(self, user: str, push: Fields) -> None:
        for connection, listener in list(self.listening.items()):
            if listener == user:
                await self._push(connection, push)

    async def _do_ping(self, connection: Peer, request: Fields, user: str) -> None:
        await self._reply(connection, request, {"type": "pong"})

    def _serial(self) -> int:
        self._serials += 1
        return self._serials

    # HTTP

    def http(self) -> httpx.MockTransport:
        """The HTTP API, without a port."""
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/me/avatar"):
            self.pictures.append((request.content, request.headers["content-type"]))
            return httpx.Response(204)
        body = json.loads(request.content or b"{}")
        match request.method, request.url.path.removeprefix("/api/v1"):
            case "POST", "/accounts":
                return self._sign_up(body)
            case "POST", "/sessions":
                return self._log_in(body)
            case "POST", "/sessions/refresh":
                return self._refresh(body)
            case "DELETE", path:
                self.ended.append(path.rpartition("/")[2])
                return httpx.Response(204)
        return _problem(404, "not_found")

    def _sign_up(self, body: Fields) -> httpx.Response:
        if body["user"] in self.passwords:
            return _problem(409, "conflict")
        self.passwords[body["user"]] = body["password"]
        return self._tokens(body["user"])

    def _log_in(self, body: Fields) -> httpx.Response:
        if self.passwords.get(body["user"]) != body["password"]:
            return _problem(401, "unauthenticated")
        return self._tokens(body["user"])

    def _refresh(self, body: Fields) -> httpx.Response:
        user = self.refresh_tokens.pop(body["refresh_token"], None)
        if user is None:
            return _problem(401, "unauthenticated")
        self.refreshes += 1
        return self._tokens(user)

    def _tokens(self, user: str) -> httpx.Response:
        refresh = f"refresh-{user}-{self._serial()}"
        self.refresh_tokens[refresh] = user
        return httpx.Response(
            201,
            json={
                "user": user,
                "token": self.user(user),
                "expires_at": self.now_ms + self.token_lives_ms,
                "refresh_token": refresh,
            },
        )


def _message(chat: str, sender: str, content: str, msg_id: str) -> Fields:
    return {"type": "message", "msg_id": msg_id, "msg_type": "group", "from": sender, "to": chat} | {
        "content": content
    }


def _some(fields: Fields, *names: str) -> Fields:
    return {name: fields[name] for name in names}


def _problem(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "detail": code, "status": status})
