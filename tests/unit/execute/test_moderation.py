"""Nobody acts on an equal or higher role, and what was withdrawn is withdrawn."""

import pytest

from hubbub.model import commands as c
from hubbub.testing.place import Place

RANKS = ("member", "admin", "owner")


@pytest.fixture
async def room(place: Place) -> str:
    """alice owns it, bob is an admin, carol and dave are members."""
    room = await place.room("alice", "bob", "carol", "dave")
    await place.ask("alice", c.SetRole, chat=room, user="bob", role="admin")
    return room


ACTS = [(c.Kick, {}), (c.Ban, {}), (c.Mute, {"until": 2**50})]


@pytest.mark.parametrize(("act", "fields"), ACTS)
@pytest.mark.parametrize(
    ("actor", "subject", "allowed"),
    [("alice", "bob", True), ("bob", "carol", True), ("alice", "carol", True), ("bob", "alice", False),
     ("bob", "bob", False), ("alice", "alice", False), ("carol", "dave", False), ("carol", "bob", False)],
)  # fmt: skip
async def test_only_higher_roles_act(
    place: Place,
    room: str,
    act: type[c.Command],
    fields: dict[str, int],
    actor: str,
    subject: str,
    allowed: bool,
) -> None:
    before = len(await place.transcript(room))
    if allowed:
        await place.ask(actor, act, chat=room, user=subject, **fields)
    else:
        assert await place.refused(actor, act, chat=room, user=subject, **fields) == "forbidden"
    assert len(await place.transcript(room)) == before + allowed


async def test_the_kicked_may_come_back_the_banned_may_not_until_unbanned(place: Place, room: str) -> None:
    await place.ask("bob", c.Kick, chat=room, user="carol")
    await place.ask("carol", c.Join, chat=room)
    await place.ask("bob", c.Ban, chat=room, user="carol")
    assert await place.refused("carol", c.Join, chat=room) == "banned"
    await place.befriend("alice", "carol")
    assert await place.refused("alice", c.Invite, chat=room, user="carol") == "banned"
    await place.ask("bob", c.Unban, chat=room, user="carol")
    await place.ask("carol", c.Join, chat=room)


async def test_who_is_not_in_the_room_can_be_banned_but_not_kicked(place: Place, room: str) -> None:
    assert await place.refused("bob", c.Kick, chat=room, user="erin") == "not_found"
    assert await place.refused("bob", c.Ban, chat=room, user="nobody") == "not_found"
    assert await place.refused("carol", c.Ban, chat=room, user="nobody") == "forbidden"
    await place.ask("bob", c.Ban, chat=room, user="erin")
    assert await place.refused("erin", c.Join, chat=room) == "banned"


async def test_banning_twice_and_unbanning_nobody_change_nothing(place: Place, room: str) -> None:
    await place.ask("bob", c.Ban, chat=room, user="carol")
    before = len(await place.transcript(room))
    await place.ask("bob", c.Ban, chat=room, user="carol")
    await place.ask("bob", c.Unban, chat=room, user="dave")
    assert len(await place.transcript(room)) == before


async def test_the_muted_are_silent_until_their_time_is_over(place: Place, room: str) -> None:
    send = {"msg_type": "group", "to": room, "content": "x"}
    sent = await place.ask("carol", c.Send, msg_id="m0", **send)
    await place.ask("bob", c.Mute, chat=room, user="carol", until=place.clock() + 1_000)
    assert await place.refused("carol", c.Send, msg_id="m1", **send) == "muted"
    assert await place.refused("carol", c.Edit, chat=room, seq=sent.seq, content="y") == "muted"
    assert await place.refused("carol", c.React, chat=room, seq=sent.seq, emoji="x", on=True) == "muted"
    place.clock.advance(1_000)
    await place.ask("carol", c.Send, msg_id="m1", **send)


async def test_a_mute_is_taken_back_with_zero_and_past_times_mean_zero(place: Place, room: str) -> None:
    before = len(await place.transcript(room))
    await place.ask("bob", c.Mute, chat=room, user="carol", until=0)
    await place.ask("bob", c.Mute, chat=room, user="carol", until=place.clock() - 1)
    assert len(await place.transcript(room)) == before
    await place.ask("bob", c.Mute, chat=room, user="carol", until=2**50)
    await place.ask("bob", c.Mute, chat=room, user="carol", until=0)
    await place.ask("carol", c.Send, msg_type="group", to=room, content="x", msg_id="m")


async def test_only_owners_give_roles_and_one_owner_must_stay(place: Place, room: str) -> None:
    assert await place.refused("bob", c.SetRole, chat=room, user="carol", role="admin") == "forbidden"
    assert await place.refused("alice", c.SetRole, chat=room, user="alice", role="member") == "forbidden"
    await place.ask("alice", c.SetRole, chat=room, user="carol", role="owner")
    assert await place.refused("alice", c.SetRole, chat=room, user="carol", role="member") == "forbidden"
    await place.ask("alice", c.SetRole, chat=room, user="alice", role="member")
    chat = await place.chats.load(room)
    assert chat is not None
    assert {user: member.role for user, member in chat.members.items()} == {
        "alice": "member", "bob": "admin", "carol": "owner", "dave": "member",
    }  # fmt: skip
