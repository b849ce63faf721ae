"""model.ports.Chats: one Chat object for everybody, the same after a commit as when it is read anew."""

from hubbub.model import commands as c
from hubbub.model.ids import private_chat
from hubbub.testing.place import Place


async def test_a_chat_that_does_not_exist_is_none(place: Place) -> None:
    assert place.chats.peek("rnone") is None
    assert await place.chats.load("rnone") is None


async def test_everybody_gets_the_same_chat(place: Place) -> None:
    room = await place.room("alice")
    first = await place.chats.load(room)
    assert first is not None
    assert await place.chats.load(room) is first
    assert place.chats.peek(room) is first
    assert await place.chats.of_user("alice") == [first]


async def test_who_holds_a_chat_sees_what_happens_to_it(place: Place) -> None:
    room = await place.room("alice")
    held = await place.chats.load(room)
    assert held is not None
    await place.ask("bob", c.Join, chat=room)
    await place.ask("alice", c.Rename, chat=room, name="Tea")
    assert (sorted(held.members), held.name, held.head) == (["alice", "bob"], "Tea", 3)


async def test_strangers_have_a_private_chat_without_rights_or_members(place: Place) -> None:
    chat = private_chat("alice", "bob")
    strangers = await place.chats.load(chat, ("bob", "alice"))
    assert strangers is not None
    assert (strangers.people, strangers.visible, strangers.rights_version) == (("alice", "bob"), False, 0)
    assert (strangers.members, strangers.pair.friends) == ({}, False)


async def test_friends_have_a_private_chat_as_soon_as_the_request_is_accepted(place: Place) -> None:
    await place.befriend("alice", "bob")
    (chat,) = await place.chats.of_user("bob")
    assert (chat.id, chat.visible, chat.pair.friends) == (private_chat("alice", "bob"), True, True)
    assert sorted(chat.members) == ["alice", "bob"]


async def test_the_list_of_a_user_is_in_the_order_of_ids_and_only_theirs(place: Place) -> None:
    rooms = [await place.room("alice") for _ in range(3)]
    await place.room("bob")
    await place.befriend("alice", "carol")
    mine = [chat.id for chat in await place.chats.of_user("alice")]
    assert mine == sorted([*rooms, private_chat("alice", "carol")])
    await place.ask("alice", c.Leave, chat=rooms[0])
    assert rooms[0] not in [chat.id for chat in await place.chats.of_user("alice")]


async def named(place: Place, owner: str, name: str, *, public: bool = True) -> str:
    made = await place.ask(owner, c.CreateRoom, name=name, public=public)
    chat: str = made.chat
    return chat


async def listed(place: Place, query: str, after: str = "", limit: int = 100) -> list[tuple[str, int]]:
    return [(each.name, each.members) for each in await place.chats.rooms(query, after, limit)]


async def test_the_directory_lists_public_rooms_with_members_and_counts_them(place: Place) -> None:
    tea = await named(place, "alice", "Tea")
    await named(place, "alice", "Secret", public=False)
    empty = await named(place, "bob", "Empty")
    await place.ask("bob", c.Join, chat=tea)
    await place.ask("bob", c.Leave, chat=empty)
    await place.befriend("alice", "carol")
    assert await listed(place, "") == [("Tea", 2)]


async def test_the_directory_is_searched_without_regard_to_case_and_without_wildcards(place: Place) -> None:
    for name in ("Green tea", "100%", "École", "a_b"):
        await named(place, "alice", name)
    assert await listed(place, "TEA") == [("Green tea", 1)]
    assert await listed(place, "%") == [("100%", 1)]
    assert await listed(place, "_") == [("a_b", 1)]
    assert await listed(place, "École") == [("École", 1)]
    assert await listed(place, "coffee") == []


async def test_the_directory_comes_in_pages(place: Place) -> None:
    rooms = sorted([await named(place, "alice", "Room") for _ in range(5)])
    first = await place.chats.rooms("", "", 2)
    rest = await place.chats.rooms("", first[-1].chat, 100)
    assert [each.chat for each in [*first, *rest]] == rooms
