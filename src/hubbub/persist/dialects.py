"""What differs between databases, in one place: how many rows travel in one statement, which failures pass.

    SQLite       rows travel as one JSON array, read by json_each
    PostgreSQL   the same, read by json_array_elements
    MySQL        (MariaDB and TiDB too) rows travel as values: TiDB has no JSON_TABLE

A statement about many rows is built once, from a table of them (`Rows`), and carried out by the dialect of the connection.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    Delete,
    Select,
    String,
    Table,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    select,
    table,
    text,
    tuple_,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import Executable
from sqlalchemy.types import TypeEngine

Columns = Mapping[str, TypeEngine[Any]]
Given = Mapping[str, ColumnElement[Any]]
"""The columns of the rows a statement is about."""
Row = Sequence[Any]
TEXT, NUMBER = String(), BigInteger()
GIVEN = "given_rows"
LARGEST_STATEMENT = 1_000_000  # code points: a quarter of what MySQL's smallest default packet takes as bytes

ROW_OVERHEAD = 100  # of a row without its texts: numbers, quotes, commas

_encode = msgspec.json.Encoder().encode


class Statement:
    """A statement about rows of these columns; `build` gives it for a dialect from the columns of the rows.

    Values are what JSON can carry (no bytes). A result's identifiers are text in every dialect.
    """

    def __init__(self, columns: Columns, build: "Callable[[Given, Dialect], Executable]") -> None:
        self.columns = columns
        self.build = build
        self._built: dict[str, Any] = {}

    def built(self, dialect: "Dialect", given: Callable[[Columns], Given]) -> Any:  # noqa: ANN401 - the statement
        """The statement, built once for each dialect."""
        found = self._built.get(dialect.name)
        if found is None:
            found = self._built[dialect.name] = self.build(given(self.columns), dialect)
        return found

    def run(self, connection: Connection, rows: Sequence[Row]) -> Sequence[Row]:
        """Carry it out for these rows; what it gives."""
        return of(connection).run(connection, self, rows) if rows else ()


class Dialect(ABC):
    """One family of databases."""

    name: str
    retried: frozenset[object] = frozenset()
    """SQLSTATEs or error numbers after which the whole transaction is to be made again."""
    now: str | None = None
    """SQL that gives the server's time in ms; None: this machine's clock is the database's."""
    joins_ranges = True
    """Whether a join by a range of keys for each row looks only at these ranges."""

    @abstractmethod
    def run(self, connection: Connection, statement: Statement, rows: Sequence[Row]) -> Sequence[Row]:
        """Carry out a statement about many rows."""

    @abstractmethod
    def insert(
        self, connection: Connection, into: Table, names: tuple[str, ...], rows: Sequence[Row]
    ) -> None:
        """Insert rows whose values stand in the order of `names`."""

    def deleting(self, of_table: Table, given: Given, *keys: str) -> Delete:
        """Delete the rows of a table that are given by their keys."""
        return delete(of_table).where(*(of_table.c[key] == given[key] for key in keys))

    def locking(self, query: Select[Any], locked: Table) -> Select[Any]:  # noqa: ARG002 - MariaDB knows no OF
        """The query's rows of `locked` are this transaction's; another's are waited for (TiDB cannot skip them)."""
        return query.with_for_update()

    def position(self, connection: Connection) -> str:
        """How far the log of commits of a primary reaches. Nothing copies the embedded store."""
        raise NotImplementedError

    def has_reached(self, connection: Connection, position: str) -> bool:
        """Whether a copy has carried out everything up to a primary's position."""
        raise NotImplementedError

    def greatest(self, *values: ColumnElement[Any]) -> ColumnElement[Any]:
        """The largest of values that are not NULL."""
        return func.greatest(*values)

    @abstractmethod
    def lock_schema(self, connection: Connection) -> None:
        """Wait until nobody else migrates this database."""

    @abstractmethod
    def risks(self, connection: Connection) -> list[str]:
        """Settings of the server with which a commit is not on the disk when it returns, as `name = value`."""

    def code_of(self, error: DBAPIError) -> object:
        """What `retried` is about."""
        return getattr(error.orig, "sqlstate", None)

    def wants_retry(self, error: BaseException) -> bool:
        """Whether the database undid the transaction for the sake of another one: it may be made again."""
        return isinstance(error, DBAPIError) and self.code_of(error) in self.retried


