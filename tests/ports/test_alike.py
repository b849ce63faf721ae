"""Every implementation says and keeps the same, whatever is asked of it in whatever order."""

import tempfile
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ports.conftest import IMPLEMENTATIONS, USERS

from hubbub.model import commands as c
from hubbub.model.errors import Refused
from hubbub.testing.place import Place

Asked = tuple[str, type[c.Command], dict[str, Any]]

ROOMS = 2
users = st.sampled_from(USERS[:3])
rooms = st.integers(0, ROOMS - 1)
seqs = st.integers(1, 12)
contents = st.sampled_from(["one", "two", "three"])
msg_ids = st.sampled_from([f"m{number}" for number in range(6)])
maybe = st.none() | msg_ids


def in_room(command: type[c.Command], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(
        users, st.just(command), st.fixed_dictionaries({"chat": rooms, "msg_id": maybe} | fields)
    )


def with_user(command: type[c.Command]) -> st.SearchStrategy[Any]:
    return st.tuples(users, st.just(command), st.fixed_dictionaries({"user": users, "msg_id": maybe}))


SEND = {"content": contents, "msg_id": msg_ids, "reply_to": st.none() | seqs}
asked: st.SearchStrategy[Asked] = st.one_of(
    st.tuples(
        users, st.just(c.Send), st.fixed_dictionaries({"msg_type": st.just("group"), "to": rooms} | SEND)
    ),
    st.tuples(
        users, st.just(c.Send), st.fixed_dictionaries({"msg_type": st.just("private"), "to": users} | SEND)
    ),
    in_room(c.Edit, seq=seqs, content=contents),
    in_room(c.Delete, seq=seqs),
    in_room(c.React, seq=seqs, emoji=st.sampled_from(["👍", "🎉"]), on=st.booleans()),
    in_room(c.Read, seq=seqs),
    in_room(c.Received, seq=seqs),
    in_room(c.Join),
    in_room(c.Leave),
    in_room(c.Rename, name=contents),
    in_room(c.Invite, user=users),
    in_room(c.Kick, user=users),
    in_room(c.Ban, user=users),
    in_room(c.Unban, user=users),
    in_room(c.Mute, user=users, until=st.sampled_from([0, 2**50])),
    in_room(c.SetRole, user=users, role=st.sampled_from(["owner", "admin", "member"])),
    *map(with_user, (c.Befriend, c.Accept, c.Decline, c.Unfriend, c.Block, c.Unblock)),
)


async def answers(place: Place, asked: list[Asked]) -> list[object]:
    """What each request is answered, and what is kept in the end."""
    made = [await place.room(owner) for owner in USERS[:ROOMS]]
    given: list[object] = []
    for user, command, fields in asked:
        place.clock.advance(1)
        named = {name: made[value] if isinstance(value, int) and name in {"chat", "to"} else value
                 for name, value in fields.items()}  # fmt: skip
        try:
            given.append(await place.ask(user, command, **named))
        except Refused as refused:
            given.append(refused.code)
    for user in USERS[:3]:
        given.extend([await place.people.relations(user), *await kept_for(place, user)])
    return [msgspec.to_builtins(each) for each in given]


async def kept_for(place: Place, user: str) -> list[object]:
    kept: list[object] = []
    for chat in await place.chats.of_user(user):
        kept.extend([chat.id, chat.name, sorted(chat.members.items()), sorted(chat.banned), chat.last])
        kept.extend(await place.transcript(chat.id, user))
    return kept


@settings(max_examples=40)
@given(st.lists(asked, max_size=25))
async def test_the_same_requests_are_answered_the_same(template: Path, asked: list[Asked]) -> None:
    said: dict[str, list[object]] = {}
    for name, opened in IMPLEMENTATIONS.items():
        with tempfile.TemporaryDirectory() as folder:
            async with opened(template, Path(folder)) as place:
                said[name] = await answers(place, asked)
    assert said["sqlite"] == said["memory"]
