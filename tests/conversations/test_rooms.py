"""Rooms come to be, are found, joined, left, named (docs/protocol.md §2)."""

import pytest

from hubbub_conformance.conversation import Stage
from hubbub_conformance.profiles import TIGHT

pytestmark = pytest.mark.every_store


async def test_a_new_room_has_its_creator_as_owner(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    made = await alice.asks("create_room", name="Tea", public=True)
    assert (made["name"], made["public"], made["role"], made["seq"]) == ("Tea", True, "owner", 1)
    chat = await alice.hears(
        "chat", chat=made["chat"], msg_type="group", name="Tea", public=True, role="owner"
    )
    assert (chat["head"], chat["unread"]) == (0, 0)
    assert "peer" not in chat
    await alice.hears("member", chat=made["chat"], seq=1, from_=alice, user=alice.user, change="joined")
    await alice.hears_nothing()


async def test_rooms_are_private_unless_said_otherwise(stage: Stage) -> None:
    alice, eve = await stage.people("alice", "eve")
    made = await alice.asks("create_room", name="Secret")
    assert made["public"] is False
    await eve.is_refused("not_found", "join", chat=made["chat"])
    rooms = (await eve.asks("rooms", query="Secret"))["rooms"]
    assert made["chat"] not in [each["chat"] for each in rooms]


@pytest.mark.parametrize(
    ("name", "code"), [("", "bad_request"), ("x" * 81, "too_long"), ("😀" * 81, "too_long")]
)
async def test_names_have_1_to_80_characters(stage: Stage, name: str, code: str) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    await alice.is_refused(code, "create_room", name=name)
    await alice.is_refused(code, "rename", chat=room, name=name)
    assert (await alice.asks("create_room", name="😀" * 80))["name"] == "😀" * 80


async def test_joining_is_told_to_all_and_shows_the_chat_first(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice)
    await alice.asks("send", msg_type="group", to=room, content="before", msg_id="1")
    done = await bob.asks("join", chat=room)
    assert done["seq"] == 3
    chat = await bob.hears("chat", chat=room, role="member")
    assert (chat["head"], chat["unread"]) == (2, 0)
    await bob.hears("member", seq=3, from_=bob, user=bob.user, change="joined")
    await alice.eventually_hears("member", seq=3, user=bob.user, change="joined")
    page = await bob.asks("history", chat=room)
    assert [each["type"] for each in page["entries"]] == ["member", "message", "member"]


async def test_what_would_change_nothing_makes_no_entry(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    await stage.friends(alice, bob)
    room = await stage.room(alice, bob)
    for person, command, fields in (
        (bob, "join", {}),
        (alice, "invite", {"user": bob}),
        (alice, "rename", {"name": "A room"}),
        (alice, "set_role", {"user": bob, "role": "member"}),
        (alice, "mute", {"user": bob, "until": 0}),
        (alice, "unban", {"user": bob}),
        (carol, "leave", {}),
    ):
        assert (await person.asks(command, chat=room, **fields))["seq"] == 2, command
    for person in (alice, bob, carol):
        await person.hears_nothing()


async def test_leaving_is_told_to_all_and_the_rest_is_silence(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    done = await bob.asks("leave", chat=room)
    await bob.hears("member", seq=done["seq"], from_=bob, user=bob.user, change="left")
    await alice.hears("member", seq=done["seq"], user=bob.user, change="left")
    await alice.asks("send", msg_type="group", to=room, content="gone", msg_id="1")
    await bob.hears_nothing()
    await bob.is_refused("not_a_member", "history", chat=room)
    assert (await bob.asks("chats"))["chats"] == []


async def test_who_comes_back_starts_a_new_flow(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await bob.asks("leave", chat=room)
    await alice.asks("send", msg_type="group", to=room, content="missed", msg_id="1")
    await bob.catches_up()
    await bob.asks("join", chat=room)
    await bob.hears("chat", chat=room, head=4, unread=0)
    await bob.hears("member", seq=5, change="joined")


async def test_when_the_last_owner_leaves_the_longest_standing_admin_follows(stage: Stage) -> None:
    alice, bob, carol, dave = await stage.people("alice", "bob", "carol", "dave")
    room = await stage.room(alice, bob, carol, dave)
    for admin in (dave, carol):
        await alice.asks("set_role", chat=room, user=admin, role="admin")
    await bob.catches_up()
    done = await alice.asks("leave", chat=room)
    await bob.hears("member", seq=done["seq"], user=alice.user, change="left")
    await bob.hears("member", seq=done["seq"] + 1, user=carol.user, change="role", role="owner")
    await bob.hears_nothing()


async def test_without_admins_the_longest_standing_member_follows(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    room = await stage.room(alice, carol, bob)
    await alice.asks("leave", chat=room)
    await bob.eventually_hears("member", user=carol.user, change="role", role="owner")
    await carol.asks("leave", chat=room)
    await bob.eventually_hears("member", user=bob.user, change="role", role="owner")
    roles = {each["user"]: each["role"] for each in (await bob.asks("members", chat=room))["members"]}
    assert roles == {bob.user: "owner"}


async def test_with_another_owner_nobody_is_promoted(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await alice.asks("set_role", chat=room, user=bob, role="owner")
    await bob.catches_up()
    await alice.asks("leave", chat=room)
    await bob.hears("member", user=alice.user, change="left")
    await bob.hears_nothing()


async def test_a_new_name_is_told_and_listed(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    done = await alice.asks("rename", chat=room, name="Another room")
    await bob.hears("renamed", chat=room, seq=done["seq"], ts=done["ts"], from_=alice, name="Another room")
    [listed] = (await bob.asks("chats"))["chats"]
    assert (listed["name"], listed["last"]["type"]) == ("Another room", "renamed")


async def test_the_directory_finds_public_rooms_by_name(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    mark = alice.user.replace(".", "")
    found = (await alice.asks("create_room", name=f"Find {mark} 100%", public=True))["chat"]
    hidden = (await alice.asks("create_room", name=f"Find {mark} hidden"))["chat"]
    other = (await alice.asks("create_room", name="Find something else", public=True))["chat"]
    await bob.asks("join", chat=found)
    rooms = (await bob.asks("rooms", query=mark))["rooms"]
    assert rooms == [{"chat": found, "name": f"Find {mark} 100%", "members": 2}]
    assert [each["chat"] for each in (await bob.asks("rooms", query=f"{mark} 100%"))["rooms"]] == [found]
    assert (await bob.asks("rooms", query=f"{mark}%100"))["rooms"] == []
    everything = await all_rooms(bob.asks)
    assert {found, other} <= set(everything)
    assert hidden not in everything


async def all_rooms(asks: object) -> list[str]:
    """The whole directory, page by page."""
    found: list[str] = []
    after = {}
    while True:
        page = await asks("rooms", **after)  # type: ignore[operator]
        found += [each["chat"] for each in page["rooms"]]
        if not page["more"]:
            return found
        after = {"after": found[-1]}


async def test_the_directory_comes_in_pages(stage: Stage) -> None:
    people = await stage.people("ann", "ben", "cid", "dan")
    mark = people[0].user.replace(".", "")
    made = [
        (await person.asks("create_room", name=f"{mark} {number}", public=True))["chat"]
        for number in range(26)
        for person in people
    ]
    page = await people[0].asks("rooms", query=mark)
    rest = await people[0].asks("rooms", query=mark, after=page["rooms"][-1]["chat"])
    assert (page["more"], rest["more"]) == (True, False)
    assert [each["chat"] for each in page["rooms"] + rest["rooms"]] == sorted(made)


async def test_a_private_room_is_invisible_to_outsiders(stage: Stage) -> None:
    alice, eve = await stage.people("alice", "eve")
    room = await stage.room(alice, public=False)
    for chat in (room, "rnosuchroom"):
        for command, fields in (
            ("join", {}), ("leave", {}), ("history", {}), ("members", {}), ("rename", {"name": "Mine"}),
            ("invite", {"user": eve}), ("kick", {"user": alice}), ("ban", {"user": alice}),
            ("unban", {"user": alice}), ("mute", {"user": alice, "until": 0}),
            ("set_role", {"user": eve, "role": "owner"}), ("read", {"seq": 1}), ("received", {"seq": 1}),
            ("send", {"msg_type": "group", "to": chat, "content": "x", "msg_id": "1"}),
        ):  # fmt: skip
            own = {} if command == "send" else {"chat": chat}
            await eve.is_refused("not_found", command, **own, **fields)
    for chat in (room, "rnosuchroom"):
        (await eve.http.get(f"/chats/{chat}")).refuses(404, "not_found")


async def test_the_private_chat_of_two_others_does_not_exist_either(stage: Stage) -> None:
    alice, bob, eve = await stage.people("alice", "bob", "eve")
    chat = await stage.friends(alice, bob)
    for command, fields in (
        ("join", {}), ("leave", {}), ("history", {}), ("rename", {"name": "Mine"}), ("invite", {"user": eve}),
        ("kick", {"user": alice}), ("ban", {"user": alice}), ("unban", {"user": alice}),
        ("mute", {"user": alice, "until": 0}), ("set_role", {"user": eve, "role": "owner"}),
        ("react", {"seq": 1, "emoji": "👍", "on": True}),
    ):  # fmt: skip
        await eve.is_refused("not_found", command, chat=chat, **fields)


async def test_what_belongs_to_rooms_is_refused_in_private(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    chat = await stage.friends(alice, bob)
    await stage.friends(alice, carol)
    for command, fields in (
        ("leave", {}), ("rename", {"name": "Us"}), ("invite", {"user": carol}), ("kick", {"user": bob}),
        ("ban", {"user": bob}), ("unban", {"user": bob}), ("mute", {"user": bob, "until": 2**50}),
        ("set_role", {"user": bob, "role": "admin"}),
    ):  # fmt: skip
        await alice.is_refused("bad_request", command, chat=chat, **fields)
    await bob.hears_nothing()


async def test_members_invite_friends_into_public_rooms(stage: Stage) -> None:
    alice, bob, carol, dave = await stage.people("alice", "bob", "carol", "dave")
    await stage.friends(bob, carol)
    room = await stage.room(alice, bob)
    done = await bob.asks("invite", chat=room, user=carol)
    await carol.hears("chat", chat=room, role="member", head=done["seq"] - 1)
    await carol.hears("member", seq=done["seq"], from_=bob, user=carol.user, change="joined")
    await alice.hears("member", seq=done["seq"], user=carol.user, change="joined")
    await bob.is_refused("not_friends", "invite", chat=room, user=dave)
    await bob.is_refused("not_found", "invite", chat=room, user="nobody.at.all")
    await dave.hears_nothing()


async def test_into_private_rooms_only_admins_invite(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    await stage.friends(alice, bob)
    await stage.friends(bob, carol)
    room = await stage.room(alice, bob, public=False)
    await bob.is_refused("forbidden", "invite", chat=room, user=carol)
    await alice.asks("set_role", chat=room, user=bob, role="admin")
    await bob.asks("invite", chat=room, user=carol)
    await carol.hears("chat", chat=room, public=False)


async def test_who_blocked_somebody_must_unblock_before_inviting(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice)
    await alice.asks("block", user=bob)
    await alice.is_refused("blocked", "invite", chat=room, user=bob)


@pytest.mark.settings(**TIGHT)
async def test_a_room_may_be_full(stage: Stage) -> None:
    alice, bob, carol, dave, erin, frank = await stage.people(
        "alice", "bob", "carol", "dave", "erin", "frank"
    )
    room = await stage.room(alice, bob, carol, dave, erin)
    await frank.is_refused("forbidden", "join", chat=room)
    await erin.asks("leave", chat=room)
    await frank.asks("join", chat=room)
