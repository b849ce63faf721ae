from pathlib import Path

import pytest

from hubbub.operate.doctor.finding import State
from hubbub.operate.doctor.kernel import SETTINGS, check_kernel, read_kernel, sysctl_file

FRESH = {  # Debian 12 with 2 GB of memory, as installed
    "fs.file-max": "9223372036854775807\n",
    "fs.nr_open": "1048576\n",
    "net.core.somaxconn": "4096\n",
    "net.ipv4.tcp_max_syn_backlog": "512\n",
    "net.ipv4.tcp_rmem": "4096\t131072\t6291456\n",
    "net.ipv4.tcp_wmem": "4096\t16384\t4194304\n",
    "net.core.rmem_max": "212992\n",
    "net.core.wmem_max": "212992\n",
    "net.ipv4.tcp_mem": "21981\t29310\t43962\n",
    "net.ipv4.ip_local_port_range": "32768\t60999\n",
    "net.netfilter.nf_conntrack_max": None,
    "net.ipv4.tcp_keepalive_time": "7200\n",
    "net.ipv4.tcp_keepalive_intvl": "75\n",
    "net.ipv4.tcp_keepalive_probes": "9\n",
}
SHIPPED = Path(__file__).parents[4] / "deploy" / "sysctl" / "99-hubbub.conf"


def wrong(connections: int, **changed: str | None) -> set[str]:
    readings = FRESH | {key.replace("__", "."): value for key, value in changed.items()}
    return {each.check for each in check_kernel(readings, connections) if each.state is State.WRONG}


def test_a_machine_as_installed_carries_a_few_thousand() -> None:
    assert wrong(5_000) == set()


def test_and_not_a_million() -> None:
    assert wrong(1_000_000) == {
        "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_mem", "net.ipv4.ip_local_port_range",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fs__file-max", "1000000"),
        ("fs__nr_open", "524288"),
        ("net__core__somaxconn", "128"),
        ("net__core__rmem_max", "131072"),
        ("net__core__wmem_max", "131072"),
        ("net__ipv4__tcp_rmem", "4096 16384 524288"),
        ("net__ipv4__tcp_wmem", "4096 16384 65536"),
        ("net__ipv4__ip_local_port_range", "40000 60999"),
        ("net__netfilter__nf_conntrack_max", "65536"),
    ],
)
def test_what_is_too_small_is_wrong(key: str, value: str) -> None:
    assert wrong(5_000, **{key: value}) == {key.replace("__", ".")}


def test_what_the_file_sets_is_enough_for_what_it_was_made_for() -> None:
    lines = [
        line.removeprefix("-").partition(" = ") for line in sysctl_file(300_000).splitlines() if " = " in line
    ]
    set_by_it = {key: value for key, _, value in lines}
    findings = check_kernel(FRESH | set_by_it, 300_000)
    assert {each.check: each.state for each in findings if each.check in set_by_it} == dict.fromkeys(
        set_by_it, State.OK
    )


def test_the_file_that_is_shipped_is_that_of_a_million() -> None:
    assert SHIPPED.read_text() == sysctl_file(1_000_000)


def test_a_kernel_without_a_setting_is_not_called_wrong(tmp_path: Path) -> None:
    states = {each.check: each.state for each in check_kernel(read_kernel(tmp_path), 10)}
    assert states.pop("net.netfilter.nf_conntrack_max") is State.OK  # nothing is tracked
    assert set(states.values()) == {State.UNKNOWN}
    assert len(states) == len(SETTINGS) - 1
