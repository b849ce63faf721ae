"""A chat server on the `websockets` library that does nothing but pass on: what any server has to do at the least."""

import asyncio
import contextlib
from collections import defaultdict

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

channels: defaultdict[str, set[ServerConnection]] = defaultdict(set)


async def talk(connection: ServerConnection) -> None:
    """One client, until it goes."""
    channel = ""
    with contextlib.suppress(ConnectionClosed):
        async for message in connection:
            word, _, rest = str(message).partition(" ")
            if word == "join":
                channel = rest
                channels[channel].add(connection)
                await connection.send("joined")
            else:
                await connection.send("said")
                broadcast(channels[channel], f"heard {rest}")
    channels[channel].discard(connection)


async def main() -> None:
    """Until the process is ended; the port is printed."""
    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
