import io
import json
import sys
import time
from collections.abc import Iterator

import pytest
import structlog

from hubbub.runtime import logs


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    error = logs.configure("info", "json")
    structlog.configure(cache_logger_on_first_use=False)  # who logs meanwhile must not keep this stream
    yield stream
    error.drain()


def line(written: io.StringIO) -> dict[str, object]:
    while not written.getvalue().endswith("\n"):
        time.sleep(0.001)
    said: dict[str, object] = json.loads(written.getvalue())
    return said


def test_an_error_is_an_object_whether_it_is_told_or_traced(written: io.StringIO) -> None:
    """Elasticsearch refuses a line whose `error` is a text once another line had an object there, or the other way round."""
    structlog.get_logger().warning("the disk is full", error="no space left")
    assert line(written)["error"] == {"message": "no space left"}


def test_what_is_told_and_traced_keeps_both(written: io.StringIO) -> None:
    try:
        open("/nowhere/at/all")  # noqa: PTH123, SIM115
    except OSError:
        structlog.get_logger().exception("commit failed", error="no space left")
    error = line(written)["error"]
    assert isinstance(error, dict)
    assert error["message"] == "no space left"
    assert "FileNotFoundError: " in str(error["stack_trace"])
