"""A company for pictures: the same people, rooms and words every time, at a clock that stands still."""

from pathlib import Path

from hubbub_client import Client, MemoryStore
from hubbub_client.events import (
    ChatAdded,
    Event,
    Friend,
    Member,
    Message,
    Presence,
    Reaction,
    Receipt,
    StateChanged,
    Status,
    Typing,
)
from hubbub_client.terminal.app.chat_app import HubbubApp
from hubbub_client.terminal.app.way_in import WayIn
from hubbub_client.terminal.desk.chat import Pending
from hubbub_client.terminal.desk.desk import Desk
from hubbub_client.terminal.desk.reactions import react
from hubbub_client.terminal.options import Options
from hubbub_client.terminal.place import Place
from hubbub_client.wire.entries import Summary
from hubbub_client.wire.replies import Friends, PublicRoom, RoomMember

NOON = 1_795_521_600_000  # 2026-11-24 12:00 UTC
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
NOWHERE = "http://127.0.0.1:1"


def room(chat: str, name: str, **more: object) -> Summary:
    fields = {"head": 0, "public": True, "role": "member"} | more
    return Summary(chat=chat, msg_type="group", name=name, **fields)


def private(chat: str, peer: str, **more: object) -> Summary:
    return Summary(chat=chat, msg_type="private", name=peer, peer=peer, **({"head": 0} | more))


def said(chat: str, seq: int, sender: str, content: str | None, minute: int, **more: object) -> Message:
    fields = {"ts": NOON + minute * MINUTE, "msg_id": f"m{seq}", "msg_type": "group", "to": chat} | more
    return Message(chat=chat, seq=seq, sender=sender, content=content, **fields)


def joined(chat: str, seq: int, user: str, minute: int) -> Member:
    return Member(chat=chat, seq=seq, ts=NOON + minute * MINUTE, sender=user, user=user, change="joined")


LAUNCH: list[Event] = [
    joined("r1", 1, "alice", -26 * 60),
    said("r1", 2, "bob", "Shall we launch on Tuesday?", -25 * 60, reactions={"👍": Reaction(count=3, mine=True)}),
    said("r1", 3, "alice", "Yes. I will write the announcement tonight.", -24 * 60 - 50),
    joined("r1", 4, "carol", -90),
    said("r1", 5, "carol", "I read the draft: https://example.org/launch\nTwo things:\n- the date\n- `make run` needs no root", -40),
    said("r1", 6, "alice", "Both mended.", -38, edited=9, as_of=9),
    said("r1", 7, "bob", "漢字 and 🎉 are as wide as they look, and [red]this is not red[/red] \x1b[2J", -12),
    said("r1", 8, "carol", "Then Tuesday it is.", -11, reply_to=2,
         reactions={"🎉": Reaction(count=2), "🚀": Reaction(count=1, mine=True)}),
    said("r1", 9, "alice", "I will be there at nine.", -10),
    said("r1", 10, "alice", "With coffee.", -9),
]  # fmt: skip


def furnish(desk: Desk) -> None:
    """Rooms, friends, words."""
    happened: list[Event] = [
        StateChanged(Status.CONNECTED),
        ChatAdded(room("r1", "launch", role="owner", head=0)),
        ChatAdded(room("r2", "random")),
        ChatAdded(room("r3", "a room with a very long name indeed")),
        ChatAdded(private("p1", "bob")),
        ChatAdded(private("p2", "dave")),
        *LAUNCH,
        said("r2", 1, "erin", "@alice have you seen this?", -8),
        said("r2", 2, "erin", "and this", -7),
        said("p1", 1, "bob", "lunch?", -5, msg_type="private"),
        said("r3", 1, "dave", "hm", -3000),
        Presence(user="bob", online=True),
        Presence(user="dave", online=False, last_seen=NOON - 3 * 60 * MINUTE),
        Presence(user="carol", online=True),
        Receipt(chat="r1", user="bob", received=10, read=9),
    ]
    for event in happened:
        react(desk, event, NOON)
    for chat in desk.chats.values():
        chat.log.whole = True
        chat.members = [
            RoomMember(user="alice", role="owner", read=10, received=10),
            RoomMember(user="bob", role="admin", read=9, received=10),
            RoomMember(user="carol", display_name="Carol C.", role="member", muted_until=NOON + 10 * MINUTE),
        ]
    desk.people.replace(
        Friends(friends=["bob", "dave"], incoming=[], outgoing=["frank"], blocked=["mallory"])
    )
    desk.directory = [
        PublicRoom(chat="r1", name="launch", members=3),
        PublicRoom(chat="r9", name="gardening", members=128),
        PublicRoom(chat="r8", name="chess", members=1),
    ]
    desk.open("r1")
    react(desk, Typing(chat="r1", user="bob", on=True), NOON)


def disturb(desk: Desk) -> None:
    """The server is away; something waits, something was refused, somebody asks."""
    desk.chats["r1"].pending += [
        Pending("w1", "on my way", NOON),
        Pending("w2", "x" * 60, NOON, trouble="Make it shorter."),
    ]
    react(desk, Friend(user="grace", change="requested"), NOON)
    desk.news.clear()
    react(desk, StateChanged(Status.DISCONNECTED, "it broke off", 7.0, 3), NOON)


class StillClient(Client):
    """Never connects: what is shown is what was put on the desk."""

    def start(self) -> None:
        return

    @property
    def user(self) -> str:
        return "alice"


class NoWay(WayIn):
    """A way in that leads to a client which stands still."""

    async def remembered(self) -> Client | None:
        return StillClient(NOWHERE, store=MemoryStore(), token="none")


def still_app(state: Path, *, light: bool = False) -> HubbubApp:
    """The application, at noon."""
    return HubbubApp(NoWay(Options(Place(NOWHERE), state=state)), light=light, now_ms=lambda: NOON)
