"""One suite for every Store."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from hubbub_client import FileStore, MemoryStore, Store, StoreInUse
from hubbub_client.store import Tokens
from hubbub_client.wire.requests import Send

TOKENS = Tokens(user="alice", token="t", expires_at=5, refresh_token="r")
Reopen = Callable[[], Store]


@pytest.fixture(params=["memory", "file"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Reopen:
    """The same store, as a new process finds it."""
    if request.param == "memory":
        memory = MemoryStore()
        return lambda: memory
    opened: list[FileStore] = []

    def again() -> Store:
        for store in opened:
            store.close()
        opened.append(FileStore(tmp_path / "state" / "alice.db"))
        return opened[-1]

    return again


def send(msg_id: str) -> Send:
    return Send(msg_id=msg_id, msg_type="group", to="c", content="x", reply_to=3)


def test_it_remembers(reopen: Reopen) -> None:
    store = reopen()
    device = store.load().device
    store.claim("alice")
    store.save_tokens(TOKENS)
    store.start_epoch("e1")
    store.advance("c", 4, "e1")
    store.advance("c", 5, "e1")
    store.keep(send("m1"))
    store.keep(send("m2"))
    store.decided("m1")
    saved = reopen().load()
    assert (saved.device, saved.user, saved.tokens, saved.epoch) == (device, "alice", TOKENS, "e1")
    assert (saved.cursors, saved.outbox) == ({"c": 5}, [send("m2")])


def test_an_epoch_voids_the_positions_of_another(reopen: Reopen) -> None:
    store = reopen()
    store.start_epoch("e1")
    store.advance("c", 5, "e1")
    store.start_epoch("e1")
    assert store.load().cursors == {"c": 5}
    store.start_epoch("e2")
    store.advance("c", 6, "e1")  # handled late
    assert (store.load().cursors, store.load().epoch) == ({}, "e2")


def test_another_user_finds_nothing(reopen: Reopen) -> None:
    store = reopen()
    device = store.load().device
    store.claim("alice")
    store.save_tokens(TOKENS)
    store.start_epoch("e1")
    store.advance("c", 5, "e1")
    store.keep(send("m1"))
    store.claim("alice")
    assert store.load().outbox == [send("m1")]
    store.claim("bob")
    saved = store.load()
    assert (saved.device, saved.user, saved.tokens, saved.cursors, saved.outbox) == (
        device,
        "bob",
        None,
        {},
        [],
    )


def test_it_forgets(reopen: Reopen) -> None:
    store = reopen()
    store.start_epoch("e1")
    store.advance("c", 5, "e1")
    store.forget("c")
    store.save_tokens(TOKENS)
    store.save_tokens(None)
    assert (store.load().cursors, store.load().tokens) == ({}, None)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_nobody_else_reads_the_refresh_token(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "state" / "alice.db")
    store.save_tokens(TOKENS)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    store.close()


def test_two_clients_do_not_share_a_file(tmp_path: Path) -> None:
    first = FileStore(tmp_path / "alice.db")
    with pytest.raises(StoreInUse):
        FileStore(tmp_path / "alice.db")
    first.close()
    FileStore(tmp_path / "alice.db").close()