class _Json(Dialect):
    """Rows as one JSON array of arrays, in the parameter `rows`."""

    @abstractmethod
    def given(self, columns: Columns) -> Given:
        """The columns of the array's rows."""

    def run(self, connection: Connection, statement: Statement, rows: Sequence[Row]) -> Sequence[Row]:
        """One statement with one parameter."""
        result = connection.execute(statement.built(self, self.given), {"rows": _encode(rows).decode()})
        return result.all() if result.returns_rows else ()

    def insert(
        self, connection: Connection, into: Table, names: tuple[str, ...], rows: Sequence[Row]
    ) -> None:
        """One statement."""
        _inserting(into, names).run(connection, rows)


@lru_cache
def _inserting(into: Table, names: tuple[str, ...]) -> Statement:
    return Statement(
        {name: into.c[name].type for name in names},
        lambda given, _: insert(into).from_select(list(names), select(*given.values())),
    )


class Sqlite(_Json):
    """The embedded store."""

    name = "sqlite"

    def lock_schema(self, connection: Connection) -> None:
        """The write lock, which a transaction that writes has, is enough."""

    def risks(self, connection: Connection) -> list[str]:  # noqa: ARG002
        """None: `synchronous=FULL` is no setting."""
        return []

    def given(self, columns: Columns) -> Given:
        """Values keep their JSON types."""
        value = func.json_each(bindparam("rows")).table_valued("value", name="given").c.value
        return {name: value.op("->>")(index) for index, name in enumerate(columns)}

    def deleting(self, of_table: Table, given: Given, *keys: str) -> Delete:
        """SQLite's DELETE takes no other table."""
        wanted = select(*(given[key] for key in keys))
        return delete(of_table).where(tuple_(*(of_table.c[key] for key in keys)).in_(wanted))

    def greatest(self, *values: ColumnElement[Any]) -> ColumnElement[Any]:
        """Its max of several values."""
        return func.max(*values)


class Postgres(_Json):
    """PostgreSQL."""

    name = "postgresql"
    now = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
    retried = frozenset({"40001", "40P01", "55P03"})  # serialization, deadlock, lock_timeout

    def locking(self, query: Select[Any], locked: Table) -> Select[Any]:
        """Another transaction's rows are left out."""
        return query.with_for_update(of=locked, skip_locked=True)

    def position(self, connection: Connection) -> str:
        """In its write-ahead log, as far as that is flushed."""
        return str(connection.exec_driver_sql("SELECT pg_current_wal_flush_lsn()::text").scalar())

    def has_reached(self, connection: Connection, position: str) -> bool:
        """NULL, and so False, where nothing is replayed."""
        return bool(connection.execute(_REPLAYED, {"position": position}).scalar())

    def lock_schema(self, connection: Connection) -> None:
        """Until the end of the transaction."""
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('hubbub schema'))")

    def risks(self, connection: Connection) -> list[str]:
        """What this session's commits would wait for."""
        asked = ("synchronous_commit", "fsync", "full_page_writes")
        values = [(name, connection.exec_driver_sql(f"SHOW {name}").scalar()) for name in asked]
        return [f"{name} = {value}" for name, value in values if value == "off"]

    def given(self, columns: Columns) -> Given:
        """Values are text, and cast to what else they are."""
        array = func.json_array_elements(cast(bindparam("rows", type_=String), JSON))
        value = array.table_valued(column("value", JSON), name="given").c.value
        given: dict[str, ColumnElement[Any]] = {}
        for index, (name, kind) in enumerate(columns.items()):
            said = value.op("->>", return_type=TEXT)(index)
            given[name] = said if isinstance(kind, String) else cast(said, kind)
        return given


