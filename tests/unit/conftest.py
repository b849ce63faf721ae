"""What stages share: the embedded store, migrated once and copied for each test that needs one."""

from pathlib import Path

import pytest

from hubbub.testing.embedded import migrated_store


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_store(tmp_path_factory.mktemp("migrated"))
