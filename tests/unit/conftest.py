"""What stages share: the embedded store, migrated once and copied for each test that needs one; logs as they are by default."""

from pathlib import Path

import pytest
import structlog

from hubbub.testing.embedded import migrated_store


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_store(tmp_path_factory.mktemp("migrated"))


@pytest.fixture(autouse=True)
def logs_of_nobody() -> None:
    """A command run in this process sets up its logs; the tests after it would write there, and capture nothing."""
    structlog.reset_defaults()
