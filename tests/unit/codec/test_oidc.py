import json
from base64 import b64decode
from urllib.parse import parse_qs, urlsplit

import pytest

from hubbub.codec.oidc import (
    Client,
    Metadata,
    authorization_url,
    challenge_of,
    discovery_url,
    is_from,
    parse_granted,
    parse_metadata,
    token_request,
)
from hubbub.testing.corporation import DESCRIPTION, ISSUER

BACK = "https://chat.example/back"
LOCAL = {
    "issuer": "http://127.0.0.1:9000",
    "authorization_endpoint": "http://127.0.0.1:9000/auth",
    "token_endpoint": "http://localhost:9000/token",
    "jwks_uri": "http://127.0.0.1:9000/jwks",
}


def described(**changes: object) -> bytes:
    found = DESCRIPTION | changes
    return json.dumps({name: value for name, value in found.items() if value is not None}).encode()


def metadata(**changes: object) -> Metadata:
    return parse_metadata(described(**changes), ISSUER)


def test_the_description_is_below_the_issuer() -> None:
    expected = "https://id.example/realm/.well-known/openid-configuration"
    assert discovery_url("https://id.example/realm/") == discovery_url("https://id.example/realm") == expected


def test_a_description_is_read() -> None:
    assert metadata().token_endpoint == "https://id.example/token"
    assert metadata(code_challenge_methods_supported=None).code_challenge_methods_supported is None


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://id.example/"},
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://id.example/auth"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://127.0.0.1/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": "/jwks"},
        {"jwks_uri": None},
        {"code_challenge_methods_supported": ["plain"]},
    ],
    ids=str,
)
def test_a_description_that_cannot_be_followed_safely_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words differ
        metadata(**changes)


@pytest.mark.parametrize("document", [b"", b"[]", b"\xff", b"<html>"])
def test_what_is_no_description_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match="description"):
        parse_metadata(document, ISSUER)


def test_a_provider_on_this_machine_needs_no_encryption() -> None:
    found = parse_metadata(json.dumps(LOCAL).encode(), LOCAL["issuer"])
    assert found.token_endpoint == "http://localhost:9000/token"


def test_the_challenge_is_that_of_the_rfc() -> None:
    assert (
        challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


@pytest.mark.parametrize("endpoint", ["https://id.example/auth", "https://id.example/auth?tenant=7"])
def test_the_browser_is_sent_with_everything_the_answer_must_fit(endpoint: str) -> None:
    url = authorization_url(
        metadata(authorization_endpoint=endpoint), Client(id="us"), BACK, state="s", nonce="n", verifier="v"
    )
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{endpoint}&" if "?" in endpoint else f"{endpoint}?")
    assert asked | {"tenant": ""} == {
        "response_type": "code",
        "client_id": "us",
        "redirect_uri": BACK,
        "scope": "openid profile",
        "state": "s",
        "nonce": "n",
        "code_challenge": challenge_of("v"),
        "code_challenge_method": "S256",
        "tenant": "",
    }


@pytest.mark.parametrize(
    ("methods", "in_header"), [(None, True), (["client_secret_basic"], True), (["client_secret_post"], False)]
)
def test_a_secret_is_shown_the_way_the_provider_takes_it(methods: list[str] | None, in_header: bool) -> None:
    found = metadata(token_endpoint_auth_methods_supported=methods)
    fields, headers = token_request(found, Client(id="us", secret="s:e c"), BACK, code="c", verifier="v")
    assert (fields["code"], fields["code_verifier"], fields["redirect_uri"]) == ("c", "v", BACK)
    if in_header:
        assert b64decode(headers["Authorization"].removeprefix("Basic ")) == b"us:s%3Ae%20c"
        assert "client_secret" not in fields
    else:
        assert (fields["client_secret"], headers) == ("s:e c", {})


def test_a_public_client_has_nothing_to_show_but_the_verifier() -> None:
    fields, headers = token_request(metadata(), Client(id="us"), BACK, code="c", verifier="v")
    assert headers == {}
    assert "client_secret" not in fields


@pytest.mark.parametrize("document", [b"", b"{}", b'{"id_token": 7}', b'{"access_token": "x"}'])
def test_an_answer_without_an_id_token_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match="token endpoint"):
        parse_granted(document)


def test_who_says_from_whom_it_is_must_be_the_issuer() -> None:
    says = metadata(authorization_response_iss_parameter_supported=True)
    assert is_from({}, metadata())
    assert is_from({"iss": ISSUER}, metadata())
    assert is_from({"iss": ISSUER}, says)
    assert not is_from({}, says)
    assert not is_from({"iss": "https://evil.example"}, metadata())
