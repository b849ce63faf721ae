"""A small identity provider in memory: it describes itself, and turns codes into ID tokens it really signs."""

import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa

from hubbub.codec.external_tokens import Provider
from hubbub.codec.oidc import Client, Metadata, challenge_of, discovery_url
from hubbub.execute.external_logins import Door
from hubbub.model.logins import LoginFailed, LoginFailure
from hubbub.persist.provider_keys import FixedKeys

ISSUER = "https://id.example"
KEY_ID = "k1"
KEY = rsa.generate_private_key(65537, 2048)
CLIENT = Client(id="hubbub-client", secret="s3cret")  # noqa: S106 - of a corporation that does not exist
DESCRIPTION: Mapping[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/jwks",
    "code_challenge_methods_supported": ["S256"],
}


class Corporation:
    """Implements execute.external_logins.ProviderSite. `claims` and `answer` are what a test bends."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._asked: dict[str, dict[str, str]] = {}
        self.claims: dict[str, Any] = {"sub": "ann", "name": "Ann of Corp"}
        self.answer: bytes | None = None
        self.metadata = msgspec.convert(DESCRIPTION, Metadata)
        self.away = False

    def door(self, redirect_uri: str) -> Door:
        """The way in by this corporation, called `corp`."""
        provider = Provider(alias="corp", issuer=ISSUER, audience=CLIENT.id, algorithms=("RS256",))
        return Door(
            label="The Corporation",
            client=CLIENT,
            provider=provider,
            keys=FixedKeys({KEY_ID: KEY.public_key()}),
            site=self,
            redirect_uri=redirect_uri,
        )

    def logs_in(self, url: str) -> dict[str, str]:
        """What the browser brings back after somebody logged in at `url`."""
        asked = dict(parse_qsl(urlsplit(url).query))
        code = secrets.token_hex(8)
        self._asked[code] = asked
        return {"code": code, "state": asked["state"]}

    async def describe(self, now: int) -> Metadata:  # noqa: ARG002 - the port has a clock
        """What it says of itself."""
        if self.away:
            raise LoginFailed(LoginFailure.UNAVAILABLE, discovery_url(ISSUER))
        return self.metadata

    async def grant(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        """An ID token for a code, once, to the client that proves who it is and that it asked (RFC 7636 §4.6)."""
        proof = f"Basic {b64encode(f'{CLIENT.id}:{CLIENT.secret}'.encode()).decode()}"
        if url != self.metadata.token_endpoint or headers.get("Authorization") != proof:
            raise LoginFailed(LoginFailure.INVALID, "invalid_client")
        asked = self._asked.pop(fields["code"], None)
        if asked is None or challenge_of(fields["code_verifier"]) != asked["code_challenge"]:
            raise LoginFailed(LoginFailure.INVALID, "invalid_grant")
        if self.answer is not None:
            return self.answer
        now = self._clock() // 1000
        said = {"iss": ISSUER, "aud": CLIENT.id, "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
        token = jwt.encode(said | self.claims, KEY, "RS256", headers={"kid": KEY_ID})
        return msgspec.json.encode({"id_token": token, "access_token": "not ours", "token_type": "Bearer"})
