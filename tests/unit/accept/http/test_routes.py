"""Every chat route of docs/protocol.md §6 is one command of §2, and its answer that command's reply."""

import pytest
from tests.unit.accept.http.world import ADDRESS, HEAD, START, World

from hubbub.model.commands import (
    Accept,
    Ban,
    Befriend,
    Block,
    Chats,
    Command,
    CreateRoom,
    Decline,
    Delete,
    Edit,
    Friends,
    History,
    Invite,
    Join,
    Kick,
    Leave,
    Members,
    Mute,
    Presence,
    Profile,
    React,
    Read,
    Received,
    Rename,
    Rooms,
    Send,
    SetRole,
    Unban,
    Unblock,
    Unfriend,
)  # fmt: skip
from hubbub.model.errors import HTTP_STATUS, CommitUnknownError, ErrorCode, Refused
from hubbub.model.replies import ProfileList, Sent

DONE_BODY = {"chat": "r1", "seq": 3, "ts": START}
SENT_BODY = {"msg_id": "m1", "chat": "r1", "seq": 3, "ts": START, "duplicate": False}

ROUTES: list[tuple[str, str, object, list[Command], int, object]] = [
    ("GET", "/chats", None, [Chats(id=0)], 200, {"chats": [], "more": False}),
    ("GET", "/chats?after=r0", None, [Chats(id=0, after="r0")], 200, {"chats": [], "more": False}),
    ("POST", "/chats/r1/entries", {"content": "hi", "msg_id": "m1"},
     [Send(id=0, msg_type="group", to="r1", content="hi", msg_id="m1")], 201, SENT_BODY),
    ("POST", "/chats/p1/entries", {"content": "hi", "msg_id": "m1", "reply_to": 2},
     [Send(id=0, msg_type="private", to="bob", content="hi", msg_id="m1", reply_to=2)], 201, SENT_BODY),
    ("POST", "/direct/corp:7/entries", {"content": "hi", "msg_id": "m1"},
     [Send(id=0, msg_type="private", to="corp:7", content="hi", msg_id="m1")], 201, SENT_BODY),
    ("PATCH", "/chats/r1/entries/2", {"content": "ho", "msg_id": "k"},
     [Edit(id=0, chat="r1", seq=2, content="ho", msg_id="k")], 200, DONE_BODY),
    ("DELETE", "/chats/r1/entries/2", None, [Delete(id=0, chat="r1", seq=2)], 200, DONE_BODY),
    ("PUT", "/chats/r1/entries/2/reactions/%F0%9F%91%8D", None,
     [React(id=0, chat="r1", seq=2, emoji="👍", on=True)], 200, DONE_BODY),
    ("PUT", "/chats/r1/entries/2/reactions/x", {"msg_id": "k"},
     [React(id=0, chat="r1", seq=2, emoji="x", on=True, msg_id="k")], 200, DONE_BODY),
    ("DELETE", "/chats/r1/entries/2/reactions/%F0%9F%91%8D", None,
     [React(id=0, chat="r1", seq=2, emoji="👍", on=False)], 200, DONE_BODY),
    ("PUT", "/chats/r1/cursor", {"received": 5, "msg_id": "k"},
     [Received(id=0, chat="r1", seq=5, msg_id="k")], 204, None),
    ("PUT", "/chats/r1/cursor", {"received": 5, "read": 4, "msg_id": "k"},
     [Received(id=0, chat="r1", seq=5), Read(id=0, chat="r1", seq=4)], 204, None),
    ("POST", "/rooms", {"name": "Tea"}, [CreateRoom(id=0, name="Tea")], 201,
     {"chat": "r1", "name": "Tea", "public": False, "role": "owner", "seq": 1}),
    ("POST", "/rooms", {"name": "Tea", "public": True, "msg_id": "k"},
     [CreateRoom(id=0, name="Tea", public=True, msg_id="k")], 201, ...),
    ("GET", "/rooms?query=te&after=r0", None, [Rooms(id=0, query="te", after="r0")], 200, {"rooms": [], "more": False}),
    ("PATCH", "/rooms/r1", {"name": "Tea"}, [Rename(id=0, chat="r1", name="Tea")], 200, DONE_BODY),
    ("GET", "/rooms/r1/members?after=b&limit=9", None, [Members(id=0, chat="r1", after="b", limit=9)], 200,
     {"members": [], "more": False}),
    ("POST", "/rooms/r1/members", None, [Join(id=0, chat="r1")], 201, DONE_BODY),
    ("POST", "/rooms/r1/members", {"msg_id": "k"}, [Join(id=0, chat="r1", msg_id="k")], 201, DONE_BODY),
    ("POST", "/rooms/r1/members", {"user": "alice"}, [Join(id=0, chat="r1")], 201, DONE_BODY),
    ("POST", "/rooms/r1/members", {"user": "bob"}, [Invite(id=0, chat="r1", user="bob")], 201, DONE_BODY),
    ("PATCH", "/rooms/r1/members/bob", {"role": "admin"},
     [SetRole(id=0, chat="r1", user="bob", role="admin")], 200, DONE_BODY),
    ("PATCH", "/rooms/r1/members/bob", {"muted_until": 0}, [Mute(id=0, chat="r1", user="bob", until=0)], 200, DONE_BODY),
    ("DELETE", "/rooms/r1/members/bob", None, [Kick(id=0, chat="r1", user="bob")], 200, DONE_BODY),
    ("DELETE", "/rooms/r1/members/alice", None, [Leave(id=0, chat="r1")], 200, DONE_BODY),
    ("PUT", "/rooms/r1/bans/bob", None, [Ban(id=0, chat="r1", user="bob")], 200, DONE_BODY),
    ("DELETE", "/rooms/r1/bans/bob", None, [Unban(id=0, chat="r1", user="bob")], 200, DONE_BODY),
    ("GET", "/friends", None, [Friends(id=0)], 200, {"friends": ["bob"], "incoming": [], "outgoing": [], "blocked": []}),
    ("POST", "/friends", {"user": "bob"}, [Befriend(id=0, user="bob")], 204, None),
    ("POST", "/friends/bob/accept", None, [Accept(id=0, user="bob")], 204, None),
    ("POST", "/friends/bob/decline", {"msg_id": "k"}, [Decline(id=0, user="bob", msg_id="k")], 204, None),
    ("DELETE", "/friends/bob", None, [Unfriend(id=0, user="bob")], 204, None),
    ("PUT", "/blocks/bob", None, [Block(id=0, user="bob")], 204, None),
    ("DELETE", "/blocks/bob", None, [Unblock(id=0, user="bob")], 204, None),
    ("GET", "/presence?user=bob&user=corp:7", None, [Presence(id=0, users=["bob", "corp:7"])], 200, {"presences": []}),
    ("GET", "/users/bob", None, [Profile(id=0, users=["bob"])], 200, {"user": "bob", "display_name": "Bob"}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "commands", "status", "answer"), ROUTES)