class Mysql(Dialect):
    """MySQL 8, MariaDB, TiDB."""

    name = "mysql"
    joins_ranges = False
    retried = frozenset({1213, 1205, 8002, 8005, 8022, 8028, 9007})  # deadlock, lock wait; TiDB's conflicts

    def __init__(self) -> None:
        self._split: dict[Statement, tuple[str, str]] = {}

    def code_of(self, error: DBAPIError) -> object:
        """The error's number."""
        arguments = getattr(error.orig, "args", ())
        return arguments[0] if arguments else None

    def position(self, connection: Connection) -> str:
        """The global transaction ids committed; empty without a binary log."""
        return str(connection.exec_driver_sql(_POSITION[_is_mariadb(connection)]).scalar() or "")

    def has_reached(self, connection: Connection, position: str) -> bool:
        """Of a position that says something."""
        asked = _REACHED[_is_mariadb(connection)]
        return bool(position) and bool(connection.exec_driver_sql(asked, (position,)).scalar())

    def lock_schema(self, connection: Connection) -> None:
        """Until the connection is closed: DDL ends transactions here."""
        connection.exec_driver_sql("SELECT GET_LOCK('hubbub schema', 600)")

    def risks(self, connection: Connection) -> list[str]:
        """TiDB commits by consensus and has none of these; a binary log that is off needs no flush."""
        if "TiDB" in str(connection.exec_driver_sql("SELECT VERSION()").scalar()):
            return []
        asked = (
            "SELECT @@innodb_flush_log_at_trx_commit, IF(@@log_bin, @@sync_binlog, 1), @@innodb_doublewrite"
        )
        flush, binlog, doublewrite = (str(value) for value in connection.exec_driver_sql(asked).one())
        found = {"innodb_flush_log_at_trx_commit": flush, "sync_binlog": binlog}
        risky = [f"{name} = {value}" for name, value in found.items() if value != "1"]
        return risky + ([f"innodb_doublewrite = {doublewrite}"] if doublewrite in {"0", "OFF"} else [])

    def run(self, connection: Connection, statement: Statement, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows are a derived table of values."""
        before, after = self._around_the_rows(connection, statement)
        first = ", ".join(f"%s AS `{name}`" for name in statement.columns)
        more = " UNION ALL SELECT " + ", ".join(["%s"] * len(statement.columns))
        found: list[Row] = []
        for part in _parts(rows):
            sql = f"{before}(SELECT {first}{more * (len(part) - 1)}) AS {GIVEN}{after}"
            result = connection.exec_driver_sql(sql, tuple(chain.from_iterable(part)))
            found.extend(_text(row) for row in (result if result.returns_rows else ()))
        return found

    def _around_the_rows(self, connection: Connection, statement: Statement) -> tuple[str, str]:
        """The statement's SQL before and after the place where the rows come in."""
        found = self._split.get(statement)
        if found is None:
            built = statement.built(self, self.given)
            sql = str(built.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
            before, after = _PLACE.split(sql)
            found = self._split[statement] = (before, after)
        return found

    def given(self, columns: Columns) -> Given:
        """Columns of a table that `run` puts in."""
        return dict(table(GIVEN, *(column(name, kind) for name, kind in columns.items())).c.items())

    def insert(
        self, connection: Connection, into: Table, names: tuple[str, ...], rows: Sequence[Row]
    ) -> None:
        """Values of many rows in one statement."""
        listed = ", ".join(f"`{name}`" for name in names)
        head = f"INSERT INTO `{into.name}` ({listed}) VALUES "  # noqa: S608 - our names
        row = f"({', '.join(['%s'] * len(names))})"
        for part in _parts(rows):
            connection.exec_driver_sql(head + ", ".join([row] * len(part)), tuple(chain.from_iterable(part)))


_REPLAYED = text("SELECT pg_last_wal_replay_lsn() >= CAST(CAST(:position AS text) AS pg_lsn)")
_POSITION = {True: "SELECT @@gtid_binlog_pos", False: "SELECT @@gtid_executed"}
_REACHED = {
    True: "SELECT MASTER_GTID_WAIT(%s, 0) = 0",
    False: "SELECT GTID_SUBSET(%s, @@gtid_executed)",
}


def _is_mariadb(connection: Connection) -> bool:
    return bool(getattr(connection.dialect, "is_mariadb", False))


_PLACE = re.compile(rf"\b{GIVEN}\b(?!\.)")


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """As many rows at a time as one statement may carry."""
    start, size = 0, 0
    for at, row in enumerate(rows):
        length = ROW_OVERHEAD + sum(len(value) for value in row if isinstance(value, str))
        if size + length > LARGEST_STATEMENT and at > start:
            yield rows[start:at]
            start, size = at, 0
        size += length
    yield rows[start:]


def _text(row: Row) -> Row:
    """Identifiers come as bytes where no column type has seen them."""
    return tuple(value.decode() if isinstance(value, bytes) else value for value in row)


DIALECTS: Mapping[str, Dialect] = {each.name: each for each in (Sqlite(), Postgres(), Mysql())}


def of(connection: Connection) -> Dialect:
    """The dialect of a connection."""
    return DIALECTS[connection.dialect.name]
