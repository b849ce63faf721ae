"""model.ports.People: who exists, and what two people are to each other."""

from hubbub.model import commands as c
from hubbub.model.replies import FriendLists
from hubbub.testing.place import Place


def lists(**given: list[str]) -> FriendLists:
    nothing: dict[str, list[str]] = {"friends": [], "incoming": [], "outgoing": [], "blocked": []}
    return FriendLists(**(nothing | given))


async def test_only_those_with_an_account_exist(place: Place) -> None:
    assert await place.people.exists("alice")
    assert not await place.people.exists("mallory")
    profiles = await place.people.profiles(["bob", "mallory", "alice"])
    assert {user: profile.display_name for user, profile in profiles.items()} == {
        "alice": "Alice",
        "bob": "Bob",
    }


async def test_nobody_was_seen_yet(place: Place) -> None:
    assert await place.people.last_seen(["alice", "mallory"]) == {}
    assert await place.people.last_seen([]) == {}


async def test_a_request_is_outgoing_here_and_incoming_there(place: Place) -> None:
    await place.ask("alice", c.Befriend, user="bob")
    assert await place.people.relations("alice") == lists(outgoing=["bob"])
    assert await place.people.relations("bob") == lists(incoming=["alice"])


async def test_friends_are_friends_both_ways_and_sorted(place: Place) -> None:
    for peer in ("dave", "bob", "carol"):
        await place.befriend(peer, "alice")
    assert await place.people.relations("alice") == lists(friends=["bob", "carol", "dave"])
    assert await place.people.relations("bob") == lists(friends=["alice"])


async def test_who_is_blocked_is_never_told(place: Place) -> None:
    await place.befriend("alice", "bob")
    await place.ask("alice", c.Block, user="bob")
    assert await place.people.relations("alice") == lists(blocked=["bob"])
    assert await place.people.relations("bob") == lists()
    await place.ask("bob", c.Befriend, user="alice")
    assert await place.people.relations("bob") == lists(outgoing=["alice"])
    assert await place.people.relations("alice") == lists(blocked=["bob"])


async def test_what_the_blocked_user_asked_meanwhile_went_nowhere(place: Place) -> None:
    await place.ask("alice", c.Block, user="bob")
    await place.ask("bob", c.Befriend, user="alice")
    await place.ask("alice", c.Unblock, user="bob")
    assert await place.people.relations("alice") == lists()
    assert await place.people.relations("bob") == lists()
