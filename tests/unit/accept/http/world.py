"""The real application on a real SQLite file; only the table of commands is a stand-in."""

from collections.abc import Mapping
from typing import Any

import httpx
from msgspec import Struct

from hubbub.accept.http.admin.services import AdminServices
from hubbub.accept.http.app import build_app
from hubbub.accept.http.services import HttpPolicy, Services
from hubbub.accept.http.sign_in_limits import SignInLimits
from hubbub.dispatch.limits import TokenBuckets
from hubbub.dispatch.request_log import RequestLog
from hubbub.execute.accounts import AccountPolicy, Accounts
from hubbub.execute.administration import UserAdministration
from hubbub.execute.authentication import Authenticator
from hubbub.execute.avatars import Avatars
from hubbub.execute.erasure import Erasure
from hubbub.execute.exports import Exports
from hubbub.execute.external_logins import Door, ExternalLogins, LoginPolicy
from hubbub.execute.operations import Operations
from hubbub.execute.profiles import Profiles
from hubbub.execute.room_administration import RoomAdministration
from hubbub.execute.sessions import Sessions
from hubbub.execute.switching import Switching
from hubbub.model import commands, replies
from hubbub.model.administration import Health
from hubbub.model.commands import AnyCommand
from hubbub.model.entries import Message
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.features import FEATURES, Switches
from hubbub.model.identity import Caller
from hubbub.model.sessions import Lifetimes
from hubbub.persist.accounts import StoredAccounts
from hubbub.persist.administration import StoredAdministration
from hubbub.persist.archive import StoredArchive
from hubbub.persist.audit import StoredAudit
from hubbub.persist.avatars import StoredAvatars
from hubbub.persist.engine import Database
from hubbub.persist.erasure import StoredErasure
from hubbub.persist.outbox import Outbox
from hubbub.persist.revocations import Revocations
from hubbub.persist.sessions import StoredSessions
from hubbub.persist.switches import StoredSwitches
from hubbub.runtime.bounded_lines import BoundedLines
from hubbub.runtime.passwords import ArgonPasswords, HashCost

START = 1_700_000_000_000
SECRET = b"0123456789abcdef0123456789abcdef"
HEAD = 7
ADDRESS = "192.0.2.1"
PROFILES = 30  # changes an hour

DONE = replies.Done(chat="r1", seq=3, ts=START)
REPLIES: Mapping[type[Any], replies.Reply] = {
    commands.Send: replies.Sent(msg_id="m1", chat="r1", seq=3, ts=START, duplicate=False),
    commands.CreateRoom: replies.RoomMade(chat="r1", name="Tea", public=False, role="owner", seq=1),
    commands.History: replies.Page(
        chat="r1",
        entries=[
            Message(chat="r1", seq=3, ts=START, sender="bob", msg_id="m", msg_type="group", to="r1", content="hi")
        ],
        more=True,
    ),
    commands.Chats: replies.ChatList(chats=[], more=False),
    commands.Rooms: replies.RoomList(rooms=[], more=False),
    commands.Members: replies.MemberList(members=[], more=False),
    commands.Friends: replies.FriendLists(friends=["bob"], incoming=[], outgoing=[], blocked=[]),
    commands.Presence: replies.PresenceList(presences=[]),
    commands.Profile: replies.ProfileList(profiles=[replies.ProfileListing(user="bob", display_name="Bob")]),
} | {
    kind: replies.Ok()
    for kind in (
        commands.Received, commands.Read, commands.Befriend, commands.Accept, commands.Decline, commands.Unfriend,
        commands.Block, commands.Unblock,
    )
}  # fmt: skip


