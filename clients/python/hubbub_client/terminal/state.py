"""Where a terminal keeps what it remembers: one file per server and user, and per terminal open at a time."""

import re
from contextlib import suppress
from pathlib import Path

import msgspec
import platformdirs

from hubbub_client.errors import StoreInUse
from hubbub_client.store import FileStore, MemoryStore, Tokens

SLOTS = 9
"""Terminals of one user at one server at a time on one machine; each is a device with its own session."""

_LAST_USER = "last-user"


def directory(server: str, root: Path | None) -> Path:
    """The directory of a server, below `root` or the user's state directory."""
    place = re.sub(r"[^A-Za-z0-9.-]+", "_", server).strip("_")
    return (root or platformdirs.user_state_path("hubbub")) / place


class TerminalStore(FileStore):
    """A terminal's file. While it is open nobody else can read it, so the token of the hour lies beside it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._token = _token_beside(path)

    def save_tokens(self, tokens: Tokens | None) -> None:
        super().save_tokens(tokens)
        if tokens is None:
            self._token.unlink(missing_ok=True)
            return
        self._token.touch(mode=0o600)
        self._token.write_bytes(msgspec.json.encode(Tokens(user=tokens.user, token=tokens.token)))


class BorrowedSession(MemoryStore):
    """A terminal's session without its place in the chats and its unsent messages. `lender` none: it is in use."""

    def __init__(self, tokens: Tokens, lender: FileStore | None) -> None:
        super().__init__()
        super().save_tokens(tokens)
        self._lender = lender

    def save_tokens(self, tokens: Tokens | None) -> None:
        super().save_tokens(tokens)
        if self._lender is not None:
            self._lender.save_tokens(tokens)

    def close(self) -> None:
        if self._lender is not None:
            self._lender.close()


def open_store(server: str, user: str, root: Path | None) -> TerminalStore:
    """The first file of this user that no other terminal has open. Raises StoreInUse, OSError."""
    for path in _files(server, user, root):
        try:
            return TerminalStore(path)
        except StoreInUse:
            continue
    raise StoreInUse(f"{SLOTS} terminals of {user} are open already")


def borrow_session(server: str, user: str | None, root: Path | None) -> BorrowedSession | None:
    """A session that a terminal of this user remembers, of the last user if none is named; none if there is none."""
    who = user or last_user(server, root)
    found = (_borrow(path) for path in _files(server, who, root) if path.exists()) if who else iter(())
    return next((session for session in found if session is not None), None)


def _borrow(path: Path) -> BorrowedSession | None:
    try:
        lender = TerminalStore(path)
    except StoreInUse:
        with suppress(OSError, msgspec.DecodeError):
            return BorrowedSession(msgspec.json.decode(_token_beside(path).read_bytes(), type=Tokens), None)
        return None
    tokens = lender.load().tokens
    if tokens is None:
        lender.close()
        return None
    return BorrowedSession(tokens, lender)


def _files(server: str, user: str, root: Path | None) -> list[Path]:
    name = re.sub(r"[^A-Za-z0-9._-]", lambda found: f"%{ord(found[0]):x}", user)
    folder = directory(server, root)
    return [folder / (f"{name}.db" if slot == 1 else f"{name}~{slot}.db") for slot in range(1, SLOTS + 1)]


def _token_beside(path: Path) -> Path:
    return path.with_suffix(".token")


def last_user(server: str, root: Path | None) -> str | None:
    """Who signed in here last."""
    try:
        return (directory(server, root) / _LAST_USER).read_text().strip() or None
    except OSError:
        return None


def remember_user(server: str, root: Path | None, user: str) -> None:
    """The next start offers this user."""
    (directory(server, root) / _LAST_USER).write_text(f"{user}\n")
