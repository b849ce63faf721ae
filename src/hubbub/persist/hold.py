"""Who holds an embedded store: one server, several that have a bus between them, or the command that moves it elsewhere."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_FILE = "lock"


@contextmanager
def hold(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """The only one here, or one of those that share, until the block ends or the process does. Raises OSError.

    The lock belongs to the open file, so processes forked inside the block have it too.
    """
    with (folder / LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = f"another hubbub serves from {folder}; stop it or give another --data"
            raise OSError(msg) from None
        yield
