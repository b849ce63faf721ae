"""How users, chats and sessions are named (docs/protocol.md §2). Identifiers are compared byte by byte."""

import hashlib
import re
from base64 import b32encode

HANDLE = re.compile(r"[a-z0-9][a-z0-9_.-]{1,31}")
MAX_SUBJECT = 128
PRIVATE_PREFIX, ROOM_PREFIX = "p", "r"
_UNSAFE_IN_SUBJECT = re.compile(r"[\x00-\x20/\x7f-\x9f\ud800-\udfff]")


def is_handle(name: str) -> bool:
    """Whether `name` may be signed up with: 2-32 characters of a-z 0-9 _ . - starting with a letter or digit."""
    return HANDLE.fullmatch(name) is not None


def external_user(alias: str, subject: str) -> str | None:
    """`<issuer alias>:<sub>`, or None for a subject that may not become a name."""
    if not subject or len(subject) > MAX_SUBJECT or _UNSAFE_IN_SUBJECT.search(subject):
        return None
    return f"{alias}:{subject}"


def _short(digest: bytes) -> str:
    return b32encode(digest).decode().rstrip("=").lower()


def private_chat(one: str, other: str) -> str:
    """The chat id of two people: the same whoever asks, and it tells nothing of their names."""
    low, high = sorted((one.encode(), other.encode()))
    return PRIVATE_PREFIX + _short(hashlib.blake2b(low + b"\0" + high, digest_size=15).digest())


def room(entropy: bytes) -> str:
    """A new room's chat id from 10 random bytes (80 bits)."""
    return ROOM_PREFIX + _short(entropy)


def opaque(prefix: str, entropy: bytes) -> str:
    """A new id of another kind (session, device, epoch) from random bytes."""
    return prefix + _short(entropy)
