"""What a client remembers: who it is, how far it got, and what is undecided. One store per server and user."""

import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import msgspec

from hubbub_client.errors import StoreInUse
from hubbub_client.wire.requests import Send


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """A session's tokens; `expires_at` of the access token in ms since the epoch, 0 if unknown."""

    user: str
    token: str
    expires_at: int = 0
    refresh_token: str = ""


@dataclass(slots=True)
class Saved:
    """Everything a new client starts from."""

    device: str
    user: str = ""
    tokens: Tokens | None = None
    epoch: str | None = None
    cursors: dict[str, int] = field(default_factory=dict)
    outbox: list[Send] = field(default_factory=list)


class Store(Protocol):
    """Remembers. Implementations: MemoryStore, FileStore; suite: tests/test_store.py."""

    def load(self) -> Saved:
        """A copy of what is remembered; the first call ever makes the device's name."""

    def claim(self, user: str) -> None:
        """This store serves `user` from now on; what it held for another one is dropped."""

    def save_tokens(self, tokens: Tokens | None) -> None:
        """Keep the session's tokens, or forget them."""

    def start_epoch(self, epoch: str) -> None:
        """Cursors count in `epoch` from now on; those of another one are void."""

    def advance(self, chat: str, seq: int, epoch: str) -> None:
        """Everything up to `seq` was handled. A position of another epoch is ignored."""

    def forget(self, chat: str) -> None:
        """The chat is not followed any longer."""

    def keep(self, send: Send) -> None:
        """Remember an undecided message, after the ones kept before it."""

    def decided(self, msg_id: str) -> None:
        """Forget a message that is no longer undecided."""

    def close(self) -> None:
        """Let the store go; another process may have it."""


class MemoryStore:
    """Remembers as long as the process lives."""

    def __init__(self) -> None:
        self._saved = Saved(device=uuid4().hex)

    def load(self) -> Saved:
        saved = self._saved
        return Saved(
            saved.device, saved.user, saved.tokens, saved.epoch, dict(saved.cursors), list(saved.outbox)
        )

    def claim(self, user: str) -> None:
        if self._saved.user not in ("", user):
            self._saved = Saved(device=self._saved.device)
        self._saved.user = user

    def save_tokens(self, tokens: Tokens | None) -> None:
        self._saved.tokens = tokens

    def start_epoch(self, epoch: str) -> None:
        if epoch != self._saved.epoch:
            self._saved.epoch, self._saved.cursors = epoch, {}

    def advance(self, chat: str, seq: int, epoch: str) -> None:
        if epoch == self._saved.epoch:
            self._saved.cursors[chat] = seq

    def forget(self, chat: str) -> None:
        self._saved.cursors.pop(chat, None)

    def keep(self, send: Send) -> None:
        self._saved.outbox.append(send)

    def decided(self, msg_id: str) -> None:
        self._saved.outbox = [send for send in self._saved.outbox if send.msg_id != msg_id]

    def close(self) -> None:
        """Nothing to let go."""


_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursors (chat TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (place INTEGER PRIMARY KEY AUTOINCREMENT, msg_id TEXT UNIQUE, send TEXT NOT NULL);
"""


class FileStore:
    """Remembers in one SQLite file, readable by its owner only (it holds the refresh token).

    Writes are in the kernel when a method returns: they survive the death of the process at any moment. After a power
    cut the last ones may be missing, which costs a repeated event, never a lost one. The file is locked as long as the
    store is open, because two clients on one set of cursors would lose events to each other.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises StoreInUse, OSError."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)
            self._db.execute("INSERT OR IGNORE INTO facts VALUES ('device', ?)", (uuid4().hex,))
        except sqlite3.OperationalError as error:
            self._db.close()
            raise StoreInUse(f"{path}: {error}") from error

    def load(self) -> Saved:
        facts = dict(self._db.execute("SELECT name, value FROM facts"))
        tokens = facts.get("tokens")
        return Saved(
            device=facts["device"],
            user=facts.get("user", ""),
            tokens=None if tokens is None else msgspec.json.decode(tokens, type=Tokens),
            epoch=facts.get("epoch"),
            cursors=dict(self._db.execute("SELECT chat, seq FROM cursors")),
            outbox=[
                msgspec.json.decode(row[0], type=Send)
                for row in self._db.execute("SELECT send FROM outbox ORDER BY place")
            ],
        )

    def claim(self, user: str) -> None:
        if self._fact("user") not in (None, user):
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM cursors")
            self._db.execute("DELETE FROM outbox")
            self._db.execute("DELETE FROM facts WHERE name <> 'device'")
            self._db.execute("COMMIT")
        self._set_fact("user", user)

    def save_tokens(self, tokens: Tokens | None) -> None:
        self._set_fact("tokens", None if tokens is None else msgspec.json.encode(tokens).decode())

    def start_epoch(self, epoch: str) -> None:
        if self._fact("epoch") == epoch:
            return
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM cursors")
        self._set_fact("epoch", epoch)
        self._db.execute("COMMIT")

    def advance(self, chat: str, seq: int, epoch: str) -> None:
        self._db.execute(
            "INSERT INTO cursors SELECT ?, ? FROM facts WHERE name = 'epoch' AND value = ?"
            " ON CONFLICT (chat) DO UPDATE SET seq = excluded.seq",
            (chat, seq, epoch),
        )

    def forget(self, chat: str) -> None:
        self._db.execute("DELETE FROM cursors WHERE chat = ?", (chat,))

    def keep(self, send: Send) -> None:
        body = msgspec.json.encode(send).decode()
        self._db.execute("INSERT OR IGNORE INTO outbox (msg_id, send) VALUES (?, ?)", (send.msg_id, body))

    def decided(self, msg_id: str) -> None:
        self._db.execute("DELETE FROM outbox WHERE msg_id = ?", (msg_id,))

    def close(self) -> None:
        self._db.close()

    def _fact(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _set_fact(self, name: str, value: str | None) -> None:
        if value is None:
            self._db.execute("DELETE FROM facts WHERE name = ?", (name,))
        else:
            self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))
