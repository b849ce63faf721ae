"""`floor.c` in Python, for machines without a C compiler: a loop that calls `socket.send`, no event loop around it.

The interpreter adds some tenths of a microsecond to each send, so ratios against this floor look better than they are.
"""

import resource
import socket
import sys


def main(connections: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listening.getsockname()[1], flush=True)
    peers = [listening.accept()[0] for _ in range(connections)]
    for peer in peers:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print("ready", flush=True)
    for line in sys.stdin:
        octets = bytes.fromhex(line)
        for peer in peers:
            if peer.send(octets) != len(octets):
                raise SystemExit("a socket took only a part")
        print("done", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
