"""From a command to its answer: limits first, then the chat, the right, the use case, the journal."""

import asyncio
from typing import Any, get_args

import pytest

from hubbub.dispatch.dispatcher import Dispatcher, refusal_of
from hubbub.dispatch.limits import TokenBuckets
from hubbub.dispatch.routes import ROUTES
from hubbub.model import commands as c
from hubbub.model.chats import Chat
from hubbub.model.commands import AnyCommand, Hello
from hubbub.model.errors import CommitUnknownError, ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.testing.place import NO_LIMIT, Place, memory_place

ALICE = Caller(user="alice", session="s")


@pytest.fixture
def place() -> Place:
    return memory_place("alice", "bob", "carol")


def limited(place: Place, **buckets: TokenBuckets) -> Dispatcher:
    limits = {route.limit: NO_LIMIT for route in ROUTES.values()} | buckets
    return Dispatcher(place.desk, place.journal, limits, timeout=0.05)


def test_every_command_but_hello_has_a_route() -> None:
    assert set(ROUTES) == set(get_args(AnyCommand)) - {Hello}


def test_what_names_a_chat_is_checked_on_it() -> None:
    for command, route in ROUTES.items():
        assert ("chat" in command.__struct_fields__ or command is c.Send) == (route.chat is not None)
        assert (route.chat is None) == (route.right is None)


async def test_beyond_its_limit_a_command_is_refused_with_the_time_to_wait(place: Place) -> None:
    room = await place.room("alice")
    dispatcher = limited(place, send=TokenBuckets(rate=2, burst=1))
    fields = {"id": 1, "msg_type": "group", "to": room, "content": "x"}
    await dispatcher.call(ALICE, c.Send(msg_id="m1", **fields), place.clock())
    with pytest.raises(Refused) as refused:
        await dispatcher.call(ALICE, c.Send(msg_id="m2", **fields), place.clock())
    assert (refused.value.code, refused.value.retry_after_ms) == (ErrorCode.RATE_LIMITED, 500)
    await dispatcher.call(ALICE, c.Ping(id=1), place.clock())
    await dispatcher.call(ALICE, c.Send(msg_id="m2", **fields), place.clock.advance(500))


async def test_the_retry_of_something_stored_is_answered_even_past_the_limit(place: Place) -> None:
    room = await place.room("alice")
    dispatcher = limited(place, send=TokenBuckets(rate=0.001, burst=1))
    command = c.Send(id=1, msg_type="group", to=room, content="x", msg_id="m")
    first: Any = await dispatcher.call(ALICE, command, place.clock())
    again: Any = await dispatcher.call(ALICE, command, place.clock())
    assert (again.seq, again.duplicate) == (first.seq, True)


async def test_the_retry_of_something_stored_is_answered_while_the_journal_takes_nothing(
    place: Place,
) -> None:
    room = await place.room("alice")
    send = {"msg_type": "group", "to": room, "content": "x"}
    first = await place.ask("alice", c.Send, msg_id="m", **send)
    place.journal.overloaded = True  # type: ignore[attr-defined]
    again = await place.ask("alice", c.Send, msg_id="m", **send)
    assert (again.seq, again.duplicate) == (first.seq, True)
    assert await place.refused("alice", c.Send, msg_id="m2", **send) == "unavailable"


async def test_what_takes_too_long_to_read_is_unavailable(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_user: str) -> list[Chat]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(place.chats, "of_user", never)
    with pytest.raises(Refused, match="unavailable"):
        await limited(place).call(ALICE, c.Chats(id=1), place.clock())


async def test_a_bug_in_a_use_case_is_answered(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_user: str) -> list[Chat]:
        raise LookupError

    monkeypatch.setattr(place.chats, "of_user", fail)
    with pytest.raises(LookupError):
        await place.ask("alice", c.Chats)


def test_what_a_client_is_told_of_an_exception() -> None:
    refused = Refused(ErrorCode.MUTED)
    assert refusal_of(refused) is refused
    assert refusal_of(CommitUnknownError()) is None
    internal = refusal_of(LookupError("secret"))
    assert internal is not None
    assert (internal.code, "secret" in internal.message) == (ErrorCode.INTERNAL, False)


@pytest.mark.parametrize(
    "command", [c.History, c.Members, c.Leave, c.Rename, c.Kick, c.Edit, c.Delete, c.React, c.Read]
)
async def test_a_private_room_is_to_others_as_one_that_does_not_exist(
    place: Place, command: type[c.Command]
) -> None:
    room = await place.room("alice", public=False)
    given = {"name": "x", "user": "bob", "seq": 1, "content": "x", "emoji": "x", "on": True}
    fields = {name: given[name] for name in command.__struct_fields__ if name in given}
    for chat in (room, "rnone"):
        assert await place.refused("bob", command, chat=chat, **fields) == "not_found"


async def test_a_message_to_somebody_who_does_not_exist_is_not_found(place: Place) -> None:
    send = {"msg_type": "private", "content": "x", "msg_id": "m"}
    assert await place.refused("alice", c.Send, to="nobody", **send) == "not_found"
    assert await place.refused("alice", c.Send, to="bob", **send) == "not_friends"
    assert await place.refused("alice", c.Send, to="alice", **send) == "bad_request"


async def test_one_chat_is_summed_up_for_its_member_only(place: Place) -> None:
    room = await place.room("alice")
    summary = await place.dispatcher.summary(ALICE, room, place.clock())
    assert (summary.chat, summary.role, summary.head, summary.unread) == (room, "owner", 1, 0)
    with pytest.raises(Refused, match="not_a_member"):
        await place.dispatcher.summary(Caller(user="bob", session="s"), room, place.clock())
