"""A connection beyond the pool's size is closed when it is given back: just then the database may be gone."""

import logging

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from structlog.testing import capture_logs

from hubbub.persist.engine import Database
from hubbub.persist.pool import Pool

NOTHING = text("SELECT 1")
GONE = "the server closed the connection"


def refuse(_connection: object) -> None:
    raise ConnectionResetError(GONE)


@pytest.mark.parametrize("store", ["postgres", "mariadb"])
async def test_a_connection_that_cannot_be_closed_is_one_line_and_no_traceback(
    store: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = request.getfixturevalue(store)
    database = Database(make_url(service.make_database()), Pool(size=1, overflow=1))
    with monkeypatch.context() as patched, capture_logs() as told, caplog.at_level(logging.ERROR):
        patched.setattr(database.engines[1].dialect, "do_close", refuse)
        async with database.reading() as one, database.reading() as other:
            for lane in (one, other):
                await lane.execute(NOTHING)
    said = "a connection to the database broke and is thrown away"
    assert [(each["event"], each["error"]) for each in told] == [(said, f"ConnectionResetError: {GONE}")]
    assert not caplog.records
    async with database.reading() as one, database.reading() as other:
        for lane in (one, other):
            assert await lane.scalar(NOTHING) == 1
    assert database.gauge.in_use == 0
    await database.close()
