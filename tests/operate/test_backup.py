"""`hubbub backup` of a server that goes on, `hubbub restore` into an empty store, and what clients are told of it."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hubbub.testing.server_process import ServerProcess
from hubbub_conformance.conversation import Connection, Stage

PROGRAM = Path(sys.executable).with_name("hubbub")
pytestmark = [pytest.mark.inside, pytest.mark.wires("websocket+json")]


async def program(*words: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run, [str(PROGRAM), *words], capture_output=True, text=True, check=False, timeout=60
    )


async def says(person: Connection, room: str, *numbers: int) -> None:
    for number in numbers:
        await person.asks("send", msg_type="group", to=room, content=f"number {number}", msg_id=f"n{number}")


async def backed_up(server: ServerProcess, file: Path) -> None:
    url = server.settings.get("HUBBUB_DATABASE_URL", "")
    where = ["--database-url", url] if url else ["--data", str(server.data)]
    done = await program("backup", str(file), *where)
    assert done.returncode == 0, done.stderr
    assert "entries" in done.stderr


@pytest.mark.every_store
async def test_a_restored_log_has_another_epoch_and_clients_begin_anew(
    own_stage: Stage, tmp_path: Path
) -> None:
    """What was said after the backup is gone, its seqs are given out again: nobody may take the one for the other."""
    alice, bob = await own_stage.people("alice", "bob")
    room = await own_stage.room(alice, bob)
    await says(alice, room, 1, 2)
    file = tmp_path / "backup.db"
    await backed_up(own_stage.server, file)
    await says(alice, room, 3)
    await bob.catches_up()
    cursors, epoch = {room: 5}, bob.welcome["epoch"]
    assert (await program("restore", str(file), "--check")).returncode == 0
    (tmp_path / "again").mkdir()
    done = await program("restore", str(file), "--verify", "--data", str(tmp_path / "again"))
    assert done.returncode == 0, done.stderr
    secret = (own_stage.server.data / "secret").read_text()
    restored = ServerProcess(tmp_path / "again", {"HUBBUB_AUTH_SECRET": secret.strip()})
    restored.start()
    try:
        stage = Stage(restored, wire=own_stage.wire)
        bob.person.stage = stage
        back = await bob.person.connects(epoch=epoch, cursors=cursors)
        assert back.welcome["epoch"] != epoch
        await back.hears("resync", chat=room, after=0, next=5, reset=True)
        entries = (await back.asks("history", chat=room))["entries"]
        assert [entry["seq"] for entry in entries] == [1, 2, 3, 4]
        assert [entry["content"] for entry in entries[2:]] == ["number 1", "number 2"]
        await stage.ends()
    finally:
        restored.stop()


async def test_no_server_starts_on_a_backup_and_a_damaged_one_is_seen(stage: Stage, tmp_path: Path) -> None:
    (alice,) = await stage.people("alice")
    room = await stage.room(alice)
    await says(alice, room, 1, 2)
    file = tmp_path / "hubbub.db"
    await backed_up(stage.server, file)
    refused = await program("serve", "--data", str(tmp_path), "--port", "0", "--internal-port", "0")
    assert refused.returncode == 1
    assert "This is a backup: `hubbub restore` makes a store of it." in refused.stderr
    again = await program("backup", str(file), "--data", str(stage.server.data))
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM entries WHERE chat = ? AND seq = 2", (room,))
        connection.commit()
    damaged = await program("restore", str(file), "--data", str(tmp_path / "elsewhere"))
    assert damaged.returncode == 1
    assert "table entries has" in damaged.stderr
    assert f"chat {room}: head 3 and 2 messages, but 2 entries from 1 to 3" in damaged.stderr
    assert not (tmp_path / "elsewhere" / "hubbub.db").exists()
    store = await program("restore", str(stage.server.database), "--check")
    assert (store.returncode, "no backup" in store.stderr) == (1, True)
