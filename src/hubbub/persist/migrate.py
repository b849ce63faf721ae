"""Bringing a database to this version's tables (Alembic), from a checkout and from an installed wheel alike.

The embedded store is brought there at every start; any other is the operator's to migrate (`hubbub migrate`). Whether there is
anything to do is seen without Alembic, which takes some 10 MB of every worker that imports it.
"""

import asyncio
import secrets
from importlib.resources import files

import structlog
from sqlalchemy import Connection, String, column, insert, inspect, select, table
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from hubbub.model.ids import opaque
from hubbub.persist.engine import Database
from hubbub.persist.pool import Pool
from hubbub.persist.tables import meta

log = structlog.get_logger("hubbub.database")

EPOCH = "epoch"
MOVING = "moving"  # a copy that is not finished (persist/move): the epoch of its source
BACKUP = "backup"  # a backup (persist/backup): its manifest, in place of an epoch
EPOCH_BYTES = 10

_SCRIPTS = files("hubbub.persist") / "migrations"
_VERSION = column("version_num", String())
_VERSIONS = table("alembic_version", _VERSION)


class SchemaMismatchError(Exception):
    """The tables are not those this program needs; the message says what to run."""


class NotDurableError(Exception):
    """The database answers a commit before it is on the disk; the message says which of its settings do that."""


def upgrade(url: str) -> None:
    """Migrate the database at `url` to the newest version. For the command line: it runs its own event loop."""
    asyncio.run(_upgrade(url))


async def ensure_current(database: Database) -> str:
    """The epoch of a database whose tables are current; the embedded store is migrated.

    Raises SchemaMismatchError, and NotDurableError unless `database.risk_losing_acknowledged` is set.
    """
    if database.is_embedded:
        await migrate(database)
    async with database.writing() as connection:
        await connection.run_sync(check_tables)
        await connection.run_sync(_check_whole)
        _weigh(
            await connection.run_sync(database.dialect.risks), at_risk=database.pool.risk_losing_acknowledged
        )
    return await _settled_epoch(database)


def _weigh(risks: list[str], *, at_risk: bool) -> None:
    if risks and not at_risk:
        raise NotDurableError(
            f"The database may lose what it committed: {', '.join(risks)}. Change that, or set "
            "database.risk_losing_acknowledged = true if acknowledged messages may be lost."
        )
    if risks:
        log.warning("acknowledged messages may be lost in a crash of the database", settings=risks)


async def _settled_epoch(database: Database) -> str:
    """Two nodes may make the first epoch at once: the first one stands."""
    try:
        async with database.writing() as connection:
            return await connection.run_sync(_epoch)
    except IntegrityError:
        async with database.writing() as connection:
            return await connection.run_sync(_epoch)


async def _upgrade(url: str) -> None:
    database = Database(make_url(url), Pool(statement_seconds=0))
    try:
        await migrate(database)
        await _settled_epoch(database)
    finally:
        await database.close()


async def migrate(database: Database) -> None:
    """Bring the tables to this version; whoever else does so at the same time is waited for."""
    async with database.writing() as connection:
        await connection.run_sync(database.dialect.lock_schema)
        await connection.run_sync(_migrate)


def _migrate(connection: Connection) -> None:
    found, known = _found(connection), _known()
    if found is not None and found not in known:
        raise SchemaMismatchError(
            f"The database has tables of version {found}, which a newer Hubbub made. Run that one."
        )
    if found != known[-1]:
        _run(connection)


def _run(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - large; imported when it is run
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _check_whole(connection: Connection) -> None:
    if connection.scalar(select(meta.c.value).where(meta.c.key == MOVING)) is not None:
        raise SchemaMismatchError(
            "The database is a copy that was not finished: run `hubbub migrate --from … --to …` or `hubbub restore` again."
        )
    if connection.scalar(select(meta.c.value).where(meta.c.key == BACKUP)) is not None:
        raise SchemaMismatchError("This is a backup: `hubbub restore` makes a store of it.")


def check_tables(connection: Connection) -> None:
    """Raises SchemaMismatchError where the tables are not those of this version."""
    found, needed = _found(connection), _known()[-1]
    if found != needed:
        raise SchemaMismatchError(
            f"The database has tables of version {found or 'none'}, this Hubbub needs {needed}. "
            "Make a backup, then run: hubbub migrate"
        )


def _found(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSIONS.name):
        return None
    return connection.scalar(select(_VERSION).select_from(_VERSIONS))


def _known() -> list[str]:
    """The versions of this package, oldest first: what the names of their scripts begin with."""
    names = [each.name for each in (_SCRIPTS / "versions").iterdir() if each.name.endswith(".py")]
    return sorted(name.partition("_")[0] for name in names)


def _epoch(connection: Connection) -> str:
    """The epoch, made at the first start (docs/protocol.md §3.4)."""
    found = connection.scalar(select(meta.c.value).where(meta.c.key == EPOCH))
    if found is not None:
        return str(found)
    epoch = opaque("e", secrets.token_bytes(EPOCH_BYTES))
    connection.execute(insert(meta).values(key=EPOCH, value=epoch))
    return epoch
