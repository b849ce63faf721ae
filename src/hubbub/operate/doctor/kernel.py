"""Kernel settings (sysctl) by the number of connections asked for: a table, and the file made from it.

Sources: the kernel's Documentation/admin-guide/sysctl and Documentation/networking/ip-sysctl; what Hubbub asks of the
kernel stands in accept/listener.
"""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from hubbub.accept.listener import BACKLOG
from hubbub.operate.doctor.finding import Finding, State, number

Values = tuple[int, ...]
ROOT = Path("/proc/sys")
OTHERS = 65_536  # open files and tracked connections of everything else on the machine
MANY = 20_000  # connections beyond which a proxy beside the server runs out of the kernel's default of local ports
PAGE = 4_096
MOST_BUFFER = 1_048_576  # bytes: `limits.outgoing_bytes`, what a slow connection may owe
WIDTH = 140


def _at_least(found: Values, advised: Values) -> State:
    return State.OK if all(map(int.__ge__, found, advised)) else State.WRONG


def _at_most(found: Values, advised: Values) -> State:
    return State.OK if all(map(int.__le__, found, advised)) else State.ADVICE


def _as_wide(found: Values, advised: Values) -> State:
    return State.OK if found[1] - found[0] >= advised[1] - advised[0] else State.WRONG


def _as_large_and_no_larger(found: Values, advised: Values) -> State:
    return State.WRONG if found[-1] < advised[-1] else _at_most(found, advised)


def _power_of_two(value: int) -> int:
    return 1 << (value - 1).bit_length()


@dataclass(frozen=True)
class Setting:
    """`advised` by connections; `written`: whether it belongs into the file, where `optional` ones may not exist."""

    key: str
    why: str
    advised: Callable[[int], Values]
    judge: Callable[[Values, Values], State] = _at_least
    written: bool = True
    optional: bool = False

    def check(self, reading: str | None, connections: int) -> Finding:
        """Weigh what the kernel says (its text in /proc/sys; None: it does not know the setting)."""
        advised = self.advised(connections)
        texts = " ".join(map(number, advised))
        if reading is None:
            state, said = (State.OK, "not in use") if self.optional else (State.UNKNOWN, "not to be read")
            return Finding(self.key, state, said, texts, self.why)
        found = tuple(map(int, reading.split()))
        return Finding(self.key, self.judge(found, advised), " ".join(map(number, found)), texts, self.why)


_FILES = (
    "One connection is one open file; the limit of a process comes from systemd (LimitNOFILE) or the container."
    " Beyond it connections wait unaccepted."
)
_WAITING = (
    f"Connections that wait to be accepted: Hubbub asks for {BACKLOG:,}. After a restart everybody comes back"
    " within drain_seconds; who finds no place tries again a second later, then three."
)
_BUFFERS = (
    "Kernel memory of a socket: least, initial, most, in bytes. A chat connection is nearly always idle: small at"
    " first, growing to 1 MiB for those who download history."
)
_KEEPALIVE = (
    "A vanished client is noticed by Hubbub's own heartbeat; this only frees what a proxy or a database connection"
    " left behind."
)
_ASKED = (
    "What a program may ask for itself, in bytes. Hubbub asks for nothing and lets the kernel size each socket"
    " (tcp_rmem, tcp_wmem), so the kernel's default is enough; proxies may want more."
)

SETTINGS: Sequence[Setting] = (
    Setting("fs.file-max", _FILES, lambda n: (max(1_048_576, _power_of_two(2 * n + OTHERS)),)),
    Setting("fs.nr_open", _FILES, lambda n: (max(1_048_576, _power_of_two(n + OTHERS // 64)),)),
    Setting("net.core.somaxconn", _WAITING, lambda _: (BACKLOG,)),
    Setting(
        "net.ipv4.tcp_max_syn_backlog", _WAITING, lambda n: (min(2 * BACKLOG, _power_of_two(n // 10 + 1)),)
    ),
    Setting("net.ipv4.tcp_rmem", _BUFFERS, lambda _: (4_096, 16_384, MOST_BUFFER), _as_large_and_no_larger),
    Setting("net.ipv4.tcp_wmem", _BUFFERS, lambda _: (4_096, 16_384, MOST_BUFFER), _as_large_and_no_larger),
    Setting("net.core.rmem_max", _ASKED, lambda _: (212_992,), written=False),
    Setting("net.core.wmem_max", _ASKED, lambda _: (212_992,), written=False),
    Setting(
        "net.ipv4.tcp_mem",
        "Memory of all sockets' buffers: calm, pressure, most, in pages of 4 KiB. The kernel takes it from the machine's"
        " memory. Advised is a page each for an eighth, a quarter and a half of the connections; beyond the most, data is dropped.",
        lambda n: (n // 8, n // 4, n // 2),
        written=False,
    ),
    Setting(
        "net.ipv4.ip_local_port_range",
        "A proxy on the same machine opens one connection to a node for each client: it needs many local ports.",
        lambda n: (10_240, 65_535) if n > MANY else (32_768, 60_999),
        _as_wide,
    ),
    Setting(
        "net.netfilter.nf_conntrack_max",
        "Where a firewall tracks connections: one to the proxy and one to the node for each client. When the table is"
        " full, packets are dropped without a word to anybody but the kernel's log.",
        lambda n: (2 * n + OTHERS,),
        optional=True,
    ),
    Setting("net.ipv4.tcp_keepalive_time", _KEEPALIVE, lambda _: (120,), _at_most),
    Setting("net.ipv4.tcp_keepalive_intvl", _KEEPALIVE, lambda _: (15,), _at_most),
    Setting("net.ipv4.tcp_keepalive_probes", _KEEPALIVE, lambda _: (4,), _at_most),
)


def read_kernel(root: Path = ROOT) -> Mapping[str, str | None]:
    """What the kernel says of each setting; None where it does not know it."""
    return {each.key: _read(root.joinpath(*each.key.split("."))) for each in SETTINGS}


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None


def check_kernel(readings: Mapping[str, str | None], connections: int) -> list[Finding]:
    """Every setting of the table."""
    return [each.check(readings[each.key], connections) for each in SETTINGS]


def sysctl_file(connections: int) -> str:
    """The text of a file for /etc/sysctl.d."""
    head = (
        f"# Kernel settings of a machine with {connections:,} connections, from `hubbub doctor --for {connections} --sysctl`:\n"
        "# cp to /etc/sysctl.d, then `sysctl --system`. None of them is needed below some ten thousand connections.\n"
    )
    written = [each for each in SETTINGS if each.written]
    parts = [_part(why, list(group), connections) for why, group in groupby(written, lambda each: each.why)]
    return "\n".join([head, *parts])


def _part(why: str, settings: Sequence[Setting], connections: int) -> str:
    comment = textwrap.wrap(why, WIDTH, initial_indent="# ", subsequent_indent="# ")
    lines = [
        f"{'-' if each.optional else ''}{each.key} = {' '.join(map(str, each.advised(connections)))}"
        for each in settings
    ]
    return "\n".join([*comment, *lines, ""])
