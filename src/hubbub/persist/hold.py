"""Who holds an embedded store: one server, several that have a bus between them, or the command that moves it elsewhere."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

LOCK_FILE = "lock"


@contextmanager
def hold(folder: Path, *, shared: bool = False, name: str = "") -> Iterator[str]:
    """The only one here, or one of those that share, until the block ends or the process does. Raises OSError.

    Gives the name of who was the only one here before, and so has ended; `name` is left for the next. The lock belongs
    to the open file, so processes forked inside the block have it too.
    """
    with (folder / LOCK_FILE).open("a+") as lock:
        try:
            fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = f"another hubbub serves from {folder}; stop it or give another --data"
            raise OSError(msg) from None
        yield "" if shared else _succeed(lock, name)


def _succeed(lock: TextIO, name: str) -> str:
    lock.seek(0)
    former = lock.read()
    lock.truncate(0)
    lock.write(name)
    lock.flush()
    return former
