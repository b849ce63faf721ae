"""A user is exported, then erased: nothing they said is anywhere any more, every seq is, and everybody heard of it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.conversations.test_erasure import rows_holding
from tests.operate.test_administration import administrator, operator

from hubbub_conformance.conversation import PASSWORD, Connection, Stage

pytestmark = [pytest.mark.inside, pytest.mark.wires("websocket+json")]


def words_of(mallory: Connection) -> tuple[str, str, str]:
    """Nobody else's on this server."""
    return f"{mallory.user} said", f"{mallory.user} meant", f"{mallory.user} whispered"


async def life_of(mallory: Connection, bob: Connection, stage: Stage) -> tuple[str, str]:
    """A room and a private chat with messages, an edit and reactions; their chat ids."""
    said, meant, whispered = words_of(mallory)
    room = await stage.room(bob, mallory)
    private = await stage.friends(mallory, bob)
    await bob.asks("send", msg_type="group", to=room, content="what bob said", msg_id="b1")
    await mallory.asks("send", msg_type="group", to=room, content=said, msg_id="m1")
    await mallory.asks("edit", chat=room, seq=4, content=meant)
    await mallory.asks("react", chat=room, seq=3, emoji="👍", on=True)
    await mallory.asks("send", msg_type="private", to=bob, content=whispered, msg_id="m2")
    (await mallory.http.patch("/me", {"display_name": f"{mallory.user} M."})).gives(200)
    return room, private


async def erase(admin: Connection, user: str, steps: int = 1_000) -> dict[str, Any]:
    """Step after step; gives the last answer."""
    step: dict[str, Any] = {}
    for _ in range(steps):
        step = (await admin.http.post(f"/admin/users/{user}/erase", {"user": user})).gives(200)
        if step["done"]:
            break
    return step


def continuous(database: Path) -> bool:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT c.head, count(e.seq), max(e.seq) FROM chats c JOIN entries e ON e.chat = c.id GROUP BY c.id"
        ).fetchall()
    return bool(rows) and all(head == count == last for head, count, last in rows)


async def test_an_export_is_everything_of_one_user(stage: Stage) -> None:
    (mallory, bob) = await stage.people("mallory", "bob")
    room, private = await life_of(mallory, bob, stage)
    _, meant, whispered = words_of(mallory)
    given = (await operator(stage).get(f"/admin/users/{mallory.user}/export")).gives(200)
    assert given["user"]["display_name"] == f"{mallory.user} M."
    assert given["relations"]["friends"] == [bob.user]
    assert {(each["chat"], each["peer"]) for each in given["chats"]} == {(room, None), (private, bob.user)}
    assert given["reactions"] == [{"chat": room, "seq": 3, "emoji": "👍"}]
    assert [(each["content"], [edit["content"] for edit in each["edits"]]) for each in given["messages"]] == [
        (meant, [meant]),
        (whispered, []),
    ]
    assert "what bob said" not in str(given)
    assert len(given["sessions"]) == 1


async def test_an_erased_user_is_nowhere_and_no_seq_is_missing(stage: Stage) -> None:
    admin, (mallory, bob) = await administrator(stage), await stage.people("mallory", "bob")
    room, private = await life_of(mallory, bob, stage)
    await bob.catches_up()
    gone = (*words_of(mallory), f"{mallory.user} M.")
    assert all(rows_holding(stage.server.database, words) for words in gone[1:])
    (await admin.http.post(f"/admin/users/{mallory.user}/erase", {"user": "bob"})).refuses(400, "bad_request")
    assert (await erase(admin, mallory.user, steps=1))["done"] is False
    await mallory.is_closed(4501)
    another = await administrator(stage)  # whoever began it, it goes on where it was
    assert (await erase(another, mallory.user))["done"] is True
    assert [rows_holding(stage.server.database, words) for words in gone] == [[]] * 4
    assert continuous(stage.server.database)
    await bob.eventually_hears("deleted", chat=room, from_=mallory, target=4)
    await bob.eventually_hears("reacted", chat=room, from_=mallory, target=3, on=False)
    await bob.eventually_hears("member", chat=room, user=mallory, change="left")
    await bob.eventually_hears("friend", user=mallory, change="removed")
    assert not [words for words in gone if words in str(await bob.asks("history", chat=room))]
    (message,) = [
        entry for entry in (await bob.asks("history", chat=private))["entries"] if entry["type"] == "message"
    ]
    assert message["deleted"] is True
    assert (await bob.http.get(f"/users/{mallory.user}")).gives(200)["display_name"] == "Deleted user"
    again = {"user": mallory.user, "password": PASSWORD}
    (await stage.stranger.post("/sessions", again)).refuses(401, "unauthenticated")
    (await stage.stranger.post("/accounts", again)).refuses(409, "conflict")
    (await admin.http.delete(f"/admin/users/{mallory.user}/ban")).refuses(409, "conflict")
    head = (await admin.http.get(f"/admin/rooms/{room}")).gives(200)["head"]
    assert (await erase(admin, mallory.user)) == {"done": True, "erased": 0}
    assert (await admin.http.get(f"/admin/rooms/{room}")).gives(200)["head"] == head
