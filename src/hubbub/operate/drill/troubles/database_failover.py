"""The primary database dies, and a copy that was behind takes its place: what it lacks is lost, and nobody may be left believing in it."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence

from hubbub.operate.cluster.forwarder import Forwarder
from hubbub.operate.cluster.postgres import Standby
from hubbub.operate.cluster.server import until
from hubbub.operate.drill.network import now
from hubbub.operate.drill.scene import Scene
from hubbub.operate.proof.crowd import PATIENCE, Crowd, Roamer
from hubbub.operate.proof.history import Witness
from hubbub.operate.proof.stored_log import read_heads


async def run(scene: Scene) -> None:
    """Nodes reach the database by an address that can be led elsewhere. The operator's steps are docs/operations.md's."""
    await scene.start_services()
    standby = await scene.start_service(await asyncio.to_thread(Standby, scene.postgres))
    address = Forwarder(scene.postgres.port, scene.host)
    await address.open()
    scene.database_url = scene.database_url.replace(f":{scene.postgres.port}/", f":{address.port}/")
    try:
        await _play(scene, standby, address)
    finally:
        await address.close()


async def _play(scene: Scene, standby: Standby, address: Forwarder) -> None:
    scene.add_node()
    scene.add_node()
    await scene.open()
    await scene.talk("before", scene.seconds / 2)
    await _fall_behind(scene, standby)
    await scene.talk("the copy is behind", scene.seconds / 4)
    await scene.judge()
    heads = await asyncio.to_thread(read_heads, scene.crowd.read)
    before = scene.crowd
    await asyncio.to_thread(scene.postgres.stop, scene.postgres.crash)
    scene.tell("the primary is killed")
    refused = await scene.speaker.client.ask(_word(scene))
    scene.expect(
        "without a database writes are refused, and connections stay",
        f"answered {refused.get('code', refused['type'])}; {sum(each.client.is_open for each in before.talkers)}"
        f" of {len(before.talkers)} devices connected",
        passed=refused.get("code") == "unavailable" and scene.all_connected(),
    )
    await scene.go_home()
    began = now()
    await _fail_over(scene, standby, address)
    scene.tell(f"the nodes serve on the copy, {now() - began:.1f} s after the operator began")
    reading = scene.nodes[0].read
    remaining = await asyncio.to_thread(read_heads, reading)
    missing = sum(max(0, head - remaining.get(chat, 0)) for chat, head in heads.items())
    scene.expect(
        "what the copy lacked is lost, as asynchronous replication loses it",
        f"{missing} of {sum(heads.values()):,} entries",
        passed=missing > 0,
    )
    await _return(scene, before)
    _check_resets(scene, scene.crowd.talkers)
    await scene.talk("after", scene.seconds)
    await scene.judge([*before.founders, *(each.witness for each in before.talkers)])


async def _fall_behind(scene: Scene, standby: Standby) -> None:
    """It follows no more; what it has, it has."""
    await asyncio.to_thread(standby.sql, "ALTER SYSTEM SET primary_conninfo = ''")
    await asyncio.to_thread(standby.sql, "SELECT pg_reload_conf()")
    scene.tell("the copy stops following")


def _word(scene: Scene) -> dict[str, str]:
    return {
        "type": "send",
        "msg_type": "group",
        "to": scene.speaker.room,
        "content": "?",
        "msg_id": "asked in vain",
    }


async def _fail_over(scene: Scene, standby: Standby, address: Forwarder) -> None:
    """Nodes off, promote, another epoch, nodes on: the epoch is what tells clients that their cursors are of another log."""
    for node in scene.nodes:
        await node.kill()
    await asyncio.to_thread(standby.sql, "SELECT pg_promote()")
    database = scene.database_url.rpartition("/")[2]
    epoch = f"drill-{secrets.token_hex(4)}"
    change = f"UPDATE meta SET value = '{epoch}' WHERE key = 'epoch'"  # noqa: S608 - made above
    await asyncio.to_thread(standby.sql, change, database)
    scene.tell(f"the copy is promoted, the epoch is {epoch}")
    address.lead_to(standby.port)
    for node in scene.nodes:
        node.read = lambda *tables: standby.rows(database, *tables)
        await node.start(PATIENCE)


async def _return(scene: Scene, before: Crowd) -> None:
    """The same devices, with the cursors and the epoch they had."""
    scene.crowd = scene.new_crowd()
    scene.crowd.ground.rooms = before.ground.rooms
    scene.crowd.ground.up.set()
    for old in before.talkers:
        new = scene.crowd.device(f"{old.name}'", old.user, old.client.token, type(old))
        new.friends, new.epoch, new.cursors = old.friends, old.epoch, dict(old.cursors)
        scene.measure_by(new)
    scene.begin_talking()
    await until(scene.all_connected, "everybody connected again", PATIENCE)
    await until(
        lambda: all(each.epoch not in {None, before.talkers[0].epoch} for each in scene.crowd.talkers),
        "welcomed",
    )


def _check_resets(scene: Scene, talkers: Sequence[Roamer]) -> None:
    """Each chat of each device whose cursor was of the log that is no more."""
    owed = told = 0
    for witness in (each.witness for each in talkers):
        chats, reset = _first_hello(witness)
        owed += len(chats)
        told += len(chats & reset)
    scene.expect(
        "every device is told to drop what it holds of each of its chats",
        f"{told} of {owed} cursors answered with resync and reset",
        passed=0 < owed == told,
    )


def _first_hello(witness: Witness) -> tuple[set[str], set[str]]:
    """The chats it gave cursors of that are still its own, and those it was told to drop, on its first connection."""
    chats, reset = set[str](), set[str]()
    for record in next(iter(witness.connections())):
        envelope: Mapping[str, object] = record.envelope
        if record.envelope.get("type") == "hello" and record.way == "sent":
            chats = set(record.envelope.get("cursors", {}))
        elif record.envelope.get("type") == "welcome":
            chats -= set(record.envelope.get("gone", ()))
        elif record.envelope.get("type") == "resync" and envelope.get("reset"):
            reset.add(record.envelope["chat"])
    return chats, reset
