import socket

import pytest

from hubbub.operate.cluster import ports
from hubbub.operate.cluster.ports import BLOCK, LOOPBACK, NoPortsError, Ports, bound


def test_no_two_processes_are_given_the_same_port() -> None:
    one, other = Ports(), Ports()
    given = [each.take() for _ in range(2 * BLOCK) for each in (one, other)]
    assert len(set(given)) == len(given)
    let_go(one, other)


def test_a_port_that_somebody_else_listens_on_is_passed_over() -> None:
    ours = Ports()
    following = ours.take() - 1
    with socket.create_server((LOOPBACK, following)):
        assert ours.take() == following - 1
    let_go(ours)


def test_where_every_block_is_held_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    holding = Ports()
    held = holding.take() // BLOCK * BLOCK
    monkeypatch.setattr(ports, "FIRST", held)
    monkeypatch.setattr(ports, "LAST", held + BLOCK)
    with pytest.raises(NoPortsError, match=f"no {BLOCK} ports between {held} and {held + BLOCK}"):
        Ports().take()
    let_go(holding)


def test_the_port_that_keeps_a_block_is_refused_to_everybody() -> None:
    hold = bound(0)
    assert hold is not None
    assert bound(hold.getsockname()[1]) is None
    hold.close()


def let_go(*all_of: Ports) -> None:
    for each in all_of:
        for hold in each.holds:
            hold.close()
