"""Where a terminal keeps what it remembers: one file per server and user, and per terminal open at a time."""

import re
from pathlib import Path

import platformdirs

from hubbub_client.errors import StoreInUse
from hubbub_client.store import FileStore

SLOTS = 9
"""Terminals of one user at one server at a time on one machine; each is a device with its own session."""

_LAST_USER = "last-user"


def directory(url: str, root: Path | None) -> Path:
    """The directory of a server, below `root` or the user's state directory."""
    place = re.sub(r"[^A-Za-z0-9.-]+", "_", url).strip("_")
    return (root or platformdirs.user_state_path("hubbub")) / place


def open_store(url: str, user: str, root: Path | None) -> FileStore:
    """The first file of this user that no other terminal has open. Raises StoreInUse, OSError."""
    name = re.sub(r"[^A-Za-z0-9._-]", lambda found: f"%{ord(found[0]):x}", user)
    for slot in range(1, SLOTS + 1):
        try:
            return FileStore(directory(url, root) / (f"{name}.db" if slot == 1 else f"{name}~{slot}.db"))
        except StoreInUse:
            continue
    raise StoreInUse(f"{SLOTS} terminals of {user} are open already")


def last_user(url: str, root: Path | None) -> str | None:
    """Who signed in here last."""
    try:
        return (directory(url, root) / _LAST_USER).read_text().strip() or None
    except OSError:
        return None


def remember_user(url: str, root: Path | None, user: str) -> None:
    """The next start offers this user."""
    (directory(url, root) / _LAST_USER).write_text(f"{user}\n")
