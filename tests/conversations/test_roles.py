"""Who may do what in a room, as a table: docs/protocol.md §2 Rules, "Rights in a room"."""

import itertools

import pytest

from hubbub_conformance.conversation import Connection, Stage

pytestmark = pytest.mark.every_store

ROLES = ("owner", "admin", "member")
RANK = {"member": 0, "admin": 1, "owner": 2}
ON_SOMEBODY = {
    "kick": ({}, "admin"),
    "ban": ({}, "admin"),
    "mute": ({"until": 2**50}, "admin"),
    "set_role": ({}, "owner"),
}
OTHER_ROLE = {"owner": "admin", "admin": "member", "member": "admin"}


async def cast(stage: Stage, *roles: str) -> tuple[str, list[Connection]]:
    """A room with an owner behind the scenes, and people of these roles in it."""
    owner, *people = await stage.people("root", *roles)
    room = await stage.room(owner, *people)
    for person, role in zip(people, roles, strict=True):
        if role != "member":
            await owner.asks("set_role", chat=room, user=person, role=role)
    for person in people:
        await person.catches_up()
    return room, people


@pytest.mark.parametrize(
    ("actor", "subject", "command"), list(itertools.product(ROLES, ROLES, ON_SOMEBODY)), ids=str
)
async def test_nobody_acts_on_an_equal_or_higher_role(
    stage: Stage, actor: str, subject: str, command: str
) -> None:
    room, (one, other) = await cast(stage, actor, subject)
    fields, needed = ON_SOMEBODY[command]
    if command == "set_role":
        fields = {"role": OTHER_ROLE[subject]}
    allowed = RANK[actor] >= RANK[needed] and RANK[actor] > RANK[subject]
    if allowed:
        await one.asks(command, chat=room, user=other, **fields)
        await other.hears("member", from_=one, user=other.user)
    else:
        await one.is_refused("forbidden", command, chat=room, user=other, **fields)
        await other.hears_nothing()


@pytest.mark.parametrize("command", ["kick", "ban", "mute"])
@pytest.mark.parametrize("role", ROLES)
async def test_nobody_acts_on_themselves(stage: Stage, role: str, command: str) -> None:
    room, [one] = await cast(stage, role)
    await one.is_refused("forbidden", command, chat=room, user=one, **ON_SOMEBODY[command][0])


@pytest.mark.parametrize("role", ROLES)
async def test_admins_rename_and_unban_and_members_do_not(stage: Stage, role: str) -> None:
    room, [one] = await cast(stage, role)
    for command, fields in (("rename", {"name": "New"}), ("unban", {"user": one})):
        if role == "member":
            await one.is_refused("forbidden", command, chat=room, **fields)
        else:
            await one.asks(command, chat=room, **fields)


async def test_an_owner_hands_ownership_over_and_steps_down(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await alice.is_refused("forbidden", "set_role", chat=room, user=alice, role="member")
    await alice.asks("set_role", chat=room, user=bob, role="owner")
    await alice.asks("set_role", chat=room, user=alice, role="member")
    await bob.hears("member", user=bob.user, change="role", role="owner")
    await bob.hears("member", from_=alice, user=alice.user, change="role", role="member")
    await alice.is_refused("forbidden", "rename", chat=room, name="No more")


@pytest.mark.parametrize("command", ["kick", "mute", "set_role"])
async def test_who_is_not_in_the_room_cannot_be_acted_on(stage: Stage, command: str) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice)
    fields = ON_SOMEBODY[command][0] or ({"role": "admin"} if command == "set_role" else {})
    for user in (bob.user, "nobody.at.all"):
        await alice.is_refused("not_found", command, chat=room, user=user, **fields)


async def test_strangers_of_a_public_room_have_no_rights_in_it(stage: Stage) -> None:
    alice, eve = await stage.people("alice", "eve")
    room = await stage.room(alice)
    for command, fields in (
        ("rename", {"name": "Mine"}), ("invite", {"user": eve}), ("kick", {"user": alice}),
        ("ban", {"user": alice}), ("unban", {"user": eve}), ("mute", {"user": alice, "until": 0}),
        ("set_role", {"user": eve, "role": "owner"}), ("members", {}), ("history", {}),
    ):  # fmt: skip
        await eve.is_refused("not_a_member", command, chat=room, **fields)
    await alice.hears_nothing()
