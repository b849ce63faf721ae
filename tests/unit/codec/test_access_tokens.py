import jwt
import pytest

from hubbub.codec.access_tokens import ALGORITHM, ISSUER, MAX_CHARS, mint, read

SECRET = b"0123456789abcdef0123456789abcdef"
NOW = 1_700_000_000_123


def test_what_is_minted_can_be_read() -> None:
    token, expires_at = mint("alice", "s1", NOW, 900_000, SECRET)
    claims = read(token, SECRET)
    assert claims is not None
    assert (claims.user, claims.session, claims.expires_at) == ("alice", "s1", expires_at)
    assert expires_at == (NOW + 900_000) // 1000 * 1000


def test_the_token_is_a_standard_one() -> None:
    token, _ = mint("alice", "s1", NOW, 900_000, SECRET)
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    assert jwt.decode(token, options={"verify_signature": False}) == {
        "iss": "hubbub", "sub": "alice", "sid": "s1", "iat": NOW // 1000, "exp": (NOW + 900_000) // 1000,
    }  # fmt: skip


def _signed(algorithm: str = ALGORITHM, key: bytes = SECRET, **changes: object) -> str:
    claims = {"iss": ISSUER, "sub": "alice", "sid": "s1", "iat": 1, "exp": 2**33} | changes
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm)


def _unsigned() -> str:
    return jwt.encode({"iss": ISSUER, "sub": "alice", "sid": "s1", "iat": 1, "exp": 2**33}, None, "none")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "é.é.é",
        "x" * (MAX_CHARS + 1),
        _unsigned(),
        _signed("HS512", SECRET * 2),
        _signed("HS384", SECRET * 2),
        _signed(key=b"f" * 32),
        _signed(iss="somebody else"),
        _signed(iss=None),
        _signed(sub=None),
        _signed(sid=None),
        _signed(exp=None),
        _signed(iat=None),
        _signed(sid=7),
        _signed(exp="tomorrow"),
    ],
)
def test_any_other_token_is_not_ours(token: str) -> None:
    assert read(token, SECRET) is None


def test_a_changed_token_is_not_ours() -> None:
    token, _ = mint("alice", "s1", NOW, 900_000, SECRET)
    head, _, signature = token.split(".")
    other, _ = mint("bob", "s1", NOW, 900_000, b"f" * 32)
    assert read(f"{head}.{other.split('.')[1]}.{signature}", SECRET) is None
