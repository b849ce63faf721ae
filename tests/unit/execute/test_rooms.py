"""Rooms come to be, are joined and left, and never lose their last owner."""

import pytest

from hubbub.model import commands as c
from hubbub.model.entries import MemberChanged
from hubbub.testing.place import Place


async def roles(place: Place, room: str) -> dict[str, str]:
    chat = await place.chats.load(room)
    assert chat is not None
    return {user: member.role for user, member in sorted(chat.members.items())}


async def changes(place: Place, room: str) -> list[tuple[str, str]]:
    return [(e.user, e.change) for e in await place.transcript(room) if isinstance(e, MemberChanged)]


async def test_who_makes_a_room_owns_it(place: Place) -> None:
    made = await place.ask("alice", c.CreateRoom, name="Tea", public=True)
    assert (made.name, made.public, made.role, made.seq) == ("Tea", True, "owner", 1)
    assert await roles(place, made.chat) == {"alice": "owner"}


@pytest.mark.parametrize(
    ("name", "code"), [("", "bad_request"), ("  ", "bad_request"), ("x" * 81, "too_long")]
)
async def test_a_room_needs_a_name_of_bounded_length(place: Place, name: str, code: str) -> None:
    assert await place.refused("alice", c.CreateRoom, name=name) == code
    room = await place.room("alice")
    assert await place.refused("alice", c.Rename, chat=room, name=name) == code


async def test_who_joins_has_read_what_was_before(place: Place) -> None:
    room = await place.room("alice")
    await place.ask("alice", c.Send, msg_type="group", to=room, content="x", msg_id="m")
    await place.ask("bob", c.Join, chat=room)
    (summary,) = (await place.ask("bob", c.Chats)).chats
    assert (summary.unread, summary.read, summary.head) == (0, 2, 3)


async def test_joining_where_one_is_changes_nothing(place: Place) -> None:
    room = await place.room("alice", "bob")
    done = await place.ask("bob", c.Join, chat=room)
    assert (done.seq, len(await place.transcript(room))) == (2, 2)


async def test_private_rooms_cannot_be_joined_and_look_like_none(place: Place) -> None:
    room = await place.room("alice", public=False)
    assert await place.refused("bob", c.Join, chat=room) == "not_found"
    assert await place.refused("bob", c.Leave, chat=room) == "not_found"


async def test_rooms_and_memberships_have_bounds(place: Place) -> None:
    room = await place.room("alice", "bob", "carol", "dave")
    assert await place.refused("erin", c.Join, chat=room) == "forbidden"
    for _ in range(2):
        await place.room("alice")
    assert await place.refused("alice", c.CreateRoom, name="one more") == "forbidden"
    await place.ask("dave", c.Leave, chat=room)
    await place.ask("erin", c.Join, chat=room)


async def test_when_the_last_owner_leaves_the_longest_standing_admin_follows(place: Place) -> None:
    room = await place.room("alice", "bob", "carol", "dave")
    for user in ("dave", "carol"):
        await place.ask("alice", c.SetRole, chat=room, user=user, role="admin")
    await place.ask("alice", c.Leave, chat=room)
    assert await roles(place, room) == {"bob": "member", "carol": "owner", "dave": "admin"}
    assert (await changes(place, room))[-2:] == [("alice", "left"), ("carol", "role")]


async def test_without_admins_the_longest_standing_member_follows(place: Place) -> None:
    room = await place.room("alice", "carol", "bob")
    await place.ask("alice", c.Leave, chat=room)
    assert await roles(place, room) == {"bob": "member", "carol": "owner"}


async def test_while_an_owner_stays_nobody_follows(place: Place) -> None:
    room = await place.room("alice", "bob", "carol")
    await place.ask("alice", c.SetRole, chat=room, user="carol", role="owner")
    await place.ask("alice", c.Leave, chat=room)
    assert await roles(place, room) == {"bob": "member", "carol": "owner"}


async def test_who_enters_an_empty_room_owns_it(place: Place) -> None:
    room = await place.room("alice")
    await place.ask("alice", c.Leave, chat=room)
    await place.ask("bob", c.Join, chat=room)
    assert await roles(place, room) == {"bob": "owner"}


async def test_only_friends_are_invited_by_members_of_public_and_admins_of_private_rooms(
    place: Place,
) -> None:
    public, private = await place.room("alice", "bob"), await place.room("alice", public=False)
    assert await place.refused("bob", c.Invite, chat=public, user="carol") == "not_friends"
    assert await place.refused("bob", c.Invite, chat=public, user="nobody") == "not_found"
    await place.befriend("bob", "carol")
    await place.ask("bob", c.Invite, chat=public, user="carol")
    assert await place.refused("bob", c.Invite, chat=private, user="carol") == "not_found"
    await place.befriend("alice", "bob")
    await place.ask("alice", c.Invite, chat=private, user="bob")
    assert await place.refused("bob", c.Invite, chat=private, user="carol") == "forbidden"
    await place.ask("alice", c.SetRole, chat=private, user="bob", role="admin")
    await place.ask("bob", c.Invite, chat=private, user="carol")
    assert sorted(await roles(place, private)) == ["alice", "bob", "carol"]


async def test_a_name_is_changed_by_admins_and_only_if_it_differs(place: Place) -> None:
    room = await place.room("alice", "bob")
    assert await place.refused("bob", c.Rename, chat=room, name="Tea") == "forbidden"
    renamed = await place.ask("alice", c.Rename, chat=room, name="Tea")
    again = await place.ask("alice", c.Rename, chat=room, name="Tea")
    assert (renamed.seq, again.seq) == (3, 3)
