from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hubbub.codec.external_tokens import ExternalClaims, Provider, Verified, issuer_and_key_id, verify

NOW = 1_700_000_000_000
SECRET = b"0123456789abcdef0123456789abcdef"
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
PAIRS: dict[str, tuple[Any, Any]] = {
    "HS256": (SECRET, SECRET),
    "RS256": (RSA, RSA.public_key()),
    "PS256": (RSA, RSA.public_key()),
    "ES256": (EC, EC.public_key()),
    "EdDSA": (ED, ED.public_key()),
}
CLAIMS = {"iss": "https://id.example", "aud": "hubbub", "sub": "7", "exp": NOW // 1000 + 60, "name": "Seven"}


def provider(*algorithms: str) -> Provider:
    return Provider(alias="corp", issuer="https://id.example", audience="hubbub", algorithms=algorithms)


def token(algorithm: str = "HS256", **changes: object) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    return jwt.encode(claims, PAIRS[algorithm][0], algorithm)


def verified(text: str, *algorithms: str, key: object = None, now: int = NOW) -> ExternalClaims | str:
    chosen = algorithms or ("HS256",)
    return verify(text, Verified(provider(*chosen), key or PAIRS[chosen[0]][1]), now)


@pytest.mark.parametrize("algorithm", list(PAIRS))
def test_a_good_token_says_who(algorithm: str) -> None:
    claims = verified(token(algorithm), algorithm)
    assert isinstance(claims, ExternalClaims)
    assert (claims.subject, claims.name, claims.expires_at) == ("7", "Seven", CLAIMS["exp"] * 1000)  # type: ignore[operator]


@pytest.mark.parametrize("signed", list(PAIRS))
@pytest.mark.parametrize("expected", list(PAIRS))
def test_an_algorithm_that_is_not_configured_is_refused(signed: str, expected: str) -> None:
    claims = verified(token(signed), expected)
    assert isinstance(claims, ExternalClaims) == (signed == expected)


def test_a_public_key_is_never_taken_for_a_secret() -> None:
    """The classic: the attacker signs with HS256 and the PEM of the public key everybody can read."""
    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = jwt.utils.base64url_encode(b'{"alg":"HS256","typ":"JWT"}').decode()
    signing_input = f"{header}.{token('RS256').split('.')[1]}"
    signature = jwt.utils.base64url_encode(
        jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(signing_input.encode(), pem)
    )
    assert isinstance(verified(f"{signing_input}.{signature.decode()}", "RS256"), str)


def test_an_unsigned_token_is_refused() -> None:
    assert isinstance(verified(jwt.encode(CLAIMS, None, "none")), str)
    head, body, _ = token().split(".")
    assert isinstance(verified(f"{head}.{body}."), str)


@pytest.mark.parametrize("algorithms", [(), ("none",), ("HS256", "RS256"), ("RS256", "none")])
def test_a_provider_cannot_be_configured_to_mix_or_skip_signatures(algorithms: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="corp"):
        provider(*algorithms)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"iss": "https://other.example"}, "issuer"),
        ({"iss": None}, "lacks"),
        ({"aud": "somebody"}, "aud"),
        ({"aud": None}, "lacks"),
        ({"aud": ["a", "b"]}, "aud"),
        ({"sub": None}, "lacks"),
        ({"exp": None}, "lacks"),
        ({"exp": NOW // 1000}, "expired"),
        ({"exp": "soon"}, "malformed"),
        ({"exp": 1e300}, "malformed"),
        ({"exp": True}, "malformed"),
        ({"nbf": NOW // 1000 + 31}, "not valid yet"),
    ],
)
def test_a_bad_claim_is_named(changes: dict[str, object], word: str) -> None:
    reason = verified(token(**changes))
    assert isinstance(reason, str)
    assert word in reason


def test_a_clock_a_little_ahead_is_forgiven() -> None:
    assert isinstance(verified(token(nbf=NOW // 1000 + 30)), ExternalClaims)


def test_one_of_many_audiences_is_enough() -> None:
    assert isinstance(verified(token(aud=["other", "hubbub"])), ExternalClaims)


def _fingerprint(text: str) -> str:
    claims = verified(text)
    assert isinstance(claims, ExternalClaims)
    return claims.fingerprint


def test_the_same_token_has_one_fingerprint_and_another_has_another() -> None:
    assert _fingerprint(token()) == _fingerprint(token())
    assert _fingerprint(token()) != _fingerprint(token(extra=1))
    assert _fingerprint(token(jti="a")) == _fingerprint(token(jti="a", extra=1))
    assert _fingerprint(token(jti="a")) != _fingerprint(token(jti="b"))


def test_the_name_is_made_fit_to_show() -> None:
    claims = verified(token(name=" a\nb" + "x" * 100))
    assert isinstance(claims, ExternalClaims)
    assert claims.name == "ab" + "x" * 77
    nameless = verified(token(name=7))
    assert isinstance(nameless, ExternalClaims)
    assert nameless.name == ""


@pytest.mark.parametrize(
    "text", ["", "a.b", "a.b.c", "....", "é.é.é", "x" * 9000, "bnVsbA.bnVsbA.x", "W10.W10.x"]
)
def test_what_is_no_token_is_nobodys(text: str) -> None:
    assert issuer_and_key_id(text) == ("", None)


def test_a_token_names_its_issuer_and_key() -> None:
    named = jwt.encode(CLAIMS, SECRET, "HS256", headers={"kid": "k1"})
    assert issuer_and_key_id(named) == ("https://id.example", "k1")
