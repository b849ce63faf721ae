"""Which worker gets a connection, decided from outside: by the client's address in turn, instead of at random.

A server's workers listen on sockets of one SO_REUSEPORT group, and the kernel deals connections out among them by a hash. It
can be given a program that chooses (socket(7): SO_ATTACH_REUSEPORT_CBPF). With one that takes the address modulo the number
of workers, every worker gets as many as every other, and those of one address come to one worker, one after the other, so
that of fifty workers on two cores few are awake at a time. Needs the right to trace the server (root).
"""

import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

SO_ATTACH_REUSEPORT_CBPF = 51
PIDFD_GETFD = 438  # its system call's number, on every machine
LOAD_WORD, MODULO, RETURN = 0x20, 0x94, 0x16  # linux/bpf_common.h: LD|W|ABS, ALU|MOD|K, RET|A
SOURCE_ADDRESS = 0xFFF00000 + 12  # linux/filter.h: SKF_NET_OFF, and where IPv4 has it
INSTRUCTION = struct.Struct("HBBI")


def deal_by_address(process: int, port: int, workers: int) -> None:
    """For the workers whose listening sockets this process holds. Raises OSError where that is not allowed."""
    code = b"".join(
        INSTRUCTION.pack(operation, 0, 0, argument)
        for operation, argument in ((LOAD_WORD, SOURCE_ADDRESS), (MODULO, workers), (RETURN, 0))
    )
    program = ctypes.create_string_buffer(code, len(code))
    told = struct.pack("HP", len(code) // INSTRUCTION.size, ctypes.addressof(program))
    for listening in _sockets(process):
        with listening:
            if _listens(listening, port):
                listening.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, told)
                return
    raise OSError(f"process {process} does not listen on port {port}")


def _sockets(process: int) -> Iterator[socket.socket]:
    """Copies of its sockets (pidfd_getfd(2))."""
    library = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(process)
    try:
        for held in Path(f"/proc/{process}/fd").iterdir():
            if str(held.readlink()).startswith("socket:"):
                copy = library.syscall(PIDFD_GETFD, pidfd, int(held.name), 0)
                if copy < 0:
                    raise OSError(ctypes.get_errno(), "the server's sockets cannot be reached: be root")
                yield socket.socket(fileno=copy)
    finally:
        os.close(pidfd)


def _listens(held: socket.socket, port: int) -> bool:
    return (
        held.family == socket.AF_INET
        and bool(held.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
        and held.getsockname()[1] == port
    )
