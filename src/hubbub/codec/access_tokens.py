"""Access tokens of our own: JWTs signed with HS256 and nothing else (RFC 7519, RFC 8725 §3.1). Pure: time is an argument."""

import jwt
from msgspec import Struct

ALGORITHM = "HS256"
ISSUER = "hubbub"
MAX_CHARS = 8_192  # longer ones are refused before any work is spent on them
_REQUIRED = ["iss", "sub", "sid", "iat", "exp"]
_NO_CLOCK = {  # `now` is an argument, so we compare the times ourselves
    "require": _REQUIRED,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
}


class Claims(Struct, frozen=True, kw_only=True):
    """What a token of ours says; times in ms."""

    user: str
    session: str
    expires_at: int


def mint(user: str, session: str, now: int, life_ms: int, secret: bytes) -> tuple[str, int]:
    """A signed token and when it ends (ms, on a whole second as RFC 7519 §2 has it)."""
    expires = (now + life_ms) // 1000
    claims = {"iss": ISSUER, "sub": user, "sid": session, "iat": now // 1000, "exp": expires}
    return jwt.encode(claims, secret, ALGORITHM), expires * 1000


def read(token: str, secret: bytes) -> Claims | None:
    """What the token says if we signed it; None for any other. Its end is the caller's to check."""
    if len(token) > MAX_CHARS:
        return None
    try:
        claims = jwt.decode(token, secret, [ALGORITHM], options=_NO_CLOCK, issuer=ISSUER)  # type: ignore[arg-type]
    except (jwt.PyJWTError, ValueError):
        return None
    user, session, expires = claims["sub"], claims["sid"], claims["exp"]
    if not (isinstance(user, str) and isinstance(session, str) and isinstance(expires, int)):
        return None
    return Claims(user=user, session=session, expires_at=expires * 1000)
