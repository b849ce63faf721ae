import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text, update
from sqlalchemy.engine import make_url

from hubbub.persist.engine import Database
from hubbub.persist.migrate import EPOCH, SchemaMismatchError, check_tables, ensure_current, upgrade
from hubbub.persist.tables import meta, metadata


def _differences(connection: Connection) -> list[object]:
    return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)


async def test_the_migrations_make_exactly_the_tables(database: Database) -> None:
    async with database.reading() as connection:
        assert await connection.run_sync(_differences) == []


async def test_the_migrations_leave_out_the_same_row_ids_as_the_tables(
    database: Database, tmp_path: Path
) -> None:
    made = create_engine(f"sqlite:///{tmp_path / 'made.db'}")
    metadata.create_all(made)
    asked = text("SELECT name FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%' ORDER BY name")
    async with database.reading() as connection:
        migrated = (await connection.execute(asked)).scalars()
    with made.connect() as plain:
        assert migrated == plain.execute(asked).scalars().all()
    made.dispose()


async def test_a_migrated_database_is_at_the_newest_version_that_alembic_knows(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", "hubbub.persist:migrations")
    async with database.reading() as connection:
        found = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
        await connection.run_sync(check_tables)
    assert found == ScriptDirectory.from_config(config).get_current_head()


def test_a_server_whose_tables_are_current_does_not_load_alembic(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from sqlalchemy.engine import make_url\n"
        "from hubbub.persist.engine import Database\n"
        "from hubbub.persist.migrate import ensure_current\n"
        "async def main():\n"
        "    database = Database(make_url(sys.argv[1]))\n"
        "    await ensure_current(database)\n"
        "    await database.close()\n"
        "    print('alembic' in sys.modules)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'h.db'}"]
    said = [
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() for _ in range(2)
    ]
    assert said == ["True", "False"]


async def test_an_epoch_is_made_once(database: Database) -> None:
    first = await ensure_current(database)
    assert first.startswith("e")
    assert await ensure_current(database) == first


async def test_every_store_has_its_own_epoch(database: Database, tmp_path: Path) -> None:
    other = Database(make_url(f"sqlite:///{tmp_path / 'other.db'}"))
    assert await ensure_current(other) != await ensure_current(database)
    await other.close()


def test_the_command_line_migrates_without_a_running_loop(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'h.db'}"
    upgrade(url)
    upgrade(url)
    engine = create_engine(f"sqlite:///{tmp_path / 'h.db'}")
    assert set(metadata.tables) <= set(inspect(engine).get_table_names())
    engine.dispose()


async def test_two_processes_starting_at_once_agree(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path / 'h.db'}")
    databases = [Database(url) for _ in range(3)]
    epochs = await asyncio.gather(*(ensure_current(database) for database in databases))
    assert len(set(epochs)) == 1
    for database in databases:
        await database.close()


async def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaMismatchError, match="newer"):
        await ensure_current(database)


async def test_an_outdated_database_names_the_command_to_run(tmp_path: Path) -> None:
    empty = Database(make_url(f"sqlite:///{tmp_path / 'empty.db'}"))
    async with empty.writing() as connection:
        with pytest.raises(SchemaMismatchError, match="hubbub migrate"):
            await connection.run_sync(check_tables)
    await empty.close()


async def test_an_epoch_set_by_a_restore_is_kept(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(update(meta).where(meta.c.key == EPOCH).values(value="restored"))
    assert await ensure_current(database) == "restored"
