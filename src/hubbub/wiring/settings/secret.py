"""The secret that signs access tokens, when nobody set one: made once, kept in the data directory."""

import os
import tempfile
from pathlib import Path

FILE = "secret"
BYTES = 32  # RFC 7518 §3.2: at least as long as the hash of HS256


def signing_secret(configured: str, data: Path) -> bytes:
    """`auth.secret` as bytes if it is set, else the one kept in `<data>/secret` (mode 0600), made at first use.

    Two processes starting at once agree on one: whoever links the file first has made it. Raises OSError, and
    ValueError if the file holds something else.
    """
    if configured:
        return configured.encode()
    path = data / FILE
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        _make(path)
    return _read(path)


def _read(path: Path) -> bytes:
    secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    if len(secret) < BYTES:
        message = f"{path} does not hold a secret of {BYTES} bytes in hexadecimal"
        raise ValueError(message)
    return secret


def _make(path: Path) -> None:
    descriptor, draft = tempfile.mkstemp(prefix=f"{FILE}.", dir=path.parent)  # mode 0600 from the start
    try:
        os.write(descriptor, os.urandom(BYTES).hex().encode() + b"\n")
        os.fsync(descriptor)  # every session depends on it: it must not be empty after a power cut
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        os.close(descriptor)
        Path(draft).unlink()
