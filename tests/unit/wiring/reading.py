"""Settings as a test reads them: from a folder of its own, given what a file, the environment and options say."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hubbub.wiring.settings import Loaded, SettingsRefused, load_settings


def load(
    cwd: Path,
    toml: str = "",
    env: Mapping[str, str] | None = None,
    options: Mapping[str, object] | None = None,
) -> Loaded:
    if toml:
        (cwd / "hubbub.toml").write_text(toml)
    return load_settings(options or {}, env or {}, cwd)


def refusals(
    cwd: Path,
    toml: str = "",
    env: Mapping[str, str] | None = None,
    options: Mapping[str, object] | None = None,
) -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        load(cwd, toml, env, options)
    return str(refused.value).splitlines()