async def test_a_route_is_a_command(
    alice: World,
    method: str,
    path: str,
    body: object,
    commands: list[Command],
    status: int,
    answer: object,
) -> None:
    got = await alice.ask(method, path, body)
    assert got.status_code == status, got.text
    assert alice.desk.asked == commands
    if answer is not ...:
        assert (got.json() if got.content else None) == answer


async def test_history_gives_entries_with_their_type_and_the_names_of_the_wire(alice: World) -> None:
    got = await alice.ask("GET", "/chats/r1/entries?before=9&limit=300")
    assert alice.desk.asked == [History(id=0, chat="r1", before=9, limit=300)]
    assert got.json() == {
        "chat": "r1",
        "entries": [
            {"type": "message", "chat": "r1", "seq": 3, "ts": START, "from": "bob", "msg_id": "m",
             "msg_type": "group", "to": "r1", "content": "hi"},
        ],
        "more": True,
    }  # fmt: skip


async def test_one_chat_is_its_summary(alice: World) -> None:
    got = await alice.ask("GET", "/chats/p1")
    assert got.json() == {
        "chat": "p1", "msg_type": "private", "name": "bob", "peer": "bob", "head": HEAD, "received": 0, "read": 0,
        "unread": 0,
    }  # fmt: skip
    assert (await alice.ask("GET", "/chats/unknown")).status_code == 404


async def test_history_waits_for_the_head_it_was_told_of(alice: World) -> None:
    assert (await alice.ask("GET", f"/chats/r1/entries?min_head={HEAD}")).status_code == 200
    early = await alice.ask("GET", f"/chats/r1/entries?min_head={HEAD + 1}")
    assert (early.status_code, early.json()["code"]) == (503, "unavailable")


async def test_a_duplicate_is_200(alice: World) -> None:
    alice.desk.replies[Send] = Sent(msg_id="m1", chat="r1", seq=3, ts=START, duplicate=True)
    alice.desk.replies[Send].mark_repeated()
    got = await alice.ask("POST", "/direct/bob/entries", {"content": "hi", "msg_id": "m1"})
    assert (got.status_code, got.json()["duplicate"]) == (200, True)


async def test_the_caller_is_who_the_token_says(alice: World) -> None:
    await alice.ask("GET", "/friends")
    (caller,) = alice.desk.callers
    assert (caller.user, caller.address) == ("alice", ADDRESS)
    assert caller.session.startswith("s")


async def test_an_idempotency_key_is_a_msg_id(alice: World) -> None:
    await alice.ask("DELETE", "/chats/r1/entries/2", idempotency_key="k")
    await alice.ask("PUT", "/rooms/r1/bans/bob", {"msg_id": "body"}, idempotency_key="header")
    await alice.ask("GET", "/friends", idempotency_key="nothing to repeat")
    assert alice.desk.asked == [
        Delete(id=0, chat="r1", seq=2, msg_id="k"),
        Ban(id=0, chat="r1", user="bob", msg_id="body"),
        Friends(id=0),
    ]
    long = await alice.ask("DELETE", "/blocks/bob", idempotency_key="k" * 65)
    assert (long.status_code, "msg_id" in long.json()["detail"]) == (400, True)


