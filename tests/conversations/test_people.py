"""Members and profiles, page by page (docs/protocol.md §2)."""

import pytest

from hubbub_conformance.conversation import Stage

pytestmark = pytest.mark.every_store


async def test_members_come_in_the_order_of_their_names_page_by_page(stage: Stage) -> None:
    people = await stage.people("dora", "anna", "carl", "bert", "emil")
    room = await stage.room(*people)
    await people[0].asks("set_role", chat=room, user=people[1], role="admin")
    pages, after = [], {}
    while True:
        page = await people[2].asks("members", chat=room, limit=2, **after)
        pages.append([each["user"] for each in page["members"]])
        if not page["more"]:
            break
        after = {"after": pages[-1][-1]}
    assert [len(each) for each in pages] == [2, 2, 1]
    assert [user for page in pages for user in page] == sorted(each.user for each in people)
    listed = (await people[2].asks("members", chat=room))["members"]
    roles = {each["user"].partition(".")[0]: each["role"] for each in listed}
    assert roles == {"anna": "admin", "bert": "member", "carl": "member", "dora": "owner", "emil": "member"}


async def test_members_show_how_far_they_are(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    for number in range(3):
        await alice.asks("send", msg_type="group", to=room, content="x", msg_id=str(number))
    await bob.asks("read", chat=room, seq=3)
    await bob.asks("received", chat=room, seq=4)

    async def reach() -> dict[str, tuple[int, int]]:
        listed = (await alice.asks("members", chat=room))["members"]
        return {each["user"]: (each["read"], each["received"]) for each in listed}

    await stage.agrees({bob.user: (3, 4), alice.user: (5, 5)}, reach)


async def test_a_private_chat_has_two_members_without_rank(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    chat = await stage.friends(alice, bob)
    listed = (await alice.asks("members", chat=chat))["members"]
    assert [each["user"] for each in listed] == sorted([alice.user, bob.user])


async def test_profiles_are_those_of_users_that_exist(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    (await bob.http.patch("/me", {"display_name": "Bób", "avatar": "https://example.org/b.png"})).gives(200)
    asked = [bob.user, "nobody.at.all", alice.user, bob.user]
    assert (await alice.asks("profile", users=asked))["profiles"] == [
        {"user": bob.user, "display_name": "Bób", "avatar": "https://example.org/b.png"},
        {"user": alice.user, "display_name": alice.user},
    ]
    assert (await alice.asks("profile", users=[]))["profiles"] == []
    await alice.asks("profile", users=[bob.user] * 200)


async def test_users_are_compared_byte_by_byte(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    for other in (bob.user.upper(), bob.user + " ", " " + bob.user, bob.user + "%"):
        await alice.is_refused("not_found", "befriend", user=other)
        assert (await alice.asks("profile", users=[other]))["profiles"] == []


async def test_history_pages_in_both_directions(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    for number in range(9):
        await alice.asks("send", msg_type="group", to=room, content="x", msg_id=str(number))
    for fields, seqs, more in (
        ({}, range(1, 11), False), ({"limit": 3}, (8, 9, 10), True), ({"before": 8, "limit": 3}, (5, 6, 7), True),
        ({"before": 4}, (1, 2, 3), False), ({"before": 1}, (), False), ({"before": 0}, (), False),
        ({"after": 0, "limit": 2}, (1, 2), True), ({"after": 8}, (9, 10), False), ({"after": 10}, (), False),
        ({"after": 9_999}, (), False), ({"before": 9_999, "limit": 1}, (10,), True),
        ({"before": 4, "limit": 3}, (1, 2, 3), False),
    ):  # fmt: skip
        page = await alice.asks("history", chat=room, **fields)
        assert ([each["seq"] for each in page["entries"]], page["more"]) == (list(seqs), more), fields
    await alice.is_refused("bad_request", "history", chat=room, before=5, after=2)


async def test_chats_come_in_the_order_of_their_ids(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    made = sorted([await stage.room(alice) for _ in range(4)] + [await stage.friends(alice, bob)])
    assert [each["chat"] for each in (await alice.asks("chats"))["chats"]] == made
    rest = await alice.asks("chats", after=made[1])
    assert ([each["chat"] for each in rest["chats"]], rest["more"]) == (made[2:], False)


async def test_lists_are_cut_where_an_envelope_ends(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    big = "😀" * 8_000  # 32 KB; 40 of them do not fit into 1 MiB
    for number in range(40):
        sender = (alice, bob)[number % 2]
        await sender.asks("send", msg_type="group", to=room, content=big, msg_id=str(number))
    newest = await alice.asks("history", chat=room, limit=300)
    oldest = await alice.asks("history", chat=room, after=0, limit=300)
    assert newest["more"]
    assert oldest["more"]
    assert newest["entries"][-1]["seq"] == 42
    assert oldest["entries"][0]["seq"] == 1
    for page in (newest, oldest):
        seqs = [each["seq"] for each in page["entries"]]
        assert seqs == list(range(seqs[0], seqs[-1] + 1))
        assert len(seqs) >= 30
