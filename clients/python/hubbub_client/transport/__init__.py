"""How envelopes travel (protocol.md §1).

contract.py    what a transport is            websocket.py    RFC 6455, by the library websockets
data_frame.py  cutting a stream, pure         framed_tcp.py   the same envelopes without HTTP
"""

import ssl

from hubbub_client.transport.contract import Transport
from hubbub_client.transport.framed_tcp import dial_framed_tcp
from hubbub_client.transport.websocket import dial_websocket
from hubbub_client.wire.codec import Codec


async def dial(socket: str, codec: Codec, tls: ssl.SSLContext | None = None) -> Transport:
    """Open a connection to ws://, wss://, tcp:// or tls://. Raises DialError."""
    if socket.startswith("ws"):
        return await dial_websocket(socket, codec, tls)
    return await dial_framed_tcp(socket, codec, tls)
