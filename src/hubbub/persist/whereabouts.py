"""Which users are connected to which nodes, in Redis: one truth for presence, and for how many connections a user has.

`<ns>:nodes` is a sorted set of nodes by the end of their lease; a node renews one lease however many users it has.
`<ns>:here:<user>` is a hash of node → connections, kept alive by `EX`; `<ns>:users:<node>` is the set to clean up after a node.
A node whose lease ended counts for nothing, and who finds it first takes its users away.
"""

from collections.abc import Callable, Mapping, Sequence

from hubbub.model.news import EVERYBODY, Lost, News
from hubbub.persist.shared_state import Command, SharedState

EX_SECONDS = 86_400  # of what nobody cleans up, should every node die at once
CHUNK = 500  # users in one question: some 30 ms of this process, and far less of Redis


class Whereabouts:
    """Implements model.ports.Whereabouts. `say` tells the other nodes whom a dead one has lost.

    `lease_ms`: for how long a node counts that says nothing more.
    """

    def __init__(
        self,
        state: SharedState,
        node: str,
        clock: Callable[[], int],
        say: Callable[[str, News], None],
        lease_ms: int,
    ) -> None:
        self._state = state
        self._node = node
        self._clock = clock
        self._lease_ms = lease_ms
        self._alive: set[str] = {node}
        self._known = False
        self._forgotten = False
        self._ended = False
        self._say = say

    def _here(self, user: str) -> str:
        return self._state.key("here", user)

    async def moved(self, counts: Mapping[str, int | None]) -> dict[str, bool] | None:
        """These users have so many connections here now (None: are gone from here); gives who of them is elsewhere.

        None: Redis is away. However many they are, no question takes so long that a Redis that works seems to be away.
        """
        elsewhere: dict[str, bool] = {}
        users = list(counts)
        for start in range(0, len(users), CHUNK):
            some = await self._move({user: counts[user] for user in users[start : start + CHUNK]})
            if some is None:
                self._known = False
                return None
            elsewhere |= some
        return elsewhere

    async def _move(self, counts: Mapping[str, int | None]) -> dict[str, bool] | None:
        commands: list[Command] = [self._living()]
        for user, count in counts.items():
            here, users = self._here(user), self._state.key("users", self._node)
            commands.append(("HGETALL", here))
            if count is not None:
                commands += [("HSET", here, self._node, count), ("SADD", users, user)]
            else:
                commands += [("HDEL", here, self._node), ("SREM", users, user)]
            commands.append(("EXPIRE", here, EX_SECONDS))
        answers = await self._state.ask(commands, together=True)
        if answers is None:
            return None
        self._alive = {node.decode() for node in answers[0]}
        return {user: bool(self._others(each)) for user, each in zip(counts, answers[1::4], strict=True)}

    def _living(self) -> Command:
        """Which nodes live: asked with every question, because one may have come or gone since the last."""
        return ("ZRANGEBYSCORE", self._state.key("nodes"), self._clock(), "+inf")

    async def elsewhere(self, users: Sequence[str]) -> dict[str, int]:
        """Who of these users is on other nodes, with how many connections; nothing is known where Redis is away."""
        answers = await self._state.ask([self._living(), *(("HGETALL", self._here(user)) for user in users)])
        if answers is None:
            return {}
        self._alive = {node.decode() for node in answers[0]}
        found = {user: self._others(each) for user, each in zip(users, answers[1:], strict=True)}
        return {user: sum(others) for user, others in found.items() if others}

    def _others(self, nodes: Mapping[bytes, bytes]) -> list[int]:
        """Connections on each other node that lives; 0 where somebody has just left."""
        others = self._alive - {self._node}
        return [int(count) for node, count in nodes.items() if node.decode() in others]

    def is_forgotten(self) -> bool:
        """Whether Redis may have lost what it was told: it was away, or another one answers now. Asked once each time."""
        forgotten, self._forgotten = self._forgotten, False
        return forgotten

    async def renew(self) -> dict[str, bool]:
        """Keep the lease, see who else lives; gives users of dead nodes who are nowhere any more."""
        if self._ended:
            return {}
        now = self._clock()
        nodes = self._state.key("nodes")
        answers = await self._state.ask(
            [
                ("ZADD", nodes, now + self._lease_ms, self._node),
                self._living(),
                ("ZRANGEBYSCORE", nodes, "-inf", now),
            ]
        )
        if answers is None:
            self._known, self._alive = False, {self._node}
            return {}
        self._forgotten |= not self._known or bool(answers[0])
        self._known = True
        self._alive = {node.decode() for node in answers[1]}
        lost: list[str] = []
        for dead in answers[2]:
            lost += await self._take_away(dead.decode())
        if lost:
            self._say(EVERYBODY, Lost(lost))
        return dict.fromkeys(lost, False)

    async def _take_away(self, dead: str) -> list[str]:
        """Only the one whose removal counts does it."""
        users = self._state.key("users", dead)
        answers = await self._state.ask(
            [("ZREM", self._state.key("nodes"), dead), ("SMEMBERS", users), ("DEL", users)], together=True
        )
        if answers is None or not answers[0]:
            return []
        left = [user.decode() for user in answers[1]]
        nowhere: list[str] = []
        for start in range(0, len(left), CHUNK):
            chunk = left[start : start + CHUNK]
            commands: list[Command] = []
            for user in chunk:
                commands += [("HDEL", self._here(user), dead), ("HGETALL", self._here(user))]
            found = await self._state.ask(commands) or [None, {}] * len(chunk)
            nowhere += [
                user for user, nodes in zip(chunk, found[1::2], strict=True) if not self._anywhere(nodes)
            ]
        return nowhere

    def _anywhere(self, nodes: Mapping[bytes, bytes]) -> bool:
        return any(node.decode() in self._alive for node in nodes)

    async def end(self, linger_ms: float) -> None:
        """The node drains: its users count until they could have come back, then others take them away."""
        self._ended = True
        await self._state.ask([("ZADD", self._state.key("nodes"), self._clock() + linger_ms, self._node)])
