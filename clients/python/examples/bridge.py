"""Carries what is said in one room to another, both ways; the rooms may be on two servers.

    PASSWORD=... python bridge.py http://127.0.0.1:8080 lobby  tcp://other:8090 foyer --user bridge

Each message is carried once, also over crashes of the bridge and of the servers: the copy's msg_id is made of the
original's place, and the bridge goes on where it was. (For tcp:// add --api with the HTTP address of that server.)
"""

import argparse
import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from hubbub_client import Client, FileStore, RequestRefused
from hubbub_client.events import Message


@dataclass
class Shore:
    """One end: a client, and the room that is bridged."""

    client: Client
    room: str


async def main() -> None:
    """Carry until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("first_url", "first_room", "second_url", "second_room"):
        parser.add_argument(name)
    parser.add_argument("--user", default="bridge")
    parser.add_argument("--api", help="HTTP address of the second server, if its url is tcp:// or tls://")
    parser.add_argument("--store", type=Path, default=Path("bridge"), help="folder for what is remembered")
    asked = parser.parse_args()
    asked.store.mkdir(exist_ok=True)
    async with (
        Client(asked.first_url, store=FileStore(asked.store / "first.db")) as first,
        Client(asked.second_url, api=asked.api, store=FileStore(asked.store / "second.db")) as second,
    ):
        shores = [
            await land(first, asked.user, asked.first_room),
            await land(second, asked.user, asked.second_room),
        ]
        print("the bridge stands", flush=True)
        async with asyncio.TaskGroup() as both:
            both.create_task(carry(shores[0], shores[1]))
            both.create_task(carry(shores[1], shores[0]))


async def land(client: Client, user: str, room: str) -> Shore:
    """Sign in (a new name is signed up) and enter the room by its name."""
    if client.can_resume:
        await client.connect()
    else:
        try:
            await client.log_in(user, os.environ["PASSWORD"])
        except RequestRefused:
            await client.sign_up(user, os.environ["PASSWORD"])
    found = (await client.rooms(room)).rooms
    chat = next(each.chat for each in found if each.name == room)
    await client.join(chat)
    return Shore(client, chat)


async def carry(here: Shore, there: Shore) -> None:
    """One direction. An event counts as handled when the next one is asked for, so nothing is left behind."""
    async for event in here.client.events():
        if isinstance(event, Message) and event.chat == here.room and event.sender != here.client.user:
            copy = f"{event.sender}: {event.content or '(deleted)'}"
            name = uuid5(NAMESPACE_URL, f"bridge {event.chat} {event.seq}").hex
            await there.client.send(there.room, copy, msg_id=name)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("bye")
