"""Servers that end with their test, however it ends."""

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest_asyncio
from tests.faults.server_process import Server

MakeServer = Callable[..., Server]


@pytest_asyncio.fixture
async def make_server(tmp_path: Path) -> AsyncIterator[MakeServer]:
    """Gives `make_server(settings, data)`; all made are killed in the end."""
    made: list[Server] = []

    def make(settings: Mapping[str, str] = {}, data: Path = tmp_path / "data") -> Server:
        made.append(Server(data, settings))
        return made[-1]

    yield make
    for server in made:
        if not server.is_dead:
            await server.kill()
