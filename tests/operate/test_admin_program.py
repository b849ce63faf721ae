"""`hubbub admin` against a running server: tables for people, JSON for programs, and what it exits with."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from hubbub.wiring.admin.commands import admin
from hubbub_conformance.conversation import Stage

pytestmark = [pytest.mark.inside, pytest.mark.wires("websocket+json")]


async def run(stage: Stage, *words: str, typed: str = "", data: Path | None = None) -> Result:
    """The program, with the server's own secret unless `data` has another."""
    where = ["--data", str(data or stage.server.data), "--url", stage.server.root]
    return await asyncio.to_thread(CliRunner().invoke, admin, [*where, *words], typed)


async def told(stage: Stage, *words: str) -> dict[str, object]:
    done = await run(stage, "--json", "--yes", *words)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


async def test_a_table_for_people_and_json_for_programs(stage: Stage) -> None:
    (alice,) = await stage.people("alice")
    table = await run(stage, "users", "list", alice.user)
    assert table.exit_code == 0
    heads, _, row = [line for line in table.stdout.splitlines() if line.strip()]
    assert heads.split()[:3] == ["user", "display", "name"]
    assert row.split()[0] == alice.user
    page = await told(stage, "users", "list", alice.user)
    assert [each["user"] for each in page["users"]] == [alice.user]
    assert await told(stage, "users", "show", alice.user) == page["users"][0]


async def test_the_first_administrator_is_made_here(stage: Stage) -> None:
    (alice,) = await stage.people("alice")
    (await alice.http.get("/admin/health")).refuses(403, "forbidden")
    assert (await told(stage, "grant", alice.user))["admin"] is True
    (await alice.http.get("/admin/health")).gives(200)
    await told(stage, "withdraw", alice.user)
    (await alice.http.get("/admin/health")).refuses(403, "forbidden")


async def test_what_hurts_is_asked_about_first(stage: Stage) -> None:
    (alice,) = await stage.people("alice")
    scripted = await run(stage, "users", "ban", alice.user)
    assert (scripted.exit_code, scripted.stdout) == (2, "")
    assert scripted.stderr.endswith("Nobody is here to be asked: give --yes.\n")
    (await alice.http.get("/me")).gives(200)
    await told(stage, "users", "ban", alice.user)
    await alice.is_closed(4501)


async def test_a_new_password_is_printed_once_and_works(stage: Stage) -> None:
    (alice,) = await stage.people("alice")
    new = (await run(stage, "--yes", "users", "password", alice.user)).stdout.strip()
    (await stage.stranger.post("/sessions", {"user": alice.user, "password": new})).gives(201)
    typed = await run(stage, "--yes", "users", "password", "--stdin", alice.user, typed="of my own choice\n")
    assert typed.exit_code == 0
    log_in = {"user": alice.user, "password": "of my own choice"}
    (await stage.stranger.post("/sessions", log_in)).gives(201)


async def test_a_refusal_is_one_line_and_status_1(stage: Stage, tmp_path: Path) -> None:
    unknown = await run(stage, "users", "show", "nobody.here")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert unknown.stderr == "hubbub: There is no such user.\n"
    (tmp_path / "secret").write_text("another secret, of thirty-two bytes\n")
    strange = await run(stage, "health", data=tmp_path)
    assert strange.exit_code == 1
    assert strange.stderr.startswith("hubbub: the server has another secret")
    away = await asyncio.to_thread(
        CliRunner().invoke, admin, ["--data", str(tmp_path), "--url", "http://127.0.0.1:1", "health"]
    )
    assert away.exit_code == 1
    assert away.stderr.startswith("hubbub: no server answers at http://127.0.0.1:1")


async def test_a_room_is_looked_into_and_closed(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    assert [each["chat"] for each in (await told(stage, "rooms", "list", room))["rooms"]] == [room]
    shown = await run(stage, "rooms", "show", room)
    assert ["owners", alice.user] in [line.split() for line in shown.stdout.splitlines()]
    members = await told(stage, "rooms", "members", room)
    assert {each["user"] for each in members["members"]} == {alice.user, bob.user}
    assert (await told(stage, "rooms", "owner", room, bob.user))["owners"] == [bob.user]
    assert (await told(stage, "rooms", "close", room))["members"] == 0
    acts = [line["act"] for line in (await told(stage, "audit"))["lines"] if line["subject"] == room]
    assert acts == ["room close", "room owner"]


async def test_health_and_the_outbox_are_shown(stage: Stage) -> None:
    assert (await told(stage, "health"))["database"] == "sqlite"
    assert (await told(stage, "outbox", "retry"))["pending"] == 0
    shown = await run(stage, "outbox", "show")
    assert shown.stdout.split()[:2] == ["pending", "0"]


async def test_features_are_shown_and_a_mode_is_needed_to_switch_one(stage: Stage) -> None:
    shown = await run(stage, "switches")
    assert ["typing", "yes", "on", "settings"] in [line.split() for line in shown.stdout.splitlines()]
    assert (await told(stage, "switches", "search", "default"))["switches"][3]["set_by"] == "settings"
    unsaid = await run(stage, "switches", "search")
    assert (unsaid.exit_code, unsaid.stderr) == (2, "hubbub: say which mode: on, off, auto or default\n")


async def test_what_a_user_wrote_cannot_paint_the_terminal(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    (await alice.http.patch("/me", {"display_name": "[red]x[/] \u202eevil"})).gives(200)
    shown = (await run(stage, "users", "show", alice.user)).stdout
    assert "[red]x[/] �evil" in shown
