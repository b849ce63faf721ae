"""PostgreSQL: every commit is flushed, as in production."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from signal import Signals
from typing import Any

from hubbub.operate.cluster.ports import LOOPBACK
from hubbub.operate.cluster.service import ProgramFailedError, Service, find_program

BINARIES = max(map(str, Path("/usr/lib/postgresql").glob("*/bin")), default="")
PASSWORD = "secret-in-url"  # noqa: S105 - nobody asks for it; no log may show it
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "wal_level": "replica",
    "autovacuum_naptime": "5s",
}


class Postgres(Service):
    """A primary. `name` gives databases of one's own."""

    account = "postgres"
    orderly = Signals.SIGINT
    crash = Signals.SIGQUIT  # with SIGKILL its children would outlive it for a while
    _numbers = itertools.count(1)

    def prepare(self) -> None:
        self._server = find_program("postgres", BINARIES)
        initdb = find_program("initdb", BINARIES)
        self.run(
            initdb,
            "-D",
            str(self.folder / "data"),
            "-A",
            "trust",
            "-U",
            "hubbub",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        if self.host != LOOPBACK:
            with (self.folder / "data" / "pg_hba.conf").open("a") as rules:
                rules.write("host all all all trust\nhost replication all all trust\n")

    def command(self) -> Sequence[str]:
        given = SETTINGS | {
            "listen_addresses": self.host,
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
        }
        options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        return [self._server, "-D", str(self.folder / "data"), *options]

    def answers(self) -> bool:
        ready = find_program("pg_isready", BINARIES)
        try:
            self.run(ready, "-h", self.host, "-p", str(self.port))
        except ProgramFailedError:
            return False
        return True

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement as the administrator; gives its rows as text."""
        psql = find_program("psql", BINARIES)
        asked = ("-h", self.host, "-p", str(self.port), "-U", "hubbub", "-d", database, "-qAtX")
        return self.run(psql, *asked, "-v", "ON_ERROR_STOP=1", "-c", statement).strip()

    def rows(self, database: str, *tables: str) -> list[list[dict[str, Any]]]:
        """The rows of tables by column name."""
        found = [self.sql(f"SELECT row_to_json(t) FROM {table} t", database) for table in tables]  # noqa: S608 - our tables
        return [[json.loads(line) for line in printed.split("\n") if line] for printed in found]

    def make_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"hubbub{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        return f"postgresql://hubbub:{PASSWORD}@{self.host}:{self.port}/{name}"


class Standby(Postgres):
    """A copy that follows a primary by streaming replication."""

    def __init__(self, primary: Postgres) -> None:
        self._primary = primary
        super().__init__(primary.host)

    def prepare(self) -> None:
        self._server = find_program("postgres", BINARIES)
        backup = find_program("pg_basebackup", BINARIES)
        asked = ("-h", self._primary.host, "-p", str(self._primary.port), "-U", "hubbub", "--checkpoint=fast")
        self.run(backup, "-D", str(self.folder / "data"), "--write-recovery-conf", "--no-sync", *asked)