async def test_the_trace_is_passed_on_if_it_is_one(alice: World) -> None:
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    await alice.ask("GET", "/friends", traceparent=trace)
    await alice.ask("GET", "/friends", traceparent="nonsense")
    assert [command.traceparent for command in alice.desk.asked] == [trace, None]


@pytest.mark.parametrize(
    ("method", "path", "body", "word"),
    [
        ("POST", "/chats/r1/entries", {"content": "hi"}, "msg_id"),
        ("POST", "/chats/r1/entries", {"msg_id": "m1"}, "content"),
        ("POST", "/chats/r1/entries", {"content": "hi", "msg_id": ""}, "msg_id"),
        ("POST", "/chats/r1/entries", {"content": "hi", "msg_id": "m" * 65}, "msg_id"),
        ("POST", "/chats/r1/entries", {"content": "a\0b", "msg_id": "m1"}, "content"),
        ("POST", "/chats/r1/entries", {"content": "hi", "msg_id": "m1", "reply_to": 0}, "reply_to"),
        ("POST", "/chats/r1/entries", {"content": "hi", "msg_id": "m1", "id": 7}, "id"),
        ("POST", "/chats/r1/entries", None, "JSON body"),
        ("POST", "/rooms", {"name": "x", "topic": "y"}, "topic"),
        ("PUT", "/chats/r1/cursor", {}, "received"),
        ("PUT", "/chats/r1/cursor", {"read": -1}, "read"),
        ("PATCH", "/rooms/r1/members/bob", {}, "role"),
        ("PATCH", "/rooms/r1/members/bob", {"role": "admin", "muted_until": 0}, "role"),
        ("PATCH", "/rooms/r1/members/bob", {"role": "king"}, "role"),
        ("GET", "/chats/r1/entries?limit=301", None, "limit"),
        ("GET", "/chats/r1/entries?limit=many", None, "limit"),
        ("GET", "/chats/r1/entries?before=-1", None, "before"),
        ("GET", "/chats/r1/entries?befor=1", None, "befor"),
        ("GET", "/rooms?query=%00", None, "query"),
        ("GET", "/presence", None, "user"),
        ("GET", "/presence?" + "&".join(f"user=u{number}" for number in range(201)), None, "users"),
    ],
)
async def test_what_is_wrong_is_named(alice: World, method: str, path: str, body: object, word: str) -> None:
    got = await alice.ask(method, path, body)
    assert (got.status_code, got.json()["code"]) == (400, "bad_request")
    assert word in got.json()["detail"]
    assert alice.desk.asked == []


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b"7", b"\xff", b'{"content": "\\ud800", "msg_id": "m"}', b"content=hi&msg_id=m"]
)
async def test_what_is_not_json_is_a_bad_request(alice: World, content: bytes) -> None:
    got = await alice.http.post("/chats/r1/entries", content=content)
    assert (got.status_code, got.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "path",
    [
        "/chats/r1/entries/x",
        "/chats/r1/entries/0",
        "/chats/r1/entries/99999999999999999999",
        "/chats/%00/entries/1",
    ],
)
async def test_a_malformed_id_is_not_found(alice: World, path: str) -> None:
    got = await alice.ask("DELETE", path)
    assert (got.status_code, got.json()["code"]) == (404, "not_found")
    assert alice.desk.asked == []


async def test_a_user_who_does_not_exist_is_not_found(alice: World) -> None:
    alice.desk.replies[Profile] = ProfileList(profiles=[])
    assert (await alice.ask("GET", "/users/nobody")).status_code == 404


@pytest.mark.parametrize("code", list(ErrorCode))
async def test_a_refusal_is_a_problem(alice: World, code: ErrorCode) -> None:
    alice.desk.refusal = Refused(code, "No tea today.", 1500 if code is ErrorCode.RATE_LIMITED else None)
    got = await alice.ask("GET", "/friends")
    status = HTTP_STATUS[code]
    assert got.status_code == status
    assert got.headers["content-type"].startswith("application/problem+json")
    problem = got.json()
    assert (problem["code"], problem["detail"], problem["status"]) == (code, "No tea today.", status)
    assert ("retry_after_ms" in problem, got.headers.get("retry-after")) == (
        (True, "2") if code is ErrorCode.RATE_LIMITED else (False, None)
    )


@pytest.mark.parametrize("error", [ZeroDivisionError("secret"), CommitUnknownError("secret")])
async def test_a_bug_tells_nothing(alice: World, error: Exception) -> None:
    alice.desk.refusal = error
    got = await alice.ask("GET", "/friends")
    assert (got.status_code, got.json()["code"]) == (500, "internal")
    assert "secret" not in got.text


async def test_a_body_beyond_the_limit_is_too_long(alice: World) -> None:
    got = await alice.ask("POST", "/direct/bob/entries", {"content": "x" * 131_072, "msg_id": "m"})
    assert (got.status_code, got.json()["code"]) == (400, "too_long")
    assert alice.desk.asked == []
