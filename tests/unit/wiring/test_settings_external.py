"""Identity providers in the settings: whose tokens are taken, and where one may log in."""

from pathlib import Path

import pytest
from tests.unit.wiring.reading import load, refusals

CORP = {
    "issuer": '"https://id.example"',
    "audience": '"hubbub"',
    "algorithms": '["HS256"]',
    "hmac_secret": f'"{"k" * 32}"',
}


def provider(**changes: str | None) -> str:
    fields = {name: value for name, value in {**CORP, **changes}.items() if value is not None}
    return "[auth.external.corp]\n" + "".join(f"{name} = {value}\n" for name, value in fields.items())


def test_an_external_provider_by_file(tmp_path: Path) -> None:
    loaded = load(tmp_path, provider())
    corp = loaded.settings.auth.external["corp"]
    assert (corp.issuer, corp.audience, corp.algorithms) == ("https://id.example", "hubbub", ("HS256",))
    assert str(loaded.origins["auth.external.corp.issuer"]) == "hubbub.toml"
    assert str(loaded.origins["auth.external.corp.name_claim"]) == "default"


def test_an_external_provider_by_environment(tmp_path: Path) -> None:
    env = {
        "HUBBUB_AUTH_EXTERNAL_CORP_ISSUER": "https://id.example",
        "HUBBUB_AUTH_EXTERNAL_CORP_AUDIENCE": "hubbub",
        "HUBBUB_AUTH_EXTERNAL_CORP_ALGORITHMS": "RS256,ES256",
        "HUBBUB_AUTH_EXTERNAL_CORP_JWKS_URL": "https://id.example/keys",
    }
    corp = load(tmp_path, env=env).settings.auth.external["corp"]
    assert (corp.algorithms, corp.jwks_url) == (("RS256", "ES256"), "https://id.example/keys")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"issuer": None}, "auth.external.corp.issuer"),
        ({"audience": None}, "auth.external.corp.audience"),
        ({"algorithms": None}, "auth.external.corp.algorithms"),
        ({"algorithms": '["none"]'}, "auth.external.corp.algorithms"),
        ({"algorithms": '["HS256", "RS256"]'}, "auth.external.corp.algorithms"),
        ({"hmac_secret": None}, "auth.external.corp.hmac_secret"),
        ({"hmac_secret": '"short"'}, "auth.external.corp.hmac_secret"),
        ({"algorithms": '["HS512"]'}, "auth.external.corp.hmac_secret"),
        ({"jwks_url": '"https://id.example/keys"'}, "auth.external.corp.hmac_secret"),
        ({"hmac_secret": None, "jwks_url": '"https://id.example/k"'}, "auth.external.corp.algorithms"),
        (
            {"hmac_secret": None, "algorithms": '["RS256"]', "jwks_url": '"http://id.example/k"'},
            "auth.external.corp.jwks_url",
        ),
        (
            {"hmac_secret": None, "algorithms": '["RS256"]', "public_key_file": '"absent.pem"'},
            "auth.external.corp.public_key_file",
        ),
        ({"audiense": '"x"'}, "auth.external.corp.audiense"),
    ],
)
def test_an_external_provider_that_cannot_work_is_refused(
    changes: dict[str, str | None], key: str, tmp_path: Path
) -> None:
    (line,) = refusals(tmp_path, provider(**changes))
    assert line.startswith(key)


DOOR = {
    "audience": None,
    "hmac_secret": None,
    "algorithms": '["RS256"]',
    "client_id": '"us"',
}


def test_a_provider_to_log_in_with_needs_no_more_than_its_issuer_and_who_we_are(tmp_path: Path) -> None:
    for public in ("https://chat.example", "http://127.0.0.1:8080", "http://localhost"):
        loaded = load(tmp_path, f'public_url = "{public}"\n' + provider(**DOOR))
        corp = loaded.settings.auth.external["corp"]
        assert (corp.client_id, corp.scopes) == ("us", ("openid", "profile"))


@pytest.mark.parametrize(
    ("public", "changes", "key"),
    [
        ("https://chat.example", {"client_id": None, "audience": '"x"'}, "auth.external.corp.hmac_secret"),
        ("https://chat.example", {"algorithms": '["HS256"]'}, "auth.external.corp.algorithms"),
        ("https://chat.example", {"issuer": '"http://id.example"'}, "auth.external.corp.issuer"),
        ("https://chat.example", {"issuer": '"id.example"'}, "auth.external.corp.issuer"),
        ("https://chat.example", {"scopes": '["profile"]'}, "auth.external.corp.scopes"),
        ("http://chat.example", {}, "auth.external.corp.client_id"),
        ("", {}, "auth.external.corp.client_id"),
    ],
)
def test_a_provider_nobody_could_log_in_with_is_refused(
    public: str, changes: dict[str, str | None], key: str, tmp_path: Path
) -> None:
    (line,) = refusals(tmp_path, f'public_url = "{public}"\n' + provider(**{**DOOR, **changes}))
    assert line.startswith(key)


def test_a_secret_without_a_client_is_refused(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, provider(client_secret='"s"'))
    assert line.startswith("auth.external.corp.client_secret")


def test_a_wrong_alias_is_refused(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, provider().replace("corp", '"Big:Corp"'))
    assert "the alias must be" in line


def test_two_providers_cannot_share_an_issuer(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, provider() + provider().replace("corp", "dupe"))
    assert "must differ from that of auth.external.corp" in line
