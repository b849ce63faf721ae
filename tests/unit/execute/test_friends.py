"""Friendship: asked, granted, refused, ended, blocked; who is told what, and who never."""

import pytest

from hubbub.model import commands as c
from hubbub.model.replies import FriendLists
from hubbub.testing.place import Place


def told(place: Place) -> list[tuple[str, str, str]]:
    """(who, of whom, what) since the last time."""
    made = [(user, push.user, push.change) for user, push in place.notices()]
    place.published.clear()
    return made


async def test_a_request_is_told_to_the_asked_and_an_acceptance_to_both(place: Place) -> None:
    await place.ask("alice", c.Befriend, user="bob")
    assert told(place) == [("bob", "alice", "requested")]
    await place.ask("bob", c.Accept, user="alice")
    assert sorted(told(place)) == [("alice", "bob", "accepted"), ("bob", "alice", "accepted")]


async def test_asking_who_asked_first_is_saying_yes(place: Place) -> None:
    await place.ask("alice", c.Befriend, user="bob")
    await place.ask("bob", c.Befriend, user="alice")
    assert (await place.ask("alice", c.Friends)).friends == ["bob"]


async def test_asking_again_changes_nothing(place: Place) -> None:
    for _ in range(2):
        await place.ask("alice", c.Befriend, user="bob")
    assert len(told(place)) == 1
    await place.ask("bob", c.Accept, user="alice")
    told(place)
    for command in (c.Befriend, c.Accept):
        await place.ask("alice", command, user="bob")
    assert told(place) == []


async def test_only_a_request_that_exists_is_accepted(place: Place) -> None:
    assert await place.refused("alice", c.Accept, user="bob") == "not_found"
    await place.ask("alice", c.Befriend, user="bob")
    assert await place.refused("alice", c.Accept, user="bob") == "not_found"
    await place.ask("bob", c.Decline, user="alice")
    assert await place.refused("bob", c.Accept, user="alice") == "not_found"


async def test_oneself_and_nobody_are_no_friends(place: Place) -> None:
    for command in (c.Befriend, c.Accept, c.Decline, c.Unfriend, c.Block, c.Unblock):
        assert await place.refused("alice", command, user="alice") == "bad_request"
        assert await place.refused("alice", command, user="nobody") == "not_found"


async def test_ending_a_friendship_is_told_to_both(place: Place) -> None:
    await place.befriend("alice", "bob")
    told(place)
    await place.ask("bob", c.Unfriend, user="alice")
    assert sorted(told(place)) == [("alice", "bob", "removed"), ("bob", "alice", "removed")]


async def test_a_request_taken_back_is_gone(place: Place) -> None:
    await place.ask("alice", c.Befriend, user="bob")
    await place.ask("alice", c.Unfriend, user="bob")
    assert (await place.ask("bob", c.Friends)).incoming == []


async def test_a_request_to_who_blocked_one_is_ok_and_goes_nowhere(place: Place) -> None:
    await place.ask("alice", c.Block, user="bob")
    told(place)
    await place.ask("bob", c.Befriend, user="alice")
    assert (await place.ask("bob", c.Friends)).outgoing == ["alice"]
    assert (await place.ask("alice", c.Friends)).incoming == []
    assert [each for each in told(place) if each[0] == "alice"] == []
    assert await place.refused("alice", c.Accept, user="bob") == "blocked"


async def test_a_block_looks_like_an_end_to_the_blocked(place: Place) -> None:
    await place.befriend("alice", "bob")
    told(place)
    await place.ask("alice", c.Block, user="bob")
    assert sorted(told(place)) == [("alice", "bob", "removed"), ("bob", "alice", "removed")]
    assert (await place.ask("bob", c.Friends)).blocked == []


async def test_both_may_block_and_each_ends_only_their_own(place: Place) -> None:
    await place.ask("alice", c.Block, user="bob")
    await place.ask("bob", c.Block, user="alice")
    await place.ask("alice", c.Unblock, user="bob")
    assert await place.refused("bob", c.Befriend, user="alice") == "blocked"
    await place.ask("alice", c.Befriend, user="bob")
    assert (await place.ask("bob", c.Friends)).incoming == []


async def test_after_the_block_everything_begins_anew(place: Place) -> None:
    await place.befriend("alice", "bob")
    await place.ask("alice", c.Block, user="bob")
    await place.ask("alice", c.Unblock, user="bob")
    assert (await place.ask("alice", c.Friends)).friends == []
    await place.befriend("bob", "alice")
    assert (await place.ask("alice", c.Friends)).friends == ["bob"]


async def test_a_list_read_before_a_push_is_not_said_after_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read, then pushed, then said: the client took the old list for the newer word, and the request was gone."""
    read = place.people.relations

    async def meanwhile(user: str) -> FriendLists:
        found = await read(user)
        if not place.pushes.of_friends:
            place.pushes.of_friends["alice"] = 1
            await place.ask("bob", c.Befriend, user="alice")
        return found

    monkeypatch.setattr(place.people, "relations", meanwhile)
    assert (await place.ask("alice", c.Friends)).incoming == ["bob"]
