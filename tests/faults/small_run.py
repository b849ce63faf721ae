"""A small run in which every promise was kept, for the judge of the judge to break."""

from copy import deepcopy
from typing import Any

from hubbub.operate.proof.history import Entry, Envelope, Record, Stored, Witness
from hubbub.operate.proof.history_checker import check

ROOM = "r1"


class Run:
    """Alice made a room and Bob is in it; she said hello (3) and bye (4), changed it (5), he liked hello (6), took back
    his own word (7, erased by 8). Bob's network died after 4 and he came back with his cursor.
    """

    def __init__(self) -> None:
        self.alice = Witness("alice.a", "alice")
        self.bob = Witness("bob.a", "bob")
        self.witnesses = [self.alice, self.bob]
        self.log = deepcopy(LOG)
        self.writes = dict(WRITES)
        self.marks = {(ROOM, 3): {("+", "bob")}}
        self._alice()
        self._bob()
        self.alice.stays = False  # she never read the whole chat

    def _alice(self) -> None:
        say(self.alice, 1, {"type": "hello", "id": 1}, WELCOME | {"id": 1})
        create = {"type": "create_room", "id": 2, "name": "r", "public": True, "msg_id": "a0"}
        say(self.alice, 1, create, {"type": "room", "id": 2, "chat": ROOM, "seq": 1})
        hear(self.alice, 1, {"type": "chat", "chat": ROOM, "head": 0}, LIVE[1], LIVE[2])
        for number, seq in ((3, 3), (4, 4), (5, 5)):
            say(self.alice, 1, ASKED[seq] | {"id": number}, answer(seq) | {"id": number})
            hear(self.alice, 1, LIVE[seq])
        hear(self.alice, 1, LIVE[6], LIVE[7], LIVE[8])

    def _bob(self) -> None:
        say(self.bob, 1, {"type": "hello", "id": 1}, WELCOME | {"id": 1})
        say(self.bob, 1, ASKED[2] | {"id": 2}, answer(2) | {"id": 2})
        hear(self.bob, 1, {"type": "chat", "chat": ROOM, "head": 1}, *(LIVE[seq] for seq in (2, 3, 4)))
        self.bob.records.append(Record(1, "sent", ASKED[6] | {"id": 3}))
        self.bob.records.append(Record(1, "ended", {}))
        say(self.bob, 2, {"type": "hello", "id": 4, "cursors": {ROOM: 4}, "epoch": "e"}, WELCOME | {"id": 4})
        hear(self.bob, 2, LIVE[5], LIVE[6])
        say(self.bob, 2, ASKED[6] | {"id": 5}, answer(6) | {"id": 5})
        say(self.bob, 2, ASKED[7] | {"id": 6}, answer(7) | {"id": 6})
        hear(self.bob, 2, LIVE[7])
        say(self.bob, 2, ASKED[8] | {"id": 7}, answer(8) | {"id": 7})
        hear(self.bob, 2, LIVE[8])
        page = {"type": "page", "chat": ROOM, "entries": deepcopy(PRESENT), "more": False}
        say(self.bob, 2, {"type": "history", "chat": ROOM, "after": 0, "id": 8}, page | {"id": 8})

    def broken(self) -> set[str]:
        """The promises the checker finds broken."""
        stored = Stored({ROOM: self.log}, {ROOM: 8}, self.writes, self.marks)
        return {violation.promise for violation in check(self.witnesses, stored).violations}

    def at(self, who: str, connection: int, **fields: Any) -> int:  # noqa: ANN401
        """Where in a witness's records an envelope with these fields was got."""
        records = getattr(self, who).records
        return next(
            place
            for place, (number, way, envelope) in enumerate(records)
            if number == connection and way == "got" and fields.items() <= envelope.items()
        )

    def replace(self, who: str, place: int, **fields: Any) -> None:  # noqa: ANN401
        """Change an envelope that was got."""
        records = getattr(self, who).records
        records[place] = records[place]._replace(envelope=records[place].envelope | fields)


