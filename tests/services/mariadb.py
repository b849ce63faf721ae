"""MariaDB: every commit is flushed, as in production."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

from hubbub.operate.cluster.service import ProgramFailedError, Service, find_program

PASSWORD = "secret-in-url"
SETTINGS = {
    "bind-address": "127.0.0.1",
    "max-connections": "300",
    "innodb-buffer-pool-size": "64M",
    "innodb-flush-log-at-trx-commit": "1",
}


class Mariadb(Service):
    """A server. `make_database` gives databases of one's own."""

    account = "mysql"
    _numbers = itertools.count(1)

    def prepare(self) -> None:
        self._server = find_program("mariadbd")
        self.run("mkdir", "tmp")
        install = find_program("mariadb-install-db")
        self.run(install, *self._places, "--auth-root-authentication-method=normal", "--skip-test-db")

    def command(self) -> Sequence[str]:
        options = [f"--{name}={value}" for name, value in SETTINGS.items()]
        return [
            self._server, *self._places, f"--port={self.port}",
            f"--socket={self._socket}", f"--pid-file={self.folder / 'pid'}", *options,
        ]  # fmt: skip

    @property
    def _places(self) -> Sequence[str]:
        # A server that starts deletes the temporary tables that lie where its own would: in /tmp those of all others.
        return ["--no-defaults", f"--datadir={self.folder / 'data'}", f"--tmpdir={self.folder / 'tmp'}"]

    @property
    def _socket(self) -> str:
        return str(self.folder / "socket")

    def answers(self) -> bool:
        try:
            self.sql("SELECT 1")
        except ProgramFailedError:
            return False
        return True

    def sql(self, statement: str) -> str:
        """Run a statement as the administrator; gives its rows as text."""
        client = find_program("mariadb")
        return self.run(
            client, "--no-defaults", f"--socket={self._socket}", "--user=root", "--batch", "--raw",
            "--skip-column-names", "--default-character-set=utf8mb4",
            f"--execute={statement}",
        ).strip()  # fmt: skip

    def rows(self, database: str, *tables: str) -> list[list[dict[str, Any]]]:
        """The rows of tables by column name."""
        found = [
            self.sql(f"SELECT {self._as_json(database, table)} FROM {database}.{table}") for table in tables
        ]
        return [[json.loads(line) for line in printed.split("\n") if line] for printed in found]

    def _as_json(self, database: str, table: str) -> str:
        columns = self.sql(
            "SELECT column_name, data_type FROM information_schema.columns"
            f" WHERE table_schema = '{database}' AND table_name = '{table}'"
        )
        pairs = [line.split("\t") for line in columns.splitlines()]
        values = [
            f"CONVERT(`{name}` USING utf8mb4)" if kind == "varbinary" else f"`{name}`" for name, kind in pairs
        ]
        named = [f"'{name}', {value}" for (name, _), value in zip(pairs, values, strict=True)]
        return f"JSON_OBJECT({', '.join(named)})"

    def make_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"hubbub{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        self.sql(f"GRANT ALL ON {name}.* TO 'hubbub'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
        return f"mariadb://hubbub:{PASSWORD}@127.0.0.1:{self.port}/{name}"
