"""Every implementation says and keeps the same, whatever is asked of it in whatever order."""

import tempfile
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ports.conftest import Open, in_memory
from tests.ports.requests import ROOMS, USERS, Asked, asked, named

from hubbub.model.errors import Refused
from hubbub.testing.place import Place


async def answers(place: Place, asked: list[Asked]) -> list[object]:
    """What each request is answered, and what is kept in the end."""
    made = [await place.room(owner) for owner in USERS[:ROOMS]]
    given: list[object] = []
    for user, command, fields in asked:
        place.clock.advance(1)
        try:
            given.append(await place.ask(user, command, **named(fields, made)))
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


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(asked, max_size=25))
async def test_the_same_requests_are_answered_the_same(stored: Open, asked: list[Asked]) -> None:
    said: list[list[object]] = []
    for opened in (stored, in_memory):
        with tempfile.TemporaryDirectory() as folder:
            async with opened(Path(folder)) as place:
                said.append(await answers(place, asked))
    assert said[0] == said[1]
