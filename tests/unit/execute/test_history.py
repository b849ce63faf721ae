"""Pages of the past, and lists that fit into one envelope."""

import pytest

from hubbub.model import commands as c
from hubbub.model.ports import Bounds
from hubbub.testing.place import Place, memory_place


async def talk(place: Place, room: str, count: int, content: str = "x") -> None:
    for number in range(count):
        await place.ask("alice", c.Send, msg_type="group", to=room, content=content, msg_id=f"m{number}")


def seqs(page: object) -> list[int]:
    return [entry.seq for entry in page.entries]  # type: ignore[attr-defined]


async def test_the_newest_page_and_the_way_back_and_forth(place: Place) -> None:
    room = await place.room("alice")
    await talk(place, room, 9)
    newest = await place.ask("alice", c.History, chat=room, limit=4)
    assert (seqs(newest), newest.more) == ([7, 8, 9, 10], True)
    before = await place.ask("alice", c.History, chat=room, before=4, limit=4)
    assert (seqs(before), before.more) == ([1, 2, 3], False)
    after = await place.ask("alice", c.History, chat=room, after=4, limit=4)
    assert (seqs(after), after.more) == ([5, 6, 7, 8], True)
    last = await place.ask("alice", c.History, chat=room, after=8, limit=2)
    assert (seqs(last), last.more) == ([9, 10], False)


async def test_both_directions_at_once_are_none(place: Place) -> None:
    room = await place.room("alice")
    assert await place.refused("alice", c.History, chat=room, before=1, after=1) == "bad_request"


@pytest.mark.parametrize("way", ["before", "after"])
async def test_a_page_fits_its_envelope_and_nothing_is_left_out_on_the_way(way: str) -> None:
    place = memory_place("alice", bounds=Bounds(reply_bytes=3_000))
    room = await place.room("alice")
    await talk(place, room, 20, content="x" * 400)
    found: list[int] = []
    at = 1 if way == "after" else 22
    while True:
        page = await place.ask("alice", c.History, chat=room, limit=10, **{way: at})
        assert place.desk.measure(page) <= 3_000
        found += seqs(page) if way == "after" else seqs(page)[::-1]
        at = found[-1]
        if not page.more:
            break
    assert sorted(found) == [seq for seq in range(1, 22) if way == "before" or seq > 1]


async def test_an_entry_larger_than_an_envelope_is_given_alone() -> None:
    place = memory_place("alice", bounds=Bounds(reply_bytes=1_500))
    room = await place.room("alice")
    await talk(place, room, 3, content="x" * 1_000)
    page = await place.ask("alice", c.History, chat=room, after=1)
    assert (seqs(page), page.more) == ([2], True)


async def test_the_list_of_chats_comes_in_pages_that_leave_nothing_out() -> None:
    place = memory_place("alice", bounds=Bounds(reply_bytes=2_500))
    rooms = sorted([await place.room("alice") for _ in range(12)])
    found: list[str] = []
    more = True
    while more:
        page = await place.ask("alice", c.Chats, after=found[-1] if found else None)
        found += [each.chat for each in page.chats]
        more = page.more
    assert found == rooms


async def test_members_are_listed_by_name_in_pages(place: Place) -> None:
    room = await place.room("carol", "alice", "bob")
    first = await place.ask("bob", c.Members, chat=room, limit=2)
    rest = await place.ask("bob", c.Members, chat=room, limit=2, after="bob")
    assert [(each.user, each.display_name) for each in first.members] == [("alice", "Alice"), ("bob", "Bob")]
    assert ([each.user for each in rest.members], first.more, rest.more) == (["carol"], True, False)


async def test_a_mute_is_shown_while_it_lasts(place: Place) -> None:
    room = await place.room("alice", "bob")
    until = place.clock() + 1_000
    await place.ask("alice", c.Mute, chat=room, user="bob", until=until)
    for expected in (until, None):
        listed = await place.ask("alice", c.Members, chat=room)
        assert {each.user: each.muted_until for each in listed.members} == {"alice": None, "bob": expected}
        place.clock.advance(1_000)
