"""Migrated, empty stores by the name of their database, for suites that run on all of them."""

import pytest
from tests.services.mariadb import Mariadb

from hubbub.operate.cluster.postgres import Postgres
from hubbub.persist.migrate import upgrade

DATABASES = ("sqlite", "postgres", "mariadb")


def make_store(request: pytest.FixtureRequest, name: str) -> str:
    """The URL of a store of one's own on the run's server; "" for the embedded one, which a server makes for itself."""
    if name == "sqlite":
        return ""
    service: Postgres | Mariadb = request.getfixturevalue(name)
    return migrated(service)


def migrated(service: Postgres | Mariadb) -> str:
    """The URL of a new store."""
    url = service.make_database()
    upgrade(url)
    return url


def settings_for(url: str) -> dict[str, str]:
    """What a server is told of its store."""
    return {"HUBBUB_DATABASE_URL": url} if url else {}
