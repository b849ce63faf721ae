"""The protocols the load can speak."""

from collections.abc import Mapping

from peers.broadcast import Broadcast
from peers.centrifugo import Centrifugo
from peers.hubbub import Hubbub
from peers.socketio import SocketIo

PROTOCOLS: Mapping[str, type[Hubbub | Centrifugo | SocketIo | Broadcast]] = {
    "hubbub": Hubbub,
    "centrifugo": Centrifugo,
    "socketio": SocketIo,
    "broadcast": Broadcast,
}
