"""Friendship: asked for, granted, declined, ended (docs/protocol.md §2)."""

import pytest

from hubbub_conformance.conversation import Stage

pytestmark = pytest.mark.every_store


async def test_a_request_is_told_accepted_and_opens_a_chat(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await alice.asks("befriend", user=bob)
    await bob.hears("friend", user=alice.user, change="requested")
    await alice.hears_nothing()
    assert await alice.friend_lists() == ([], [], [bob.user], [])
    assert await bob.friend_lists() == ([], [alice.user], [], [])
    assert (await alice.asks("chats"))["chats"] == []
    await bob.asks("accept", user=alice)
    for each, peer in ((alice, bob), (bob, alice)):
        await each.hears("friend", user=peer.user, change="accepted")
        chat = await each.hears("chat", msg_type="private", peer=peer.user, name=peer.user, head=0)
        assert chat.keys().isdisjoint({"role", "public"})
        assert await each.friend_lists() == ([peer.user], [], [], [])
        assert [each["chat"] for each in (await each.asks("chats"))["chats"]] == [chat["chat"]]


async def test_two_who_ask_each_other_are_friends(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await alice.asks("befriend", user=bob)
    await bob.asks("befriend", user=alice)
    await alice.hears("friend", user=bob.user, change="accepted")
    await bob.hears("friend", user=alice.user, change="requested")
    await bob.hears("friend", user=alice.user, change="accepted")
    assert await alice.friend_lists() == ([bob.user], [], [], [])


async def test_asking_again_changes_nothing(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await alice.asks("befriend", user=bob)
    await alice.asks("befriend", user=bob)
    await bob.hears("friend", change="requested")
    await bob.hears_nothing()
    await bob.asks("accept", user=alice)
    for each in (alice, bob):
        await each.eventually_hears("chat")
        await each.asks("befriend", user=alice if each is bob else bob)
        await each.asks("accept", user=alice if each is bob else bob)
        await each.hears_nothing()


async def test_a_request_may_be_declined(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await alice.asks("befriend", user=bob)
    await bob.hears("friend", change="requested")
    await bob.asks("decline", user=alice)
    await alice.hears("friend", user=bob.user, change="removed")
    assert await alice.friend_lists() == await bob.friend_lists() == ([], [], [], [])
    await bob.is_refused("not_found", "accept", user=alice)
    await alice.asks("befriend", user=bob)
    await bob.eventually_hears("friend", user=alice.user, change="requested")


async def test_a_request_may_be_taken_back(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await alice.asks("befriend", user=bob)
    await alice.asks("unfriend", user=bob)
    await bob.hears("friend", change="requested")
    await bob.hears("friend", user=alice.user, change="removed")
    assert await alice.friend_lists() == await bob.friend_lists() == ([], [], [], [])
    await bob.is_refused("not_found", "accept", user=alice)


async def test_declining_or_ending_nothing_is_fine(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    for command in ("decline", "unfriend", "unblock"):
        await alice.asks(command, user=bob)
    await bob.hears_nothing()


async def test_the_asker_cannot_accept_for_the_other(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await alice.asks("befriend", user=bob)
    await alice.is_refused("not_found", "accept", user=bob)


async def test_oneself_and_nobody_are_no_friends(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    for command in ("befriend", "accept", "decline", "unfriend", "block", "unblock"):
        await alice.is_refused("bad_request", command, user=alice)
        await alice.is_refused("not_found", command, user="nobody.at.all")


async def test_after_unfriending_the_history_stays_and_the_talk_ends(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    chat = await stage.friends(alice, bob)
    seq = (await alice.asks("send", msg_type="private", to=bob, content="us", msg_id="1"))["seq"]
    await bob.asks("unfriend", user=alice)
    await alice.eventually_hears("friend", user=bob.user, change="removed")
    for each, other in ((alice, bob), (bob, alice)):
        assert await each.friend_lists() == ([], [], [], [])
        [entry] = (await each.asks("history", chat=chat))["entries"]
        assert entry["content"] == "us"
        await each.is_refused("not_friends", "send", msg_type="private", to=other, content="!", msg_id="2")
        await each.is_refused("not_friends", "react", chat=chat, seq=seq, emoji="👍", on=True)
    await alice.is_refused("not_friends", "edit", chat=chat, seq=seq, content="not us")


async def test_friends_again_have_their_old_chat(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    chat = await stage.friends(alice, bob)
    await alice.asks("send", msg_type="private", to=bob, content="us", msg_id="1")
    await bob.asks("unfriend", user=alice)
    await bob.asks("befriend", user=alice)
    await alice.asks("accept", user=bob)
    await bob.eventually_hears("friend", user=alice.user, change="accepted")
    sent = await alice.asks("send", msg_type="private", to=bob, content="again", msg_id="2")
    assert (sent["chat"], sent["seq"]) == (chat, 2)
    await bob.hears("message", seq=2, content="again")


async def test_a_private_chat_is_called_as_the_other_wants(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await stage.friends(alice, bob)
    (await bob.http.patch("/me", {"display_name": "Bob the Builder"})).gives(200)
    [chat] = (await alice.asks("chats"))["chats"]
    assert (chat["name"], chat["peer"]) == ("Bob the Builder", bob.user)


async def test_the_chat_of_new_friends_is_called_as_the_other_wants(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    (await bob.http.patch("/me", {"display_name": "Bob the Builder"})).gives(200)
    await bob.asks("befriend", user=alice)
    await alice.asks("accept", user=bob)
    assert (await alice.eventually_hears("chat", peer=bob.user))["name"] == "Bob the Builder"