def say(witness: Witness, connection: int, request: Envelope, reply: Envelope) -> None:
    witness.records += [Record(connection, "sent", request), Record(connection, "got", reply)]


def hear(witness: Witness, connection: int, *pushes: Envelope) -> None:
    witness.records += [Record(connection, "got", push) for push in pushes]


def entry(seq: int, kind: str, sender: str, **fields: Any) -> Entry:  # noqa: ANN401
    return {"type": kind, "chat": ROOM, "seq": seq, "ts": seq, "from": sender, **fields}


def message(seq: int, sender: str, msg_id: str, content: str | None, **fields: Any) -> Entry:  # noqa: ANN401
    return entry(
        seq,
        "message",
        sender,
        msg_id=msg_id,
        content=content,
        msg_type="group",
        to=ROOM,
        reply_to=None,
        **fields,
    )


def answer(seq: int) -> Envelope:
    made = {"chat": ROOM, "seq": seq, "ts": seq}
    if ASKED[seq]["type"] == "send":
        return made | {"type": "sent", "msg_id": ASKED[seq]["msg_id"], "duplicate": False}
    return made | {"type": "done"}


WELCOME: Envelope = {"type": "welcome", "epoch": "e", "chats": [], "gone": []}
ASKED: dict[int, Envelope] = {
    2: {"type": "join", "chat": ROOM, "msg_id": "b0"},
    3: {"type": "send", "to": ROOM, "msg_type": "group", "content": "hello", "msg_id": "a1"},
    4: {"type": "send", "to": ROOM, "msg_type": "group", "content": "bye", "msg_id": "a2"},
    5: {"type": "edit", "chat": ROOM, "seq": 4, "content": "bye!", "msg_id": "a3"},
    6: {"type": "react", "chat": ROOM, "seq": 3, "emoji": "+", "on": True, "msg_id": "b1"},
    7: {"type": "send", "to": ROOM, "msg_type": "group", "content": "oops", "msg_id": "b2"},
    8: {"type": "delete", "chat": ROOM, "seq": 7, "msg_id": "b3"},
}
LIVE: dict[int, Entry] = {
    1: entry(1, "member", "alice", user="alice", change="joined"),
    2: entry(2, "member", "bob", user="bob", change="joined"),
    3: message(3, "alice", "a1", "hello"),
    4: message(4, "alice", "a2", "bye"),
    5: entry(5, "edited", "alice", target=4, content="bye!"),
    6: entry(6, "reacted", "bob", target=3, emoji="+", on=True),
    7: message(7, "bob", "b2", "oops"),
    8: entry(8, "deleted", "bob", target=7),
}
PRESENT: list[Entry] = [
    LIVE[1],
    LIVE[2],
    LIVE[3] | {"as_of": 6, "reactions": {"+": {"count": 1, "mine": True}}},
    LIVE[4] | {"as_of": 5, "content": "bye!", "edited": 5},
    LIVE[5],
    LIVE[6],
    LIVE[7] | {"as_of": 8, "content": None, "deleted": True},
    LIVE[8],
]
LOG: list[Entry] = [
    LIVE[1],
    LIVE[2],
    message(3, "alice", "a1", "hello", edited=None, deleted=False, as_of=6),
    message(4, "alice", "a2", "bye!", edited=5, deleted=False, as_of=5),
    entry(5, "edited", "alice", target=4, content="bye!", deleted=False),
    LIVE[6],
    message(7, "bob", "b2", None, edited=None, deleted=True, as_of=8),
    LIVE[8],
]
WRITES = {
    ("alice", "a0"): (ROOM, 1), ("bob", "b0"): (ROOM, 2), ("alice", "a1"): (ROOM, 3), ("alice", "a2"): (ROOM, 4),
    ("alice", "a3"): (ROOM, 5), ("bob", "b1"): (ROOM, 6), ("bob", "b2"): (ROOM, 7), ("bob", "b3"): (ROOM, 8),
}  # fmt: skip