class Desk:
    """Answers every command with what fits it, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[AnyCommand] = []
        self.callers: list[Caller] = []
        self.replies: dict[type[Any], replies.Reply] = dict(REPLIES)
        self.refusal: Exception | None = None

    async def call(self, caller: Caller, command: AnyCommand, now: int) -> replies.Reply:
        self.asked.append(command)
        self.callers.append(caller)
        if self.refusal:
            raise self.refusal
        return self.replies.get(type(command), DONE)

    async def summary(self, caller: Caller, chat: str, now: int) -> replies.Summary:
        if chat == "unknown":
            raise Refused(ErrorCode.NOT_FOUND, "There is no such chat.")
        private = chat.startswith("p")
        return replies.Summary(
            chat=chat,
            msg_type="private" if private else "group",
            name="bob",
            peer="bob" if private else None,
            head=HEAD,
            received=0,
            read=0,
            unread=0,
        )


class Setup(Struct, kw_only=True):
    """What a test may ask for by `@pytest.mark.parametrize("setup", [...])`."""

    signup_open: bool = True
    limits: tuple[int, int, int] = (20, 10, 10)
    policy: HttpPolicy = HttpPolicy()
    doors: Mapping[str, Door] = {}


def buckets(limits: tuple[int, int, int]) -> list[TokenBuckets]:
    """Of sign-ups an hour, and of log-ins a minute by address and by account."""
    return [
        TokenBuckets(count / seconds, count) for count, seconds in zip(limits, (3600, 60, 60), strict=True)
    ]


class World:
    """One server: a client to ask it, a clock to turn, and what it did."""

    def __init__(self, database: Database, setup: Setup) -> None:
        self.now = START
        self.address = ADDRESS
        self.desk = Desk()
        self.ended: list[str] = []
        self.switches = Switches(dict.fromkeys(FEATURES, "on"), 250)
        self.profiles: list[replies.ProfileListing] = []
        self.passwords = ArgonPasswords(HashCost(time=1, memory_kib=8))
        self.revocations = Revocations(database, lambda: self.now, self.ended.extend, self.ended.extend)
        lifetimes = Lifetimes()
        accounts, sessions = StoredAccounts(database), StoredSessions(database, lifetimes)
        policy = AccountPolicy(secret=SECRET, signup_open=setup.signup_open, lifetimes=lifetimes)
        self.services = Services(
            accounts=Accounts(accounts, self.passwords, policy),
            sessions=Sessions(sessions, SECRET, lifetimes, self.revocations.announce),
            profiles=Profiles(accounts, self.changed),
            avatars=Avatars(StoredAvatars(database), self.changed),
            external_logins=ExternalLogins(
                setup.doors, sessions, LoginPolicy(secret=SECRET, lifetimes=lifetimes)
            ),
            authenticator=Authenticator(SECRET, self.revocations.is_revoked, sessions),
            admin=self.administration(database, sessions, lifetimes),
            commands=self.desk,
            sign_in_limits=SignInLimits(*buckets(setup.limits)),
            profile_limits=TokenBuckets(PROFILES / 3600, PROFILES),
            clock=lambda: self.now,
            requests=RequestLog("notable", 1_000, BoundedLines(0), lambda: self.now),
            address=lambda _scope: self.address,
            policy=setup.policy,
        )
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=build_app(self.services), raise_app_exceptions=False),  # type: ignore[arg-type]
            base_url="http://hubbub.test/api/v1",
        )

    def administration(
        self, database: Database, sessions: StoredSessions, lifetimes: Lifetimes
    ) -> AdminServices:
        """Users and what was done to them are real; rooms and the node have no journal here."""
        store, audit = StoredAdministration(database, lifetimes), StoredAudit(database)
        outbox = Outbox(database)
        return AdminServices(
            users=UserAdministration(
                store, sessions, self.passwords, self.revocations.announce, audit, password_chars=8
            ),
            rooms=RoomAdministration(store, self.desk, self.desk.call, audit),
            erasure=Erasure(
                store,
                StoredErasure(database, lifetimes),
                self.desk,
                self.desk.call,
                self.revocations.announce,
                self.changed,
                audit,
            ),
            exports=Exports(store, StoredArchive(database), self.desk, sessions, audit),
            switching=Switching(self.switches, StoredSwitches(database, self.switches), audit),
            operations=Operations(outbox, outbox.left_behind, self.health, audit),
        )

    async def health(self) -> Health:
        return Health(
            version="1", epoch="e1", node="n1", nodes=[], started_at=START, connections=0, users_online=0,
            journal_waiting=0, journal_failing=False, database="sqlite", bus="none", ending=False,
        )  # fmt: skip

    async def changed(self, profile: replies.ProfileListing) -> None:
        self.profiles.append(profile)

    async def sign_up(self, user: str = "alice", password: str = "correct horse") -> dict[str, Any]:
        answer = await self.http.post("/accounts", json={"user": user, "password": password})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is None:
            return await self.http.request(method, path, headers=sent)
        return await self.http.request(method, path, json=body, headers=sent)

    async def close(self) -> None:
        await self.http.aclose()
        self.passwords.close()
