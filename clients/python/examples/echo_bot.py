"""A bot that says again what it is told in private, and in rooms what begins with its name.

    PASSWORD=... python echo_bot.py http://127.0.0.1:8080 echo --room lobby

It accepts every friend request, remembers its place in `echo.db`, and answers each message once, also if it is killed
between reading and answering: the answer's msg_id is made of what it answers.
"""

import argparse
import asyncio
import os
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from hubbub_client import Client, FileStore, RequestRefused
from hubbub_client.events import Friend, Message


async def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("user")
    parser.add_argument("--room", help="a public room to sit in")
    parser.add_argument("--store", type=Path, default=Path("echo.db"))
    asked = parser.parse_args()
    async with Client(asked.url, store=FileStore(asked.store)) as client:
        serving = asyncio.get_running_loop().create_task(serve(client))
        await sign_in(client, asked.user, os.environ["PASSWORD"])
        for request in (await client.friends()).incoming:
            await client.accept(request)
        if asked.room:
            await enter(client, asked.room)
        print(f"{client.user} listens", flush=True)
        await serving


async def sign_in(client: Client, user: str, password: str) -> None:
    """As last time, or by password; a new name is signed up."""
    if client.can_resume:
        await client.connect()
        return
    try:
        await client.log_in(user, password)
    except RequestRefused:
        await client.sign_up(user, password)


async def enter(client: Client, name: str) -> None:
    """Join a public room by its name."""
    found = (await client.rooms(name)).rooms
    await client.join(next(room.chat for room in found if room.name == name))


async def serve(client: Client) -> None:
    """An event counts as handled when the next one is asked for: what was not answered comes again."""
    async for event in client.events():
        if isinstance(event, Friend) and event.change == "requested":
            await client.accept(event.user)
        elif isinstance(event, Message) and event.sender != client.user:
            await answer(client, event)


async def answer(client: Client, message: Message) -> None:
    """Say it again, once."""
    said, called = message.content or "", f"{client.user}:"
    if message.msg_type == "group" and not said.startswith(called):
        return
    words = said.removeprefix(called).strip() or "yes?"
    name = uuid5(NAMESPACE_URL, f"echo {message.chat} {message.seq}").hex
    await client.send(message.chat, words, reply_to=message.seq, msg_id=name)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("bye")
