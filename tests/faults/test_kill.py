"""Many devices talk while the server is killed with SIGKILL again and again; then everything they saw is judged.

HUBBUB_FAULT_SEED repeats the choices of a run, HUBBUB_FAULT_KILLS makes it longer. What every device saw is left in
`history.jsonl` beside the database.
"""

import asyncio
import os
import time
from random import Random

import pytest
from tests.faults.conftest import MakeServer, make_server_on

from hubbub.operate.cluster.server import Server, sign_up, until
from hubbub.operate.proof.history import Figures, Witness, save
from hubbub.operate.proof.history_checker import check
from hubbub.operate.proof.raw_client import RawClient
from hubbub.operate.proof.stored_log import count_pending, read_heads, read_stored
from hubbub.operate.proof.talker import Ground, Talker

KILLS = int(os.environ.get("HUBBUB_FAULT_KILLS", "12"))
KILLS_ELSEWHERE = KILLS // 4
SEED = int(os.environ.get("HUBBUB_FAULT_SEED", "0")) or time.time_ns() % 10**9
USERS = 16
ROOMS = 4
SETTINGS = {"HUBBUB_LIMITS_REPLAY_PER_CHAT": "30", "HUBBUB_LIMITS_REPLAY_PER_HELLO": "100"}
LONGEST_LIFE = 0.9  # seconds; the shortest is nothing at all


async def test_nothing_acknowledged_is_lost_whenever_the_server_dies(make_server: MakeServer) -> None:
    figures = await _die_again_and_again(make_server(SETTINGS), KILLS)
    assert figures.resyncs, "nobody ever missed more than is replayed"


@pytest.mark.parametrize("database", ["postgres", "mariadb"])
async def test_nor_where_a_database_server_lives_on(
    request: pytest.FixtureRequest, make_server: MakeServer, database: str
) -> None:
    """What was under way is undone or done by the database, which the next life of the server must find out."""
    await _die_again_and_again(make_server_on(request, make_server, database, SETTINGS), KILLS_ELSEWHERE)


async def _die_again_and_again(server: Server, kills: int) -> Figures:
    print(f"\nseed {SEED}, {kills} kills")  # noqa: T201 - a failure is repeated with it
    random = Random(SEED)
    ground = Ground()
    await server.start()
    talkers, founders = await _gather(server, ground, random)
    async with asyncio.TaskGroup() as tasks:
        for talker in talkers:
            tasks.create_task(talker.run(), name=talker.name)
        await _kill_again_and_again(server, ground, random, kills)
        await _come_to_rest(server, ground, talkers)
        await asyncio.gather(*(talker.read_all() for talker in talkers))
        await until(lambda: not count_pending(server.read), "every outbox row marked")
        await server.kill()
        ground.over = True
        ground.up.set()
    witnesses = [*founders, *(talker.witness for talker in talkers)]
    save(witnesses, server.data / "history.jsonl")
    findings = check(witnesses, read_stored(server.read))
    print(f"kills {kills}, devices {len(talkers)}, {findings.report()}")  # noqa: T201
    assert not findings.violations
    assert findings.figures.acknowledged > 20 * kills, "too little was going on to prove anything"
    assert findings.figures.duplicates_answered, "no acknowledged message was ever asked for again"
    assert "Traceback" not in "\n".join([*server.former_log, server.log()])
    return findings.figures


async def _gather(server: Server, ground: Ground, random: Random) -> tuple[list[Talker], list[Witness]]:
    """Accounts, two devices for every other one, friendships in a ring, and rooms with their founders."""
    users = [f"user{number:02}" for number in range(USERS)]
    tokens = {user: await sign_up(server, user) for user in users}
    clients = [RawClient(server, Witness(f"{user}.setup", user, stays=False), tokens[user]) for user in users]
    for client in clients:
        await client.connect()
    for one, other in zip(clients, clients[1:] + clients[:1], strict=True):
        assert (await one.ask({"type": "befriend", "user": other.witness.user}))["type"] == "ok"
        assert (await other.ask({"type": "accept", "user": one.witness.user}))["type"] == "ok"
    for number in range(ROOMS):
        create = {"type": "create_room", "name": f"room {number}", "public": True, "msg_id": f"room{number}"}
        ground.rooms.append((await clients[number].ask(create))["chat"])
    for client in clients:
        for room in random.sample(ground.rooms, 2):
            await client.ask({"type": "join", "chat": room, "msg_id": f"join {room}"})
    for client in clients:
        client.drop()
    talkers = [
        Talker(server, f"{user}.{device}", user, tokens[user], ground, Random(random.random()))
        for number, user in enumerate(users)
        for device in ("a", "b")[: 1 + number % 2]
    ]
    for talker in talkers:
        at = users.index(talker.user)
        talker.friends = [users[at - 1], users[(at + 1) % USERS]]
    ground.up.set()
    return talkers, [client.witness for client in clients]


async def _kill_again_and_again(server: Server, ground: Ground, random: Random, kills: int) -> None:
    for _ in range(kills):
        await asyncio.sleep(random.uniform(0, LONGEST_LIFE))  # the moment is chance
        ground.up.clear()
        await server.kill()
        await server.start()
        ground.lives += 1
        ground.up.set()


async def _come_to_rest(server: Server, ground: Ground, talkers: list[Talker]) -> None:
    ground.resting = True
    await until(lambda: all(talker.is_decided() for talker in talkers), "all decided")
    heads = read_heads(server.read)
    await until(lambda: all(talker.is_at(heads) for talker in talkers), "everybody at the head of every chat")
