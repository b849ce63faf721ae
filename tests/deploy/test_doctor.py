"""`hubbub doctor` as an operator runs it: on this machine, and against real servers set right and wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.services.mariadb import Mariadb

from hubbub.operate.cluster.postgres import Postgres
from hubbub.operate.cluster.redis import Redis
from hubbub.operate.cluster.service import WITHIN

PROGRAM = Path(sys.executable).with_name("hubbub")
NOBODY = "redis://127.0.0.1:1/0"


def doctor(folder: Path, *options: str, **settings: str) -> tuple[int, dict[str, dict[str, str]], str]:
    done = subprocess.run(
        [PROGRAM, "doctor", "--data", folder, *options],
        env={**os.environ, **settings},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    found = json.loads(done.stdout)["findings"] if "--json" in options else []
    return done.returncode, {each["check"]: each for each in found}, done.stdout + done.stderr


def test_this_machine_carries_one_connection_and_not_a_hundred_million(tmp_path: Path) -> None:
    status, found, _ = doctor(tmp_path, "--for", "1", "--json")
    assert status == int("wrong" in {each["state"] for each in found.values()})
    assert found["free memory"]["state"] == found["open files of a process"]["state"] == "ok"
    status, _, said = doctor(tmp_path, "--for", "100000000")
    assert status == 1
    assert " wrong: open files of a process, free memory, " in said
    assert not list(tmp_path.iterdir()), "a doctor leaves nothing behind"


def test_postgresql_and_redis_are_looked_into(tmp_path: Path, postgres: Postgres, redis: Redis) -> None:
    url = postgres.make_database()
    options = ("--for", "1", "--json", "--database-url", url, "--bus", redis.url)
    status, found, _ = doctor(tmp_path, *options)
    assert status == 0
    assert found["database version"]["in_force"].startswith("postgresql ")
    assert found["database connections"]["in_force"] == "300"
    assert found["flush at commit"]["state"] == "ok"
    assert found["redis eviction"]["state"] == "advice"
    redis.run(
        "redis-cli",
        "-p",
        str(redis.port),
        "config",
        "set",
        "maxmemory",
        "64mb",
        "maxmemory-policy",
        "volatile-ttl",
    )
    postgres.sql(f"ALTER DATABASE {url.rpartition('/')[2]} SET synchronous_commit = off")
    status, found, _ = doctor(tmp_path, *options)
    assert status == 1
    assert found["flush at commit"]["in_force"] == "synchronous_commit = off"
    assert found["redis eviction"]["state"] == "ok"


def test_mariadb_is_looked_into(tmp_path: Path, mariadb: Mariadb) -> None:
    status, found, _ = doctor(tmp_path, "--for", "1", "--json", HUBBUB_DATABASE_URL=mariadb.make_database())
    assert status == 0
    assert "MariaDB" in found["database version"]["in_force"]
    assert found["database version"]["state"] == found["flush at commit"]["state"] == "ok"


def test_who_does_not_answer_is_said(tmp_path: Path) -> None:
    nobody = "postgresql://hubbub:secret-in-url@127.0.0.1:1/x"
    status, found, said = doctor(tmp_path, "--for", "1", "--json", "--database-url", nobody, "--bus", NOBODY)
    assert status == 1
    assert found["database"]["in_force"] == found["redis"]["in_force"] == "does not answer"
    assert "secret-in-url" not in said
