"""What all tests share: a busy machine must not fail a property; what takes long begins first.

Workers of `make test` take one file after the other: with those of milliseconds at the end, all of them end together.
"""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("hubbub", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("brief", parent=settings.get_profile("hubbub"), max_examples=20)  # for make check
settings.load_profile("hubbub")

FROM_THE_END = ("tests/unit/", "clients/python/tests/", "tests/conversations/", "tests/ports/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those of FROM_THE_END go there, folder by folder; within a folder they stay as they are."""
    items.sort(key=lambda item: [item.nodeid.startswith(folder) for folder in FROM_THE_END])
