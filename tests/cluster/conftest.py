"""Servers of several processes, and what they stand on; all end with their test, however it ends."""

from tests.faults.conftest import make_server
from tests.services.fixtures import mariadb, nats, postgres, redis

__all__ = ["make_server", "mariadb", "nats", "postgres", "redis"]
