"""Two people in a room, as raw clients: what the smaller fault tests play with, and how their run is judged."""

from dataclasses import dataclass

from hubbub.operate.cluster.server import Server, sign_up
from hubbub.operate.proof.history import Envelope, Witness
from hubbub.operate.proof.history_checker import check
from hubbub.operate.proof.raw_client import RawClient
from hubbub.operate.proof.stored_log import read_stored


@dataclass
class Company:
    """Alice owns the room and Bob is in it."""

    server: Server
    alice: RawClient
    bob: RawClient
    room: str
    made: int = 0

    def message(self, content: str = "hello") -> Envelope:
        """A message to the room with a msg_id of its own, for whoever says it first."""
        self.made += 1
        content = f"{self.made} {content}"
        return {
            "type": "send",
            "msg_type": "group",
            "to": self.room,
            "content": content,
            "msg_id": f"m{self.made}",
        }

    async def judge(self) -> None:
        """Everybody reads everything, the server is killed, and what all saw is compared with the file."""
        for client in (self.alice, self.bob):
            after, more = 0, True
            while more:
                page = await client.ask({"type": "history", "chat": self.room, "after": after, "limit": 300})
                after, more = page["entries"][-1]["seq"], page["more"]
            await client.heard(seq=after)
        await self.server.kill()
        findings = check([self.alice.witness, self.bob.witness], read_stored(self.server.read))
        assert not findings.violations, findings.report()


async def gather(server: Server) -> Company:
    """Start the server if need be, sign both up and bring them into a room."""
    if server.is_dead:
        await server.start()
    alice, bob = [
        RawClient(server, Witness(f"{user}.a", user), await sign_up(server, user))
        for user in ("alice", "bob")
    ]
    await alice.connect()
    await bob.connect()
    made = await alice.ask({"type": "create_room", "name": "r", "public": True, "msg_id": "room"})
    joined = await bob.ask({"type": "join", "chat": made["chat"], "msg_id": "in"})
    assert joined["type"] == "done", joined
    return Company(server, alice, bob, made["chat"])
