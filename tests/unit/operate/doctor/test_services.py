import pytest

from hubbub.operate.doctor.finding import State
from hubbub.operate.doctor.services import check_database, check_redis
from hubbub.persist.inspection import DatabaseSays, RedisSays

NEEDED = 14


def states(says: DatabaseSays | RedisSays | None, kind: str = "postgresql") -> dict[str, State]:
    found = check_redis(says) if isinstance(says, RedisSays) else check_database(says, kind, NEEDED)
    return {each.check: each.state for each in found}


@pytest.mark.parametrize(
    ("version", "kind", "state"),
    [
        ("15.6 (Debian 15.6-0+deb12u1)", "postgresql", State.OK),
        ("13.14", "postgresql", State.ADVICE),
        ("8.0.36-0ubuntu0.22.04.1", "mysql", State.OK),
        ("5.7.44", "mysql", State.ADVICE),
        ("10.11.6-MariaDB-0+deb12u1", "mysql", State.OK),
        ("10.5.23-MariaDB", "mysql", State.ADVICE),
        ("3.40.1", "sqlite", State.OK),
    ],
)
def test_versions(version: str, kind: str, state: State) -> None:
    assert states(DatabaseSays(version=version), kind)["database version"] is state


def test_a_database_that_may_lose_commits_is_wrong() -> None:
    says = DatabaseSays(version="15.6", connections=100, risks=("synchronous_commit = off", "fsync = off"))
    assert states(says)["flush at commit"] is State.WRONG
    assert "fsync = off" in check_database(says, "postgresql", NEEDED)[1].in_force


@pytest.mark.parametrize(("most", "state"), [(100, State.OK), (10, State.WRONG)])
def test_a_database_must_take_the_connections_of_this_machine(most: int, state: State) -> None:
    assert states(DatabaseSays(version="15.6", connections=most))["database connections"] is state


def test_the_embedded_store_counts_no_connections() -> None:
    assert "database connections" not in states(DatabaseSays(version="3.40.1"), "sqlite")


@pytest.mark.parametrize(
    ("maxmemory", "policy", "state"),
    [
        (2**30, "volatile-ttl", State.OK),
        (0, "noeviction", State.ADVICE),
        (2**30, "noeviction", State.ADVICE),
        (2**30, "allkeys-lru", State.ADVICE),
    ],
)
def test_what_redis_lets_go_of_first(maxmemory: int, policy: str, state: State) -> None:
    says = RedisSays(version="7.0.15", maxmemory=maxmemory, policy=policy)
    assert states(says) == {"redis version": State.OK, "redis eviction": state}


@pytest.mark.parametrize(
    ("version", "state"), [("6.2.7", State.ADVICE), ("5.0.14", State.WRONG), ("8.2.1", State.OK)]
)
def test_old_ones(version: str, state: State) -> None:
    says = RedisSays(version=version, maxmemory=1, policy="volatile-ttl")
    assert states(says)["redis version"] is state


def test_who_does_not_answer_is_wrong() -> None:
    assert states(None) == {"database": State.WRONG}
    assert [each.state for each in check_redis(None)] == [State.WRONG]
