"""What is given to a browser to keep for a moment and bring back: readable, but nobody else can make or change it.

A JWT signed with HS256 by a key of its own for each purpose, so that none of them is ever taken for another, or for an
access token. Pure: time is an argument.
"""

import hashlib
import hmac
from typing import TypeVar

import jwt
import msgspec
from msgspec import Struct

StructT = TypeVar("StructT", bound=Struct)

ALGORITHM = "HS256"
MAX_CHARS = 4_096  # what a browser keeps of one cookie
_NO_CLOCK = {"require": ["exp"], "verify_exp": False}


def _key(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, f"hubbub sealed {purpose}".encode(), hashlib.sha256)


def seal(content: Struct, purpose: str, secret: bytes, expires_at: int) -> str:
    """A text for a cookie; `expires_at` in ms."""
    claims = msgspec.to_builtins(content) | {"exp": expires_at // 1000}
    return jwt.encode(claims, _key(secret, purpose), ALGORITHM)


def unseal(text: str, kind: type[StructT], purpose: str, secret: bytes, now: int) -> StructT | None:
    """What was sealed for this purpose with this secret, if it has not expired; None for anything else."""
    if len(text) > MAX_CHARS:
        return None
    try:
        claims = jwt.decode(text, _key(secret, purpose), [ALGORITHM], options=_NO_CLOCK)  # type: ignore[arg-type]
        content = msgspec.convert(claims, kind)
    except (jwt.PyJWTError, ValueError):
        return None
    return content if claims["exp"] * 1000 > now else None
