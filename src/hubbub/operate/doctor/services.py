"""What the database and Redis say of themselves, weighed."""

from hubbub.operate.doctor.finding import Finding, State, number
from hubbub.persist.inspection import DatabaseSays, RedisSays

TESTED = {"postgresql": (15,), "mysql": (8,), "mariadb": (10, 11), "sqlite": (3, 38)}  # docs/operations.md
LEAST_REDIS = (6,)
SHARDED_REDIS = (7,)
KEEPS_ALL = "noeviction"
FIRST_TO_GO = "volatile-ttl"


def check_database(says: DatabaseSays | None, kind: str, needed: int) -> list[Finding]:
    """`needed`: connections this machine's processes may open. None: it does not answer."""
    if says is None:
        why = "Without its database a node serves nothing; `hubbub migrate` says what it answers."
        return [Finding("database", State.WRONG, "does not answer", "answers", why)]
    found = [_version(says, kind), _durable(says)]
    return found if says.connections is None else [*found, _connections(says.connections, needed)]


def _version(says: DatabaseSays, kind: str) -> Finding:
    tested = TESTED["mariadb" if "MariaDB" in says.version else kind]
    state = State.OK if says.release >= tested else State.ADVICE
    why = "What is tested (docs/operations.md). An older one may lack what the statements need."
    return Finding("database version", state, f"{kind} {says.version}", ".".join(map(str, tested)), why)


def _durable(says: DatabaseSays) -> Finding:
    return Finding(
        "flush at commit",
        State.WRONG if says.risks else State.OK,
        ", ".join(says.risks) or "on",
        "on",
        "A message is acknowledged when its commit returns: if that is not on the disk, a crash loses it. The server"
        " refuses to start on such a database (database.risk_losing_acknowledged).",
    )


def _connections(most: int, needed: int) -> Finding:
    return Finding(
        "database connections",
        State.OK if most >= needed else State.WRONG,
        number(most),
        number(needed),
        "database.writers + pool_size + max_overflow for each worker of this machine; other nodes need theirs too."
        " Who finds none is answered `unavailable`.",
    )


def check_redis(says: RedisSays | None) -> list[Finding]:
    """None: it does not answer."""
    if says is None:
        why = "The chat goes on without it, slower between nodes, and each node shows the presence of its own users."
        return [Finding("redis", State.WRONG, "does not answer", "answers", why)]
    return [_redis_version(says), _eviction(says)]


def _redis_version(says: RedisSays) -> Finding:
    old = State.WRONG if says.release < LEAST_REDIS else State.ADVICE
    return Finding(
        "redis version",
        State.OK if says.release >= SHARDED_REDIS else old,
        says.version,
        "7",
        "6 is the least; 7 has sharded Pub/Sub, which a cluster of Redis carries without telling every node everything.",
    )


def _eviction(says: RedisSays) -> Finding:
    """Only what has a time to live may go, soonest first: that is recent history."""
    bounded = says.maxmemory > 0
    state = State.OK if bounded and says.policy == FIRST_TO_GO else State.ADVICE
    return Finding(
        "redis eviction",
        state,
        f"maxmemory {says.maxmemory or 'unlimited'}, {says.policy}",
        f"a maxmemory, {FIRST_TO_GO}",
        "Recent history lies there, and may go: it is read from the database again. Without a bound Redis grows until"
        f" the machine is full; with {KEEPS_ALL} it refuses writes, so presence is lost; other policies evict what is in use.",
    )
