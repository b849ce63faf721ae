import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from hubbub.persist.provider_keys import (
    AGAIN_MS,
    FRESH_MS,
    JwksKeys,
    jwks_file,
    parse_jwks,
    public_key,
    secret_key,
)

NOW = 1_700_000_000_000
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())


def jwk(kid: str | None, **changes: object) -> dict[str, Any]:
    made: dict[str, Any] = RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True) | {"use": "sig"} | changes
    made.pop("key_ops", None)
    return made if kid is None else made | {"kid": kid}


def key_set(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


class Website:
    """A JWKS URL: what it answers, and how often it was asked."""

    def __init__(self, answer: bytes | Exception) -> None:
        self.answer = answer
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.arrived = asyncio.Event()
        self.keys = JwksKeys("https://id.example/jwks", ("RS256",), self.get)

    async def get(self, url: str) -> bytes:
        assert url == "https://id.example/jwks"
        self.asked += 1
        self.arrived.set()
        await self.gate.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def want(self, key_id: str | None, now: int) -> bool:
        """What the authenticator does; whether there is a key then."""
        if self.keys.wants(key_id, now):
            await self.keys.fetch(now)
        return self.keys.find(key_id) is not None


async def test_keys_are_fetched_once_and_kept() -> None:
    site = Website(key_set(jwk("a"), jwk("b")))
    assert await site.want("a", NOW)
    assert await site.want("b", NOW + 1)
    assert site.asked == 1


async def test_a_rotated_key_is_found_and_the_withdrawn_one_forgotten() -> None:
    site = Website(key_set(jwk("old"), jwk("other")))
    assert await site.want("old", NOW)
    site.answer = key_set(jwk("new"), jwk("other"))
    assert await site.want("new", NOW + AGAIN_MS)
    assert not await site.want("old", NOW + AGAIN_MS + 1)
    assert site.asked == 2


async def test_a_withdrawn_key_is_not_believed_for_ever() -> None:
    site = Website(key_set(jwk("old"), jwk("other")))
    await site.want("old", NOW)
    site.answer = key_set(jwk("other"), jwk("third"))
    assert await site.want("old", NOW + FRESH_MS - 1)
    assert not await site.want("old", NOW + FRESH_MS)


async def test_invented_key_ids_make_one_request_in_ten_seconds() -> None:
    site = Website(key_set(jwk("a"), jwk("b")))
    for number in range(50):
        assert not await site.want(f"invented{number}", NOW + number)
    assert site.asked == 1
    await site.want("invented", NOW + AGAIN_MS)
    assert site.asked == 2


async def test_many_at_once_wait_for_one_request() -> None:
    site = Website(key_set(jwk("a"), jwk("b")))
    site.gate.clear()
    waiting = [asyncio.ensure_future(site.want("a", NOW)) for _ in range(20)]
    await site.arrived.wait()
    site.gate.set()
    assert all(await asyncio.gather(*waiting))
    assert site.asked == 1


@pytest.mark.parametrize(
    "answer",
    [
        OSError("refused"),
        TimeoutError(),
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"keys": 7}',
        b'{"keys": [7]}',
        key_set(),
    ],
)
async def test_a_site_that_fails_leaves_the_keys_as_they_are(answer: bytes | Exception) -> None:
    site = Website(key_set(jwk("a"), jwk("b")))
    await site.want("a", NOW)
    site.answer = answer
    assert await site.want("a", NOW + FRESH_MS)
    assert not await site.want("c", NOW + FRESH_MS + 1)
    assert site.asked == 2
    site.answer = key_set(jwk("c"), jwk("d"))
    assert await site.want("c", NOW + FRESH_MS + AGAIN_MS)


async def test_a_file_is_read_again_when_it_was_replaced(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(key_set(jwk("a"), jwk("b")))
    keys = jwks_file(str(path), ("RS256",))
    await keys.fetch(NOW)
    assert keys.find("a") is not None
    path.write_bytes(key_set(jwk("c"), jwk("d")))
    assert keys.wants("c", NOW + AGAIN_MS)
    await keys.fetch(NOW + AGAIN_MS)
    assert keys.find("c") is not None


def test_only_public_signing_keys_for_our_algorithms_are_taken() -> None:
    elliptic: dict[str, Any] = ECAlgorithm.to_jwk(EC.public_key(), as_dict=True) | {
        "kid": "ec",
        "alg": "ES256",
    }
    found = parse_jwks(
        key_set(
            jwk("good"),
            jwk("named", alg="RS256"),
            jwk("encrypting", use="enc"),
            jwk("other", alg="RS512"),
            elliptic,
            {"kty": "oct", "kid": "secret", "k": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"},
        ),
        ("RS256",),
    )
    assert sorted(str(kid) for kid in found) == ["good", "named"]


def test_where_there_is_one_key_a_token_need_not_name_it() -> None:
    keys = secret_key("0123456789abcdef0123456789abcdef")
    assert keys.find(None) == keys.find("any") == b"0123456789abcdef0123456789abcdef"
    assert not keys.wants(None, NOW)


async def test_where_there_are_two_it_must() -> None:
    site = Website(key_set(jwk("a"), jwk("b")))
    assert not await site.want(None, NOW)


def _certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "id.example")])
    start = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, EC.public_key(), 1, start, start + timedelta(days=1))
    return built.sign(EC, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    "pem", [EC.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), _certificate()]
)
def test_a_public_key_or_a_certificate_is_read(tmp_path: Path, pem: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(pem)
    found = public_key(path).find(None)
    assert isinstance(found, ec.EllipticCurvePublicKey)
    assert found.public_numbers() == EC.public_key().public_numbers()
