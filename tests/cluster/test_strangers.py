"""Two servers on one database that would not hear of each other: the second is refused."""

from pathlib import Path

from tests.faults.company import gather
from tests.faults.conftest import MakeServer, make_server_with

from hubbub.operate.cluster.postgres import Postgres
from hubbub.operate.cluster.server import Server

NO_BUS_THERE = "redis://127.0.0.1:1/0"


async def refusal(server: Server) -> str:
    assert await server.ended() == 1
    (line,) = [line for line in server.log().splitlines() if line.startswith("hubbub: ")]
    return line


async def test_a_second_server_on_one_database_needs_a_bus_and_so_does_the_first(
    postgres: Postgres, make_server: MakeServer, tmp_path: Path
) -> None:
    first = make_server_with(postgres, make_server, {"HUBBUB_WORKERS": "2"})
    company = await gather(first)
    settings = {"HUBBUB_DATABASE_URL": first.settings["HUBBUB_DATABASE_URL"]}
    second = make_server(settings, tmp_path / "second")
    on_a_bus = make_server(settings | {"HUBBUB_BUS": NO_BUS_THERE}, tmp_path / "third")
    for server in (second, on_a_bus):
        await server.begin()
    said = await refusal(second)
    assert said.startswith("hubbub: cannot serve: node n")
    assert "would not hear of this one; give every server of this database the same bus, as in" in said
    assert "serves the same database and has no bus" in await refusal(on_a_bus)
    assert (await company.alice.ask(company.message()))["type"] == "sent"
    assert await first.stop() == 0
