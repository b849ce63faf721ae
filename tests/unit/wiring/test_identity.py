"""The key that signs our tokens: made once, kept, nobody else's to read."""

import stat
from pathlib import Path

import pytest

from hubbub.wiring.identity import signing_secret
from hubbub.wiring.settings import Auth, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=str(tmp_path))


def test_a_generated_secret_is_kept_and_nobody_else_may_read_it(settings: Settings, tmp_path: Path) -> None:
    first = signing_secret(settings)
    assert len(first) >= 32
    assert signing_secret(settings) == first
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_two_servers_have_two_secrets(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert signing_secret(settings) != signing_secret(Settings(data=str(tmp_path / "other")))


def test_a_configured_secret_makes_no_file(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path), auth=Auth(secret="s" * 32))
    assert signing_secret(settings) == b"s" * 32
    assert list(tmp_path.iterdir()) == []
